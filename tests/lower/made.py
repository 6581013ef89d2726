"""Values made by hand, over two axes, and functions of them."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from symbackprop.lower.values import (
    Contract,
    Define,
    Fold,
    Function,
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Step,
    Value,
)
from symbackprop.terms.build import number
from symbackprop.terms.poly import ONE, ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Op, Tensor, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction

N, D = Poly.of(Dim("N")), Poly.of(Dim("D"))
n, d, e = Index("n"), Index("d"), Index("e")
AXES = (Axis(n, ZERO, N - 1), Axis(d, ZERO, D - 1), Axis(e, ZERO, D - 1))
SIZES = {"N": 5, "D": 3}
TENSORS = {
    "x": Tensor("x", TensorKind.PARAMETER, (N, D), (ZERO, ZERO)),
    "V": Tensor("V", TensorKind.PARAMETER, (D, D), (ZERO, ZERO)),
    "s": Tensor("s", TensorKind.PARAMETER, (N,), (ZERO,)),
    "label": Tensor("label", TensorKind.INPUT, (N,), (ZERO,), DType.INT, high=D),
    **{name: Tensor(name, TensorKind.INTERMEDIATE, (N, D), (ZERO, ZERO)) for name in ("y", "z", "u")},
}
GIVEN = ("x", "V", "s", "label")


def data() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    return {
        "x": rng.normal(size=(5, 3)), "V": rng.normal(size=(3, 3)), "s": rng.normal(size=5),
        "label": rng.integers(0, 3, 5),
    }  # fmt: skip


def read(name: str, *indices: Index | Poly) -> Read:
    subscripts = tuple(Poly.of(i) if isinstance(i, Index) else i for i in indices)
    over = frozenset(index for subscript in subscripts for index in subscript.indices())
    return Read(name, subscripts, over, Kind.INT if name == "label" else Kind.FLOAT, False)


def map_(op: MapOp, *args: Value, kind: Kind = Kind.FLOAT) -> Map:
    return Map(op, args, kind, False)


def define(name: str, value: Value, op: Op = Op.ASSIGN) -> Define:
    return Define(name, (Poly.of(n), Poly.of(d)), AXES, value, op)


def function(*steps: Step) -> Function:
    return Function("f", TENSORS, GIVEN, Facts((N - 1, D - 1)), frozenset({"N", "D", *TENSORS}), steps)


def random_value(rng: random.Random, depth: int, inner: bool = False) -> Value:
    """Of floats, over n and d, and inside sums over e too."""
    last = e if inner and rng.random() < 0.7 else d
    if not depth:
        return rng.choice((read("x", n, last), read("V", d, last), read("s", n), Scalar(number(rng.randint(-2, 2)))))

    def part() -> Value:
        return random_value(rng, depth - 1, inner)

    match rng.randrange(7 if not inner else 5):
        case 0:
            return map_(rng.choice((MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.MAXIMUM)), part(), part())
        case 1:
            return map_(rng.choice((MapOp.TANH, MapOp.SQUARE, MapOp.ABS, MapOp.SIGMOID)), part())
        case 2:
            mask = map_(MapOp.GREATER, part(), part(), kind=Kind.BOOL)
            return map_(MapOp.SELECT, mask, part(), part())
        case 3:
            counted = Position(Poly.of(n) * 2 + Poly.of(last) - ONE, frozenset((n, last)))
            return map_(MapOp.MULTIPLY, map_(MapOp.COPY, counted), part())
        case 4:
            return map_(MapOp.MULTIPLY, map_(MapOp.COPY, read("label", n)), part())
        case 5:
            factors = [random_value(rng, depth - 1, True) for _ in range(rng.choice((1, 2, 3)))]
            return Contract((read("V", d, e), *factors), (e,), False)
        case _:
            source = map_(MapOp.ADD, read("V", d, e), random_value(rng, depth - 1, True))
            return Fold(rng.choice((Reduction.MAX, Reduction.SUM, Reduction.PRODUCT)), source, (e,), False)
