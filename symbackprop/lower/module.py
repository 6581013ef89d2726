"""A forward, a backward and a predicting program to the functions of one module."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from symbackprop.errors import TooManyAxes
from symbackprop.lower.array import Function
from symbackprop.lower.function import lower_function
from symbackprop.lower.selected import selected_tensors
from symbackprop.lower.shared import shared_tensors
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind
from symbackprop.terms.wild import known_of

MOST_AXES = 32  # of an array before NumPy 2
_GIVEN = (TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER)


@dataclass(frozen=True, slots=True)
class ModuleIR:
    """What a generated module is made of.

    `shared`: what forward and predict compute alike, before what each computes alone; `results`: the tensors of it that
    one of them needs, predict's first. `cached`: the tensors that forward leaves for backward (and for the next
    buffers); `gradients`: (tensor, the tensor that holds its adjoint), in the order of `wrt`.
    """

    program: Program
    backward_program: Program
    predict_program: Program | None
    forward: Function
    backward: Function
    predict: Function | None
    shared: Function | None
    results: tuple[str, ...]
    cached: tuple[str, ...]
    gradients: tuple[tuple[str, str], ...]


def lower_module(forward: Program, backward: Program, predict: Program | None = None) -> ModuleIR:
    """Lowers the programs of a derivation; each function computes no more than its results need.

    Raises TooManyAxes."""
    for tensor in (*forward.tensors, *backward.tensors):
        if tensor.rank > MOST_AXES:
            raise TooManyAxes(
                tensor.name, expected=f"at most {MOST_AXES} axes, as arrays of NumPy have", found=f"{tensor.rank}",
                remedy="make one axis of several, with a subscript such as i*N + j",
            )  # fmt: skip
    assert forward.loss is not None
    own = forward.table
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
        if tensor.name in read or tensor.name in adjoints or tensor.name in nexts or tensor.kind is TensorKind.BUFFER
    )
    fore = needed(forward.equations, [forward.loss, *cached, *nexts])
    known = known_of((*forward.equations, *backward.equations))
    quiet = selected_tensors(fore, [forward.loss, *forward.outputs, *nexts], known, own)
    taken = {*joint.table, *forward.dims}
    wanted = [a for a in adjoints if a not in own]
    back_function = lower_function("backward", joint, back, cached, known, taken, wanted)
    common: frozenset[str] = frozenset()
    predicted: tuple[Equation, ...] = ()
    if predict is not None:
        predicted = needed(predict.equations, predict.outputs)
        common = shared_tensors(forward, fore, predict, predicted)
    first, rest = _parted(fore, common)
    needs = (forward.loss, *cached, *nexts)
    fore_given = _given(forward.tensors, rest, needs, common)
    fore_function = lower_function("forward", forward, rest, fore_given, known, taken, quiet=quiet)
    if predict is None:
        return ModuleIR(forward, backward, None, fore_function, back_function, None, None, (), cached, gradients)
    _, alone = _parted(predicted, common)
    known_there = known_of(predict.equations)
    quiet_there = selected_tensors(predicted, predict.outputs, known_there, predict.table)
    given = _given(predict.tensors, alone, predict.outputs, common)
    taken_there = {*predict.table, *predict.dims}
    predict_function = lower_function("predict", predict, alone, given, known_there, taken_there, quiet=quiet_there)
    shared = None
    if first:
        data = _given(forward.tensors, first)
        shared = lower_function("shared", forward, first, data, known, taken, quiet=quiet | quiet_there)
    results = dict.fromkeys(name for name in (*predict.outputs, *given, *fore_given, *cached, *nexts) if name in common)
    return ModuleIR(
        forward, backward, predict, fore_function, back_function, predict_function, shared, tuple(results), cached,
        gradients,
    )  # fmt: skip


def _parted(
    equations: Iterable[Equation], common: frozenset[str]
) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
    """Those that define a common tensor, and the others."""
    equations = tuple(equations)
    return (
        tuple(equation for equation in equations if equation.target in common),
        tuple(equation for equation in equations if equation.target not in common),
    )


def _given(
    tensors: Iterable[Tensor], equations: Iterable[Equation], also: Iterable[str] = (), common: Iterable[str] = ()
) -> tuple[str, ...]:
    """The tensors that the equations read (and those of `also`) which are data or common."""
    read = {name for equation in equations for name in equation.reads()}.union(also)
    ready = set(common)
    return tuple(
        tensor.name for tensor in tensors if tensor.name in read and (tensor.kind in _GIVEN or tensor.name in ready)
    )


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
