"""How the time of each stage grows with what is written: `python -m benchmarks.growth [NAME …] [--size 1]`.

Each construct is written at sizes n, 2n and 4n; every stage is timed in processor seconds, and the growth is the
exponent of the last doubling. A stage that takes longer than a minute is cut off. What grows faster than quadratically,
or takes long at the largest size, wants looking at.
"""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from math import log2

import sympy
from sympy import Max, Min, Piecewise, cos, exp, log, sin, sqrt, tanh

import symbackprop
from symbackprop import Network, Sum
from symbackprop.errors import SymbackpropError
from symbackprop.functions import relu, sigmoid

SECONDS = 60
STAGES: dict[str, Callable[[Network], object]] = {
    "derive": symbackprop.derive,
    "generate": symbackprop.generate,
    "text": lambda net: str(symbackprop.derive(net)),
    "latex": lambda net: symbackprop.derive(net).latex(form="matrix", level="full"),
    "cost": lambda net: symbackprop.cost(net).table(),
    "verify": symbackprop.verify,
}


class Page:
    """A network with an input, parameters and indices to write with."""

    def __init__(self) -> None:
        self.net = net = Network("growth")
        self.N, self.D = net.dims("N D")
        self.n, self.i = net.indices(n=self.N, i=self.D)
        self.x = net.input("x", (self.N, self.D))
        self.w = net.parameter("w", (self.D,))

    def element(self) -> sympy.Expr:
        return self.x[self.n, self.i] * self.w[self.i]

    def whole(self, value: sympy.Expr) -> Network:
        """The network whose loss is the sum of `value`."""
        z = self.net.tensor("z")
        z[self.n, self.i] = value
        self.net.loss = Sum(z[self.n, self.i], self.n, self.i)
        return self.net


def each(term: Callable[[sympy.Expr, int], sympy.Expr]) -> Callable[[int], Network]:
    """A sum of `size` terms."""

    def network(size: int) -> Network:
        page = Page()
        return page.whole(sympy.Add(*(term(page.element(), k) for k in range(1, size + 1))))

    return network


def nested(inside: Callable[[sympy.Expr, int], sympy.Expr]) -> Callable[[int], Network]:
    """`size` times around."""

    def network(size: int) -> Network:
        page = Page()
        value = page.element()
        for k in range(1, size + 1):
            value = inside(value, k)
        return page.whole(value)

    return network


def arguments(function: Callable[..., sympy.Expr]) -> Callable[[int], Network]:
    """A function of `size` arguments."""

    def network(size: int) -> Network:
        page = Page()
        return page.whole(function(*(sin(k * page.element()) for k in range(1, size + 1))))

    return network


def rank(size: int) -> Network:
    """A parameter of `size` axes."""
    net = Network("rank")
    sizes = net.dims(" ".join(f"N{k}" for k in range(size)))
    indices = net.indices(**{f"i{k}": each_size for k, each_size in enumerate(sizes)})
    w = net.parameter("w", sizes)
    net.loss = Sum(w[indices] ** 2, *indices)
    return net


def chain(size: int) -> Network:
    """`size` layers, each an equation."""
    page = Page()
    net, n, i = page.net, page.n, page.i
    j = net.index("j", page.D)
    before = page.x
    for k in range(size):
        W, z = net.parameter(f"W{k}", (page.D, page.D)), net.tensor(f"z{k}")
        z[n, i] = tanh(Sum(W[i, j] * before[n, j], j))
        before = z
    net.loss = Sum(before[n, i] * page.w[i], n, i)
    return net


def columns(size: int) -> Network:
    """A tensor of `size` equations, one a column."""
    page = Page()
    z = page.net.tensor("z")
    for k in range(size):
        z[page.n, k] = page.w[0] * page.x[page.n, 0] ** (k % 3 + 1)
    k = page.net.index("k", size)
    page.net.loss = Sum(z[page.n, k], page.n, k) + Sum(page.w[page.i], page.i)
    return page.net


def factors(size: int) -> Network:
    """A product of `size` parameters."""
    page = Page()
    value: sympy.Expr = page.element()
    for k in range(size):
        value = value * page.net.parameter(f"v{k}", (page.D,))[page.i]
    return page.whole(value)


def reductions(size: int) -> Network:
    """`size` sums in sums, each over what the one around it reads."""
    net = Network("reductions")
    N, D = net.dims("N D")
    n, *k = net.indices(n=N, **{f"k{place}": D for place in range(size + 1)})
    x, w = net.input("x", (N, D)), net.parameter("w", (D, D))
    value: sympy.Expr = x[n, k[0]]
    for inner, outer in pairwise(k):
        value = Sum(w[outer, inner] * tanh(value), inner)
    net.loss = Sum(value, n, k[size])
    return net


def shifts(size: int) -> Network:
    """A sum of reads at `size` places, each guarded."""
    page = Page()
    n, i, x, w = page.n, page.i, page.x, page.w
    return page.whole(sympy.Add(*(Piecewise((x[n, i - k] * w[i], i >= k), (0, True)) for k in range(size))))


def cases(size: int) -> Network:
    """A Piecewise of `size` branches."""
    page = Page()
    value = page.element()
    return page.whole(Piecewise(*((value * k, page.x[page.n, page.i] < k) for k in range(size)), (value, True)))


def joined(size: int) -> Network:
    """A condition of two parts, on a value that doubles `size` times as a tree."""
    page = Page()
    u = page.element()
    for _ in range(size):
        u = u * sigmoid(u)
    return page.whole(Piecewise((page.w[page.i], sympy.And(u > 0, u < 1)), (0, True)))


def around(
    value: sympy.Expr, conditions: Iterable[sympy.Basic], f: Callable[[sympy.Expr], sympy.Expr] = exp
) -> sympy.Expr:
    """Branches in branches, one a condition, both of which read the value before."""
    for condition in conditions:
        value = Piecewise((value * f(value), condition), (value, True))
    return value


def branches(condition: Callable[[Page, int], sympy.Basic]) -> Callable[[int], Network]:
    """`size` branches in branches."""

    def network(size: int) -> Network:
        page = Page()
        return page.whole(around(page.element(), (condition(page, k) for k in range(1, size + 1))))

    return network


def either(size: int) -> Network:
    """Two of three branches read the value before, so that a part's condition is a disjunction, `size` times."""
    page = Page()
    u = page.element()
    for k in range(size):
        u = Piecewise((u * exp(u), page.N > 2 * k + 2), (u * page.element(), page.N > 2 * k), (0, True))
    return page.whole(u)


def shifted(size: int) -> Network:
    """Branches around elements that lie inside behind the outermost condition alone."""
    page = Page()
    u = around(page.x[page.n, page.i - 1] * page.w[page.i], (page.N > k + 1 for k in range(size)))
    return page.whole(Piecewise((u, page.i >= 1), (0, True)))


def divided(size: int) -> Network:
    """Branches around a number of sizes that divides, behind what rules its 0 out."""
    page = Page()
    u = around(page.element() / (page.N - 3), (page.x[page.n, page.i] > k + 1 for k in range(size)))
    return page.whole(Piecewise((u, page.N > 3), (2 * u, page.N < 3), (0, True)))


def behind_data(size: int) -> Network:
    """Branches around an element that lies inside behind either of two conditions, which speak of data too."""
    page = Page()
    n, i, x, w = page.n, page.i, page.x, page.w
    u = around(tanh(x[n, i - 1] * w[i]), (x[n, i] > k for k in range(size)))
    first, second = sympy.And(i >= 2, x[n, i] > 0), sympy.And(sympy.Eq(i, 1), w[i] < 0)
    return page.whole(Piecewise((u, first), (2 * u, second), (0, True)))


def many_readers(size: int) -> Network:
    """Branches around a value that eighty places read behind a condition each."""
    page = Page()
    n, i = page.n, page.i
    u = around(page.x[n, i - 1] * page.w[i], (page.x[n, i] > k for k in range(size)))
    cases = (Piecewise((tanh(u) * k, i > k), (sin(u), sympy.Eq(i, k)), (0, True)) for k in range(1, 41))
    return page.whole(sympy.Add(*cases))


def before(size: int) -> Network:
    """Branches in a recurrence that reads what came before, behind either of two conditions."""
    net = Network("before")
    V = net.dim("V")
    v, q = net.indices(v=V, q=V)
    w, h = net.parameter("w", (V,)), net.tensor("h")
    u = around(h[q] * w[v], (v > k + 1 for k in range(size)), tanh)
    h[v] = w[v] + Sum(Piecewise((u, sympy.And(q < v, w[v] > 0)), (2 * u, q < v - 1), (0, True)), q)
    net.loss = Sum(h[v] ** 2, v)
    return net


def steps(size: int) -> Network:
    """Branches in a recurrence."""
    net = Network("steps")
    T, D = net.dims("T D")
    t, i, k = net.indices(t=(1, T), i=D, k=D)
    x, W, h = net.input("x", (T + 1, D)), net.parameter("W", (D, D)), net.tensor("h")
    h[0, k] = x[0, k]
    h[t, i] = around(Sum(W[i, k] * h[t - 1, k], k) + x[t, i], (t > step + 1 for step in range(size)), sigmoid)
    net.loss = Sum(h[T, k] ** 2, k)
    return net


def power(size: int) -> Network:
    page = Page()
    return page.whole((page.element() + page.w[page.i] + 1) ** size)


CONSTRUCTS: dict[str, tuple[Callable[[int], Network], int]] = {  # and the smallest of the three sizes
    "powers added": (each(lambda u, k: u**k), 250),
    "sines added": (each(lambda u, k: sin(k * u)), 250),
    "mixed added": (each(lambda u, k: exp(-k * u) * cos(k * u)), 60),
    "roots added": (each(lambda u, k: sqrt(1 + u**2 / k)), 60),
    "logarithms added": (each(lambda u, k: log(k + exp(u))), 60),
    "quotients added": (each(lambda u, k: 1 / (k + u**2)), 60),
    "exp nested": (nested(lambda u, k: exp(u)), 15),
    "tanh nested": (nested(lambda u, k: tanh(u)), 15),
    "tanh nested, added": (nested(lambda u, k: tanh(u) + u), 5),
    "sigmoid times itself": (nested(lambda u, k: u * sigmoid(u)), 5),
    "squares nested": (nested(lambda u, k: (u + k) ** 2), 15),
    "quotients nested": (nested(lambda u, k: 1 / (k + u)), 15),
    "roots nested": (nested(lambda u, k: sqrt(1 + u)), 15),
    "Piecewise nested": (nested(lambda u, k: Piecewise((tanh(u), u > k), (u, True))), 5),
    "conditions joined": (joined, 5),
    "branches on sizes": (branches(lambda page, k: page.N > k), 5),
    "branches on indices": (branches(lambda page, k: page.n > k), 5),
    "branches on elements": (branches(lambda page, k: page.x[page.n, page.i] > k), 5),
    "either branch": (either, 5),
    "branches around shifts": (shifted, 5),
    "branches around a divisor": (divided, 5),
    "branches behind data": (behind_data, 5),
    "branches of many readers": (many_readers, 5),
    "branches in training": (branches(lambda page, k: sympy.And(page.net.training, page.i >= k)), 5),
    "branches in a recurrence": (steps, 5),
    "branches behind what came before": (before, 5),
    "relu nested": (nested(lambda u, k: relu(u - k)), 15),
    "Max nested": (nested(lambda u, k: Max(0, u - k) + k), 10),
    "Max of many": (arguments(Max), 25),
    "Min of many": (arguments(Min), 25),
    "branches": (cases, 25),
    "power of a sum": (power, 50),
    "factors": (factors, 25),
    "axes": (rank, 8),
    "equations": (chain, 25),
    "columns": (columns, 50),
    "reductions nested": (reductions, 5),
    "guarded shifts": (shifts, 15),
}


class Late(BaseException):
    pass


def late(*_: object) -> None:
    raise Late


def measured(write: Callable[[int], Network], size: int) -> dict[str, float | str]:
    """Processor seconds of each stage, or why there are none."""
    found: dict[str, float | str] = {}
    net: Network | None = None
    for stage in ("write", *STAGES):
        begin = time.process_time()
        signal.alarm(SECONDS)
        try:
            if stage == "write":
                net = write(size)
                net.to_program()
            else:
                assert net is not None
                STAGES[stage](net)
            found[stage] = time.process_time() - begin
        except Late:
            found[stage] = "late"
        except SymbackpropError as error:
            found[stage] = f"{type(error).__name__}: {error}"[:90]
        except Exception as error:
            found[stage] = f"!!! {type(error).__name__}: {error}"[:90]
        finally:
            signal.alarm(0)
        if isinstance(found[stage], str) and stage in ("write", "derive"):
            break
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CONSTRUCTS))
    parser.add_argument("--size", type=float, default=1, help="times the sizes of the table")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, late)
    for name in options.names:
        write, least = CONSTRUCTS[name]
        rows = {size: measured(write, size) for size in (int(least * options.size * k) for k in (1, 2, 4))}
        print(f"{name}, of {', '.join(map(str, rows))}", flush=True)
        for stage in ("write", *STAGES):
            values = [row.get(stage, "-") for row in rows.values()]
            shown = "  ".join(f"{v:8.2f}" if isinstance(v, float) else f"{v}" for v in values)
            _, before, last = values
            numbers = isinstance(before, float) and isinstance(last, float)
            growth = f"{log2(max(last, 1e-3) / max(before, 1e-3)):5.1f}" if numbers else ""
            print(f"    {stage:9} {shown}  {growth}", flush=True)


if __name__ == "__main__":
    main()
