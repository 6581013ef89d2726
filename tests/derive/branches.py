"""Random programs whose branches are singular where they are not taken, and an oracle that computes only what is taken.

A program is a tree of scalar nodes over n and m. It is written as a network several times, with different parts given
names, and evaluated here by hyper-dual numbers, which share nothing with the package: of the branches only the one that
is taken is computed. Source of the numbers: Fike and Alonso, "The development of hyper-dual numbers for exact second
derivative calculations" (2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from sympy import And, Max, Min, Ne, Piecewise

from symbackprop import Network, ReduceMax, Sum

Array = np.ndarray[Any, Any]
N, M = 5, 3


class Undefined(Exception):
    """What is taken has no finite value or derivative: nothing to compare."""


# --- numbers -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Hyper:
    """a + b·ε + c·η + d·εη."""

    a: float
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0

    def __add__(self, o: Hyper) -> Hyper:
        return Hyper(self.a + o.a, self.b + o.b, self.c + o.c, self.d + o.d)

    def __mul__(self, o: Hyper) -> Hyper:
        return Hyper(
            self.a * o.a, self.a * o.b + self.b * o.a, self.a * o.c + self.c * o.a,
            self.a * o.d + self.b * o.c + self.c * o.b + self.d * o.a,
        )  # fmt: skip

    def through(self, rule: Rule) -> Hyper:
        try:
            f, first, second = rule(self.a)
        except (ValueError, ZeroDivisionError, OverflowError):
            raise Undefined from None
        return Hyper(f, first * self.b, first * self.c, first * self.d + second * self.b * self.c)


Rule = Callable[[float], tuple[float, float, float]]  # value, first and second derivative


def _power(e: float) -> Rule:
    return lambda u: (u**e + 0 * math.sqrt(u), e * u ** (e - 1), e * (e - 1) * u ** (e - 2))


def _tanh(u: float) -> tuple[float, float, float]:
    v = math.tanh(u)
    return v, 1 - v * v, -2 * v * (1 - v * v)


UNARY: dict[str, tuple[Callable[[Any], Any], Rule]] = {
    "sqrt": (sympy.sqrt, _power(0.5)),
    "rsqrt": (lambda u: 1 / sympy.sqrt(u), _power(-0.5)),
    "power": (lambda u: u ** sympy.Rational(3, 2), _power(1.5)),
    "inverse": (lambda u: 1 / u, lambda u: (1 / u, -1 / u**2, 2 / u**3)),
    "log": (sympy.log, lambda u: (math.log(u), 1 / u, -1 / u**2)),
    "exp": (sympy.exp, lambda u: (math.exp(u),) * 3),
    "sinh": (sympy.sinh, lambda u: (math.sinh(u), math.cosh(u), math.sinh(u))),
    "sin": (sympy.sin, lambda u: (math.sin(u), math.cos(u), -math.sin(u))),
    "tanh": (sympy.tanh, _tanh),
    "square": (lambda u: u**2, lambda u: (u * u, 2 * u, 2.0)),
    "asin": (sympy.asin, lambda u: (math.asin(u), (1 - u * u) ** -0.5, u * (1 - u * u) ** -1.5)),
    "acos": (sympy.acos, lambda u: (math.acos(u), -((1 - u * u) ** -0.5), -u * (1 - u * u) ** -1.5)),
    "atanh": (sympy.atanh, lambda u: (math.atanh(u), 1 / (1 - u * u), 2 * u / (1 - u * u) ** 2)),
}  # fmt: skip


# --- trees ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Leaf:
    name: str  # x and y over n; w and c over n and m, or a number


@dataclass(frozen=True)
class Node:
    """`kind`: a function of UNARY, or "add", "mul", "max", "min", "sum" (over m), "best" (the maximum over m)."""

    kind: str
    args: tuple[Any, ...]


@dataclass(frozen=True)
class Branch:
    """`then` where `test` of the condition's argument holds, else `otherwise`. Only tests compare."""

    test: str
    of: Any
    then: Any
    otherwise: Any


TESTS: dict[str, tuple[Callable[[Any], Any], Callable[[float], bool]]] = {
    "positive": (lambda u: u > 0, lambda u: u > 0),
    "nonzero": (lambda u: Ne(u, 0), lambda u: u != 0),
    "inside": (lambda u: And(u < 1, u > -1), lambda u: -1 < u < 1),
    "moderate": (lambda u: u < 50, lambda u: u < 50),
}


def kinds(tree: Any) -> set[str]:
    """The kinds of the nodes."""
    match tree:
        case Node(kind, args):
            return {kind}.union(*map(kinds, args))
        case Branch(_, of, then, otherwise):
            return kinds(of) | kinds(then) | kinds(otherwise)
        case _:
            return set()


@dataclass
class Maker:
    """Draws trees. Each singular function stands where its test holds, wherever the test is made."""

    rng: np.random.Generator

    def pick(self, *options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def tree(self) -> Any:
        parts = [self.guarded() for _ in range(int(self.rng.integers(1, 3)))]
        extra = self.pick(self.counted, self.kink, self.distance, self.best, None)
        if extra is not None:
            parts.append(extra())
        total = parts[0]
        for part in parts[1:]:
            total = Node(self.pick("add", "mul", "add"), (total, part))
        return total

    def leaf(self) -> Leaf:
        return Leaf(self.pick("x", "x", "y"))

    def smooth(self, inner: Any) -> Any:
        kind = self.pick("sin", "tanh", "square", "")
        return Node(kind, (inner,)) if kind else inner

    def from_positive(self, u: Any) -> Any:
        """Something finite for u > 0, through functions that are singular at 0."""
        for _ in range(int(self.rng.integers(1, 4))):
            u = Node(self.pick("sqrt", "rsqrt", "power", "inverse"), (u,))
        u = Node("log", (u,)) if self.rng.random() < 0.4 else u
        return self.beside(self.smooth(u))

    def beside(self, value: Any) -> Any:
        """Alone, with a factor or with a summand."""
        kind = self.pick("mul", "add", "")
        return Node(kind, (value, self.pick(self.leaf(), Leaf("2")))) if kind else value

    def guarded(self) -> Any:
        u = self.leaf()
        test = self.pick("positive", "positive", "nonzero", "inside", "moderate")
        match test:
            case "positive":
                then = self.from_positive(u)
            case "nonzero":
                then = self.beside(self.smooth(Node("inverse", (u,))))
            case "inside":
                then = self.beside(Node(self.pick("asin", "acos", "atanh"), (u,)))
            case _:
                then = self.beside(Node(self.pick("exp", "sinh"), (u,)))
        if self.rng.random() < 0.3:  # a second condition inside
            then = Branch(self.pick(*TESTS), self.leaf(), then, self.smooth(u))
        return Branch(test, u, then, self.pick(self.smooth(u), Leaf("1")))

    def counted(self) -> Any:
        """Σ_m [c[n, m] > 0]·w·f(u[n]); c is not positive where u is not."""
        inner = Node("mul", (Leaf("w"), self.from_positive(Leaf("x"))))
        return Node("sum", (Branch("positive", Leaf("c"), self.smooth(inner), self.pick(Leaf("0"), Leaf("w"))),))

    def kink(self) -> Any:
        kind, name, bound = self.pick(("max", "log", "-3"), ("min", "inverse", "5"), ("min", "exp", "7"))
        return Node(kind, (Node(name, (Node("square", (self.leaf(),)),)), Leaf(bound)))

    def distance(self) -> Any:
        """√((x - y)²) where it is not 0."""
        apart = Node("square", (Node("add", (Leaf("x"), Node("mul", (Leaf("-1"), Leaf("y"))))),))
        return Branch("positive", apart, self.from_positive(apart), Leaf("0"))

    def best(self) -> Any:
        """max_m of values whose losers are singular."""
        return Node("best", (Node("log", (Node("square", (Node("mul", (Leaf("w"), self.leaf())),)),)),))


# --- evaluation ------------------------------------------------------------------------------------------
@dataclass
class Oracle:
    """The loss at data, with the derivatives along ε (all of `direction`) and η (one entry)."""

    data: Mapping[str, Array]
    direction: Mapping[str, Array]
    entry: tuple[str, int]

    def loss(self, tree: Any) -> Hyper:
        total = Hyper(0.0)
        for n in range(N):
            total = total + self.value(tree, n, None)
        if not all(map(math.isfinite, (total.a, total.b, total.c, total.d))):
            raise Undefined
        return total

    def value(self, tree: Any, n: int, m: int | None) -> Hyper:
        match tree:
            case Leaf("x" | "y" as name):
                seed = 1.0 if self.entry == (name, n) else 0.0
                return Hyper(float(self.data[name][n]), float(self.direction[name][n]), seed)
            case Leaf("w" | "c" as name):
                return Hyper(float(self.data[name][n, m]))
            case Leaf(number):
                return Hyper(float(number))
            case Branch(test, of, then, otherwise):
                return self.value(then if TESTS[test][1](self.value(of, n, m).a) else otherwise, n, m)
            case Node("sum", (body,)):
                total = Hyper(0.0)
                for place in range(M):
                    total = total + self.value(body, n, place)
                return total
            case Node("best", (body,)):
                return self.extremum([(body, place) for place in range(M)], n, 1)
            case Node("max" | "min" as kind, args):
                return self.extremum([(arg, m) for arg in args], n, 1 if kind == "max" else -1)
            case Node("add", (left, right)):
                return self.value(left, n, m) + self.value(right, n, m)
            case Node("mul", (left, right)):
                return self.value(left, n, m) * self.value(right, n, m)
            case Node(kind, (inner,)):
                return self.value(inner, n, m).through(UNARY[kind][1])
            case _:
                raise TypeError(tree)

    def extremum(self, candidates: list[tuple[Any, int | None]], n: int, sign: int) -> Hyper:
        """The one that attains it; the others need no value but may not be undefined. Ties are left alone."""
        found: list[Hyper] = []
        for tree, m in candidates:
            try:
                found.append(self.value(tree, n, m))
            except Undefined:  # log 0, 1/0 and the overflow of exp: they lose
                continue
        found.sort(key=lambda value: -sign * value.a)
        if not found or (len(found) > 1 and abs(found[0].a - found[1].a) < 1e-9):
            raise Undefined
        return found[0]


# --- writing ---------------------------------------------------------------------------------------------
@dataclass
class Writer:
    """The tree as a network; `named` says which parts get a name."""

    name: str
    named: Callable[[], bool]
    net: Network = field(init=False)
    count: int = 0

    def network(self, tree: Any) -> Network:
        self.net = net = Network(self.name)
        rows, columns = net.dims("N M")
        self.n, self.m = net.indices(n=rows, m=columns)
        self.leaves = {
            "x": net.parameter("x", (rows,))[self.n], "y": net.parameter("y", (rows,))[self.n],
            "w": net.input("w", (rows, columns))[self.n, self.m], "c": net.input("c", (rows, columns))[self.n, self.m],
        }  # fmt: skip
        net.loss = Sum(self.term(tree)[0], self.n) + self._anchor()
        return net

    def _anchor(self) -> Any:
        """So that every leaf is read: it adds Σ x + y + w + c."""
        leaves = self.leaves
        return Sum(leaves["x"] + leaves["y"], self.n) + Sum(leaves["w"] + leaves["c"], self.n, self.m)

    def term(self, tree: Any) -> tuple[Any, bool]:
        """(the term, whether it varies with m)."""
        value, wide = self._term(tree)
        if isinstance(tree, Leaf) or not self.named():
            return value, wide
        self.count += 1
        tensor = self.net.tensor(f"t{self.count}")
        at = (self.n, self.m) if wide else (self.n,)
        tensor[at] = value
        return tensor[at], wide

    def _term(self, tree: Any) -> tuple[Any, bool]:
        match tree:
            case Leaf(name) if name in self.leaves:
                return self.leaves[name], name in "wc"
            case Leaf(number):
                return sympy.Integer(number), False
            case Branch(test, of, then, otherwise):
                parts = [self.term(part) for part in (of, then, otherwise)]
                condition = TESTS[test][0](parts[0][0])
                return Piecewise((parts[1][0], condition), (parts[2][0], True)), any(wide for _, wide in parts)
            case Node("sum", (body,)):
                return Sum(self.term(body)[0], self.m), False
            case Node("best", (body,)):
                return ReduceMax(self.term(body)[0], self.m), False
            case Node(kind, args):
                parts = [self.term(part) for part in args]
                values = [value for value, _ in parts]
                return self._combined(kind, values), any(wide for _, wide in parts)
            case _:
                raise TypeError(tree)

    def _combined(self, kind: str, values: list[Any]) -> Any:
        match kind:
            case "add":
                return values[0] + values[1]
            case "mul":
                return values[0] * values[1]
            case "max":
                return Max(*values)
            case "min":
                return Min(*values)
            case _:
                return UNARY[kind][0](values[0])
