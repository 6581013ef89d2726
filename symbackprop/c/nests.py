"""Loop nests: what is computed, one number at a time, in the order in which it runs.

Grammar::

    function ::= name, tensors, given, statement*
    statement ::= Note(text, label)                    the equation that what follows computes
                | Nest(axis, body)                     the body at every position of the axis, in any order
                | Loop(variable, low, high, descending, body)      the body for each value in turn, bounds inclusive
                | When(mask, body)                     the body where the mask, a truth value, holds
                | Store(tensor, subscripts, value, op)             tensor[subscripts] (= | +=) value
                | Product(tensor, subscripts, add, left, right, rows, columns, sums)
                                                       tensor[subscripts] (= | +=) Σ over sums of left·right, at all
                                                       positions of rows and columns; see `products`

Values are those of `lower.values`, without a reduction or a choice in them: the indices of the nests and loops around
stand in them as numbers. A tensor of rank 0 that nothing outside of a nest knows is a local variable (`locals`). Every
nest has an index of its own, so that statements can be put into each other's nests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from symbackprop.lower.values import Loop, Read, Value, inside
from symbackprop.lower.values import Note as Note
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Op, Tensor
from symbackprop.terms.term import Axis

Subscripts: TypeAlias = tuple[Poly | Value, ...]


@dataclass(frozen=True, slots=True)
class Nest:
    axis: Axis
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class When:
    mask: Value
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Store:
    tensor: str
    subscripts: Subscripts
    value: Value
    op: Op = Op.ASSIGN


@dataclass(frozen=True, slots=True)
class Product:
    """`rows`: axes of the left factor, `columns` of the right one, `sums` of both."""

    tensor: str
    subscripts: Subscripts
    add: bool
    left: Read
    right: Read
    rows: tuple[Axis, ...]
    columns: tuple[Axis, ...]
    sums: tuple[Axis, ...]


Statement: TypeAlias = "Note | Nest | Loop[Statement] | When | Store | Product"


@dataclass(frozen=True, slots=True)
class NestFunction:
    """`tensors`: every tensor that it knows, by name; `given`: those with values when it begins; `locals`: those that
    are variables of the nest that they stand in."""

    name: str
    tensors: dict[str, Tensor]
    given: tuple[str, ...]
    locals: frozenset[str]
    body: tuple[Statement, ...]


def body_of(statement: Statement) -> tuple[Statement, ...]:
    """The statements directly inside."""
    return statement.body if isinstance(statement, Nest | Loop | When) else ()


def with_body(statement: Statement, body: Iterable[Statement]) -> Statement:
    if isinstance(statement, Nest | Loop | When):
        return replace(statement, body=tuple(body))
    return statement


def statements_in(body: Sequence[Statement]) -> Iterator[Statement]:
    """All statements, those inside of others included, in order."""
    for statement in body:
        yield statement
        yield from statements_in(body_of(statement))


def values_of(statement: Statement) -> tuple[Value, ...]:
    """The values that the statement itself computes."""
    match statement:
        case When(mask):
            return (mask,)
        case Store(_, subscripts, value):
            return (*(s for s in subscripts if isinstance(s, Value)), value)
        case Product():
            return statement.left, statement.right
        case _:
            return ()


def reads_of(statement: Statement) -> list[Read]:
    """What the statement itself reads."""
    return [part for value in values_of(statement) for part in inside(value) if isinstance(part, Read)]


def written_by(statement: Statement) -> tuple[str, Subscripts] | None:
    """What the statement itself writes."""
    return (statement.tensor, statement.subscripts) if isinstance(statement, Store | Product) else None


def as_read(value: Value) -> Read:
    assert isinstance(value, Read)
    return value
