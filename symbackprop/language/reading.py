"""Equations as they are written: read into terms, and checked as far as they stand alone.

An equation that is refused leaves no trace, so that a notebook's next cell may write it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Basic, Idx, sympify

from symbackprop.errors import (
    ForeignTensor,
    InvalidClaim,
    InvalidSubscript,
    RankMismatch,
    UnboundIndex,
    UnknownFunction,
)
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.ranges import Placed, Read, check_read, reads_of
from symbackprop.language.read import Reader
from symbackprop.language.sizes import Sizes
from symbackprop.language.symbols import AdjointSymbol, TensorSymbol
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Term

if TYPE_CHECKING:
    from symbackprop.language.network import Network

Subject = Callable[[], str]


@dataclass(slots=True)
class Book:
    """What a network knows of names while it is being written: sizes, indices, tensors, and facts about sizes.

    `given`: the tensors whose range is known from the start; `pending`: reads of the others, to be checked when the
    network is whole.
    """

    network: Network
    sizes: Sizes = field(default_factory=Sizes)
    axes: dict[Idx, Axis] = field(default_factory=dict)
    ranges: dict[Index, Axis] = field(default_factory=dict)
    tensors: dict[str, Declared] = field(default_factory=dict)
    given: dict[str, Placed] = field(default_factory=dict)
    facts: tuple[Term, ...] = ()
    pending: list[tuple[Read, Subject]] = field(default_factory=list)

    def reading(self, subject: Subject) -> Reading:
        return Reading(self, subject)


class Reading:
    """One equation (or assumption) being read; `keep` makes what was seen known once all of it is sound."""

    def __init__(self, book: Book, subject: Subject) -> None:
        self.book, self.subject = book, subject
        self.seen: list[tuple[Declared, tuple[Basic, ...]]] = []
        self.pending: list[tuple[Read, Subject]] = []
        self.reader = Reader(book.sizes, subject, self.see, book.axes.get)

    def keep(self) -> None:
        for declared, subscripts in self.seen:
            if declared.rank is None:
                declared.ranks_read.append((len(subscripts), self.subject))
            if declared.shape is not None:
                declared.see_axes(subscripts)
        self.book.pending += self.pending

    def see(self, symbol: TensorSymbol | AdjointSymbol, subscripts: tuple[Basic, ...]) -> None:
        """A tensor is read with these subscripts."""
        network = self.book.network
        if isinstance(symbol, AdjointSymbol):
            raise InvalidClaim(
                self.subject(), expected="tensors of the network", found=f"{symbol}, which follows from the loss",
                remedy="a δ stands in claims alone: net.claim(delta(z)[n, j], value)",
            )  # fmt: skip
        if symbol.network is not network:
            raise ForeignTensor(
                self.subject(), expected=f"tensors of network {network.name!r}",
                found=f"{symbol}, which belongs to network {symbol.network.name!r}",
                remedy="declare it in this network",
            )  # fmt: skip
        declared = self.book.tensors[symbol.name]
        if declared.rank is not None and declared.rank != len(subscripts):
            shape = f" ({', '.join(map(str, declared.shape))})" if declared.shape else ""
            raise RankMismatch(
                self.subject(), expected=f"{declared.rank} subscripts of {symbol.name}{shape}",
                found=str(len(subscripts)), remedy="write an index for each axis",
            )  # fmt: skip
        self.seen.append((declared, subscripts))

    def equation(self, target: str, subscripts: tuple[Basic, ...], expr: Basic) -> Definition:
        """target[subscripts] = expr."""
        left: dict[Index, Axis] = {}
        polys = []
        for subscript in subscripts:
            poly = self.book.sizes.integer(subscript, self.subject)
            if poly is None or not poly.is_affine or isinstance(subscript, sympy.Float):
                raise InvalidSubscript(
                    self.subject(), expected="indices, integers, sizes and affine forms of them on the left",
                    found=str(subscript), remedy="one equation defines an element for each value of its indices",
                )  # fmt: skip
            polys.append(poly)
            left.update((index, self.book.ranges[index]) for index in poly.indices())
        axes = tuple(left.values())
        rhs = self.reader.term(expr)
        unbound = sorted(rhs.free - left.keys(), key=str)
        if unbound:
            self.refuse_unbound(unbound[0], expr)
        self.check_reads(rhs, axes)
        self.keep()
        mentions = frozenset(declared.name for declared, _ in self.seen)
        return Definition(Equation(target, tuple(polys), axes, rhs), self.subject, mentions)

    def refuse_unbound(self, index: Index, expr: Basic) -> None:
        name = index.name.rstrip("%")
        remedy = f"put it on the left or reduce over it, as in Sum(..., {name})"
        if expr.has(sympy.Sum, sympy.Product):
            remedy = (
                "SymPy's own Sum and Product move a Piecewise out, where its bound indices escape: "
                "import Sum and Product from symbackprop"
            )
        raise UnboundIndex(
            self.subject(), expected="indices that stand on the left or under a reduction",
            found=f"{name}, which is bound by neither", remedy=remedy,
        )  # fmt: skip

    def check_reads(self, term: Term, axes: tuple[Axis, ...]) -> None:
        """Ranges of what is given, at once; of what is computed, when the whole network is known."""
        for read in reads_of(term, axes, Facts.of(axes, self.book.facts)):
            if read.access.tensor in self.book.given:
                check_read(read, self.book.given, self.subject)
            else:
                self.pending.append((read, self.subject))


def sympified(value: Any, subject: Subject) -> Basic:
    """The value as a SymPy expression; text and other objects are refused."""
    try:
        return sympify(value, strict=True)
    except Exception as error:  # whatever SymPy raises for an object that it does not know
        raise UnknownFunction(
            subject(), expected="SymPy expressions and numbers", found=f"{value!r} ({type(value).__name__})"
        ) from error
