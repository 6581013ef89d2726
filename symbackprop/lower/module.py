"""The scheduled functions of a module to functions of values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from symbackprop.errors import TooManyAxes
from symbackprop.lower.lowering import lower_function
from symbackprop.lower.selected import selected_tensors
from symbackprop.lower.values import Function
from symbackprop.schedule import Scheduled, ScheduledModule
from symbackprop.terms.program import GIVEN, Program
from symbackprop.terms.wild import known_of

MOST_AXES = 32  # of an array before NumPy 2


F = TypeVar("F")  # values.Function, or what a target makes of it


@dataclass(frozen=True, slots=True)
class ModuleIR(Generic[F]):
    """What a generated module is made of: functions of values, or of a target's statements.

    `results`: what forward returns, the loss or a layer's outputs; `cached`: the tensors that it leaves for backward
    (and for the next buffers); `gradients`: (tensor, the tensor that holds its adjoint), in the order of `wrt`.
    """

    program: Program
    backward_program: Program
    predict_program: Program | None
    forward: F
    backward: F
    predict: F | None
    results: tuple[str, ...]
    cached: tuple[str, ...]
    gradients: tuple[tuple[str, str], ...]


def lower_module(module: ScheduledModule) -> ModuleIR[Function]:
    """Lowers the functions of a module. Raises TooManyAxes."""
    forward, backward = module.forward.program, module.backward_program
    for tensor in (*forward.tensors, *backward.tensors):
        if tensor.rank > MOST_AXES:
            raise TooManyAxes(
                tensor.name, expected=f"at most {MOST_AXES} axes, as arrays of NumPy have", found=f"{tensor.rank}",
                remedy="make one axis of several, with a subscript such as i*N + j",
            )  # fmt: skip
    known = known_of((*forward.equations, *backward.equations))
    kept = [*forward.results, *forward.outputs, *(following for _, following in forward.updates)]
    taken = {*module.backward.program.table, *forward.dims}
    fore, given = module.forward, _given(module.forward)
    quiet = selected_tensors(fore.equations, kept, known, forward.table)
    wanted = [a for a in dict.fromkeys(adjoint for _, adjoint in backward.wrt) if a not in forward.table]
    held = (*module.cached, *(cotangent for _, cotangent in forward.cotangents))
    return ModuleIR(
        forward,
        backward,
        module.predict.program if module.predict is not None else None,
        lower_function("forward", forward, fore.steps, given, known, taken, quiet=quiet),
        lower_function("backward", module.backward.program, module.backward.steps, held, known, taken, wanted),
        _predict(module.predict) if module.predict is not None else None,
        forward.results,
        module.cached,
        backward.wrt,
    )


def _predict(predict: Scheduled) -> Function:
    program = predict.program
    known = known_of(program.equations)
    quiet = selected_tensors(predict.equations, program.outputs, known, program.table)
    given, taken = _given(predict, program.outputs), {*program.table, *program.dims}
    return lower_function("predict", program, predict.steps, given, known, taken, quiet=quiet)


def _given(scheduled: Scheduled, also: Iterable[str] = ()) -> tuple[str, ...]:
    """The tensors that are not computed and that the steps read."""
    read = {name for equation in scheduled.equations for name in equation.reads()}.union(also)
    return tuple(t.name for t in scheduled.program.tensors if t.kind in GIVEN and t.name in read)
