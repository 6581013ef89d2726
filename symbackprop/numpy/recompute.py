"""Values that are not kept for backward, but computed once more there, so that a step fits a budget of memory.

    forward     z1 = W1·x + b1, a1 = tanh(z1), z2 = W2·a1 + b2, …; x and a1 are kept     …; x is kept
    backward    …, d_W2 = d_z2·a1, …                                           becomes    …, z1, a1, d_W2 = d_z2·a1, …

What is computed once more is what costs the fewest multiply-adds that lets the step's peak fit (see `peak_memory`): the
values are taken in the order of what each costs, with what it needs that is not there either, until it does; then each
that turns out not to be needed is kept after all, the dearest first. What a loop computes is kept.

A. Griewank, A. Walther, *Evaluating Derivatives* (2008), chapter 12; T. Chen, B. Xu, C. Zhang, C. Guestrin, Training
deep nets with sublinear memory cost, arXiv:1604.06174 (2016).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.errors import InvalidArgument
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.value_walks import rebuilt, rewritten, steps_in
from symbackprop.lower.values import Bind, Define, Function, Loop, Note, Read, Step, Value, with_children
from symbackprop.numpy.budget import bytes_text
from symbackprop.numpy.function import stored
from symbackprop.numpy.order import groups_of
from symbackprop.numpy.peak_memory import step_bytes
from symbackprop.terms.program import fresh_name
from symbackprop.terms.prove import Facts

_TRIES = 24  # prefixes of the list of values whose peak is looked at

__all__ = ["Budget", "fitted", "recomputed_text"]


@dataclass(frozen=True, slots=True)
class Budget:
    """The bytes that a step may take, and what each tensor costs to compute: operations."""

    bytes: int
    costs: Mapping[str, int]


def fitted(module: ModuleIR[Function], budget: Budget) -> tuple[ModuleIR[Function], tuple[str, ...]]:
    """The module whose step takes no more bytes than that, and the values that it computes once more. Raises
    InvalidArgument where there is none. The module's sizes are numbers, and it is laid out."""
    making = _Making(module, budget.costs)
    chosen: tuple[str, ...] = ()
    least = found = making.peak(chosen)
    step = max(1, len(making.candidates) // _TRIES)
    for count in range(step, len(making.candidates) + step, step):
        if found <= budget.bytes:
            break
        chosen = making.candidates[:count]
        found = making.peak(chosen)
        least = min(least, found)
    if found > budget.bytes:
        raise InvalidArgument(
            "memory", expected=f"at least {bytes_text(least)}, which a step takes that computes values once more",
            found=bytes_text(budget.bytes), remedy="give it more memory, or make sizes smaller",
        )  # fmt: skip
    for name in reversed(chosen):
        fewer = tuple(other for other in chosen if other != name)
        if making.peak(fewer) <= budget.bytes:
            chosen = fewer
    return making.without(chosen), chosen


def recomputed_text(names: Sequence[str], budget: Budget) -> str:
    """What a module says of it."""
    what = f"backward computes {', '.join(names)} once more" if names else "nothing has to be computed twice"
    return f"A step takes at most {bytes_text(budget.bytes)} in float32: {what}."


class _Making:
    """`sources`: the groups of steps of the shared part and of forward that write each value, in order; `candidates`:
    what is kept for backward and could be computed there, in the order of what that costs."""

    def __init__(self, module: ModuleIR[Function], costs: Mapping[str, int]) -> None:
        self.module = module
        self.functions = [function for function in (module.shared, module.forward) if function is not None]
        self.groups = [group for function in self.functions for group in groups_of(function.body)]
        self.sources: dict[str, list[int]] = {}
        for place, group in enumerate(self.groups):
            for name in group.writes:
                self.sources.setdefault(name, []).append(place)
        nexts = {following for _, following in module.program.updates}
        needs = {name: self._needs({name}) for name in module.cached if name in self.sources and name not in nexts}
        able = {name: places for name, places in needs.items() if places is not None}
        # of what is no tensor of the program's, as columns are, nothing
        rank = {
            name: sum(costs.get(each, 0) for place in places for each in self.groups[place].writes)
            for name, places in able.items()
        }
        self.candidates = tuple(sorted(able, key=lambda name: (rank[name], name)))
        self.peaks: dict[tuple[str, ...], int] = {}

    def peak(self, chosen: tuple[str, ...]) -> int:
        if chosen not in self.peaks:
            self.peaks[chosen] = step_bytes(stored(self.without(chosen)))
        return self.peaks[chosen]

    def _needs(self, chosen: Iterable[str]) -> set[int] | None:
        """The groups that compute these, and what they read that is neither given nor kept; None where a loop does."""
        kept = set(self.module.cached) - set(chosen)
        places = set[int]()
        stack = list(chosen)
        while stack:
            for place in self.sources[stack.pop()]:
                if place not in places:
                    places.add(place)
                    group = self.groups[place]
                    if any(isinstance(step, Loop) for step in steps_in(group.steps)):
                        return None
                    stack += [name for name in group.reads | group.writes if name in self.sources and name not in kept]
        return places

    def without(self, chosen: Sequence[str]) -> ModuleIR[Function]:
        """The module that computes these once more."""
        if not chosen:
            return self.module
        module, places = self.module, self._needs(chosen)
        assert places is not None
        steps = _once_more([step for place in sorted(places) for step in self.groups[place].steps], module.backward)
        made = {name for place in places for name in self.groups[place].writes}
        read = {name for place in places for name in self.groups[place].reads}
        tensors = {name: t for function in self.functions for name, t in function.tensors.items()}
        wanted = [name for name in tensors if name in read - made and name not in module.backward.given]
        given = (*(name for name in module.backward.given if name not in made), *wanted)
        backward = replace(
            module.backward,
            given=given,
            tensors={name: t for name, t in tensors.items() if name in read | made} | module.backward.tensors,
            body=(*steps, *module.backward.body),
        )
        kept = [name for name in module.cached if name not in made]
        more = [name for name in wanted if name not in kept]
        return replace(module, backward=backward, cached=(*kept, *more))


def _once_more(steps: Sequence[Step], backward: Function) -> tuple[Step, ...]:
    """The steps as they stand in backward, under names for bound values that nothing there has."""
    taken = {*backward.taken, *backward.tensors}
    taken |= {step.name for step in steps_in(backward.body) if isinstance(step, Bind)}
    names = {step.name: fresh_name(step.name, taken) for step in steps_in(steps) if isinstance(step, Bind)}

    def renamed(value: Value, children: tuple[Value, ...]) -> Value:
        if isinstance(value, Read) and value.tensor in names:
            value = Read(names[value.tensor], value.subscripts, value.over, value.kind, value.padded)
        return with_children(value, children)

    def changed(step: Step, _: Facts) -> Iterable[Step]:
        match step:
            case Note(text, label) if label:
                return [Note(f"{text}; once more", label)]
            case Bind(name, _, _, value):
                return [replace(step, name=names[name], value=rebuilt(value, renamed))]
            case Define(_, subscripts, _, value):
                places = tuple(rebuilt(each, renamed) if isinstance(each, Value) else each for each in subscripts)
                return [replace(step, subscripts=places, value=rebuilt(value, renamed))]
            case _:
                return [step]

    return rewritten(steps, changed, backward.facts)
