"""What must hold of a program in order; run between the stages in tests.

Checked: the steps hold every equation of what they compute, none twice; what a step reads is given or has been written
before it; what is added to an element comes after what is assigned to it. A loop, and a step that reads a tensor which
is not complete yet, are run instance by instance at small sizes: nothing is read before it is written (so that the
direction is right), and each instance is computed once. Of a derivation as a whole: every equation has its number, no
two the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from symbackprop.schedule.scheduled import Scheduled
from symbackprop.schedule.simulate import Gathers, Simulation, holds
from symbackprop.schedule.steps import Compute, Loop, Step, equations_of
from symbackprop.terms.check_program import MalformedProgram
from symbackprop.terms.poly import Dim, Index
from symbackprop.terms.program import DType, Equation, EquationNumber, Op, Program, Tensor, TensorKind, Way
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Reduce, subterms

__all__ = ["check_numbered", "check_scheduled"]

_TRIES = 60
_MOST = 4000  # instances of a loop, with what they sum over: at small sizes as at large ones


def check_scheduled(scheduled: Scheduled, given: Collection[str] = ()) -> Scheduled:
    """The same; MalformedProgram where the order is wrong. `given`: tensors that are complete before."""
    program, steps = scheduled.program, scheduled.steps
    known, found = Counter(program.equations), Counter(scheduled.equations)
    targets = {equation.target for equation in found}
    for equation in {**found, **known}:
        if equation.target in targets and found[equation] != known[equation]:
            _fail(equation, f"{known[equation]} times in the order, as in the program", f"{found[equation]} times")
    last: dict[str, int] = {}
    for place, step in enumerate(steps):
        for equation in equations_of((step,)):
            last[equation.target] = place
    complete = set(given) | {t.name for t in program.tensors if t.kind is not TensorKind.INTERMEDIATE}
    assigned: set[str] = set()  # to what is still to be added
    for place, step in enumerate(steps):
        inside = {equation.target for equation in equations_of((step,))}
        own = inside if isinstance(step, Loop) else set()
        if isinstance(step, Compute) and (step.pins or step.only_when.free):
            _fail(step.equation, "positions of its own outside of loops", "those of a loop's variable")
        for equation in equations_of((step,)):
            for name in sorted(equation.reads() - complete - own):
                if last.get(name, -1) < place:
                    _fail(equation, f"{name} before it", "no equation of it")
                _simulate(program, steps[place : last[name] + 1])  # it may read what is written so far alone
            if isinstance(step, Compute) and equation.op is Op.ASSIGN and equation.target in assigned:
                _fail(equation, f"what is added to {equation.target} after it", "it before")
            if equation.op is Op.ACCUMULATE:
                assigned.add(equation.target)
        complete |= {name for name in inside if last[name] == place}
        if isinstance(step, Loop):
            _simulate(program, (step,))
    return scheduled


def check_numbered(forward: Scheduled, backward: Scheduled) -> None:
    """Every equation of a derivation has its number, and its place is that number's."""
    for way, scheduled in ((Way.FORWARD, forward), (Way.BACKWARD, backward)):
        for place, equation in enumerate(dict.fromkeys(scheduled.equations), 1):
            if equation.number != EquationNumber(way, place):
                _fail(equation, f"the number {EquationNumber(way, place)}", equation.label or "none")
        numbers = {equation: equation.number for equation in scheduled.equations}
        for equation in scheduled.program.equations:
            if numbers.get(equation) != equation.number:  # none for what is not in the order
                found = equation.label or "none"
                _fail(equation, f"the number {numbers.get(equation)} of its place in the order", found)


def _fail(equation: Equation, expected: str, found: str) -> None:
    raise MalformedProgram(show(equation), expected=expected, found=found)


# --- loops ---------------------------------------------------------------------------------------------
def _simulate(program: Program, steps: Sequence[Step]) -> None:
    """The steps at two choices of sizes, of those that the program allows."""
    equations = tuple(equations_of(steps))
    done = 0
    for sizes in _small_sizes(program):
        if _work(equations, sizes) <= _MOST:
            Simulation(equations, sizes, _gathers(program, sizes)).run(steps)
            done += 1
        if done == 2:
            break


def _small_sizes(program: Program) -> Iterator[dict[str, int]]:
    rng = random.Random(len(program.dims))
    facts = [fact.condition for fact in program.assumptions if not fact.axes]
    given = program.of_kind(TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER)
    for attempt in range(_TRIES):
        choice = (3, 2, 4) if attempt < 2 else (1, 2, 3, 4, 5)
        sizes = {name: choice[place % 3] if attempt < 2 else rng.choice(choice)
                 for place, name in enumerate(program.dims, attempt)}  # fmt: skip
        dims: dict[Dim | Index, int] = {Dim(name): size for name, size in sizes.items()}
        if all(extent.evaluate(dims.__getitem__) > 0 for tensor in given for extent in tensor.shape) and all(
            holds(fact, dims, {}) for fact in facts
        ):
            yield sizes


def _work(equations: Sequence[Equation], sizes: Mapping[str, int]) -> int:
    """Instances, each as often as its largest sum is long."""
    dims: dict[Dim | Index, int] = {Dim(name): size for name, size in sizes.items()}
    total = 0
    for equation in equations:
        sums = [inner.axes for inner in subterms(equation.rhs) if isinstance(inner, Reduce)]
        lengths = [prod(_length(axis, dims) for axis in axes) for axes in (equation.axes, *sums)]
        total += lengths[0] * max(lengths[1:], default=1)
    return total


def _length(axis: Axis, dims: Mapping[Dim | Index, int]) -> int:
    length: int = axis.extent.evaluate(dims.__getitem__)
    return max(length, 0)


@dataclass(slots=True)
class _Drawn(Mapping[tuple[int, ...], int]):
    """Values of an int tensor, drawn as they are asked for."""

    most: int
    rng: random.Random
    drawn: dict[tuple[int, ...], int] = field(default_factory=dict)

    def __getitem__(self, place: tuple[int, ...]) -> int:
        return self.drawn.setdefault(place, self.rng.randrange(self.most))

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return iter(self.drawn)

    def __len__(self) -> int:
        return len(self.drawn)


def _gathers(program: Program, sizes: Mapping[str, int]) -> Gathers:
    def most(tensor: Tensor) -> int:
        return 2 if tensor.high is None else max(tensor.high.evaluate(lambda atom: sizes[atom.name]), 1)

    ints = (tensor for tensor in program.tensors if tensor.dtype is DType.INT)
    return {tensor.name: _Drawn(most(tensor), random.Random(tensor.name)) for tensor in ints}
