"""Losses of an element and its target: errors, likelihoods, margins."""

from __future__ import annotations

from typing import Any, Literal

from sympy import Abs, Expr, Max, Piecewise, exp, log, pi, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.activations import log_sigmoid, stop_gradient
from symbackprop.language.constants import decimal
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import layer, require_shape, require_tensor
from symbackprop.losses.reduction import Reduction, check_reduction, elementwise, reduced, same_shape, trailing


@written()
def mse(prediction: TensorSymbol, target: TensorSymbol, reduction: Reduction = "mean", name: str | None = None) -> Any:
    """(p - y)² over all elements; `torch.nn.MSELoss`.

    Shapes: prediction and target (...), the same. Source: Bishop, "Pattern recognition and machine learning" (2006),
    equation 1.2, which has a ½ and the sum.
    """
    return elementwise("mse", prediction, target, lambda p, y: (p - y) ** 2, reduction, name)


@written()
def mae(prediction: TensorSymbol, target: TensorSymbol, reduction: Reduction = "mean", name: str | None = None) -> Any:
    """|p - y| over all elements, its derivative 0 at p = y; `torch.nn.L1Loss`.

    Shapes: prediction and target (...), the same. Source: Hastie, Tibshirani and Friedman, "The elements of statistical
    learning" (2009), section 10.6.
    """
    return elementwise("mae", prediction, target, lambda p, y: Abs(p - y), reduction, name)


@written()
def huber(
    prediction: TensorSymbol, target: TensorSymbol, delta: Any = 1, reduction: Reduction = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """½e² for |e| <= δ and δ(|e| - ½δ) beyond, e = p - y; `torch.nn.HuberLoss`.

    Shapes: prediction and target (...), the same; `delta`: a number above 0. Source: Huber, "Robust estimation of a
    location parameter" (1964); Hastie, Tibshirani and Friedman, "The elements of statistical learning" (2009), equation
    10.23.
    """
    bound = decimal(delta)
    if bound.is_number and not bound > 0:
        raise InvalidArgument("losses.huber: delta", expected="a number above 0", found=str(delta))

    def value(p: Expr, y: Expr) -> Expr:
        e = Abs(p - y)
        return Piecewise(((p - y) ** 2 / 2, e <= bound), (bound * (e - bound / 2), True))

    return elementwise("huber", prediction, target, value, reduction, name)


@written()
def binary_cross_entropy(
    logits: TensorSymbol, targets: TensorSymbol, weight: TensorSymbol | None = None,
    pos_weight: TensorSymbol | None = None, reduction: Reduction = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """-w·(p·y log σ(z) + (1 - y) log(1 - σ(z))) from logits z; `torch.nn.BCEWithLogitsLoss`.

    Shapes: logits and targets (...), the same; `weight` w and `pos_weight` p (both 1 by default): the last axes of the
    logits. Source: Bishop, "Pattern recognition and machine learning" (2006), equation 4.90.
    """
    kind = "binary_cross_entropy"

    def value(z: Expr, y: Expr) -> Expr:
        positive = y * log_sigmoid(z)
        if pos_weight is not None:
            positive *= trailing(kind, pos_weight, logits, z.args[1:])
        return -positive - (1 - y) * log_sigmoid(-z)

    return elementwise(kind, logits, targets, value, reduction, name, weight)


@written()
def kl_divergence(
    log_q: TensorSymbol, p: TensorSymbol, log_target: bool = False,
    reduction: Literal["mean", "batchmean", "sum", "none"] = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """Σ p (log p - log q), 0 where p = 0; with `log_target` the second argument is log p.

    Shapes: both (N, ...); "mean" and "batchmean" as `torch.nn.KLDivLoss` has them: over all elements, and the sum over
    the batch's size. Source: Bishop, "Pattern recognition and machine learning" (2006), equation 1.113.
    """
    kind = "kl_divergence"
    check_reduction(kind, reduction, ("mean", "batchmean", "sum", "none"))

    def value(q: Expr, y: Expr) -> Expr:
        return exp(y) * (y - q) if log_target else Piecewise((y * (log(y) - q), y > 0), (0, True))

    by_batch = reduction == "batchmean"
    total = elementwise(kind, log_q, p, value, "sum" if by_batch else reduction, name)
    return total / p.shape[0] if by_batch else total


@written()
def hinge(
    scores: TensorSymbol, targets: TensorSymbol, margin: Any = 1, squared: bool = False, reduction: Reduction = "mean",
    name: str | None = None,
) -> Any:  # fmt: skip
    """max(0, margin - y·s) for targets y of -1 and 1, squared if asked.

    Shapes: scores and targets (...), the same. Source: Cortes and Vapnik, "Support-vector networks" (1995); Bishop,
    "Pattern recognition and machine learning" (2006), equation 7.45.
    """
    width = decimal(margin)

    def value(s: Expr, y: Expr) -> Expr:
        short = Max(0, width - y * s)
        return short**2 if squared else short

    return elementwise("hinge", scores, targets, value, reduction, name)


@written()
def gaussian_nll(
    mean: TensorSymbol, target: TensorSymbol, variance: TensorSymbol, full: bool = False, eps: Any = 1e-6,
    reduction: Reduction = "mean", name: str | None = None,
) -> Any:  # fmt: skip
    """½(log v + (y - μ)²/v), with ½log 2π if `full`, v no less than eps; `torch.nn.GaussianNLLLoss` (which keeps the
    bound out of the gradient: so does this).

    Shapes: mean and target (..., D), variance the same, or (...) for one of all D. Source: Nix and Weigend,
    "Estimating the mean and variance of the target probability distribution" (1994); the density is equation 1.46 of
    Bishop, "Pattern recognition and machine learning" (2006).
    """
    kind = "gaussian_nll"
    check_reduction(kind, reduction)
    same_shape(kind, mean, target)
    rank = len(require_tensor(variance, f"losses.{kind}: variance").shape)
    shared = rank == len(mean.shape) - 1
    shape = mean.shape[:-1] if shared else mean.shape
    require_shape(variance, shape, f"losses.{kind}", f"the shape of {mean.name}")
    this = layer(mean, kind, name, ("step", kind))
    at = this.indices(mean)
    own = at[:-1] if shared else at
    raw = variance[own]
    step, values = this.tensor("step"), this.tensor(kind)
    step[own] = raw - stop_gradient(raw)  # exactly 0, of slope 1: in a sum with the bound it would be rounded away
    v = stop_gradient(Max(raw, decimal(eps))) + step[own]
    values[at] = (log(v) + (target[at] - mean[at]) ** 2 / v) / 2 + (log(2 * pi) / 2 if full else sympify(0))
    return reduced(values, reduction)
