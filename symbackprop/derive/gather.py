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
from dataclasses import replace

from symbackprop.terms.addend import Addend
from symbackprop.terms.build import (
    add,
    compare,
    fresh_indices,
    integer_condition,
    open_reduce,
    poly_value,
    split_guards,
)
from symbackprop.terms.domains import own_axes
from symbackprop.terms.equalities import slope_of, solution
from symbackprop.terms.poly import Poly
from symbackprop.terms.products import is_sum
from symbackprop.terms.program import Equation, Op, Program, TensorKind
from symbackprop.terms.prove import Facts
from symbackprop.terms.rewrite import renamed_equation
from symbackprop.terms.term import Access, Axis, Relation, Term, accesses

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


def _received(equation: Equation, positions: Sequence[Axis], program: Program) -> Term:
    """What the equation adds to the element at the positions."""
    taken = [*(axis.index for axis in positions), *(axis.index for axis in equation.axes)]
    fresh = fresh_indices(len(equation.axes), taken)
    own = renamed_equation(equation, fresh)
    subscripts = [subscript for subscript in own.subscripts if isinstance(subscript, Poly)]
    places = [Poly.of(axis.index) for axis in positions]
    hits = [compare(Relation.EQ, poly_value(s), poly_value(here)) for s, here in zip(subscripts, places, strict=True)]
    guards, value = split_guards(own.rhs)
    received = Addend(own.axes, (*hits, *guards), value)
    for place in sorted(range(len(places)), key=lambda place: len(subscripts[place].indices()) > 1):
        axis = _axis_to_solve_for(received, subscripts[place], program)
        position = None if axis is None else solution(subscripts[place] - places[place], axis.index)
        if axis is not None and position is not None:
            received = received.at(axis, position, positions)
            subscripts = [subscript.substitute({axis.index: position}) for subscript in subscripts]
    return _summed(received, positions)


def _axis_to_solve_for(received: Addend, subscript: Poly, program: Program) -> Axis | None:
    """One whose index stands in the subscript once and without a factor: one that no parameter is read at before one
    that is, one of a symbolic range before one of a fixed range."""
    kernel = {
        index
        for read in accesses(received.value)
        if read.tensor in program.table and program.table[read.tensor].kind is TensorKind.PARAMETER
        for index in read.free
    }
    candidates = [axis for axis in received.axes if slope_of(subscript, axis.index)]
    return min(candidates, key=lambda a: (a.index in kernel, a.extent.constant is not None), default=None)


def _summed(received: Addend, positions: Sequence[Axis]) -> Term:
    """The sum over the indices that are left, behind the guards that do not hold anyway."""
    axes, value = received.axes, received.value
    if is_sum(value):
        inner, value = open_reduce(value, taken=[axis.index for axis in (*positions, *axes)])
        axes = (*axes, *inner)
    return Addend(axes, tuple(_not_implied(received.guards, (*positions, *axes))), value).term


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
