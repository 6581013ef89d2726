"""Losses: functions that return a scalar expression for `net.loss`, built of equations on the tensors' network.

`reduction`: "mean" (the default), "sum", or "none", which returns the tensor of the losses of all elements. Each names
the tensors it needs `<kind><number>`, or after `name`.
"""

from symbackprop.layers.calls import only
from symbackprop.losses.classes import nll, softmax_cross_entropy
from symbackprop.losses.ctc import ctc
from symbackprop.losses.elementwise import binary_cross_entropy, gaussian_nll, hinge, huber, kl_divergence, mae, mse
from symbackprop.losses.penalties import l1_penalty, l2_penalty
from symbackprop.losses.vectors import cosine_embedding, info_nce

__all__ = [
    "binary_cross_entropy",
    "cosine_embedding",
    "ctc",
    "gaussian_nll",
    "hinge",
    "huber",
    "info_nce",
    "kl_divergence",
    "l1_penalty",
    "l2_penalty",
    "mae",
    "mse",
    "nll",
    "softmax_cross_entropy",
]

__dir__, __getattr__ = only(__name__, __all__)
