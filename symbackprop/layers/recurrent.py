"""Recurrent layers over sequences (T, N, D), time first as in PyTorch; states start at 0 or at a given tensor (N, H).

Every layer returns the sequence of its hidden states (T, N, H), or the last one (N, H) with `last=True`. With
`batch_first` x and the result are (N, T, D) and (N, T, H). The state tensor itself has T + 1 rows, h[0] its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Idx, sqrt, sympify, tanh

from symbackprop.errors import InvalidArgument
from symbackprop.language.activations import sigmoid
from symbackprop.language.reductions import Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.calls import written
from symbackprop.layers.combine import concatenate
from symbackprop.layers.naming import Layer, layer, letter_of, require_rank, require_shape
from symbackprop.layers.normalisation import dropout as drop


@dataclass(frozen=True, slots=True)
class _Cell:
    """What the recurrent layers have in common: indices, sizes, and the position of the input at a step."""

    this: Layer
    x: TensorSymbol
    units: Any
    reverse: bool
    batch_first: bool
    steps: Expr
    t: Idx  # 1..T
    n: Idx
    i: Idx
    j: Idx
    j2: Idx

    @property
    def element(self) -> Expr:
        """What the step t reads of x: from the end if reversed."""
        step = self.steps - self.t if self.reverse else self.t - 1
        return self.x[self._places(step, self.n, self.i)]

    def _places(self, step: Any, sample: Any, feature: Any) -> tuple[Any, Any, Any]:
        return (sample, step, feature) if self.batch_first else (step, sample, feature)

    def start(self, state: TensorSymbol, initial: TensorSymbol | None) -> None:
        if initial is not None:
            batch = self.x.shape[0 if self.batch_first else 1]
            require_shape(initial, (batch, self.units), "layers: initial state", "a state for each sample")
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
        return Sum(W[(*row, self.j, self.i)] * self.element, self.i)

    def back(self, U: Any, h: TensorSymbol, *row: Any) -> Expr:
        return Sum(U[(*row, self.j, self.j2)] * h[self.t - 1, self.n, self.j2], self.j2)

    def result(self, h: TensorSymbol, last: bool) -> TensorSymbol:
        y = self.this.tensor("y")
        if last:
            y[self.n, self.j] = h[self.steps, self.n, self.j]
        else:
            s = self.this.index(letter_of(self.steps, "s"), self.steps, self.t, self.n, self.j)
            y[self._places(s, self.n, self.j)] = h[self.steps - s if self.reverse else s + 1, self.n, self.j]
        return y


def _cell(
    kind: str, x: TensorSymbol, units: Any, reverse: bool, batch_first: bool, name: str | None,
    like: TensorSymbol | None, names: Sequence[str],
) -> _Cell:  # fmt: skip
    shape = require_rank(x, 3, kind, "(N, T, D)" if batch_first else "(T, N, D)")
    steps = shape[1 if batch_first else 0]
    this = layer(x, kind, name, (*names, "W", "U", "b", "h", "y"), like)
    indices = this.indices(x)
    n, i = indices[0 if batch_first else 1], indices[2]
    t = this.index("t", (1, steps), n, i)
    j = this.index(letter_of(units, "j"), units, n, i, t)
    j2 = this.index(letter_of(units, "j"), units, n, i, t, j)
    return _Cell(this, x, units, reverse, batch_first, steps, t, n, i, j, j2)


@written("units")
def rnn(
    x: TensorSymbol, units: Any = None, activation: Callable[[Any], Any] = tanh, bias: bool = True,
    initial: TensorSymbol | None = None, reverse: bool = False, batch_first: bool = False, last: bool = False,
    name: str | None = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """h[t] = activation(W x[t] + U h[t-1] + b).

    Shapes: x (T, N, D), W (H, D), U (H, H), b (H,); `torch.nn.RNN` (whose two biases are one here). Source: Elman,
    "Finding structure in time" (1990); Goodfellow, Bengio and Courville, "Deep learning" (2016), equations 10.8, 10.9.
    """
    cell = _cell("rnn", x, units, reverse, batch_first, name, like, ("z",))
    W, U, b = cell.weights(None, bias)
    z, h = cell.this.tensor("z"), cell.this.tensor("h")
    cell.start(h, initial)
    at = cell.t, cell.n, cell.j
    z[at] = cell.into(W) + cell.back(U, h) + (b[cell.j] if bias else 0)
    h[at] = activation(z[at])
    return cell.result(h, last)


@written("units")
def lstm(
    x: TensorSymbol, units: Any = None, bias: bool = True, peepholes: bool = False,
    initial: TensorSymbol | None = None, initial_cell: TensorSymbol | None = None, reverse: bool = False,
    batch_first: bool = False, last: bool = False, name: str | None = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """c[t] = f ⊙ c[t-1] + i ⊙ g, h[t] = o ⊙ tanh(c[t]); i, f, o sigmoids and g a tanh of W x[t] + U h[t-1] + b.

    Shapes: x (T, N, D), W (4, H, D), U (4, H, H), b (4, H), gates in PyTorch's order i, f, g, o; with `peepholes` P
    (3, H) adds P[0] ⊙ c[t-1] to i, P[1] ⊙ c[t-1] to f and P[2] ⊙ c[t] to o; `torch.nn.LSTM`. Source: Greff et al.,
    "LSTM: a search space odyssey" (2017), section II.A.
    """
    gates = ("input_gate", "forget_gate", "candidate", "output_gate")
    cell = _cell("lstm", x, units, reverse, batch_first, name, like, ("z", "c", "P", *gates))
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


@written("units")
def gru(
    x: TensorSymbol, units: Any = None, bias: bool = True, reset_after: bool = True,
    initial: TensorSymbol | None = None, reverse: bool = False, batch_first: bool = False, last: bool = False,
    name: str | None = None, like: TensorSymbol | None = None,
) -> TensorSymbol:  # fmt: skip
    """h[t] = (1 - u) ⊙ n + u ⊙ h[t-1], n = tanh(W x[t] + b + r ⊙ (U h[t-1] + c)), r and u sigmoids.

    Shapes: x (T, N, D), W (3, H, D), U (3, H, H), b and c (3, H), gates in PyTorch's order r, u, n (c is PyTorch's
    bias_hh, inside the reset gate's reach in the third row); `torch.nn.GRU`. Without `reset_after` the candidate is
    tanh(W x[t] + b + U (r ⊙ h[t-1])), as first published, and there is no c. Source: Cho et al., "Learning phrase
    representations using RNN encoder-decoder" (2014), equations 5 to 8; the reset gate behind U is cuDNN's.
    """
    names = ("reset_gate", "update_gate", "candidate", "c", "q", "kept")
    cell = _cell("gru", x, units, reverse, batch_first, name, like, names)
    this, at = cell.this, (cell.t, cell.n, cell.j)
    W, U, b = cell.weights(3, bias)
    inner = this.parameter("c", (3, units)) if bias and reset_after else None
    h, q = this.tensor("h"), this.tensor("q" if reset_after else "kept")
    r, u, n = (this.tensor(part) for part in ("reset_gate", "update_gate", "candidate"))
    cell.start(h, initial)

    def gate(row: int) -> Expr:
        return cell.into(W, row) + (b[row, cell.j] if bias else 0)

    if reset_after:
        e = this.index("e", 3, cell.n, cell.i, cell.j, cell.j2, cell.t)
        q[cell.t, cell.n, e, cell.j] = cell.back(U, h, e) + (inner[e, cell.j] if inner is not None else 0)
        again = [q[cell.t, cell.n, row, cell.j] for row in range(3)]
        again[2] *= r[at]
    else:
        q[at] = r[at] * h[cell.t - 1, cell.n, cell.j]
        kept = Sum(U[2, cell.j, cell.j2] * q[cell.t, cell.n, cell.j2], cell.j2)
        again = [cell.back(U, h, 0), cell.back(U, h, 1), kept]
    r[at] = sigmoid(gate(0) + again[0])
    u[at] = sigmoid(gate(1) + again[1])
    n[at] = tanh(gate(2) + again[2])
    h[at] = (1 - u[at]) * n[at] + u[at] * h[cell.t - 1, cell.n, cell.j]
    return cell.result(h, last)


@written("units", x="x")
def bidirectional(
    recurrent: Callable[..., TensorSymbol], x: TensorSymbol, units: Any = None, name: str | None = None,
    like: TensorSymbol | None = None, **options: Any,
) -> TensorSymbol:  # fmt: skip
    """The states of one layer that reads x forwards and of another that reads it backwards, side by side.

    `recurrent`: `rnn`, `lstm` or `gru`. Shapes: x (T, N, D), result (T, N, 2H). Source: Schuster and Paliwal,
    "Bidirectional recurrent neural networks" (1997); Graves, Mohamed and Hinton, "Speech recognition with deep
    recurrent neural networks" (2013), equations 8 to 10, the states side by side.
    """
    this = layer(x, "bidirectional", name, ("y_forwards", "y_backwards", "both", *(
        f"{part}{way}" for part in ("W", "U", "b", "h", "y") for way in ("_forwards", "_backwards")
    )), like)  # fmt: skip
    own = this.suffix.lstrip("_")
    ahead, behind = (
        this.part(way, recurrent(x, units, name=f"{way}{own}", reverse=back, **this.sharing(way), **options))
        for way, back in (("forwards", False), ("backwards", True))
    )
    return this.made(concatenate(ahead, behind, name=f"both{own}"))


@written("units", x="x")
def stacked(
    recurrent: Callable[..., TensorSymbol], x: TensorSymbol, units: Sequence[Any] | None = None, dropout: Any = 0,
    last: bool = False, like: TensorSymbol | None = None, **options: Any,
) -> TensorSymbol:  # fmt: skip
    """Layers upon each other, one for each size in `units`; only the last of them heeds `last`.

    `recurrent`: `rnn`, `lstm` or `gru`, or `partial(bidirectional, lstm)`; `dropout`: the chance that an element
    between two layers is dropped. `torch.nn.LSTM(num_layers=...)`. Source: Graves, Mohamed and Hinton, "Speech
    recognition with deep recurrent neural networks" (2013), equations 11 and 12.
    """
    this = layer(x, "stacked", None, (), like)
    if not isinstance(units, tuple | list):
        raise InvalidArgument("layers.stacked: units", expected="a size for each layer, as in (64, 64)",
                              found=str(units))  # fmt: skip
    sizes = tuple(units)
    for place, size in enumerate(sizes):
        if dropout and place:
            x = drop(x, dropout)
        part, end = f"layer{place + 1}", last and place == len(sizes) - 1
        x = this.part(part, recurrent(x, size, last=end, **this.sharing(part), **options))
    return this.made(x)
