"""No temporary of a function is computed twice in one body of statements: value numbering sees to that, and storage to
the integers that it makes."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterator, Sequence

import pytest

from symbackprop import zoo
from symbackprop.lower.passes import VALUE_PASSES, improved_module
from symbackprop.lower.value_numbering import number_values
from symbackprop.lower.values import MapOp
from symbackprop.numpy import function as storing
from symbackprop.numpy.array import (
    Array,
    Contract,
    Counter,
    Fold,
    Function,
    Gather,
    If,
    Loop,
    Map,
    Operand,
    Role,
    Statement,
    whole,
    written,
)
from symbackprop.sources import lowered
from symbackprop.stages import derived_of, in_order
from symbackprop.terms.poly import Index, Poly

_PUT = (MapOp.COPY, MapOp.SELECT)  # into storage that was filled before


class _Seen:
    """What temporaries hold, as far as the statements have come."""

    def __init__(self) -> None:
        self.versions = Count[str]()
        self.twice: list[Statement] = []

    def walk(self, body: Sequence[Statement], held: dict[object, tuple[str, int]]) -> None:
        for statement in body:
            match statement:
                case Loop():
                    for inner in _flat(statement.body):
                        self._touched(inner)
                    self.walk(statement.body, dict(held))
                case If():
                    self.walk(statement.body, dict(held))
                    self.walk(statement.otherwise, dict(held))
                case Map(op) if op in _PUT:
                    self._touched(statement)
                case Map() | Fold() | Gather() | Contract():
                    self._made(statement, held)
                case _:
                    self._touched(statement)

    def _touched(self, statement: Statement) -> None:
        buffer = written(statement)
        if buffer is not None:
            self.versions[buffer.name] += 1

    def _made(self, statement: Statement, held: dict[object, tuple[str, int]]) -> None:
        key, out = self._key(statement), written(statement)
        assert out is not None
        name, version = held.get(key, ("", 0))
        if out.role is Role.TEMPORARY and name and self.versions[name] == version:
            self.twice.append(statement)
        self._touched(statement)
        held[key] = out.name, self.versions[out.name]

    def _key(self, statement: Statement) -> object:
        """The statement but for where it writes, its axes numbered as they are met."""
        numbers: dict[Index, Index] = {}

        def number(axes: Sequence[Index]) -> tuple[Index, ...]:
            return tuple(numbers.setdefault(axis, Index(f"#{len(numbers)}")) for axis in axes)

        def of(operand: Operand) -> object:
            match operand:
                case Array(buffer, subscripts, axes, extents):
                    number(axes)
                    names = {axis: Poly.of(numbers[axis]) for axis in axes}
                    places = tuple(subscript.substitute(names) for subscript in subscripts)
                    return buffer.name, self.versions[buffer.name], places, number(axes), extents
                case Counter(axis, extent, start, step):
                    return number((axis,)), extent, start, step
                case _:
                    return operand

        match statement:
            case Map(op, out, args):
                return op, tuple(map(of, args)), frozenset(number(out.axes))
            case Fold(reduction, out, source):
                return reduction, of(source), frozenset(number(out.axes))
            case Gather(_, source, rows, index):
                return of(whole(source)), rows, of(index)
            case Contract(out, left, right):
                return of(left), of(right), frozenset(number(out.axes))
            case _:
                raise TypeError(statement)


def _flat(body: Sequence[Statement]) -> Iterator[Statement]:
    for statement in body:
        match statement:
            case Loop():
                yield from _flat(statement.body)
            case If():
                yield from _flat((*statement.body, *statement.otherwise))
            case _:
                yield statement


def repeated(name: str, passes: Sequence[object]) -> list[Statement]:
    program = zoo.load(name).to_program()
    values = improved_module(lowered(program, in_order(derived_of(program))), passes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storing, "share_buffers", tuple)  # each temporary by itself
        module = values.mapped(storing.store)
    found: list[Statement] = []
    functions: list[Function | None] = [module.shared, module.forward, module.backward, module.predict]
    for function in functions:
        if function is not None:
            seen = _Seen()
            seen.walk(function.body, {})
            found += seen.twice
    return found


@pytest.mark.parametrize("name", zoo.names())
def test_nothing_is_computed_twice(name):
    assert not repeated(name, VALUE_PASSES)


def test_without_the_pass_much_is():
    passes = [each for each in VALUE_PASSES if each is not number_values]
    assert len(passes) < len(VALUE_PASSES)
    assert len(repeated("lenet", passes)) > 10
