"""`net.assume(fact)`: what is assumed of sizes and of given tensors."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import sympify

from symbackprop.errors import UnknownFunction, UnsupportedAssumption
from symbackprop.language.book import Book
from symbackprop.language.equations import Reading
from symbackprop.language.told import Subject, told
from symbackprop.terms.build import FALSE, TRUE, integer_condition
from symbackprop.terms.program import Assumption, TensorKind
from symbackprop.terms.show import show
from symbackprop.terms.term import Compare, Connective, Logic, Term

_SUPPORTED = "a relation between sizes, or between inputs, parameters and buffers"


def read_assumption(
    fact: Any, book: Book, subject: Subject, place: str = "", written: str = ""
) -> tuple[Assumption, ...]:
    """The relations that the fact is made of; those between sizes become facts of the book."""
    reading = Reading(book, subject)
    try:
        condition = reading.reader.condition(sympify(fact, strict=True))
    except (sympy.SympifyError, UnknownFunction) as error:
        raise UnsupportedAssumption(subject(), expected=_SUPPORTED, found=told(fact)) from error
    if condition is FALSE:
        raise UnsupportedAssumption(
            f"assume({written or told(fact)}){f' at {place}' if place else ''}", expected="a fact that can hold",
            found="one that holds for no values of what it names",
        )  # fmt: skip
    match condition:
        case Logic(Connective.AND, parts):
            pass
        case _:
            parts = () if condition is TRUE else (condition,)
    for part in parts:
        _check(part, book, subject)
    axes = tuple(axis for axis in book.ranges.values() if axis.index in condition.free)
    reading.check_reads(condition, axes)
    reading.keep()
    book.facts += tuple(part for part in parts if integer_condition(part) is not None)
    text = told(fact)
    return tuple(Assumption(tuple(a for a in axes if a.index in part.free), part, text, place) for part in parts)


def _check(part: Term, book: Book, subject: Subject) -> None:
    computed = sorted(name for name in part.tensors if book.tensors[name].kind is TensorKind.INTERMEDIATE)
    about_sizes = integer_condition(part) is not None
    sound = bool(part.tensors) != about_sizes and not (about_sizes and part.free)
    if not isinstance(part, Compare) or computed or not sound:
        raise UnsupportedAssumption(
            subject(), expected=_SUPPORTED,
            found=f"{computed[0]}, which is computed" if computed else show(part),
            remedy="state facts of what is given to the network",
        )  # fmt: skip
