"""Recurrent layers over sequences (T, N, D), time first as in PyTorch; states start at 0 or at a given tensor (N, H).

Every layer returns the sequence of its hidden states (T, N, H), or the last one (N, H) with `last=True`. The state
tensor itself has T + 1 rows, h[0] its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Idx, sqrt, sympify, tanh

from symbackprop.language.functions import sigmoid
from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.combine import concatenate
from symbackprop.layers.naming import Layer, layer, letter_of, require_rank


@dataclass(frozen=True, slots=True)
class _Cell:
    """What the recurrent layers have in common: indices, sizes, and the position of the input at a step."""

    this: Layer
    x: TensorSymbol
    units: Any
    reverse: bool
    t: Idx  # 1..T
    n: Idx
    i: Idx
    j: Idx
    j2: Idx

    @property
    def step(self) -> Expr:
        """Where in x the step t reads: from the end if reversed."""
        return self.x.shape[0] - self.t if self.reverse else self.t - 1

    def start(self, state: TensorSymbol, initial: TensorSymbol | None) -> None:
        state[0, self.n, self.j] = initial[self.n, self.j] if initial is not None else 0

    def weights(self, gates: int | None, bias: bool) -> tuple[Any, Any, Any]:
        """W (gates, H, D), U (gates, H, H), b (gates, H), without the first axis for a single gate."""
        size, rows = self.x.shape[2], () if gates is None else (gates,)
        scale = 1 / sqrt(3 * sympify(self.units))  # a normal with the variance of uniform(-1/sqrt(H), 1/sqrt(H))
        return (
            self.this.parameter("W", (*rows, self.units, size), scale),
            self.this.parameter("U", (*rows, self.units, self.units), scale),
            self.this.parameter("b", (*rows, self.units)) if bias else None,
        )

    def into(self, W: Any, *row: Any) -> Expr:
        return Sum(W[(*row, self.j, self.i)] * self.x[self.step, self.n, self.i], self.i)

    def back(self, U: Any, h: TensorSymbol, *row: Any) -> Expr:
        return Sum(U[(*row, self.j, self.j2)] * h[self.t - 1, self.n, self.j2], self.j2)

    def result(self, h: TensorSymbol, last: bool) -> TensorSymbol:
        y = self.this.tensor("y")
        steps = self.x.shape[0]
        if last:
            y[self.n, self.j] = h[steps, self.n, self.j]
        else:
            s = self.this.index(letter_of(steps, "s"), steps, self.t, self.n, self.j)
            y[s, self.n, self.j] = h[steps - s if self.reverse else s + 1, self.n, self.j]
        return y


def _cell(kind: str, x: TensorSymbol, units: Any, reverse: bool, name: str | None, names: Sequence[str]) -> _Cell:
    steps, _batch, _size = require_rank(x, 3, kind, "(T, N, D)")
    this = layer(x, kind, name, (*names, "W", "U", "b", "h", "y"))
    _, n, i = this.indices(x)
    t = this.index("t", (1, steps), n, i)
    j = this.index(letter_of(units, "j"), units, n, i, t)
    j2 = this.index(letter_of(units, "j"), units, n, i, t, j)
    return _Cell(this, x, units, reverse, t, n, i, j, j2)


def rnn(
    x: TensorSymbol, units: Any, activation: Any = tanh, bias: bool = True, initial: TensorSymbol | None = None,
    reverse: bool = False, last: bool = False, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """h[t] = activation(W x[t] + U h[t-1] + b).

    Shapes: x (T, N, D), W (H, D), U (H, H), b (H,); `torch.nn.RNN` (whose two biases are one here). Source: Elman,
    "Finding structure in time" (1990).
    """
    cell = _cell("rnn", x, units, reverse, name, ("z",))
    W, U, b = cell.weights(None, bias)
    z, h = cell.this.tensor("z"), cell.this.tensor("h")
    cell.start(h, initial)
    at = cell.t, cell.n, cell.j
    z[at] = cell.into(W) + cell.back(U, h) + (b[cell.j] if bias else 0)
    h[at] = activation(z[at])
    return cell.result(h, last)


def lstm(
    x: TensorSymbol, units: Any, bias: bool = True, peepholes: bool = False, initial: TensorSymbol | None = None,
    initial_cell: TensorSymbol | None = None, reverse: bool = False, last: bool = False, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """c[t] = f ⊙ c[t-1] + i ⊙ g, h[t] = o ⊙ tanh(c[t]); i, f, o sigmoids and g a tanh of W x[t] + U h[t-1] + b.

    Shapes: x (T, N, D), W (4, H, D), U (4, H, H), b (4, H), gates in PyTorch's order i, f, g, o; with `peepholes` P
    (3, H) adds P[0] ⊙ c[t-1] to i, P[1] ⊙ c[t-1] to f and P[2] ⊙ c[t] to o; `torch.nn.LSTM`. Source: Greff et al.,
    "LSTM: a search space odyssey" (2017), section II.A.
    """
    gates = ("input_gate", "forget_gate", "candidate", "output_gate")
    cell = _cell("lstm", x, units, reverse, name, ("z", "c", "P", *gates))
    this, at = cell.this, (cell.t, cell.n, cell.j)
    W, U, b = cell.weights(4, bias)
    P = this.parameter("P", (3, units), "zeros") if peepholes else None
    z, c, h = (this.tensor(part) for part in ("z", "c", "h"))
    i, f, g, o = (this.tensor(part) for part in gates)
    cell.start(c, initial_cell)
    cell.start(h, initial)
    e = this.index("e", 4, cell.n, cell.i, cell.j, cell.j2, cell.t)
    z[cell.t, cell.n, e, cell.j] = cell.into(W, e) + cell.back(U, h, e) + (b[e, cell.j] if bias else 0)
    before, now = c[cell.t - 1, cell.n, cell.j], c[at]

    def gate(row: int) -> Expr:
        return z[cell.t, cell.n, row, cell.j]

    def peep(row: int, state: Expr) -> Expr:
        return P[row, cell.j] * state if P is not None else 0

    i[at] = sigmoid(gate(0) + peep(0, before))
    f[at] = sigmoid(gate(1) + peep(1, before))
    g[at] = tanh(gate(2))
    c[at] = f[at] * before + i[at] * g[at]
    o[at] = sigmoid(gate(3) + peep(2, now))
    h[at] = o[at] * tanh(now)
    return cell.result(h, last)


def gru(
    x: TensorSymbol, units: Any, bias: bool = True, initial: TensorSymbol | None = None, reverse: bool = False,
    last: bool = False, name: str | None = None,
) -> TensorSymbol:  # fmt: skip
    """h[t] = (1 - u) ⊙ n + u ⊙ h[t-1], n = tanh(W x[t] + b + r ⊙ (U h[t-1] + c)), r and u sigmoids.

    Shapes: x (T, N, D), W (3, H, D), U (3, H, H), b and c (3, H), gates in PyTorch's order r, u, n (c is PyTorch's
    bias_hh, inside the reset gate's reach in the third row); `torch.nn.GRU`. Source: Cho et al., "Learning phrase
    representations using RNN encoder-decoder" (2014), with the reset gate behind U as in cuDNN.
    """
    cell = _cell("gru", x, units, reverse, name, ("reset_gate", "update_gate", "candidate", "c", "q"))
    this, at = cell.this, (cell.t, cell.n, cell.j)
    W, U, b = cell.weights(3, bias)
    inner = this.parameter("c", (3, units)) if bias else None
    h, q = this.tensor("h"), this.tensor("q")
    r, u, n = (this.tensor(part) for part in ("reset_gate", "update_gate", "candidate"))
    cell.start(h, initial)
    e = this.index("e", 3, cell.n, cell.i, cell.j, cell.j2, cell.t)
    q[cell.t, cell.n, e, cell.j] = cell.back(U, h, e) + (inner[e, cell.j] if inner is not None else 0)

    def gate(row: int) -> Expr:
        return cell.into(W, row) + (b[row, cell.j] if bias else 0)

    def again(row: int) -> Expr:
        return q[cell.t, cell.n, row, cell.j]

    r[at] = sigmoid(gate(0) + again(0))
    u[at] = sigmoid(gate(1) + again(1))
    n[at] = tanh(gate(2) + r[at] * again(2))
    h[at] = (1 - u[at]) * n[at] + u[at] * h[cell.t - 1, cell.n, cell.j]
    return cell.result(h, last)


def bidirectional(
    recurrent: Callable[..., TensorSymbol], x: TensorSymbol, units: Any, name: str | None = None, **options: Any
) -> TensorSymbol:
    """The states of one layer that reads x forwards and of another that reads it backwards, side by side.

    `recurrent`: `rnn`, `lstm` or `gru`. Shapes: x (T, N, D), result (T, N, 2H). Source: Schuster and Paliwal,
    "Bidirectional recurrent neural networks" (1997).
    """
    this = layer(x, "bidirectional", name, ("y_forwards", "y_backwards", "both", *(
        f"{part}{way}" for part in ("W", "U", "b", "h", "y") for way in ("_forwards", "_backwards")
    )))  # fmt: skip
    own = this.suffix.lstrip("_")
    ahead = recurrent(x, units, name=f"forwards{own}", **options)
    behind = recurrent(x, units, name=f"backwards{own}", reverse=True, **options)
    return concatenate(ahead, behind, name=f"both{own}")


def stacked(
    recurrent: Callable[..., TensorSymbol], x: TensorSymbol, units: Sequence[Any], last: bool = False, **options: Any
) -> TensorSymbol:
    """Layers upon each other, one for each size in `units`; only the last of them heeds `last`."""
    for place, size in enumerate(units):
        x = recurrent(x, size, last=last and place == len(units) - 1, **options)
    return x
