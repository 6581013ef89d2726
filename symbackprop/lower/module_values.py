"""The scheduled functions of a module to functions of values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from symbackprop.errors import TooManyAxes
from symbackprop.lower.lowering import lower_function
from symbackprop.lower.selected import selected_tensors
from symbackprop.lower.values import Function
from symbackprop.schedule import Scheduled, ScheduledModule
from symbackprop.terms.program import GIVEN, Program
from symbackprop.terms.wild import Known, known_of

MOST_AXES = 32  # of an array before NumPy 2


F = TypeVar("F")  # values.Function, or what a target makes of it
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class ModuleIR(Generic[F]):
    """What a generated module is made of: functions of values, or of a target's statements.

    `shared`: what forward and predict compute alike, before what each computes alone; `shared_results`: the tensors of
    it that one of them needs, predict's first. `results`: what forward returns, the loss or a layer's outputs;
    `cached`: the tensors that it leaves for backward (and for the next buffers); `gradients`: (tensor, the tensor that
    holds its adjoint), in the order of `wrt`.
    """

    program: Program
    backward_program: Program
    predict_program: Program | None
    forward: F
    backward: F
    predict: F | None
    shared: F | None
    shared_results: tuple[str, ...]
    results: tuple[str, ...]
    cached: tuple[str, ...]
    gradients: tuple[tuple[str, str], ...]

    @property
    def functions(self) -> tuple[F, ...]:
        """All that there are, in order."""
        return (*self.differentiating, *((self.predict,) if self.predict is not None else ()))

    @property
    def differentiating(self) -> tuple[F, ...]:
        """What the loss and its gradients are computed by, in order."""
        return tuple(function for function in (self.shared, self.forward, self.backward) if function is not None)

    @property
    def returned(self) -> tuple[tuple[str, str, bool], ...]:
        """The gradients, each with whether it is a copy, since it is returned already, or not backward's own."""
        first = {adjoint: place for place, (_, adjoint) in reversed(list(enumerate(self.gradients)))}
        return tuple(
            (name, adjoint, adjoint in self.program.table or first[adjoint] < place)
            for place, (name, adjoint) in enumerate(self.gradients)
        )

    def mapped(self, change: Callable[[F], G]) -> ModuleIR[G]:
        """The same of changed functions."""
        return ModuleIR(
            self.program,
            self.backward_program,
            self.predict_program,
            change(self.forward),
            change(self.backward),
            None if self.predict is None else change(self.predict),
            None if self.shared is None else change(self.shared),
            self.shared_results,
            self.results,
            self.cached,
            self.gradients,
        )


def lower_module(module: ScheduledModule) -> ModuleIR[Function]:
    """Lowers the functions of a module. Raises TooManyAxes."""
    forward, backward = module.forward.program, module.backward_program
    for tensor in (*forward.tensors, *backward.tensors):
        if tensor.rank > MOST_AXES:
            raise TooManyAxes(
                tensor.name, expected=f"at most {MOST_AXES} axes, as arrays of NumPy have", found=f"{tensor.rank}",
                remedy="make one axis of several, with a subscript such as i*N + j",
            )  # fmt: skip
    known = known_of(forward, backward)
    nexts = [following for _, following in forward.updates]
    taken = {*module.backward.program.table, *forward.dims}
    results, kept = [*forward.results, *module.cached, *nexts], [*forward.results, *forward.outputs, *nexts]
    held = (*module.cached, *(cotangent for _, cotangent in forward.cotangents))
    fore = _Lowering(module.forward, module.shared, known, results, kept, taken)
    there = None
    if module.predict is not None:
        predict = module.predict.program
        own = {*predict.table, *predict.dims}
        outputs, known_there = predict.outputs, known_of(predict)
        there = _Lowering(module.predict, module.shared, known_there, outputs, outputs, own)
    wanted = [a for a in dict.fromkeys(adjoint for _, adjoint in backward.wrt) if a not in forward.table]
    needs = (*(there.given if there else ()), *fore.given)
    shared = module.shared
    alike = frozenset() if shared is None else _targets(shared)
    return ModuleIR(
        forward,
        backward,
        None if module.predict is None else module.predict.program,
        fore.function("forward"),
        lower_function("backward", module.backward.program, module.backward.steps, held, known, taken, wanted),
        None if there is None else there.function("predict"),
        None if shared is None else lower_function(
            "shared", forward, shared.steps, _given(shared), known, taken,
            quiet=fore.quiet | (there.quiet if there else frozenset()),
        ),
        tuple(name for name in dict.fromkeys(needs) if name in alike),
        forward.results,
        module.cached,
        backward.wrt,
    )  # fmt: skip


@dataclass(frozen=True)
class _Lowering:
    """A function that computes what is its own, after what is shared. `results`: the tensors that it hands on; `kept`:
    those that are wanted for themselves."""

    own: Scheduled
    shared: Scheduled | None
    known: Known
    results: Sequence[str]
    kept: Sequence[str]
    taken: Iterable[str]

    @cached_property
    def quiet(self) -> frozenset[str]:
        equations = (*(self.shared.equations if self.shared is not None else ()), *self.own.equations)
        return selected_tensors(equations, self.kept, self.known, self.own.program.table)

    @property
    def given(self) -> tuple[str, ...]:
        """The tensors that it is given: data, and what is shared."""
        ready = frozenset() if self.shared is None else _targets(self.shared)
        return _given(self.own, self.results, ready)

    def function(self, name: str) -> Function:
        own = self.own
        return lower_function(name, own.program, own.steps, self.given, self.known, self.taken, quiet=self.quiet)


def _targets(scheduled: Scheduled) -> frozenset[str]:
    return frozenset(equation.target for equation in scheduled.equations)


def _given(scheduled: Scheduled, also: Iterable[str] = (), ready: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The tensors that the steps read, or that are wanted also, which are data or ready."""
    read = {name for equation in scheduled.equations for name in equation.reads()}.union(also)
    return tuple(t.name for t in scheduled.program.tensors if t.name in read and (t.kind in GIVEN or t.name in ready))
