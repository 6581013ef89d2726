"""When each array of a module is in use, and which of them take the place of others.

Moments count statements: of a step those of the shared part, of forward and of backward, of a prediction those of the
shared part and of predict. An array is in use from the statement that is the first to write it to the last that needs
it; what is not made anew in each turn of a loop is so all through the loop. What forward leaves for backward stays on
into that, what is returned stays.

An elementwise statement may write over what it is the last to read: the two are one array then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.lower.module_values import ModuleIR
from symbackprop.numpy.array import (
    Allocate,
    Array,
    Buffer,
    Function,
    If,
    Let,
    Loop,
    Map,
    Note,
    Role,
    Statement,
    reads,
    written,
)
from symbackprop.numpy.buffers import may_overwrite

__all__ = ["Life", "Lives", "lives_of"]


@dataclass(frozen=True, slots=True)
class Life:
    """The moments from `first` to `predicted` in a prediction, to `last` in a step."""

    first: int
    predicted: int
    last: int

    def until(self, moment: int) -> Life:
        return Life(self.first, max(self.predicted, moment), max(self.last, moment))

    def since(self, moment: int) -> Life:
        return self if moment >= self.first else Life(moment, self.predicted, self.last)


@dataclass(frozen=True, slots=True)
class Lives:
    """`of`: by the name of the function that takes it, and the array; `places`: likewise, of what is in the place of
    another array, that; `forward`: the last moment of forward; `kept`: a moment after all others, of what is returned.
    """

    of: Mapping[str, Mapping[Buffer, Life]]
    places: Mapping[str, Mapping[Buffer, Buffer]]
    forward: int
    kept: int


def lives_of(module: ModuleIR[Function]) -> Lives:
    """Those of the arrays that the module's functions take."""
    step, layer = _Clock(), bool(module.program.cotangents)
    for function in module.differentiating:
        step.run(function)
        if function is module.forward:
            step.moment += 1  # it returns
            forward = step.moment
    prediction = _Clock()
    for other in (module.shared, module.predict):
        if other is not None:
            prediction.run(other)
    kept = max(step.moment, prediction.moment) + 1
    step.use(module.results, forward)
    step.use(module.cached, forward + 1)
    step.use([name for name in module.results if layer and name not in module.cached], kept)
    step.use((adjoint for _, adjoint in module.gradients if adjoint not in module.program.table), kept)
    prediction.use(() if module.predict_program is None else module.predict_program.outputs, kept)
    lives = prediction.lives | step.lives
    for buffer, life in prediction.lives.get("shared", {}).items():
        lives["shared"][buffer] = replace(life, last=step.lives["shared"][buffer].last)
    places = _places(prediction.overwriting | step.overwriting, lives)
    return Lives(lives, places, forward, kept)


def _places(
    overwriting: Mapping[str, Sequence[tuple[int, Buffer, Buffer]]], lives: Mapping[str, dict[Buffer, Life]]
) -> dict[str, dict[Buffer, Buffer]]:
    """By the function: of what may be in the place of another array, that, which then is in use as long as both."""
    found: dict[str, dict[Buffer, Buffer]] = {}
    for name, pairs in overwriting.items():
        own, places = lives[name], found.setdefault(name, {})
        for moment, old, new in pairs:
            if own[new].first == moment == own[old].last == own[old].predicted and old not in places:
                places[old] = new
                own[new] = own[new].since(own[old].first)
    return found


class _Clock:
    """Runs functions one after another. `lives`: of each the arrays that it takes; `overwriting`: of these, which a
    statement may write over, the moment, the old and the new one."""

    def __init__(self) -> None:
        self.moment = 0
        self.lives: dict[str, dict[Buffer, Life]] = {}
        self.overwriting: dict[str, list[tuple[int, Buffer, Buffer]]] = {}
        self.homes: dict[str, tuple[str, Buffer]] = {}  # of tensors
        self.name = ""
        self.around: dict[Buffer, tuple[int, ...]] = {}  # the loops that an array is made anew in each turn of

    def run(self, function: Function) -> None:
        self.name, self.around = function.name, {}
        self.lives[self.name], self.overwriting[self.name] = {}, []
        self._body(function.body, ())
        for tensor, buffer in function.tensors:
            if buffer in self.lives[self.name]:
                self.homes[tensor] = self.name, buffer

    def use(self, tensors: Iterable[str], moment: int) -> None:
        """What there is of them is wanted at that moment."""
        for name, buffer in (self.homes[tensor] for tensor in tensors if tensor in self.homes):
            self.lives[name][buffer] = self.lives[name][buffer].until(moment)

    # --- statements --------------------------------------------------------------------------------
    def _body(self, body: Iterable[Statement], loops: tuple[int, ...]) -> list[Buffer]:
        """The arrays that are used in it."""
        used: list[Buffer] = []
        for statement in body:
            match statement:
                case Allocate(buffer, fill):
                    self.around[buffer] = loops
                    used += [] if fill is None else self._use([buffer])
                case Loop(body=inner):
                    begin = self.moment + 1
                    inside = dict.fromkeys(self._body(inner, (*loops, begin)))
                    for buffer in inside:
                        if begin not in self.around.get(buffer, ()):
                            self._change(buffer, begin)
                    used += inside
                case Note() | Let():
                    pass
                case If(_, then, otherwise):
                    used += [*self._body(then, loops), *self._body(otherwise, loops)]
                case _:
                    out = written(statement)
                    assert out is not None, statement
                    used += self._use([out, *(each.buffer for each in reads(statement) if isinstance(each, Array))])
                    self._note(statement, loops)
        return used

    def _use(self, buffers: list[Buffer]) -> list[Buffer]:
        """At the next moment."""
        self.moment += 1
        for buffer in buffers:
            self._change(buffer, self.moment)
        return buffers

    def _change(self, buffer: Buffer, first: int) -> None:
        """It is in use since then, and now."""
        name, home = (
            (self.name, buffer) if buffer.role is not Role.ARGUMENT else self.homes.get(buffer.name, ("", buffer))
        )
        if name:
            lives, now = self.lives[name], self.moment  # which only grows
            lives[home] = Life(min(first, lives[home].first) if home in lives else first, now, now)

    def _note(self, statement: Statement, loops: tuple[int, ...]) -> None:
        """What the statement may write over, one turn of the loops like another."""
        if isinstance(statement, Map):
            new = statement.out.buffer
            for place, arg in enumerate(statement.args):
                if may_overwrite(statement, place) and isinstance(arg, Array):
                    old = arg.buffer
                    if old.role is not Role.ARGUMENT and self.around[old] == self.around[new] == loops:
                        self.overwriting[self.name].append((self.moment, old, new))
                        return
