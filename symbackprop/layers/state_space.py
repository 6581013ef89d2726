"""State-space layers: linear recurrences whose coefficients depend on the input."""

from __future__ import annotations

from sympy import exp

from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.naming import layer, require_rank, require_shape


@written()
def selective_scan(
    x: TensorSymbol, delta: TensorSymbol, A: TensorSymbol, B: TensorSymbol, C: TensorSymbol,
    D: TensorSymbol | None = None, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """h[t] = exp(Δ[t] A) h[t-1] + Δ[t] B[t] x[t], y[t] = Σ_s C[t, s] h[t, s] + D x[t].

    Shapes: x and delta (N, T, D), A (D, S), B and C (N, T, S), D (D,), result (N, T, D); h has T + 1 rows and starts
    at 0. Source: Gu and Dao, "Mamba" (2023), equation 2a and algorithm 2, with B discretised by Euler's rule as in
    its reference code.
    """
    batch, steps, width = require_rank(x, 3, "selective_scan", "(N, T, D)")
    states = require_rank(A, 2, "selective_scan", "(D, S)")[1]
    shapes = {"delta": (delta, x.shape), "A": (A, (width, states)), "B": (B, (batch, steps, states)),
              "C": (C, (batch, steps, states)), "D": (D, (width,))}  # fmt: skip
    for part, (tensor, shape) in shapes.items():
        if tensor is not None:
            require_shape(tensor, shape, f"layers.selective_scan: {part}", "the shape")
    this = layer(x, "selective_scan", name, ("h", "y"))
    n, u, d = this.indices(x)
    t = this.index("t", (1, steps), n, u, d)
    s = this.index("s", states, n, u, d, t)
    h, y = this.tensor("h"), this.tensor("y")
    h[0, n, d, s] = 0
    step = delta[n, t - 1, d]
    h[t, n, d, s] = exp(step * A[d, s]) * h[t - 1, n, d, s] + step * B[n, t - 1, s] * x[n, t - 1, d]
    read = Sum(C[n, u, s] * h[u + 1, n, d, s], s)
    y[n, u, d] = read + D[d] * x[n, u, d] if D is not None else read
    return y
