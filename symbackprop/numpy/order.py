"""Results are computed as soon as they can be, and what they are made of just before, so that it is not there for long.

    d_z2, d_a1, d_z1, d_W2(d_z2), d_W1(d_z1)    becomes    d_z2, d_W2(d_z2), d_a1, d_z1, d_W1(d_z1)

When d_W1 is computed d_z2 need not be there any more. An equation keeps its number, whatever it stands behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.lower.value_walks import computed_in, steps_in
from symbackprop.lower.values import Bind, Clear, Define, Function, If, Loop, Note, Read, Step, inside


@dataclass(frozen=True, slots=True)
class Group:
    """Steps that stay together: those of an equation, or a loop."""

    steps: tuple[Step, ...]
    reads: frozenset[str]
    writes: frozenset[str]


def results_early(function: Function) -> Function:
    """The function with the results in the order in which they can be there, each behind what it alone still needs."""
    groups = list(groups_of(function.body))
    needs = _needs(groups)
    levels: list[int] = []
    for before in needs:
        levels.append(1 + max((levels[other] for other in before), default=0))
    needed = {other for before in needs for other in before}
    last = sorted((place for place in range(len(groups)) if place not in needed), key=levels.__getitem__)
    done: dict[int, None] = {}
    stack = last[::-1]
    while stack:
        missing = [other for other in needs[stack[-1]] if other not in done]
        if missing:
            stack += sorted(missing, reverse=True)
        else:
            done.setdefault(stack.pop())
    return replace(function, body=tuple(step for place in done for step in groups[place].steps))


def _needs(groups: Sequence[Group]) -> list[set[int]]:
    """The groups that each has to come after: which write what it reads, or read or write what it writes."""
    wrote: dict[str, int] = {}
    read: dict[str, list[int]] = {}  # since then
    needs = []
    for place, group in enumerate(groups):
        before = {wrote[name] for name in group.reads | group.writes if name in wrote}
        before.update(other for name in group.writes for other in read.pop(name, ()))
        needs.append(before)
        wrote.update(dict.fromkeys(group.writes, place))
        for name in group.reads - group.writes:
            read.setdefault(name, []).append(place)
    return needs


def groups_of(body: Iterable[Step]) -> Iterator[Group]:
    """The steps in groups."""
    steps: list[Step] = []
    for step in body:
        begins = isinstance(step, Note | Loop)
        if begins and any(not isinstance(each, Note) for each in steps):
            yield _group(steps)
            steps = []
        steps.append(step)
    if steps:
        yield _group(steps)


def _group(steps: Iterable[Step]) -> Group:
    found, reads, writes = tuple(steps), set[str](), set[str]()
    for step in steps_in(found):
        match step:
            case Define(tensor) | Clear(tensor):
                writes.add(tensor)
            case Bind(name):
                writes.add(name)
            case Note() | Loop() | If():
                pass
        reads |= {part.tensor for value in computed_in(step) for part in inside(value) if isinstance(part, Read)}
    return Group(found, frozenset(reads), frozenset(writes))


__all__ = ["Group", "groups_of", "results_early"]
