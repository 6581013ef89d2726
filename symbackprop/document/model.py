r"""What a derivation says, before it is LaTeX, Markdown or a page.

Grammar::

    document ::= name, title, author, date, about (blocks), sections
    section  ::= key, title, blocks
    block    ::= Paragraph(runs) | Table(header, rows of cells, kind) | Display(formulas)
               | Listing(lines) | Verbatim(lines)
    cell     ::= runs
    run      ::= str | Code(text) | Math(formula tree) | Reference(label)
    formula  ::= label?, left, steps, ranges, matrix (a formula, or why there is none), tensor?
    step     ::= sign, pieces, reason runs

A formula reads `left sign pieces (reason) sign pieces …  for ranges  (label)`: a chain of steps with one left side,
each of whose right sides is its `pieces` side by side, between which a line may break. All mathematics is trees of
`symbackprop.formula`. A label is that of the equation (`F3`, `B2`), the same in every form, and in the comments of the
generated code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

from symbackprop.errors import InvalidArgument
from symbackprop.formula import tree
from symbackprop.formula.breaking import Piece
from symbackprop.phrases import ENGLISH, Phrases

__all__ = [
    "Block",
    "Code",
    "Display",
    "Document",
    "Formula",
    "Level",
    "Math",
    "Paragraph",
    "Reference",
    "Run",
    "Runs",
    "Section",
    "Step",
    "Table",
    "Verbatim",
    "written",
]


class Level(Enum):
    """How much is said: the equations alone, with the chain rule that leads to each δ, or every step between."""

    RESULT = "result"
    STEPS = "steps"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Code:
    """Words of the code, in typewriting."""

    text: str


@dataclass(frozen=True, slots=True)
class Math:
    """Inline mathematics."""

    formula: tree.Formula


@dataclass(frozen=True, slots=True)
class Reference:
    """A mention of the formula with this label."""

    label: str


Run = str | Code | Math | Reference
Runs = tuple[Run, ...]
T = TypeVar("T")


def written(
    runs: Runs, text: Callable[[str], T], code: Callable[[str], T], math: Callable[[tree.Formula], T],
    reference: Callable[[str], T],
) -> Iterator[T]:  # fmt: skip
    """The runs in a notation: what it makes of words, of code, of mathematics and of the label of a formula."""
    for run in runs:
        match run:
            case str():
                yield text(run)
            case Code(said):
                yield code(said)
            case Math(formula):
                yield math(formula)
            case Reference(label):
                yield reference(label)
            case _:
                raise TypeError(f"no run of text: {run!r}")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a chain: `sign` and its right side, in pieces between which a line may break; `reason`: why."""

    sign: tree.Sign
    pieces: tuple[Piece, ...]
    reason: Runs = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """`tensor`: the name of the tensor that it defines, for a formula that is an equation of the program; `matrix`: the
    same in matrix notation, of one step and for the ranges of its labels, or why it has no such form, where that is
    known."""

    left: tree.Formula
    steps: tuple[Step, ...]
    ranges: tuple[tree.Formula, ...] = ()
    label: str = ""
    matrix: Formula | str = ""
    tensor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True, slots=True)
class Table:
    """`kind` says which table it is: "sizes", "symbols", "cost", or "records" of up to four columns."""

    kind: str
    header: tuple[str, ...]
    rows: tuple[tuple[Runs, ...], ...]


@dataclass(frozen=True, slots=True)
class Display:
    """Formulas aligned with one another."""

    formulas: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of Python, as they are."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines that their author has laid out, such as formulas in a docstring."""

    lines: tuple[str, ...]


Block = Paragraph | Table | Display | Listing | Verbatim


@dataclass(frozen=True, slots=True)
class Section:
    """`key`: a stable name for anchors and tests ("symbols", "forward", "backward", "gradients", "devices", …)."""

    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """`name`: that of the network; `title`, `author`, `date`: as they are printed, nothing where they are not;
    `about`: what is said of the network before all sections; `words`: the phrases of its language."""

    name: str
    sections: tuple[Section, ...]
    title: str = ""
    author: str = ""
    date: str = ""
    about: tuple[Block, ...] = ()
    words: Phrases = ENGLISH

    def formulas(self) -> Iterator[Formula]:
        """Every formula, in the order of reading."""
        for section in self.sections:
            for block in section.blocks:
                if isinstance(block, Display):
                    yield from block.formulas

    @property
    def signed(self) -> str:
        """The author and the date, as they stand below the title; nothing where there are none."""
        return self.words.listing.text(items=[said for said in (self.author, self.date) if said])

    def titled(self, title: str | None, author: str, date: str) -> Document:
        """With a title, unless that is None, an author and a date, each on one line.

        InvalidArgument for what are no words, and for a title without any.
        """
        title = self.title if title is None else title
        for name, said in (("title", title), ("author", author), ("date", date)):
            given: object = said
            if not isinstance(given, str) or (name == "title" and not given.strip()):
                raise InvalidArgument(
                    name, expected="words", found=repr(said),
                    remedy="leave it out for the first line of the network's description" if name == "title" else "",
                )  # fmt: skip
        return replace(self, title=_line(title), author=_line(author), date=_line(date))

    def with_appendix(self, title: str, source: str) -> Document:
        """With the source of a module behind all sections."""
        code = Section("code", title, (Listing(tuple(source.rstrip("\n").split("\n"))),))
        return replace(self, sections=(*self.sections, code))


def _line(said: str) -> str:
    return " ".join(said.split())
