"""Normalisation: subtract a mean, divide by a deviation, scale, shift; layers differ in what they average over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Idx, Mul, Piecewise, sqrt, sympify

from symbackprop.errors import InvalidArgument
from symbackprop.language.constants import decimal
from symbackprop.language.reductions import Mean
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.grouping import share
from symbackprop.layers.naming import Layer, layer, require_rank


@written()
def layer_norm(
    x: TensorSymbol, axes: int = 1, eps: float = 1e-5, affine: bool = True, bias: bool = True, name: str | None = None,
    like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """y = γ·(x - μ)/sqrt(v + eps) + β, μ and v over the last `axes` axes of each sample.

    Shapes: x (..., *features), γ and β (*features,); `torch.nn.LayerNorm` (`affine` is its `elementwise_affine`;
    without `bias` there is no β). Source: Ba, Kiros and Hinton, "Layer normalization" (2016), equations 3 and 4.
    """
    shape = _features(x, axes, "layer_norm")
    this = layer(x, "layer_norm", name, _NAMES, like)
    indices = this.indices(x)
    batch, features = indices[:-axes], indices[-axes:]
    x_hat = _standardised(this, x, indices, batch, features, eps)
    return _scaled(this, x_hat, indices, features, shape[-axes:], affine, bias)


@written()
def rms_norm(
    x: TensorSymbol, axes: int = 1, eps: float = 1e-5, affine: bool = True, name: str | None = None,
    like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """y = γ·x/sqrt(mean(x²) + eps) over the last `axes` axes of each sample.

    Shapes: x (..., *features), γ (*features,); `torch.nn.RMSNorm`, whose eps is the machine's, 2.2e-16 in float64.
    Source: Zhang and Sennrich, "Root mean square layer normalization" (2019), equation 4.
    """
    shape = _features(x, axes, "rms_norm")
    this = layer(x, "rms_norm", name, ("square", "x_hat", "gamma", "y"), like)
    indices = this.indices(x)
    batch, features = indices[:-axes], indices[-axes:]
    square, x_hat = this.tensor("square"), this.tensor("x_hat")
    square[batch] = Mean(x[indices] ** 2, *features)
    x_hat[indices] = x[indices] / sqrt(square[batch] + eps)
    return _scaled(this, x_hat, indices, features, shape[-axes:], affine, bias=False)


def _features(x: TensorSymbol, axes: object, kind: str) -> tuple[Expr, ...]:
    """The shape of x, which must have an axis before its last `axes`."""
    if not isinstance(axes, int) or isinstance(axes, bool) or axes < 1:
        raise InvalidArgument(f"layers.{kind}: axes", expected="how many of the last axes, 1 or more", found=repr(axes))
    return require_rank(x, axes + 1, kind, "(..., features)", or_more=True)


@written("groups")
def group_norm(
    x: TensorSymbol, groups: Any = None, eps: float = 1e-5, affine: bool = True, name: str | None = None,
    like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """y = γ·(x - μ)/sqrt(v + eps) + β, μ and v over each of `groups` groups of channels and all of space.

    Shapes: x (N, C, *space), γ and β (C,); `torch.nn.GroupNorm`. Source: Wu and He, "Group normalization" (2018),
    equations 1, 2 and 7.
    """
    shape = require_rank(x, 2, "group_norm", "(N, C, *space)", or_more=True)
    this = layer(x, "group_norm", name, _NAMES, like)
    n, c, *space = this.indices(x)
    own = share(this.net, "group_norm", shape[1], groups)
    g = this.index("g", groups, n, c, *space)
    r = this.index("r", own, n, c, g, *space)
    x_hat = _standardised(this, x, (n, g * own + r, *space), (n, g), (r, *space), eps)
    return _scaled(this, x_hat, (n, c, *space), (c,), (shape[1],), affine)


@written()
def instance_norm(
    x: TensorSymbol, eps: float = 1e-5, affine: bool = False, name: str | None = None,
    like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """y = (x - μ)/sqrt(v + eps), μ and v over the space of each sample and channel.

    Shapes: x (N, C, *space), γ and β (C,) if `affine`; `torch.nn.InstanceNorm2d`. Source: Ulyanov, Vedaldi and
    Lempitsky, "Instance normalization" (2016), equation 3.
    """
    shape = require_rank(x, 3, "instance_norm", "(N, C, *space)", or_more=True)
    this = layer(x, "instance_norm", name, _NAMES, like)
    n, c, *space = this.indices(x)
    x_hat = _standardised(this, x, (n, c, *space), (n, c), space, eps)
    return _scaled(this, x_hat, (n, c, *space), (c,), (shape[1],), affine)


@written()
def batch_norm(
    x: TensorSymbol, momentum: float = 0.1, eps: float = 1e-5, affine: bool = True, name: str | None = None,
    like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """y = γ·(x - μ)/sqrt(v + eps) + β, μ and v over the batch and all of space in training, running ones in `predict`.

    Running statistics are buffers: r ← (1 - momentum)·r + momentum·statistic, the variance unbiased there. With `like`
    γ and β are shared, while each layer has statistics of its own (PyTorch: one module updates its own twice).
    Shapes: x (N, C) or (N, C, *space), γ, β and buffers (C,); `torch.nn.BatchNorm1d` to `3d`. A batch of a single
    value for each channel has no unbiased variance (PyTorch refuses it; here it counts as 0). Source: Ioffe and
    Szegedy, "Batch normalization" (2015), algorithms 1 and 2.
    """
    shape = require_rank(x, 2, "batch_norm", "(N, C, *space)", or_more=True)
    this = layer(x, "batch_norm", name, (*_NAMES, "running_mean", "running_var"), like)
    n, c, *space = this.indices(x)
    mean = this.buffer("running_mean", (shape[1],), "zeros")
    var = this.buffer("running_var", (shape[1],), "ones")
    element = x[(n, c, *space)]
    mu, v = _moments(this, element, (c,), (n, *space))
    x_hat, training = this.tensor("x_hat"), this.net.training
    centre, spread = (Piecewise((batch, training), (running[c], True)) for batch, running in ((mu, mean), (v, var)))
    x_hat[(n, c, *space)] = (element - centre) / sqrt(spread + eps)
    count = Mul(shape[0], *shape[2:])
    unbiased = v * Piecewise((count / (count - 1), count > 1), (0, True))
    rate = decimal(momentum)
    this.net.update(mean[c], (1 - rate) * mean[c] + rate * mu)
    this.net.update(var[c], (1 - rate) * var[c] + rate * unbiased)
    return _scaled(this, x_hat, (n, c, *space), (c,), (shape[1],), affine)


_NAMES = ("mu", "v", "x_hat", "gamma", "beta", "y")


def _moments(this: Layer, element: Expr, at: Sequence[Idx], averaged: Sequence[Idx]) -> tuple[Expr, Expr]:
    """Mean and variance of the element over the averaged axes, as the tensors mu and v."""
    mu, v, place = this.tensor("mu"), this.tensor("v"), tuple(at)
    mu[place] = Mean(element, *averaged)
    v[place] = Mean((element - mu[place]) ** 2, *averaged)
    return mu[place], v[place]


def _standardised(
    this: Layer, x: TensorSymbol, place: Sequence[Any], batch: Sequence[Idx], averaged: Sequence[Idx], eps: float
) -> TensorSymbol:
    """x_hat = (x - μ)/sqrt(v + eps) at each place, μ and v over the averaged axes, one for each of the batch."""
    element = x[tuple(place)]
    mu, v = _moments(this, element, batch, averaged)
    x_hat = this.tensor("x_hat")
    x_hat[tuple(place)] = (element - mu) / sqrt(v + eps)
    return x_hat


def _scaled(
    this: Layer, x_hat: TensorSymbol, indices: Sequence[Idx], scaled: Sequence[Idx], shape: Sequence[Expr],
    affine: bool, bias: bool = True,
) -> TensorSymbol:  # fmt: skip
    """y = γ·x_hat + β along the axes `scaled`."""
    if not affine:
        return x_hat
    value = this.parameter("gamma", shape, "ones")[tuple(scaled)] * x_hat[tuple(indices)]
    biased = this.biased(value, "beta", shape, tuple(scaled), bias)
    y = this.tensor("y")
    y[tuple(indices)] = biased
    return y


@written()
def dropout(x: TensorSymbol, p: Any = 0.5, name: str | None = None) -> TensorSymbol:
    """x·mask/(1 - p), each element of the mask 1 with probability 1 - p; x itself in `predict`.

    The mask is a random tensor: drawn from `rng`, or passed by its name. Shapes: those of x; `torch.nn.Dropout`.
    Source: Srivastava et al., "Dropout" (2014), section 4, scaled in training.
    """
    if sympify(p).is_number and not 0 <= p < 1:
        raise InvalidArgument("layers.dropout: p", expected="a probability below 1", found=str(p))
    this = layer(x, "dropout", name, ("mask", "dropped"))
    keep = 1 - decimal(p)
    indices = this.indices(x)
    mask = this.random("mask", x.shape, "bernoulli", p=keep)
    dropped = this.tensor("dropped")
    dropped[indices] = x[indices] * mask[indices] / keep
    return dropped
