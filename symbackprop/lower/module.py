"""A forward, a backward and a predicting program to the functions of one module."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from symbackprop.errors import TooManyAxes
from symbackprop.lower.selected import selected_tensors
from symbackprop.lower.steps import lower_function
from symbackprop.lower.values import Function
from symbackprop.terms.program import GIVEN, Equation, Program, Tensor, TensorKind
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


def lower_module(forward: Program, backward: Program, predict: Program | None = None) -> ModuleIR[Function]:
    """Lowers the programs of a derivation; each function computes no more than its results need.

    Raises TooManyAxes."""
    for tensor in (*forward.tensors, *backward.tensors):
        if tensor.rank > MOST_AXES:
            raise TooManyAxes(
                tensor.name, expected=f"at most {MOST_AXES} axes, as arrays of NumPy have", found=f"{tensor.rank}",
                remedy="make one axis of several, with a subscript such as i*N + j",
            )  # fmt: skip
    own = forward.table
    cotangents = [tensor.name for tensor in forward.of_kind(TensorKind.COTANGENT)]
    joint = Program(
        forward.name,
        forward.dims,
        (*forward.tensors, *(tensor for tensor in backward.tensors if tensor.name not in own)),
        (*forward.equations, *backward.equations),
        forward.loss,
        assumptions=forward.assumptions,
    )
    gradients = backward.wrt
    adjoints = tuple(dict.fromkeys(adjoint for _, adjoint in gradients))
    back = needed(backward.equations, [adjoint for adjoint in adjoints if adjoint not in own])
    nexts = [tensor for _, tensor in forward.updates]
    read = {name for equation in back for name in equation.reads()}
    cached = tuple(
        tensor.name
        for tensor in forward.tensors
        if (tensor.name in read or tensor.name in adjoints or tensor.name in nexts or tensor.kind is TensorKind.BUFFER)
        and tensor.name not in cotangents
    )
    fore = needed(forward.equations, [*forward.results, *cached, *nexts])
    known = known_of((*forward.equations, *backward.equations))
    quiet = selected_tensors(fore, [*forward.results, *forward.outputs, *nexts], known, own)
    taken = {*joint.table, *forward.dims}
    wanted = [adjoint for adjoint in adjoints if adjoint not in own]
    return ModuleIR(
        forward,
        backward,
        predict,
        lower_function("forward", forward, fore, _given(forward.tensors, fore), known, taken, quiet=quiet),
        lower_function("backward", joint, back, (*cached, *cotangents), known, taken, wanted),
        _predict(predict) if predict is not None else None,
        forward.results,
        cached,
        gradients,
    )


def _predict(program: Program) -> Function:
    equations = needed(program.equations, program.outputs)
    given = _given(program.tensors, equations, program.outputs)
    known = known_of(program.equations)
    quiet = selected_tensors(equations, program.outputs, known, program.table)
    return lower_function("predict", program, equations, given, known, {*program.table, *program.dims}, quiet=quiet)


def _given(tensors: Iterable[Tensor], equations: Iterable[Equation], also: Iterable[str] = ()) -> tuple[str, ...]:
    """The tensors that are not computed and that the equations read."""
    read = {name for equation in equations for name in equation.reads()}.union(also)
    return tuple(tensor.name for tensor in tensors if tensor.kind in GIVEN and tensor.name in read)


def needed(equations: Iterable[Equation], wanted: Iterable[str]) -> tuple[Equation, ...]:
    """The equations, in order, that the wanted tensors depend on."""
    equations = tuple(equations)
    definitions: dict[str, list[Equation]] = {}
    for equation in equations:
        definitions.setdefault(equation.target, []).append(equation)
    seen = set(wanted)
    stack = list(seen)
    while stack:
        for equation in definitions.get(stack.pop(), ()):
            for name in equation.reads():
                if name not in seen:
                    seen.add(name)
                    stack.append(name)
    return tuple(equation for equation in equations if equation.target in seen)
