"""What a reduction runs over: an index over the whole of its range, or limits as SymPy has them, `(i, low, high)`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Basic, Idx, Tuple

from symbackprop.errors import InvalidReduction
from symbackprop.language.book import Book
from symbackprop.language.told import Subject, told
from symbackprop.terms.build import NIL, compare, fresh_index, poly_value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis, Relation, Term


@dataclass(frozen=True, slots=True)
class Limit:
    """`axis`: what is run over. `variable`: what SymPy writes for its index, if that is no index of the network.
    `guards`: conditions on top of the axis, of limits in which other indices stand: Σ_{s=0}^{t} is Σ_s [s ≤ t]."""

    axis: Axis
    variable: Basic | None = None
    guards: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Reads them."""

    book: Book
    subject: Subject

    def read(self, limit: Any) -> Limit:
        """One limit."""
        if isinstance(limit, Idx):
            return Limit(self._whole(limit))
        if not isinstance(limit, Tuple) or len(limit) != 3:
            raise InvalidReduction(
                self.subject(), expected="a sum over an index or with limits (i, low, high)", found=told(limit),
                remedy="declare the index with net.index, or write both limits",
            )  # fmt: skip
        variable = limit[0]
        if variable in self.book.sizes.dims:
            raise InvalidReduction(
                self.subject(), expected="a sum over an index", found=f"one over the size {variable}",
                remedy="declare an index with net.index",
            )  # fmt: skip
        low, high = (self.book.sizes.integer(bound, self.subject) for bound in limit[1:])
        if low is None or high is None or not (low.is_affine and high.is_affine):
            raise self._unreadable(limit)
        self._check_order(limit, low, high)
        if low.indices() or high.indices():
            return self._guarded(limit, low, high)
        if isinstance(variable, Idx):
            return Limit(Axis(Index(str(variable)), low, high))
        return Limit(Axis(fresh_index(str(variable)), low, high), variable)

    def _whole(self, index: Idx) -> Axis:
        self.book.sizes.ratio(index, self.subject)  # raises for an index that is not known
        return self.book.axes[index]

    def _check_order(self, limit: Any, low: Poly, high: Poly) -> None:
        """SymPy takes a sum from N - 1 down to 0 for minus one from 1 to N - 2."""
        apart = low - high
        steps = apart.constant
        if (steps > 1) if steps is not None else self.book.facts_of((*low.indices(), *high.indices())).proves(apart):
            raise InvalidReduction(
                self.subject(), expected="limits from the lower to the higher", found=told(limit),
                remedy=f"write ({limit[0]}, {told(limit[2])}, {told(limit[1])})",
            )  # fmt: skip

    def _guarded(self, limit: Any, low: Poly, high: Poly) -> Limit:
        """Limits with other indices in them, where these provably stay within the range of the index."""
        variable = limit[0]
        own = self.book.axes.get(variable) if isinstance(variable, Idx) else None
        inside = {*low.indices(), *high.indices()}
        if own is None or own.index in inside:
            raise self._unreadable(limit)
        facts = self.book.facts_of(inside)
        if not (facts.proves(low - own.low) and facts.proves(own.high - high)):
            raise self._unreadable(limit)
        index = Poly.of(own.index)
        parts = [part for part in (index - low, high - index) if not facts.with_axes([own]).proves(part)]
        return Limit(own, None, tuple(compare(Relation.GE, poly_value(part), NIL) for part in parts))

    def _unreadable(self, limit: Any) -> InvalidReduction:
        return InvalidReduction(
            self.subject(), expected="limits that are integers or sizes, or that stay within the index's own range",
            found=told(limit),
            remedy="sum over the whole range and mask with Piecewise((value, condition), (0, True))",
        )  # fmt: skip
