"""Equations as they are written: read into terms, and checked as far as they stand alone.

An equation that is refused leaves no trace, so that a notebook's next cell may write it again.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Basic, sympify

from symbackprop.errors import (
    CyclicEquations,
    InvalidClaim,
    InvalidSubscript,
    UnboundIndex,
    UnknownFunction,
)
from symbackprop.language.book import Book
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.nodes import holds
from symbackprop.language.ranges import Pending, check_reads
from symbackprop.language.reader import Named, Reader
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import Subject, told
from symbackprop.terms.build import access
from symbackprop.terms.deep import too_deep
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Axis, Term, accesses


class Reading:
    """One equation (or assumption) being read; `keep` makes what was seen known once all of it is sound and new."""

    def __init__(self, book: Book, subject: Subject) -> None:
        self.book, self.subject = book, subject
        self.seen: list[tuple[Declared, tuple[Basic, ...]]] = []
        self.pending: list[Pending] = []
        self.again = False  # whether the tensor on the left has an equation before this one
        self.reader = Reader(book, subject, self.see)

    def keep(self) -> None:
        for declared, subscripts in self.seen:
            if declared.rank is None:
                declared.ranks_read.append((len(subscripts), self.subject))
            if declared.shape is not None:
                declared.see_axes(subscripts)
            else:
                declared.see_nearly(subscripts)
        self.book.pending += self.pending

    def see(self, symbol: Named, subscripts: tuple[Basic, ...]) -> None:
        """A tensor is read with these subscripts."""
        if not isinstance(symbol, TensorSymbol):
            raise InvalidClaim(
                self.subject(), expected="tensors of the network", found=f"{symbol}, which follows from the loss",
                remedy="a δ stands in claims alone: net.claim(delta(z)[n, j], value)",
            )  # fmt: skip
        declared = self.book.own(symbol, self.subject)
        declared.check_rank(len(subscripts), self.subject)
        self.seen.append((declared, subscripts))

    def equation(self, target: str, subscripts: tuple[Basic, ...], expr: Basic) -> Definition:
        """target[subscripts] = expr."""
        try:
            return self._equation(target, subscripts, expr)
        except RecursionError as error:
            raise too_deep(self.subject(), error) from error

    def _equation(self, target: str, subscripts: tuple[Basic, ...], expr: Basic) -> Definition:
        left: dict[Index, Axis] = {}
        polys = []
        for subscript in subscripts:
            poly = self.book.sizes.integer(subscript, self.subject)
            if poly is None or not poly.is_affine or isinstance(subscript, sympy.Float):
                raise InvalidSubscript(
                    self.subject(), expected="indices, integers, sizes and affine forms of them on the left",
                    found=told(subscript), remedy="one equation defines an element for each value of its indices",
                )  # fmt: skip
            polys.append(poly)
            left.update((index, self.book.ranges[index]) for index in poly.indices())
        axes = tuple(left.values())
        rhs = self.reader.term(expr)
        if self.again and access(target, polys) in accesses(rhs):
            element = f"{target}[{', '.join(map(told, subscripts))}]" if subscripts else target
            raise CyclicEquations(
                self.subject(), expected=f"{element} in terms of other elements", found="itself on the right",
                remedy="an equation is no assignment, nor is += one: give the new value a tensor of its own",
            )  # fmt: skip
        unbound = sorted(rhs.free - left.keys(), key=str)
        if unbound:
            self.refuse_unbound(unbound[0], expr)
        self.check_reads(rhs, axes)
        mentions = frozenset(declared.name for declared, _ in self.seen)
        return Definition(Equation(target, tuple(polys), axes, rhs), self.subject, mentions)

    def refuse_unbound(self, index: Index, expr: Basic) -> None:
        remedy = f"put it on the left or reduce over it, as in Sum(..., {index})"
        if holds(expr, sympy.Sum, sympy.Product):
            remedy = (
                "SymPy's own Sum and Product move a Piecewise out, where its bound indices escape: "
                "import Sum and Product from symbackprop"
            )
        raise UnboundIndex(
            self.subject(), expected="indices that stand on the left or under a reduction",
            found=f"{index}, which is bound by neither", remedy=remedy,
        )  # fmt: skip

    def check_reads(self, term: Term, axes: tuple[Axis, ...]) -> None:
        """Ranges of what is given, at once; of what is computed, when the whole network is known."""
        check_reads(term, axes, self.book.facts, self.book.given, self.subject)
        if not term.tensors <= self.book.given.keys():
            self.pending.append(Pending(term, axes, self.book.facts, self.subject))


def sympified(value: Any, subject: Subject) -> Basic:
    """The value as a SymPy expression; text and other objects are refused."""
    try:
        return sympify(value, strict=True)
    except Exception as error:  # whatever SymPy raises for an object that it does not know
        raise UnknownFunction(
            subject(), expected="SymPy expressions and numbers", found=f"{value!r} ({type(value).__name__})",
            remedy="write it in elements, functions of SymPy and numbers, as in tanh(x[n, i]) + 1",
        ) from error  # fmt: skip
