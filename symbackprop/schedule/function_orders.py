"""The functions of a module: what each computes and in which order, no more than its results need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from symbackprop.schedule.scheduled import Scheduled
from symbackprop.schedule.shared import shared_tensors
from symbackprop.terms.needed import needed_for
from symbackprop.terms.program import Equation, Program, TensorKind

__all__ = ["ModulePrograms", "ScheduledModule", "cached_tensors", "module_functions", "unshared"]


@dataclass(frozen=True, slots=True)
class ModulePrograms:
    """What each function of a module computes. `backward` reads tensors of `forward`; no `predict` without outputs."""

    forward: Program
    backward: Program
    predict: Program | None


@dataclass(frozen=True, slots=True)
class ScheduledModule:
    """`forward`, `backward`, `predict`: the steps of each function, of the program that knows the tensors it reads
    (`backward` reads those of forward too).

    `shared`: what forward and predict compute alike, which is computed first and is no part of either's own steps;
    `backward_program`: the backward equations alone; `cached`: the tensors that forward leaves for backward (and for
    the next buffers).
    """

    forward: Scheduled
    backward: Scheduled
    predict: Scheduled | None
    shared: Scheduled | None
    backward_program: Program
    cached: tuple[str, ...]


def module_functions(programs: ModulePrograms, known: Sequence[Scheduled] = ()) -> ScheduledModule:
    """The functions in order. `known`: orders that are there already, as the derivation's own."""
    forward, backward, predict = programs.forward, programs.backward, programs.predict
    own = forward.table
    joint = Program(
        forward.name,
        forward.dims,
        (*forward.tensors, *(tensor for tensor in backward.tensors if tensor.name not in own)),
        (*forward.equations, *backward.equations),
        forward.loss,
        assumptions=forward.assumptions,
    )
    adjoints = {adjoint for _, adjoint in backward.wrt}
    back = _needed(backward, [adjoint for adjoint in adjoints if adjoint not in own])
    nexts = [tensor for _, tensor in forward.updates]
    cached = cached_tensors(forward, back, adjoints)
    fore = _needed(forward, [*forward.results, *cached, *nexts])
    there = _needed(predict, predict.outputs) if predict is not None else ()
    common = shared_tensors(forward, fore, predict, there) if predict is not None else frozenset()
    alike = tuple(equation for equation in fore if equation.target in common)
    return ScheduledModule(
        _scheduled(forward, tuple(equation for equation in fore if equation.target not in common), known),
        _scheduled(joint, back, known),
        None if predict is None else Scheduled.of(predict, [one for one in there if one.target not in common]),
        _scheduled(forward, alike, known) if alike else None,
        backward,
        cached,
    )


def cached_tensors(forward: Program, backward: Iterable[Equation], adjoints: Set[str]) -> tuple[str, ...]:
    """What forward leaves for backward and for the next buffers. `adjoints`: what backward returns."""
    read = {name for equation in backward for name in equation.reads()}
    wanted = read | adjoints | {following for _, following in forward.updates}
    cotangents = {cotangent for _, cotangent in forward.cotangents}  # given to backward itself
    return tuple(
        tensor.name for tensor in forward.tensors
        if (tensor.name in wanted or tensor.kind is TensorKind.BUFFER) and tensor.name not in cotangents
    )  # fmt: skip


def unshared(module: ScheduledModule, known: Sequence[Scheduled] = ()) -> ScheduledModule:
    """The module without what forward and predict share: all of forward in the order of its equations, as where it is
    read by itself. `known` as `module_functions` has it."""
    if module.shared is None:
        return module
    steps = module.shared.steps
    computed = {*module.shared.equations, *module.forward.equations}
    forward = module.forward.program
    fore = tuple(equation for equation in forward.equations if equation in computed)
    predict = None if module.predict is None else replace(module.predict, steps=(*steps, *module.predict.steps))
    return replace(module, forward=_scheduled(forward, fore, known), predict=predict, shared=None)


def _needed(program: Program, wanted: Sequence[str]) -> tuple[Equation, ...]:
    """The equations that the wanted tensors depend on."""
    live = needed_for(program, wanted)
    return tuple(equation for equation in program.equations if equation.target in live)


def _scheduled(program: Program, equations: tuple[Equation, ...], known: Sequence[Scheduled]) -> Scheduled:
    """The equations in order: in the one that is known where they are the same."""
    same = next((one for one in known if one.program.computed == equations), None)
    return Scheduled.of(program, equations) if same is None else replace(same, program=program)
