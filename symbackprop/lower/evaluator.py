"""Terms to operands: every expression becomes an array over its own axes, and no more.

An `Evaluator` serves one equation. Its axes (the equation's free indices, and bound ones as reductions are entered)
count from 0 in the array language, so `low` is added where an index stands in a subscript or as a number. Indices
that are no axes are loop variables: numbers when the statement runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from symbackprop.lower.array import Array, Counter, Kind, MapOp, Operand, Scalar
from symbackprop.lower.builder import Builder
from symbackprop.terms.build import TRUE, fresh_indices, substitute
from symbackprop.terms.poly import Atom, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Connective, Logic, Reduce, Term


class Evaluator:
    """The state of lowering one equation. `operand` is the entry; its cases are in the modules beside this one."""

    def __init__(self, builder: Builder, axes: Iterable[Axis] = ()) -> None:
        self.builder = builder
        self.axes: dict[Index, Axis] = {}
        self.extents: dict[Index, Poly] = {}
        self.guards: tuple[Term, ...] = ()
        self.memo: dict[tuple[Term, tuple[Term, ...], Kind], Operand] = {}
        self.padded: dict[tuple[str, tuple[tuple[Poly, Poly], ...]], Array] = {}
        self._facts: dict[tuple[Index, ...], tuple[Facts, Facts]] = {}
        self.bind(axes)

    # --- axes --------------------------------------------------------------------------------------
    def bind(self, axes: Iterable[Axis]) -> None:
        for axis in axes:
            self.axes[axis.index] = axis
            self.extents[axis.index] = self.builder.size(axis.extent)

    def open(self, term: Reduce) -> tuple[tuple[Axis, ...], Term]:
        """The axes and body of a reduction, its indices named. Reductions side by side over the same range use the
        same names, so that what they share is computed once."""
        used = set(term.free)
        axes: list[Axis] = []
        for axis in term.axes:
            found = next(
                (a for a in self.axes.values() if (a.low, a.high) == (axis.low, axis.high) and a.index not in used
                 and a.index.name.startswith("~")),
                None,
            )  # fmt: skip
            if found is None:
                (index,) = fresh_indices(1, (*self.axes, *used))
                found = Axis(index, axis.low, axis.high)
                self.bind([found])
            used.add(found.index)
            axes.append(found)
        names = {old.index: Poly.of(new.index) for old, new in zip(term.axes, axes, strict=True)}
        return tuple(axes), substitute(term.body, names)

    def ordered(self, indices: Iterable[Index]) -> tuple[Index, ...]:
        """Those that are axes, in the order of the axes."""
        wanted = set(indices)
        return tuple(axis for axis in self.axes if axis in wanted)

    def axes_of(self, item: Term | Poly) -> tuple[Index, ...]:
        return self.ordered(item.indices() if isinstance(item, Poly) else item.free)

    def is_scalar(self, term: Term) -> bool:
        """Whether it is known from sizes and loop variables alone."""
        return not term.tensors and not term.height and not any(index in self.axes for index in term.free)

    def from_zero(self, poly: Poly) -> Poly:
        """The polynomial with each axis counting from 0."""
        shifts: dict[Atom, Poly] = {}
        for index in poly.indices():
            axis = self.axes.get(index)
            if axis is not None and axis.low.terms:
                shifts[index] = axis.low + Poly.of(index)
        return poly.substitute(shifts) if shifts else poly

    def facts(self, axes: Iterable[Index] | None = None) -> Facts:
        """What is known of all positions of the axes, whatever the guards; without the others, of which one may have no
        position at all."""
        chosen = self.ordered(self.axes if axes is None else axes)
        outer = self.builder.facts
        found = self._facts.get(chosen)
        if found is None or found[0] is not outer:
            found = self._facts[chosen] = (outer, outer.with_axes(self.axes[axis] for axis in chosen))
        return found[1]

    # --- guards ------------------------------------------------------------------------------------
    @property
    def quiet(self) -> bool:
        return bool(self.guards) or self.builder.quiet

    @contextmanager
    def guarded(self, condition: Term) -> Iterator[None]:
        """What is evaluated inside is only looked at where the condition holds."""
        outer = self.guards
        self.guards = (*outer, *(c for c in conjuncts(condition) if c not in outer and c is not TRUE))
        try:
            yield
        finally:
            self.guards = outer

    # --- storage -----------------------------------------------------------------------------------
    def temporary(self, axes: Sequence[Index], kind: Kind = Kind.FLOAT) -> Array:
        return self.builder.temporary(axes, [self.extents[axis] for axis in axes], kind)

    def map(self, op: MapOp, *args: Operand, kind: Kind = Kind.FLOAT) -> Array:
        """op(args) in new storage over the axes of all of them, laid out as the largest of them."""
        axes = self.ordered(index for arg in args for index in arg.axes)
        for arg in args:
            if isinstance(arg, Array) and len(arg.axes) == len(axes) and arg.whole:
                axes = arg.axes
                break
        return self.builder.map(op, self.temporary(axes, kind), *args, quiet=self.quiet)

    def counter(self, index: Index, step: Poly, start: Poly) -> Counter:
        """start + step*(the value of the index)."""
        return Counter(index, self.extents[index], start + step * self.axes[index].low, step)

    # --- entry -------------------------------------------------------------------------------------
    def operand(self, term: Term) -> Operand:
        """The term's value: floats."""
        from symbackprop.lower.expression import evaluate

        return self._remember(term, Kind.FLOAT, evaluate)

    def integer(self, term: Term) -> Operand:
        """The value of a term made of integers alone, exactly."""
        from symbackprop.lower.integer import evaluate_integer

        return self._remember(term, Kind.INT, evaluate_integer)

    def mask(self, condition: Term) -> Operand:
        """Where the condition holds."""
        from symbackprop.lower.condition import evaluate_condition

        return self._remember(condition, Kind.BOOL, evaluate_condition)

    def _remember(self, term: Term, kind: Kind, evaluate: object) -> Operand:
        if self.is_scalar(term):
            return Scalar(term)
        for guards in ((), self.guards):
            found = self.memo.get((term, guards, kind))
            if found is not None:
                return found
        assert callable(evaluate)
        result: Operand = evaluate(self, term)
        self.memo[term, self.guards, kind] = result
        return result

    @contextmanager
    def branch(self) -> Iterator[None]:
        """What is computed inside may not have been computed at all when it is over."""
        memo, padded = dict(self.memo), dict(self.padded)
        try:
            yield
        finally:
            self.memo, self.padded = memo, padded


def conjuncts(condition: Term) -> tuple[Term, ...]:
    """The conditions that must all hold."""
    if isinstance(condition, Logic) and condition.connective is Connective.AND:
        return condition.args
    return (condition,)
