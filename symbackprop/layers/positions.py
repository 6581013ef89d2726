"""What tells places apart: rotations, sinusoids, learned vectors (and `alibi` of `multi_head_attention`)."""

from __future__ import annotations

from typing import Any

from sympy import Rational, cos, sin, sympify

from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.grouping import share
from symbackprop.layers.naming import Layer, layer, require_rank


@written()
def rotary(x: TensorSymbol, base: Any = 10000, interleaved: bool = True, name: str | None = None) -> TensorSymbol:
    """Pairs of x[..., t, :] turned by angles: (x[2i], x[2i + 1]) by t·base^(-2i/D).

    Shapes: x (..., T, D) with D even, result the same. Without `interleaved` the pairs are (x[i], x[i + D/2]), as in
    Llama's code. Source: Su et al., "RoFormer" (2021), equation 34.
    """
    require_rank(x, 2, "rotary", "(..., T, D)", or_more=True)
    return turned(layer(x, "rotary", name, ("x_turned",)), "x", x, base, interleaved)


def turned(this: Layer, part: str, x: TensorSymbol, base: Any = 10000, interleaved: bool = True) -> TensorSymbol:
    """`rotary` as the tensor `<part>_turned` of a layer."""
    *batch, t, d = this.indices(x)
    width = x.shape[-1]
    half = share(this.net, "rotary", width, 2)
    i = this.index("i", half, *batch, t, d)
    first, second = (2 * i, 2 * i + 1) if interleaved else (i, half + i)
    angle = t * sympify(base) ** (-2 * i / width)
    y = this.tensor(f"{part}_turned")
    left, right = x[(*batch, t, first)], x[(*batch, t, second)]
    y[(*batch, t, first)] = left * cos(angle) - right * sin(angle)
    y[(*batch, t, second)] = left * sin(angle) + right * cos(angle)
    return y


@written()
def sinusoidal_positions(x: TensorSymbol, base: Any = 10000, name: str | None = None) -> TensorSymbol:
    """y[..., t, 2i] = x + sin(t·base^(-2i/D)), y[..., t, 2i + 1] = x + cos of the same angle.

    Shapes: x (..., T, D) with D even, result the same. Source: Vaswani et al. (2017), section 3.5.
    """
    require_rank(x, 2, "sinusoidal_positions", "(..., T, D)", or_more=True)
    this = layer(x, "sinusoidal_positions", name, ("positions", "y"))
    *batch, t, d = this.indices(x)
    width = x.shape[-1]
    i = this.index("i", share(this.net, "sinusoidal_positions", width, 2), *batch, t, d)
    angle = t * sympify(base) ** (-2 * i / width)
    positions, y = this.tensor("positions"), this.tensor("y")
    positions[t, 2 * i], positions[t, 2 * i + 1] = sin(angle), cos(angle)
    y[(*batch, t, d)] = x[(*batch, t, d)] + positions[t, d]
    return y


@written()
def learned_positions(
    x: TensorSymbol, name: str | None = None, init: Any = None, like: TensorSymbol | None = None
) -> TensorSymbol:
    """y[..., t, d] = x[..., t, d] + P[t, d].

    Shapes: x (..., T, D), P (T, D), by default drawn from a normal distribution of deviation 0.02, result that of x.
    Source: Gehring et al., "Convolutional sequence to sequence learning" (2017), section 3.1.
    """
    *_, steps, width = require_rank(x, 2, "learned_positions", "(..., T, D)", or_more=True)
    this = layer(x, "learned_positions", name, ("P", "y"), like)
    *batch, t, d = this.indices(x)
    P = this.parameter("P", (steps, width), Rational(1, 50) if init is None else init)
    y = this.tensor("y")
    y[(*batch, t, d)] = x[(*batch, t, d)] + P[t, d]
    return y
