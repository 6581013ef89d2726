"""The losses of the grid in PyTorch: its namesake where it has one, the published formula where not."""

from __future__ import annotations

import torch
from torch.nn import functional as F


def pairwise(function, first="prediction", second="target"):
    """A twin that hands two tensors and the options over as they are."""

    def twin(w, o, training):
        options = {name: value for name, value in o.items() if name != "note"}
        return function(w[first], w[second], **options)

    return twin


def binary_cross_entropy(w, o, training):
    return F.binary_cross_entropy_with_logits(
        w["logits"], w["targets"], w.get("weight"), pos_weight=w.get("pos_weight"), reduction=o.get("reduction", "mean")
    )


def class_last(x, o):
    """PyTorch has the classes in axis 1, or alone."""
    return x if x.dim() == 1 else x.movedim(o.get("axis", -1), 1)


def softmax_cross_entropy(w, o, training):
    labels = w["labels"]
    target = class_last(labels, o) if labels.dtype.is_floating_point else labels
    return F.cross_entropy(
        class_last(w["logits"], o), target, w.get("weight"), ignore_index=o.get("ignore_index", -100),
        reduction=o.get("reduction", "mean"), label_smoothing=o.get("label_smoothing", 0.0),
    )  # fmt: skip


def nll(w, o, training):
    return F.nll_loss(
        class_last(w["log_probabilities"], o), w["labels"], w.get("weight"), ignore_index=o.get("ignore_index", -100),
        reduction=o.get("reduction", "mean"),
    )  # fmt: skip


def hinge(w, o, training):
    short = torch.relu(o.get("margin", 1) - w["targets"] * w["scores"])
    short = short**2 if o.get("squared") else short
    return short.sum() if o.get("reduction") == "sum" else short.mean()


def gaussian_nll(w, o, training):
    variance = w["variance"] if w["variance"].dim() == 2 else w["variance"][:, None]
    return F.gaussian_nll_loss(
        w["mean"], w["target"], variance, o.get("full", False), o.get("eps", 1e-6), o.get("reduction", "mean")
    )


def cosine_embedding(w, o, training):
    return F.cosine_embedding_loss(
        w["x"], w["y"], w["targets"], o.get("margin", 0.0), reduction=o.get("reduction", "mean")
    )


def info_nce(w, o, training):
    similarity = w["queries"] @ w["keys"].T / o.get("temperature", 0.1)
    return F.cross_entropy(similarity, torch.arange(len(similarity)), reduction=o.get("reduction", "mean"))


def ctc(w, o, training):
    return F.ctc_loss(
        F.log_softmax(w["z"], -1), w["labels"], w["input_lengths"], w["label_lengths"], o.get("blank", 0),
        o.get("reduction", "mean"), o.get("zero_infinity", False),
    )  # fmt: skip


def penalties(w, o, training):
    every = [w["w"], w["b"], w["s"]]
    return sum(x.abs().sum() for x in every) + 3 * sum((x**2).sum() for x in every) / 2


LOSSES = {
    "mse": pairwise(F.mse_loss),
    "mae": pairwise(F.l1_loss),
    "huber": pairwise(F.huber_loss),
    "kl_divergence": pairwise(F.kl_div, "log_q", "p"),
    **{twin.__name__: twin for twin in (
        binary_cross_entropy, softmax_cross_entropy, nll, hinge, gaussian_nll, cosine_embedding, info_nce, ctc,
        penalties,
    )},
}  # fmt: skip
