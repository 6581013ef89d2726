"""Functions at fixed sizes as statements on single numbers: every element a variable, every loop written out.

Grammar::

    straight   ::= given, statement*, wanted
    statement  ::= Note(text, label)                   as of values
                 | Assign(target, expression)          target: Element, or Part where several use it
    expression ::= Number(value)
                 | Element(tensor, place, kind)
                 | Part(number, kind)
                 | Apply(op, args, kind)
                 | Pick(index, options, kind)          the option at an integer from 0
    op         ::= what `Unary`, `_BINARY`, … of `straight_text` can spell, of `MapOp`

An element may be assigned to again; an expression means the elements as they are where it stands. Expressions are
interned: equal ones are the same object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from symbackprop.lower.values import Kind, MapOp, Note
from symbackprop.terms.interning import Interned

__all__ = [
    "Apply", "Assign", "Element", "Expression", "Number", "Part", "Pick", "Statement", "Straight", "number", "parts_of",
    "within",
]  # fmt: skip


class Expression(Interned):
    __slots__ = ()
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Number(Expression):
    """`spelling`: by which 1, 1.0 and True are not one."""

    value: float | int | bool
    spelling: str
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Element(Expression):
    tensor: str
    place: tuple[int, ...]
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Part(Expression):
    number: int
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Expression):
    op: MapOp
    args: tuple[Expression, ...]
    kind: Kind


@dataclass(frozen=True, slots=True, eq=False)
class Pick(Expression):
    index: Expression
    options: tuple[Expression, ...]
    kind: Kind


def number(value: float | int | bool) -> Number:
    kinds = {bool: Kind.BOOL, int: Kind.INT}
    return Number(value, repr(value), kinds.get(type(value), Kind.FLOAT))


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside."""
    match expression:
        case Apply(_, args):
            return args
        case Pick(index, options):
            return index, *options
        case _:
            return ()


def within(expression: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of, each once."""
    seen, stack = {expression}, [expression]
    while stack:
        top = stack.pop()
        yield top
        for part in parts_of(top):
            if part not in seen:
                seen.add(part)
                stack.append(part)


@dataclass(frozen=True, slots=True)
class Assign:
    target: Element | Part
    expression: Expression


Statement: TypeAlias = "Note | Assign"


@dataclass(frozen=True, slots=True)
class Straight:
    """`given`: the elements that have values before; `wanted`: what is computed for others; `operations`: how many the
    statements are made of; `calls`: how many of NumPy's do the same on arrays, about; `origins`: the first positions of
    tensors where one is not 0, by which elements are called."""

    given: tuple[Element, ...]
    statements: tuple[Statement, ...]
    wanted: tuple[Expression, ...]
    operations: int
    calls: int
    origins: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
