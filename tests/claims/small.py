"""A small network whose terms are read, made at random, and given their values exactly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from sympy import Expr

from symbackprop import Network, Sum
from symbackprop.interpret import Interpreter, Residues
from symbackprop.language import names_of
from symbackprop.language.equations import Reading
from symbackprop.terms.build import NIL, access, add, compare, mul, number, poly_value, power, reduce, where
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind
from symbackprop.terms.term import Axis, Reduction, Relation, Term


def bench() -> SimpleNamespace:
    net = Network("bench")
    N, D = net.dims("N D")
    n, i, j, k = net.indices(n=N, i=D, j=D, k=D)
    net.index("t", (1, N))
    x, w, A, s = net.input("x", (N, D)), net.input("w", (D,)), net.input("A", (D, D)), net.input("s", ())
    label = net.input("label", (N,), dtype="int", high=D)
    total = s + Sum(x[n, i] * w[i], n, i) + Sum(A[j, k], j, k)
    net.loss = total + Sum(x[n, label[n]], n)
    return SimpleNamespace(**names_of(net), net=net)


B = bench()


def term(expr: Expr) -> tuple[Term, tuple[Axis, ...]]:
    """Read, over the indices that are free in it."""
    reading = Reading(B.net._book, lambda: "a test")
    found = reading.reader.term(expr)
    return found, tuple(axis for axis in B.net._book.ranges.values() if axis.index in found.free)


def value(found: Term, axes: tuple[Axis, ...], sizes: dict[str, int]) -> Any:
    """Every element of it, exactly, at random residues."""
    program: Program = B.net.to_program()
    shape, origin = tuple(axis.extent for axis in axes), tuple(axis.low for axis in axes)
    tensor = Tensor("value", TensorKind.INTERMEDIATE, shape, origin)
    equation = Equation("value", tuple(Poly.of(axis.index) for axis in axes), axes, found)
    extended = program.with_(tensors=(*program.tensors, tensor), equations=(*program.equations, equation))
    rng = np.random.default_rng(5)
    shapes = {"x": (sizes["N"], sizes["D"]), "w": (sizes["D"],), "A": (sizes["D"], sizes["D"]), "s": ()}
    data: dict[str, Any] = {name: rng.integers(2, 2**60, size=shape).astype(object) for name, shape in shapes.items()}
    data["label"] = rng.integers(0, sizes["D"], size=sizes["N"])
    return Interpreter(extended, sizes, data, Residues(1)).array("value")


# --- terms made at random ------------------------------------------------------------------------------
EXTENT = Poly.of(Dim("D"))
FREE = tuple(Axis(Index(name), Poly.of(0), EXTENT - 1) for name in "ij")


def random_term(rng: np.random.Generator, depth: int, scope: tuple[Index, ...] = tuple(a.index for a in FREE)) -> Term:
    """Over the indices of `FREE`: sums, products, guards that decide something and such that do not, sums over D."""
    kind = rng.integers(7) if depth else rng.integers(2)
    if kind < 2:
        return _leaf(rng, scope)
    if kind == 6:
        index = Index(f"~k{len(scope)}", 0, True)
        body = random_term(rng, depth - 1, (*scope, index))
        return reduce(Reduction.SUM, [Axis(index, Poly.of(0), EXTENT - 1)], body)
    parts = [random_term(rng, depth - 1, scope) for _ in range(int(rng.integers(2, 4)))]
    if kind == 2:
        return mul(*parts)
    if kind == 3:
        return add(*parts)
    return where(random_condition(rng, scope), parts[0], NIL if rng.random() < 0.6 else parts[1])


def random_condition(rng: np.random.Generator, scope: tuple[Index, ...]) -> Term:
    p, q = (Poly.of(scope[int(rng.integers(len(scope)))]) for _ in range(2))
    choices = [
        (Relation.GE, p - q), (Relation.GE, q - p - 1), (Relation.EQ, p - q), (Relation.NE, p - q), (Relation.GE, p),
        (Relation.GE, EXTENT - 1 - p), (Relation.GE, -p - 1), (Relation.EQ, p - EXTENT + 1), (Relation.GE, p - 1),
    ]  # fmt: skip
    place = int(rng.integers(len(choices) + 3))
    if place >= len(choices):
        relation = (Relation.GT, Relation.GE, Relation.NE)[place - len(choices)]
        return compare(relation, _leaf(rng, scope), _leaf(rng, scope))
    relation, poly = choices[place]
    return compare(relation, poly_value(poly), NIL)


def _leaf(rng: np.random.Generator, scope: tuple[Index, ...]) -> Term:
    p, q = (Poly.of(scope[int(rng.integers(len(scope)))]) for _ in range(2))
    leaves = (access("w", [p]), access("A", [p, q]), access("s"), number(int(rng.integers(-2, 3))), poly_value(p + 1),
              power(access("w", [q]), 2), access("w", [EXTENT - 1 - p]))  # fmt: skip
    return leaves[int(rng.integers(len(leaves)))]


def same_values(one: Term, other: Term, axes: tuple[Axis, ...] = FREE) -> bool:
    """Exactly, at small sizes."""
    every = ({"N": 2, "D": 3}, {"N": 2, "D": 1}, {"N": 1, "D": 4})
    return all((value(one, axes, sizes) == value(other, axes, sizes)).all() for sizes in every)
