"""What is said again, and what is taken back.

The same statement is the same thing, so that a cell of a notebook can be run twice. Another one in its place is
refused: nothing that was said is dropped without a word. So a network is changed by building it anew, under its name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from symbackprop.errors import DuplicateName
from symbackprop.language.book import Book
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.whole import Written
from symbackprop.terms.program import Equation, TensorKind

_Result = TypeVar("_Result")


ANEW = "what was said stands; to change it build the network anew, from Network(...) on"
"""The remedy of all who find something else in its place."""


def stands(equation: Equation, before: Sequence[Definition]) -> bool:
    """Whether it is one of those before. (Another one of the same elements is refused with the whole: `coverage`.)"""
    return any(known.equation == equation for known in before)


def declared_again(before: Declared, kind: TensorKind, shape: Any, details: dict[str, Any]) -> None:
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
        remedy=f"choose another; {ANEW}",
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


def once(book: Book, written: Written, key: Hashable | None, write: Callable[[], _Result]) -> _Result:
    """What `write` gives, whose equations stand as a whole or not at all; what it gave before, for a call of that key
    that declared neither parameters nor noise nor state. None is the key of what is never the same."""
    if key in book.results:
        return book.results[key]  # type: ignore[no-any-return]
    before = len(book.tensors)
    with whole_or_nothing(book, written):
        result = write()
    new = islice(reversed(book.tensors.values()), len(book.tensors) - before)
    if key is not None and all(declared.kind is TensorKind.INTERMEDIATE for declared in new):
        book.results[key] = result
    return result


@contextmanager
def whole_or_nothing(book: Book, written: Written) -> Iterator[None]:
    """What is written inside stands as a whole, or not at all where something in it is refused."""
    tables: tuple[dict[Any, Any], ...] = (
        book.sizes.dims, book.sizes.indices, book.axes, book.ranges, book.tensors, book.given, book.results,
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
