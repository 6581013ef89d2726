"""Losses: functions that return a scalar expression for `net.loss`, built of equations on the tensors' network.

`reduction`: "mean" (the default), "sum", or "none", which returns the tensor of the losses of all elements. Each names
the tensors it needs `<kind><number>`, or after `name`.
"""

from symbackprop.errors import UnknownMethod
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


def __dir__() -> list[str]:
    """What completion shows: the functions, without the files that they stand in."""
    return sorted(__all__)


def __getattr__(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    raise UnknownMethod(f"losses.{name}", expected=f"one of {', '.join(__all__)}", found=name,
                        remedy="what is not there is written in equations")  # fmt: skip
