"""What `forward` and `predict` have in common, to be computed by one function that both call.

An equation is shared where both programs have it, with all the others of its target, and where whatever it reads is
given to both or shared: as far along the equations as that holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.terms.program import Equation, Program, TensorKind, by_target

_GIVEN = (TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.BUFFER)  # to both; noise is none of predict's


def shared_tensors(
    forward: Program, forward_equations: Sequence[Equation], predict: Program, predict_equations: Sequence[Equation]
) -> frozenset[str]:
    """The tensors that the equations of both programs define alike."""
    ours, theirs = by_target(forward_equations), by_target(predict_equations)
    shared = {
        name
        for name, definitions in ours.items()
        if _meaning(theirs.get(name, ())) == _meaning(definitions) and _box(forward, name) == _box(predict, name)
    }
    given = {tensor.name for tensor in forward.of_kind(*_GIVEN)} & predict.table.keys()
    while True:
        lost = {name for name in shared if any(equation.reads() - given - shared for equation in ours[name])}
        if not lost:
            return frozenset(shared)
        shared -= lost


def _box(program: Program, name: str) -> tuple[object, ...]:
    return program.table[name].origin, program.table[name].shape


def _meaning(equations: Sequence[Equation]) -> list[object]:
    """What the equations say, whatever they are called and wherever they come from."""
    return [(each.subscripts, each.axes, each.op, each.rhs) for each in equations]


__all__ = ["shared_tensors"]
