"""Scatters as sums: what each element receives, in one equation, for display.

    d_x[n, f, h + t, w + u] += Σ_g K[g, f, t, u]·d_z[n, g, h, w]     over n, f, h, w, t, u

says where each product goes. What arrives at one element is a correlation with the flipped kernel::

    d_x[n, f, h, w] = Σ_{g,t,u} [0 ≤ h - t < H' and 0 ≤ w - u < W']·K[g, f, t, u]·d_z[n, g, h - t, w - u]

A subscript is solved for one of its indices, whose range becomes a guard: where there is a choice, for the position
that it is written from rather than for that in a window or kernel; with a stride, for the window's, which stands there
without a factor, so that nothing need be divisible. A diagonal `A[i, i] += v[i]` gets the guard [i = j]; a subscript
without an index to solve for keeps its equation as a guard.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from symbackprop.terms.binders import moved, renamed
from symbackprop.terms.build import (
    NIL,
    add,
    at_least_zero,
    compare,
    fresh_indices,
    guarded,
    integer_condition,
    open_reduce,
    poly_value,
    reduce,
    split_guards,
    substitute,
)
from symbackprop.terms.domains import own_axes
from symbackprop.terms.equalities import slope_of, solution
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.products import is_sum
from symbackprop.terms.program import Equation, Op, Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import ranges_of
from symbackprop.terms.term import Access, Axis, Reduction, Relation, Term, accesses

__all__ = ["gather_form"]


def gather_form(equations: Sequence[Equation], program: Program) -> Equation | None:
    """All that the equations of one tensor give to each of its elements, as one `=` over the whole tensor.

    None where nothing is scattered (each is an `=` already), and where data say to which element something goes.
    """
    scattered = any(equation.op is Op.ACCUMULATE for equation in equations)
    if not scattered or any(isinstance(s, Access) for equation in equations for s in equation.subscripts):
        return None
    tensor = program.table[equations[0].target]
    axes = own_axes(tensor)
    value = add(*(_received(equation, axes, program) for equation in equations))
    return replace(
        equations[0], subscripts=tuple(Poly.of(axis.index) for axis in axes), axes=axes, rhs=value, op=Op.ASSIGN
    )


@dataclass(slots=True)
class _Solving:
    """The positions at which an equation writes one element: `solved` indices in terms of the others."""

    value: Term
    subscripts: list[Poly]
    left: dict[Index, Axis]
    guards: list[Poly]  # each >= 0
    equal: list[Poly]  # each = 0

    def solve(self, index: Index, solution: Poly) -> None:
        axis = self.left.pop(index)
        mapping = {index: solution}
        self.value = substitute(self.value, mapping)
        self.subscripts = [subscript.substitute({index: solution}) for subscript in self.subscripts]
        self.guards = [poly.substitute({index: solution}) for poly in self.guards]
        self.equal = [poly.substitute({index: solution}) for poly in self.equal]
        self.guards += [solution - axis.low, axis.high - solution]


def _received(equation: Equation, positions: Sequence[Axis], program: Program) -> Term:
    """What the equation adds to the element at the positions."""
    taken = [*(axis.index for axis in positions), *(axis.index for axis in equation.axes)]
    fresh = fresh_indices(len(equation.axes), taken)
    axes, mapping = renamed(equation.axes, fresh)
    subscripts = [s for subscript in equation.subscripts if isinstance(s := moved(subscript, mapping), Poly)]
    state = _Solving(substitute(equation.rhs, mapping), subscripts, ranges_of(axes), [], [])
    order = sorted(range(len(positions)), key=lambda place: len(state.subscripts[place].indices()) > 1)
    for place in order:
        here = Poly.of(positions[place].index)
        found = _index_to_solve_for(state, state.subscripts[place], program)
        if found is None:
            state.equal.append(state.subscripts[place] - here)
            continue
        position = solution(state.subscripts[place] - here, found)
        assert position is not None
        state.solve(found, position)
    return _summed(state, positions)


def _index_to_solve_for(state: _Solving, subscript: Poly, program: Program) -> Index | None:
    """An index that stands in the subscript once and without a factor: one that no parameter is read at before one
    that is, one of a symbolic range before one of a fixed range."""
    candidates = [index for index in subscript.indices() if index in state.left and slope_of(subscript, index)]
    kernel = {
        index
        for read in accesses(state.value)
        if read.tensor in program.table and program.table[read.tensor].kind is TensorKind.PARAMETER
        for index in read.free
    }
    order = list(state.left)
    return min(
        candidates,
        key=lambda i: (i in kernel, state.left[i].extent.constant is not None, order.index(i)),
        default=None,
    )


def _summed(state: _Solving, positions: Sequence[Axis]) -> Term:
    """The sum over the indices that are left, behind the guards that do not hold anyway."""
    own, value = split_guards(state.value)
    axes = list(state.left.values())
    if is_sum(value):
        inner, value = open_reduce(value, taken=[axis.index for axis in (*positions, *axes)])
        axes += inner
    needed = [compare(Relation.EQ, poly_value(poly), poly_value(Poly.of(0))) for poly in state.equal]
    needed += map(at_least_zero, state.guards)
    guards = _not_implied([*needed, *own], (*positions, *axes))
    return reduce(Reduction.SUM, axes, guarded(guards, value)) if value is not NIL else NIL


def _not_implied(guards: Sequence[Term], axes: Iterable[Axis]) -> list[Term]:
    """The guards without those that follow from the ranges and from the others."""
    axes = tuple(axes)
    kept = list(dict.fromkeys(guards))
    for guard in list(kept):
        integer = integer_condition(guard)
        if integer is None or integer[0] is not Relation.GE:
            continue
        others = [other for other in kept if other is not guard]
        if Facts.of(axes, [other for other in others if integer_condition(other) is not None]).proves(integer[1]):
            kept = others
    return kept
