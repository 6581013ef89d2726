"""What is the same at every position of a loop in vectors is computed once, before it.

A compiler that does not know whether what is written changes what is read would read again at each position, and may
make of it branches, and then no vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbackprop.c.nests import (
    Nest,
    NestFunction,
    Statement,
    Store,
    body_of,
    with_body,
    written_by,
)
from symbackprop.c.vectors import vectors_of
from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import Kind, Map, Read, Value, children_of, inside, with_children
from symbackprop.terms.program import Tensor, TensorKind, fresh_name


def hoist(function: NestFunction) -> NestFunction:
    """The function with such values as variables."""
    return _Hoisting(function).function()


class _Hoisting:
    def __init__(self, function: NestFunction) -> None:
        self.own = function
        self.made: dict[str, Tensor] = {}
        self.taken = set(function.tensors)

    def function(self) -> NestFunction:
        body = tuple(self.body(self.own.body))
        tensors, locals = {**self.own.tensors, **self.made}, self.own.locals | self.made.keys()
        return replace(self.own, tensors=tensors, locals=frozenset(locals), body=body)

    def body(self, statements: Sequence[Statement]) -> Iterator[Statement]:
        for statement in statements:
            if isinstance(statement, Nest) and vectors_of(statement, self.own.locals, self.own.tensors) is not None:
                yield from self.nest(statement)
            elif body_of(statement):
                yield with_body(statement, self.body(body_of(statement)))
            else:
                yield statement

    def nest(self, nest: Nest) -> Iterator[Statement]:
        """The variables, and the nest that reads them."""
        written = {found[0] for found in map(written_by, nest.body) if found is not None}
        if (nest.axis.extent.constant or 0) < 1 or written <= self.own.locals:
            yield nest  # in registers nothing is read again
            return
        before: dict[Value, Store] = {}
        body: list[Statement] = []
        for statement in nest.body:
            if isinstance(statement, Store):
                value = self.changed(statement, nest, written, before)
                statement = replace(statement, value=value)
            body.append(statement)
        yield from before.values()
        yield replace(nest, body=tuple(body))

    def changed(self, store: Store, nest: Nest, written: set[str], before: dict[Value, Store]) -> Value:
        """The value of a store, of variables. `before`: what gives them values, by what they are."""
        index = nest.axis.index

        def same(value: Value) -> bool:
            reads = [part for part in inside(value) if isinstance(part, Read)]
            return bool(reads) and index not in value.axes and not any(read.tensor in written for read in reads)

        def is_hoisted(value: Value) -> bool:
            is_variable = isinstance(value, Read) and value.tensor in self.own.locals
            return isinstance(value, Map | Read) and value.kind is Kind.FLOAT and not is_variable and same(value)

        def change(value: Value, children: tuple[Value, ...]) -> Value:
            if not is_hoisted(value):
                return with_children(value, children) if children else value
            if value not in before:
                wanted = value.tensor if isinstance(value, Read) else store.tensor
                before[value] = Store(self.variable(f"{wanted}_once"), (), value)
            return Read(before[value].tensor, (), frozenset(), Kind.FLOAT, False)

        return rebuilt(store.value, change, lambda value: () if is_hoisted(value) else children_of(value))

    def variable(self, wanted: str) -> str:
        name = fresh_name(wanted, self.taken)
        self.made[name] = Tensor(name, TensorKind.INTERMEDIATE, (), ())
        return name


__all__ = ["hoist"]
