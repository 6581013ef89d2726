"""Sums whose value is known: by an assumption, or because a tensor is defined by them.

    Eq(Sum(y[n, k], k), 1)                 Σ_k y[n, k] = 1
    mu[n] = (Σ_j z[n, j])/H                Σ_j z[n, j] = H·mu[n]
    x_hat[n, j] = r[n]·(z[n, j] - mu[n])   Σ_j x_hat[n, j] = r[n]·(H·mu[n] - H·mu[n]) = 0

The last follows from the one before it, term by term.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from symbackprop.terms.brackets import expand
from symbackprop.terms.build import NIL, mul, open_reduce, poly_value, power, reduce, substitute
from symbackprop.terms.held_values import canonical
from symbackprop.terms.match import lies_within
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Assumption, Equation, Op, Program
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Access, Add, Axis, Compare, Mul, Reduce, Reduction, Relation, Term, accesses


@dataclass(frozen=True, slots=True)
class _Fact:
    """`total` = `value` at every position of the axes."""

    total: Reduce
    value: Term
    axes: Mapping[Index, Axis]


@dataclass(slots=True)
class KnownSums:
    """Facts about sums, found by what is summed."""

    _facts: dict[bytes, list[_Fact]] = field(default_factory=dict)
    _tensors: set[str] = field(default_factory=set)

    @staticmethod
    def assumed(assumptions: Iterable[Assumption]) -> KnownSums:
        """What the assumptions `Eq(Sum(...), value)` say."""
        known = KnownSums()
        for assumption in assumptions:
            match assumption.condition:
                case Compare(Relation.EQ, Reduce() as total, value) | Compare(Relation.EQ, value, Reduce() as total):
                    known.note(total, value, assumption.axes)
        return known

    @staticmethod
    def of(program: Program) -> KnownSums:
        """What the assumptions say and the definitions of the program's tensors, averages among them, imply."""
        known = KnownSums.assumed(program.assumptions)
        for equation in _whole(program):
            average = _as_multiple(equation.rhs)
            if average is not None:
                coefficient, total = average
                value = mul(equation.lhs, power(coefficient, -1))
                known.note(total, value, equation.axes)
                known._note_constant(total, equation.lhs, value, equation.axes)
        for equation in _whole(program):
            if known.may_be_about(equation.rhs):
                known._note_centred(equation)
        return known

    def __bool__(self) -> bool:
        return bool(self._facts)

    def note(self, total: Reduce, value: Term, axes: Iterable[Axis]) -> None:
        """Remember that the sum has the value at every position of the axes."""
        if value.free <= total.free:
            fact = _Fact(total, value, ranges_of(axes))
            self._facts.setdefault(total.blind, []).append(fact)
            self._tensors |= total.tensors | value.tensors

    def may_be_about(self, term: Term) -> bool:
        """Whether it reads a tensor that some fact speaks of."""
        return not self._tensors.isdisjoint(term.tensors)

    def is_zero(self, total: Reduce, ranges: Ranges) -> bool:
        """Whether the sum is of something centred: `Σ_j (z[n, j] - mu[n])`."""
        alone = total.reduction is Reduction.SUM and isinstance(total.body, Add | Access)
        return alone and self.may_be_about(total) and expand(total, ranges, self.find) is NIL

    def find(self, term: Reduce, ranges: Ranges) -> Term | None:
        """The value of the sum, for indices within `ranges`."""
        for fact in self._facts.get(term.blind, ()):
            found = _value(fact, term, ranges)
            if found is not None:
                return found
        return None

    def _note_constant(self, total: Reduce, average: Access, value: Term, axes: Iterable[Axis]) -> None:
        """An average summed once more along its axes is the total: also where these may be empty, and both are 0."""
        again = reduce(Reduction.SUM, open_reduce(total)[0], average)
        if isinstance(again, Reduce) and mul(average, *(poly_value(axis.extent) for axis in total.axes)) is value:
            self.note(again, value, axes)

    def _note_centred(self, equation: Equation) -> None:
        """Whether the tensor adds up to zero along the axes that one of the elements it is made of does not have."""
        ranges = ranges_of(equation.axes)
        reads = [read for read in accesses(equation.rhs) if read.free <= set(ranges)]
        for shared in dict.fromkeys(read.free for read in reads if read.free != set(ranges)):
            averaged = [axis for axis in equation.axes if axis.index not in shared]
            if expand(reduce(Reduction.SUM, averaged, equation.rhs), ranges, self.find) is NIL:
                total = reduce(Reduction.SUM, averaged, equation.lhs)
                assert isinstance(total, Reduce)
                self.note(total, NIL, [axis for axis in equation.axes if axis not in averaged])


def _whole(program: Program) -> Iterable[Equation]:
    """The equations that define a tensor alone."""
    return (
        equations[0]
        for equations in program.held.values()
        if len(equations) == 1 and equations[0].op is Op.ASSIGN
        and not any(isinstance(subscript, Access) for subscript in equations[0].subscripts)
    )  # fmt: skip


def _as_multiple(rhs: Term) -> tuple[Term, Reduce] | None:
    """(c, total) with rhs = c·total, c of numbers and sizes."""
    match rhs:
        case Reduce(Reduction.SUM, _, _):
            return mul(1), rhs
        case Mul((*others, Reduce(Reduction.SUM, _, _) as total)) if not any(o.tensors or o.free for o in others):
            return mul(*others), total
    return None


def _value(fact: _Fact, term: Reduce, ranges: Ranges) -> Term | None:
    key, order = canonical(term)
    known, places = canonical(fact.total)
    if key is not known:
        return None
    mapping = {there: Poly.of(here) for here, there in zip(order, places, strict=True)}
    inside = lies_within(mapping, [fact.axes[there] for there in places], ranges)
    return substitute(fact.value, mapping) if inside else None


__all__ = ["KnownSums"]
