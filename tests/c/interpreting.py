"""Loop nests run as they stand, number by number: the oracle of what is done to them, which knows no C."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np

from symbackprop.c.nests import Nest, NestFunction, Product, Statement, Store, Subscripts, When
from symbackprop.lower.evaluate_values import _DTYPES, _FUNCTIONS, term_value
from symbackprop.lower.value_walks import parts_first
from symbackprop.lower.values import Loop, Map, Note, Position, Read, Scalar, Value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Op

Array = Any


class Interpreter:
    def __init__(self, function: NestFunction, data: Mapping[str, Array]) -> None:
        self.function = function
        self.at: dict[Index, int] = {}
        self.arrays: dict[str, Array] = {}
        for name, tensor in function.tensors.items():
            shape = tuple(max(size.constant or 0, 0) for size in tensor.shape)
            nothing = np.iinfo(np.intp).min if tensor.dtype is DType.INT else np.nan
            self.arrays[name] = np.full(shape, nothing, np.intp if tensor.dtype is DType.INT else np.float64)
        for name in function.given:
            self.arrays[name][...] = data[name]

    def run(self) -> dict[str, Array]:
        with np.errstate(all="ignore"):
            self.body(self.function.body)
        return self.arrays

    def body(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            match statement:
                case Note():
                    pass
                case Nest(axis, body):
                    # in any order: from the last position, where text goes from the first
                    for value in reversed(range(self.poly(axis.low), self.poly(axis.high) + 1)):
                        self.at[axis.index] = value
                        self.body(body)
                case Loop(variable, low, high, descending, body):
                    turns = range(self.poly(low), self.poly(high) + 1)
                    for value in reversed(turns) if descending else turns:
                        self.at[variable] = value
                        self.body(body)
                case When(mask, body):
                    if self.value(mask):
                        self.body(body)
                case Store(name, subscripts, value, op):
                    self.put(name, self.places(subscripts), self.value(value), op)
                case Product():
                    self.multiply(statement)

    def multiply(self, statement: Product) -> None:
        outer = (*statement.rows, *statement.columns)
        for places in product(*(range(self.poly(a.low), self.poly(a.high) + 1) for a in outer)):
            self.at.update(zip((axis.index for axis in outer), places, strict=True))
            total = 0.0
            for inner in product(*(range(self.poly(a.low), self.poly(a.high) + 1) for a in statement.sums)):
                self.at.update(zip((axis.index for axis in statement.sums), inner, strict=True))
                total += self.value(statement.left) * self.value(statement.right)
            op = Op.ACCUMULATE if statement.add else Op.ASSIGN
            self.put(statement.tensor, self.places(statement.subscripts), total, op)

    def put(self, name: str, places: tuple[int, ...], value: Array, op: Op) -> None:
        array = self.arrays[name]
        assert all(0 <= place < size for place, size in zip(places, array.shape, strict=True)), (name, places)
        array[places] = array[places] + value if op is Op.ACCUMULATE else value

    # --- values ------------------------------------------------------------------------------------
    def poly(self, poly: Poly) -> int:
        return int(poly.evaluate(lambda atom: self.at[atom]))  # type: ignore[index]

    def places(self, subscripts: Subscripts) -> tuple[int, ...]:
        return tuple(self.poly(s) if isinstance(s, Poly) else int(self.value(s)) for s in subscripts)

    def value(self, top: Value) -> Array:
        memo: dict[Value, Array] = {}
        for value in parts_first(top, memo):
            memo[value] = self.computed(value, memo)
        return memo[top]

    def computed(self, value: Value, memo: Mapping[Value, Array]) -> Array:
        match value:
            case Scalar(term):
                return term_value(term, dict(self.at))
            case Position(poly):
                return self.poly(poly)
            case Read(name, subscripts, _, _, padded):
                array = self.arrays[name]
                places = tuple(self.poly(s) if isinstance(s, Poly) else int(memo[s]) for s in subscripts)
                inside = all(0 <= place < size for place, size in zip(places, array.shape, strict=True))
                assert inside or padded, f"{name} is read at {places}, outside"
                return array[places] if inside else array.dtype.type(0)
            case Map(op, args, kind):
                function = _FUNCTIONS.get(op) or getattr(np, op.value)
                return _DTYPES[kind](function(*(memo[arg] for arg in args)))[()]
            case _:
                raise TypeError(f"not in nests: {value!r}")
