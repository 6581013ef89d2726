"""The loop of a recurrence: a time for each of its equations such that nothing is read before it is written.

A time is one axis of the equation, forwards or backwards, plus an offset; or an offset alone for an equation that
runs in one iteration. Along every dependence time may not decrease; where it provably increases, the loop carries
the dependence, and the rest is ordered inside the loop (J. R. Allen and K. Kennedy, Automatic translation of Fortran
programs to vector form, ACM TOPLAS 9, 1987). Offsets that align exact distances are polynomials in the sizes; what
is left to adjust are small integers, found as shortest paths of difference constraints (Bellman and Ford).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.schedule.dependence import Dependence
from symbackprop.terms.graph import strong_components
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Access, Reduce, Term, subterms

_TRIES = 300  # assignments of times looked at for one component
_LAYERS, _STEPS = 4, 32  # likely lengths of an axis along which parameters lie, and of another
_SUM = 4  # what an equation with a sum takes, beside one without
_NEVER = -(10**6)  # an offset that is still open


@dataclass(frozen=True, slots=True)
class Time:
    """sign*axis + offset, or the offset where there is no axis."""

    axis: Index | None
    sign: int
    offset: Poly

    def plus(self, more: Poly | int) -> Time:
        return Time(self.axis, self.sign, self.offset + more)


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of a component's equations and, among its dependences, those that the loop does not carry."""

    times: dict[int, Time]
    left: tuple[Dependence, ...]


def timings(
    members: Sequence[int],
    equations: Sequence[Equation],
    free: Mapping[int, Sequence[Index]],
    dependences: Sequence[Dependence],
    weights: frozenset[str] = frozenset(),
) -> Iterator[Timing]:
    """The loops of a component, seed by seed: those that leave no cycle, then those in which the least is
    computed in turn, then those that carry the most.

    `members`: places in `equations`; `free`: the axes of each that no enclosing loop runs along yet; `weights`: the
    parameters. An axis of parameters is likely the shorter: layers of a stack are fewer than steps of a sequence.
    """
    search = _Search(members, equations, free, dependences)
    for seed in members:
        rest: list[Timing] = []
        for sign in (1, -1):
            for axis in free[seed]:
                timing = search.first(seed, Time(axis, sign, ZERO))
                if timing is None:
                    continue
                if not _recurring(members, timing.left):
                    yield timing
                else:
                    rest.append(timing)
        yield from sorted(rest, key=lambda one: _rank(one, members, equations, weights))


def _rank(
    timing: Timing, members: Sequence[int], equations: Sequence[Equation], weights: frozenset[str]
) -> tuple[int, bool, int]:
    """What is computed in turn, at likely sizes: in the loop, and in those that are left for inside."""
    inside = _recurring(members, timing.left)
    work = {member: _SUM if _reduces(equations[member].rhs) else 1 for member in members}
    deep = sum(work[member] for member in inside)
    along = any(_runs_along(equations[member].rhs, timing.times[member].axis, weights) for member in members)
    turns = (_LAYERS if along else _STEPS) * (sum(work.values()) - deep) + _LAYERS * _STEPS * deep
    return turns, not along, len(timing.left)


def _reduces(term: Term) -> bool:
    return any(isinstance(part, Reduce) for part in subterms(term))


def _runs_along(term: Term, axis: Index | None, weights: frozenset[str]) -> bool:
    """Whether one of the tensors is read at positions along the axis."""
    return axis is not None and any(
        isinstance(part, Access) and part.tensor in weights and axis in part.free for part in subterms(term)
    )


def _recurring(members: Sequence[int], left: Sequence[Dependence]) -> list[int]:
    """The members in cycles that are left for inner loops."""
    edges: dict[int, list[int]] = {member: [] for member in members}
    for dependence in left:
        edges[dependence.writer].append(dependence.reader)
    components = strong_components(members, edges)
    return [member for one in components if len(one) > 1 or one[0] in edges[one[0]] for member in one]


class _Search:
    """Times spread from a seed along the dependences, exact distances first."""

    def __init__(
        self,
        members: Sequence[int],
        equations: Sequence[Equation],
        free: Mapping[int, Sequence[Index]],
        dependences: Sequence[Dependence],
    ) -> None:
        self.equations, self.free, self.dependences = equations, free, dependences
        self.touching: dict[int, list[Dependence]] = {member: [] for member in members}
        for dependence in dependences:
            for member in dict.fromkeys((dependence.writer, dependence.reader)):
                self.touching[member].append(dependence)
        self.tries = 0

    def first(self, seed: int, time: Time) -> Timing | None:
        """The loop of the first assignment that no cycle of negative distance rules out, if it carries anything."""
        for times in self.assignments(seed, time):
            least = _least_distances(times, self.dependences)
            if least is not None:
                more = _offsets(self.dependences, least, dict.fromkeys(times, 0), frozenset())
                if more is not None:
                    more = self._aligned(times, least, more)
                    return _carried({member: times[member].plus(more[member]) for member in times}, self.dependences)
        return None

    def _aligned(self, times: Mapping[int, Time], least: Sequence[int], offsets: dict[int, int]) -> dict[int, int]:
        """The offsets with as many members as possible running over the same times, so that none needs a guard."""
        starts, lengths = {}, {}
        for member, time in times.items():
            axis = next((axis for axis in self.equations[member].axes if axis.index == time.axis), None)
            if axis is not None:
                starts[member] = time.offset + (axis.low if time.sign > 0 else -axis.high)
                lengths[member] = axis.extent
        if not starts:
            return offsets
        counted = list(lengths.values())
        usual = max(dict.fromkeys(counted), key=counted.count)
        alike = [member for member in starts if lengths[member] == usual]
        first = alike[0]
        fixed = {first: 0}
        for member in alike[1:]:
            shift = (starts[first] - starts[member]).constant
            if shift is not None:
                trial = {**fixed, member: shift}
                found = _offsets(self.dependences, least, {**dict.fromkeys(times, _NEVER), **trial}, frozenset(trial))
                if found is not None:
                    fixed, offsets = trial, found
        return offsets

    def assignments(self, seed: int, time: Time) -> Iterator[dict[int, Time]]:
        """Ways to time every member, the seed as given."""
        self.tries = 0
        order = self._order(seed)
        times: dict[int, Time] = {seed: time}
        if not self._possible(seed, times):
            return
        choices = [iter([time])]  # by hand: components may be longer than Python's stack is deep
        place = 0
        while place >= 0:
            member = order[place]
            times.pop(member, None)
            for candidate in choices[place]:
                self.tries += 1
                if self.tries > _TRIES + len(order):
                    return
                times[member] = candidate
                if self._possible(member, times):
                    break
                del times[member]
            else:
                choices.pop()
                place -= 1
                continue
            if place + 1 == len(order):
                yield dict(times)
                continue
            place += 1
            choices.append(self._candidates(order[place], dict(times)))

    def _order(self, seed: int) -> list[int]:
        """Breadth first from the seed, so that each is reached from one that has a time."""
        order, seen = [seed], {seed}
        for member in order:
            for dependence in self.touching[member]:
                for other in (dependence.reader, dependence.writer):
                    if other not in seen:
                        seen.add(other)
                        order.append(other)
        return order

    def _candidates(self, member: int, times: Mapping[int, Time]) -> Iterator[Time]:
        linked = [d for d in self.touching[member] if (d.writer in times or d.reader in times) and d.writer != d.reader]
        exact: dict[Time, None] = {}
        rough: dict[Time, None] = {}
        for dependence in linked:
            for axis in self.free[member]:
                for sign in (1, -1):
                    other = times[dependence.writer if dependence.reader == member else dependence.reader]
                    time = Time(axis, sign, other.offset if sign == other.sign else ZERO)
                    distance = _distance(dependence, {**times, member: time})
                    if distance.indices():
                        rough[time] = None
                    elif distance.constant is not None:
                        exact[time] = None  # small integers are found later
                    else:
                        exact[time.plus(-distance if dependence.reader == member else distance)] = None
        yield from exact
        for dependence in linked:  # in one iteration: the one of those that it meets
            distance = _distance(dependence, {**times, member: Time(None, 1, ZERO)})
            if not distance.indices():
                yield Time(None, 1, -distance if dependence.reader == member else distance)
        yield from (time for time in rough if time not in exact)

    def _possible(self, member: int, times: Mapping[int, Time]) -> bool:
        """Whether the distances to those that have times are bounded below."""
        for dependence in self.touching[member]:
            if dependence.writer in times and dependence.reader in times:
                least = _least(dependence, _distance(dependence, times))
                if least is None or (dependence.writer == dependence.reader and least < 0):
                    return False
        return True


def _distance(dependence: Dependence, times: Mapping[int, Time]) -> Poly:
    """The reader's time less the writer's, over the pairs of the dependence."""
    reader, writer = times[dependence.reader], times[dependence.writer]
    distance = reader.offset - writer.offset
    if reader.axis is not None:
        distance = distance + dependence.of_reader(reader.axis) * reader.sign
    if writer.axis is not None:
        distance = distance - dependence.of_writer(writer.axis) * writer.sign
    return distance


def _least(dependence: Dependence, distance: Poly) -> int | None:
    """The largest small integer that the distance provably never falls below."""
    value = distance.constant
    if value is not None:
        return value
    proves = dependence.facts.proves
    if proves(distance - 1):
        return next((low for low in (3, 2) if proves(distance - low)), 1)
    return next((low for low in (0, -1, -2, -3, -4) if proves(distance - low)), None)


def _least_distances(times: Mapping[int, Time], dependences: Sequence[Dependence]) -> list[int] | None:
    """The least distance of each dependence; None if one is not bounded."""
    least: list[int] = []
    for dependence in dependences:
        found = _least(dependence, _distance(dependence, times))
        if found is None:
            return None
        least.append(found)
    return least


def _offsets(
    dependences: Sequence[Dependence], least: Sequence[int], start: Mapping[int, int], fixed: frozenset[int]
) -> dict[int, int] | None:
    """The smallest integers from `start` up that, added to the times, leave no distance negative and the fixed ones
    where they are; None if there are none."""
    offsets = dict(start)
    for _ in range(len(offsets) + 1):
        changed = False
        for dependence, low in zip(dependences, least, strict=True):
            needed = offsets[dependence.writer] - low
            if offsets[dependence.reader] < needed:
                if dependence.reader in fixed:
                    return None
                offsets[dependence.reader] = needed
                changed = True
        if not changed:
            return offsets
    return None


def _carried(times: dict[int, Time], dependences: Sequence[Dependence]) -> Timing | None:
    """The loop with these times; None where it carries nothing."""
    left: list[Dependence] = []
    for dependence in dependences:
        distance = _distance(dependence, times)
        low = _least(dependence, distance)
        if low is None or low <= 0:
            inside = dependence.where_zero(distance)
            if inside is not None:
                left.append(inside)
    return None if len(left) == len(dependences) else Timing(times, tuple(left))


__all__ = ["Time", "Timing", "timings"]
