"""What is said again, and what is taken back.

The same statement is the same thing, so that a cell of a notebook can be run twice. Another one in its place is
refused: nothing that was said is dropped without a word. So a network is changed by building it anew, under its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from symbackprop.errors import DuplicateName, OverlappingDefinitions
from symbackprop.language.book import Book
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.whole import Written
from symbackprop.terms.program import TensorKind


def anew(name: str) -> str:
    """The remedy of all who find something else in its place."""
    return f'what was said stands; to change it build the network anew, from Network("{name}") on'


def stands(definition: Definition, before: Sequence[Definition], network: str) -> bool:
    """Whether the equation is one of those before; OverlappingDefinitions where another says the same elements."""
    equation = definition.equation
    for known in before:
        if (known.equation.subscripts, known.equation.axes) == (equation.subscripts, equation.axes):
            if known.equation.rhs == equation.rhs:
                return True
            raise OverlappingDefinitions(
                definition.text(), expected="each element to be defined once", found=f"{known.text()} before",
                remedy=f"give this value a tensor of its own; {anew(network)}",
            )  # fmt: skip
    return False


def declared_again(before: Declared, kind: TensorKind, shape: Any, details: dict[str, Any], network: str) -> None:
    """Nothing where the tensor was declared so before; DuplicateName where it was declared otherwise."""
    found = [f"{_kind(before.kind)} of that name"]
    if before.kind is kind:
        wanted = {"shape": shape, **details}
        others = [each for each, value in wanted.items() if getattr(before, each) != value]
        if not others:
            return
        found += [f"with {_told(each, getattr(before, each))}" for each in others]
    raise DuplicateName(
        f"{_kind(kind).split(' ', 1)[1]} {before.name!r}", expected="a name of its own", found=" ".join(found),
        remedy=f"choose another; {anew(network)}",
    )  # fmt: skip


def _kind(kind: TensorKind) -> str:
    match kind:
        case TensorKind.INTERMEDIATE:
            return "a tensor"
        case TensorKind.RANDOM:
            return "a random tensor"
        case _:
            return f"{'an' if kind.value[0] in 'aeiou' else 'a'} {kind.value}"


def _told(detail: str, value: Any) -> str:
    if detail == "shape":
        return f"shape ({', '.join(map(str, value))}{',' if len(value) == 1 else ''})"
    return f"another {'bound' if detail == 'high' else detail}"


@contextmanager
def whole_or_nothing(book: Book, written: Written) -> Iterator[None]:
    """What is written inside stands as a whole, or not at all where something in it is refused."""
    tables: tuple[dict[Any, Any], ...] = (
        book.sizes.dims, book.sizes.indices, book.axes, book.ranges, book.tensors, book.given,
    )  # fmt: skip
    lists: tuple[list[Any], ...] = (book.pending, written.order, written.outputs, written.assumptions)
    lengths = [len(table) for table in tables], [len(each) for each in lists]
    facts, loss, has_end = book.facts, written.loss, book.has_end
    try:
        yield
    except BaseException:
        for table, length in zip(tables, lengths[0], strict=True):
            for key in list(table)[length:]:
                del table[key]
        for each, length in zip(lists, lengths[1], strict=True):
            del each[length:]
        book.facts, written.loss, book.has_end = facts, loss, has_end
        book.sizes.forget()
        kept = set(map(id, written.order))
        for declared in book.tensors.values():
            declared.definitions = [each for each in declared.definitions if id(each) in kept]
        updates = {name: [each for each in found if id(each) in kept] for name, found in written.updates.items()}
        written.updates = {name: found for name, found in updates.items() if found}
        raise
