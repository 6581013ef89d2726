"""Terms to values: every expression becomes an array over its own axes, and no more.

An `Evaluator` serves one equation. Its axes are the equation's free indices, and bound ones as reductions are entered;
indices that are no axes are loop variables: numbers when the step runs. What it makes of each term is said in the
modules above this one, each of which takes it as an argument; `by_kind` ties them together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce

from symbackprop.lower.context import Context
from symbackprop.lower.values import Kind, Map, MapOp, Scalar, Value, integer
from symbackprop.schedule.dependence import integer_conditions, position_of
from symbackprop.terms.build import TRUE, conjuncts, fresh_indices, logic_and, number, power, substitute
from symbackprop.terms.domains import margins
from symbackprop.terms.integers import fits, is_whole
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Access, Axis, Number, Power, Reduce, Relation, Term


class Evaluator(ABC):
    """The state of lowering one equation. `operand` is the entry."""

    def __init__(self, context: Context, axes: Iterable[Axis]) -> None:
        self.context = context
        self.axes: dict[Index, Axis] = {axis.index: axis for axis in axes}
        self.guards: tuple[Term, ...] = ()
        self.memo: dict[tuple[Term, tuple[Term, ...], Kind], Value] = {}
        self._facts: dict[tuple[Index, ...], tuple[Facts, Facts]] = {}

    # --- axes --------------------------------------------------------------------------------------
    def open(self, term: Reduce) -> tuple[tuple[Axis, ...], Term]:
        """The axes and body of a reduction, its indices named. Reductions side by side over the same range use the
        same names, so that what they share is computed once."""
        used = set(term.free)
        axes: list[Axis] = []
        for axis in term.axes:
            found = next(
                (a for a in self.axes.values() if (a.low, a.high) == (axis.low, axis.high) and a.index not in used
                 and a.index.fresh),
                None,
            )  # fmt: skip
            if found is None:
                (index,) = fresh_indices(1, (*self.axes, *used))
                found = Axis(index, axis.low, axis.high)
                self.axes[index] = found
            used.add(found.index)
            axes.append(found)
        names = {old.index: Poly.of(new.index) for old, new in zip(term.axes, axes, strict=True)}
        return tuple(axes), substitute(term.body, names)

    def axes_of(self, item: Term | Poly) -> frozenset[Index]:
        """The axes that stand in it."""
        indices = item.indices() if isinstance(item, Poly) else item.free
        return frozenset(index for index in indices if index in self.axes)

    def is_scalar(self, term: Term) -> bool:
        """Whether it is known from sizes and loop variables alone."""
        return not term.tensors and not term.height and not any(index in self.axes for index in term.free)

    def is_integer(self, term: Term) -> bool:
        """Whether it is made of integers alone, none too large."""
        if isinstance(term, Access):
            return term.tensor in self.context.integers
        return is_whole(term, self.context.integers) and fits(term)

    def facts(self, axes: Iterable[Index]) -> Facts:
        """What is known of all positions of these axes, whatever the guards, and whether or not another is empty."""
        chosen, outer = tuple(axis for axis in self.axes if axis in set(axes)), self.context.facts
        found = self._facts.get(chosen)
        if found is None or found[0] is not outer:
            found = self._facts[chosen] = (outer, outer.with_axes(self.axes[axis] for axis in chosen))
        return found[1]

    def never_negative(self, poly: Poly) -> bool:
        """Whether it is at least 0 at all positions of its axes, whatever the guards."""
        return self.facts(self.axes_of(poly)).proves(poly)

    # --- guards ------------------------------------------------------------------------------------
    @property
    def quiet(self) -> bool:
        return bool(self.guards) or self.context.quiet

    def never(self, access: Access) -> bool:
        """Whether the guards hold at no position at which what is looked up lies inside the tensor."""
        guard, tensor = logic_and(*self.guards), self.context.table[access.tensor]
        looked_up = {subscript for subscript in access.subscripts if isinstance(subscript, Access)}
        inside = margins([position_of(subscript) for subscript in access.subscripts], tensor)
        told = list(integer_conditions(guard, looked_up))
        facts = self.facts(self.axes).assume(guard).nonnegative_too(inside)
        facts = facts.nonnegative_too(poly for relation, poly in told if relation is Relation.GE)
        return facts.equal_too(poly for relation, poly in told if relation is Relation.EQ).contradictory()

    @contextmanager
    def guarded(self, condition: Term) -> Iterator[None]:
        """What is evaluated inside is only looked at where the condition holds."""
        outer = self.guards
        self.guards = (*outer, *(c for c in conjuncts(condition) if c not in outer and c is not TRUE))
        try:
            yield
        finally:
            self.guards = outer

    # --- values ------------------------------------------------------------------------------------
    def map(self, op: MapOp, *args: Value, kind: Kind = Kind.FLOAT) -> Value:
        return Map(op, args, kind, self.quiet)

    def chain(self, op: MapOp, values: Iterable[Value], kind: Kind = Kind.FLOAT) -> Value:
        """The values combined one after another."""
        return reduce(lambda total, value: self.map(op, total, value, kind=kind), values)

    def position(self, poly: Poly) -> Value:
        """The polynomial over the axes that stand in it, as integers."""
        return integer(poly, frozenset(self.axes))

    def scaled(self, value: Value, scale: Term) -> Value:
        """scale times the value, as a division where that is what it is."""
        match scale:
            case Number(factor) if factor == 1:
                return value
            case Number(factor) if factor.numerator == 1:
                return self.map(MapOp.DIVIDE, value, Scalar(number(factor.denominator)))
            case Power(base, exponent) if exponent < 0:
                return self.map(MapOp.DIVIDE, value, Scalar(power(base, -exponent)))
            case _:
                return self.map(MapOp.MULTIPLY, value, Scalar(scale))

    def operand(self, term: Term) -> Value:
        """The term's value: floats."""
        return self._remembered(term, Kind.FLOAT)

    def integer(self, term: Term) -> Value:
        """The value of a term made of integers alone, exactly."""
        return self._remembered(term, Kind.INT)

    def mask(self, condition: Term) -> Value:
        """Where the condition holds."""
        return self._remembered(condition, Kind.BOOL)

    @abstractmethod
    def evaluated(self, term: Term, kind: Kind) -> Value:
        """The value of a term that some axis or tensor decides, as floats, integers or truth values."""

    def _remembered(self, term: Term, kind: Kind) -> Value:
        if self.is_scalar(term):
            return Scalar(term)
        for guards in ((), self.guards):
            found = self.memo.get((term, guards, kind))
            if found is not None:
                return found
        result = self.memo[term, self.guards, kind] = self.evaluated(term, kind)
        return result

    @contextmanager
    def branch(self, condition: Term) -> Iterator[None]:
        """What is evaluated inside is computed only where the condition, on sizes and loop variables, holds."""
        memo = dict(self.memo)
        try:
            with self.context.assuming(condition):
                yield
        finally:
            self.memo = memo
