"""Losses of scores over classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Idx, Ne, Piecewise, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.constants import decimal
from symbackprop.language.reductions import LogSumExp, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import Layer, layer, put, require_axis, require_shape, require_tensor
from symbackprop.losses.reduction import Reduction, check_reduction, reduced, weighted_mean


@written()
def softmax_cross_entropy(
    logits: TensorSymbol, labels: TensorSymbol, weight: TensorSymbol | None = None, ignore_index: Any = None,
    label_smoothing: Any = 0, axis: int = -1, reduction: Reduction = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """-Σ_k w[k] y[..., k] log softmax(z)[..., k], y rows of probabilities or, for integer labels, one-hot.

    Shapes: logits (..., C) with the classes along `axis`, labels those axes without the classes as integers below C, or
    floats of the logits' shape, weight w (C,). With `label_smoothing` ε the target is (1 - ε)·y + ε/C. Labels equal to
    `ignore_index`, a number below C, count for nothing. `torch.nn.CrossEntropyLoss` (whose class axis is 1 and whose
    ignored label is -100): as there, the mean of integer labels' losses is by the sum of their weights; 0 here where
    all are ignored (PyTorch gives NaN). Source: Bishop, "Pattern recognition and machine learning" (2006), equation
    4.108; Szegedy et al., "Rethinking the Inception architecture" (2016), section 7.
    """
    kind = "softmax_cross_entropy"
    check_reduction(kind, reduction)
    smooth = decimal(label_smoothing)
    if smooth.is_number and not 0 <= smooth <= 1:
        raise InvalidArgument(f"losses.{kind}: label_smoothing", expected="a number in 0..1", found=str(smooth))
    this, indices, at, k = _classes(kind, logits, axis, name, ("cross_entropy", "weight"))
    z, classes = logits[indices], logits.shape[axis]
    w: Any = 1 if weight is None else _of_class(kind, weight, classes)[k]
    normalizer = LogSumExp(z, k)
    integers = require_tensor(labels, f"losses.{kind}").dtype == "int"
    if not integers:
        require_shape(labels, logits.shape, f"losses.{kind}", "labels of the shape of the logits")
        if ignore_index is not None:
            raise InvalidArgument(f"losses.{kind}: ignore_index", expected="integer labels", found="probabilities")
        loss = -Sum(w * labels[indices] * (z - normalizer), k)
    else:
        label = _label(kind, labels, logits, axis, at)
        loss = normalizer - logits[put(indices, axis % len(indices), label)]
        if weight is not None:
            loss = weight[label] * loss
    if smooth != 0:
        spread = normalizer - Sum(z, k) / classes if weight is None else Sum(w * (normalizer - z), k) / classes
        loss = (1 - smooth) * loss + smooth * spread
    values = this.tensor("cross_entropy")
    if not integers:
        values[at] = loss
        return reduced(values, reduction)
    return _labelled(this, values, at, loss, label, weight, ignore_index, reduction)


@written()
def nll(
    log_probabilities: TensorSymbol, labels: TensorSymbol, weight: TensorSymbol | None = None,
    ignore_index: Any = None, axis: int = -1, reduction: Reduction = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """-w[label] log p[..., label].

    Shapes: log p (..., C) with the classes along `axis`, labels (...) integers below C, weight (C,); `weight`,
    `ignore_index` and the mean as in `softmax_cross_entropy`; `torch.nn.NLLLoss`. Source: Goodfellow, Bengio and
    Courville, "Deep learning" (2016), equation 5.59.
    """
    check_reduction("nll", reduction)
    this, indices, at, _ = _classes("nll", log_probabilities, axis, name, ("nll", "weight"))
    label = _label("nll", labels, log_probabilities, axis, at)
    if weight is not None:
        _of_class("nll", weight, log_probabilities.shape[axis])
    values = this.tensor("nll")
    loss = -log_probabilities[put(indices, axis % len(indices), label)] * (1 if weight is None else weight[label])
    return _labelled(this, values, at, loss, label, weight, ignore_index, reduction)


def _classes(
    kind: str, scores: TensorSymbol, axis: int, name: str | None, names: Sequence[str]
) -> tuple[Layer, tuple[Idx, ...], tuple[Idx, ...], Idx]:
    """(the layer, an index for each axis, those but the classes', the classes')."""
    this = layer(scores, kind, name, names)
    indices = this.indices(scores)
    place = require_axis(scores, axis, f"losses.{kind}")
    return this, indices, put(indices, place), indices[place]


def _label(kind: str, labels: TensorSymbol, scores: TensorSymbol, axis: int, at: tuple[Idx, ...]) -> Expr:
    """The label of an element, from integers of the scores' shape without the classes."""
    require_shape(labels, put(scores.shape, axis % len(scores.shape)), f"losses.{kind}", "labels of shape")
    if labels.dtype != "int":
        raise InvalidArgument(f"losses.{kind}", expected="integer labels", found=f"{labels.name}, floats")
    return labels[at]


def _of_class(kind: str, weight: TensorSymbol, classes: Any) -> TensorSymbol:
    require_shape(weight, (classes,), f"losses.{kind}", "a weight for each class")
    return weight


def _labelled(
    this: Layer, values: TensorSymbol, at: tuple[Idx, ...], loss: Expr, label: Expr, weight: TensorSymbol | None,
    ignore_index: Any, reduction: str,
) -> Any:  # fmt: skip
    """The losses without those of ignored labels, and their mean by the labels' weights."""
    counted = None if ignore_index is None else Ne(label, sympify(ignore_index))
    values[at] = loss if counted is None else Piecewise((loss, counted), (0, True))
    if reduction != "mean" or (weight is None and counted is None):
        return reduced(values, reduction)
    weights = this.tensor("weight")
    own: Any = sympify(1) if weight is None else weight[label]
    weights[at] = own if counted is None else Piecewise((own, counted), (0, True))
    return weighted_mean(values, weights)
