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


def once(written: Written, key: Hashable | None, write: Callable[[], _Result]) -> _Result:
    """What `write` gives, whose equations stand as a whole or not at all; what it gave before, for a call of that key
    that declared neither parameters nor noise nor state. None is the key of what is never the same."""
    book = written.book
    if key in book.results:
        return book.results[key]  # type: ignore[no-any-return]
    before = len(book.tensors)
    with whole_or_nothing(written):
        result = write()
    new = islice(reversed(book.tensors.values()), len(book.tensors) - before)
    if key is not None and all(declared.kind is TensorKind.INTERMEDIATE for declared in new):
        book.results[key] = result
    return result


@contextmanager
def whole_or_nothing(written: Written) -> Iterator[None]:
    """What is written inside stands as a whole, or not at all where something in it is refused."""
    book, sizes = written.book, written.book.sizes
    grown: list[dict[Any, Any] | list[Any]] = [  # all that is added to, and never changed otherwise
        sizes.dims, sizes.indices, book.axes, book.ranges, book.tensors, book.given, book.results, book.pending,
        written.order, written.outputs, written.assumptions, written.claims, written.updates, *written.updates.values(),
    ]  # fmt: skip
    for declared in book.tensors.values():
        grown += [declared.axes, declared.nearly, declared.definitions, declared.ranks_read]
    lengths = [len(each) for each in grown]
    before = book.facts, book.has_end, written.loss, written.said, written.notation, written.descriptions
    try:
        yield
    except BaseException:
        for each, length in zip(grown, lengths, strict=True):
            if isinstance(each, list):
                del each[length:]
            else:
                for key in [*each][length:]:
                    del each[key]
        book.facts, book.has_end, written.loss, written.said, written.notation, written.descriptions = before
        sizes.forget()
        raise
