"""The error for equations that no order computes: the shortest cycle among them, and what it does, in words."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from symbackprop.errors import CyclicEquations
from symbackprop.schedule.dependence import Dependence, reads_of
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.show import show
from symbackprop.terms.term import Access


def no_order(
    equations: Sequence[Equation], members: Sequence[int], dependences: Sequence[Dependence]
) -> CyclicEquations:
    """The error that names the equations of a cycle and says what was found in it."""
    cycle = _shortest_cycle(members, dependences)
    chosen = [equations[member] for member in cycle]
    within = [d for d in dependences if d.writer in cycle and d.reader in cycle]
    examples = (_same_element(equations[d.writer], d) for d in within if d.writer == d.reader)
    itself = next((example for example in examples if example is not None), None)
    gathered = _gathered(chosen)
    if gathered is not None:
        found = f"{gathered}, a gathered position that may be any"
    elif itself is not None:
        found = itself
    elif len(cycle) == 1:
        found = f"{chosen[0].target} reads itself at positions neither always before nor always behind along any axis"
    else:
        needs = [f"{later.target} needs {earlier.target}" for earlier, later in pairwise(chosen)]
        needs.append(f"{chosen[0].target} needs {chosen[-1].target}")
        found = f"{', '.join(needs)}, and along no axis is what is read always computed before"
    return CyclicEquations(
        "; ".join(show(equation) for equation in chosen),
        expected="a recurrence, in which a loop along one axis, forwards or backwards, computes each element before it "
        "is read",
        found=found,
        remedy="shift a subscript (as in h[t - 1, n]), guard the read (a Piecewise where s < t), or let the result be "
        "another tensor",
    )


def _shortest_cycle(members: Sequence[int], dependences: Sequence[Dependence]) -> list[int]:
    """Members of which each is needed by the next, and the last by the first."""
    readers: dict[int, list[int]] = {member: [] for member in members}
    for dependence in dependences:
        readers[dependence.writer].append(dependence.reader)
    best = list(members)
    for start in members:
        before: dict[int, int] = {}
        waiting = deque([start])
        while waiting and start not in before:
            node = waiting.popleft()
            for reader in readers[node]:
                if reader not in before:
                    before[reader] = node
                    waiting.append(reader)
        if start in before:
            cycle = [before[start]]
            while cycle[-1] != start:
                cycle.append(before[cycle[-1]])
            if len(cycle) < len(best) or best == list(members):
                best = cycle[::-1]
        if len(best) == 1:
            break
    return best


def _gathered(equations: Sequence[Equation]) -> str | None:
    """A read of one of the equations' tensors at a position that is looked up."""
    targets = {equation.target for equation in equations}
    for equation in equations:
        for read in reads_of(equation, targets):
            if any(isinstance(subscript, Access) for subscript in read.access.subscripts):
                return show(read.access)
    return None


def _same_element(equation: Equation, dependence: Dependence) -> str | None:
    """An element that needs itself, with an example, in words."""
    here: Dependence | None = dependence
    for axis in equation.axes:
        if here is not None:
            here = here.where_zero(here.of_reader(axis.index) - here.of_writer(axis.index))
    example = None if here is None else here.facts.refutes(Poly.of(-1))
    if here is None or example is None:
        return None
    values = {atom.name: value for atom, value in example.items()}
    position = ", ".join(
        f"{axis.index} = {here.of_reader(axis.index).evaluate(lambda atom: values.get(atom.name, 1))}"
        for axis in equation.axes
    )
    sizes = ", ".join(f"{atom.name} = {value}" for atom, value in example.items() if isinstance(atom, Dim))
    text = f"{dependence.tensor} reads itself at the same position"
    if position:
        text += f", as at {position}"
    return f"{text} (with {sizes})" if sizes else text


__all__ = ["no_order"]
