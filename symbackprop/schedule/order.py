"""The order in which equations are computed, with a loop where they recur.

Dependences between whole equations (writer before reader) give strongly connected components; what is in none with
a cycle is computed once, outside every loop, in the order of the program where that is possible. In a cycle the
dependences are looked at instance by instance: those that never meet are dropped, a loop is chosen that carries some
(`timing`), and what it does not carry is ordered in its body in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from symbackprop.errors import CyclicEquations
from symbackprop.schedule.cycle import no_order
from symbackprop.schedule.dependence import Dependence, overwrite_dependence, read_dependence, reads_of
from symbackprop.schedule.loop_shape import LoopShape
from symbackprop.schedule.steps import Compute, Loop, Step
from symbackprop.schedule.timing import Timing, timings
from symbackprop.terms.build import logic_and
from symbackprop.terms.graph import ordered_components
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, TensorKind, tensor_graph
from symbackprop.terms.prove import Facts
from symbackprop.terms.size_facts import size_facts
from symbackprop.terms.term import Access, Term

_LOOPS = 20  # tried for one cycle


def schedule(
    program: Program, equations: Sequence[Equation] | None = None, given: frozenset[str] = frozenset()
) -> tuple[Step, ...]:
    """The steps that compute the equations (default: all of the program's).

    `given`: tensors that are complete before. Raises `CyclicEquations` where no order exists.
    """
    chosen = program.equations if equations is None else tuple(equations)
    return _Scheduler(program, chosen, given).steps()


def recurring_reads(program: Program, given: frozenset[str] = frozenset()) -> dict[int, frozenset[Access]]:
    """What the equations of each innermost loop read that one of them computes there, by their places.

    What an equation reads besides is there before that loop begins. `given`: tensors that are complete before.
    """
    return _Scheduler(program, program.equations, given).recurring_reads()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an equation stands: pins and conditions from the loops around it."""

    pins: tuple[tuple[Index, Poly], ...] = ()
    conditions: tuple[Term, ...] = ()


class _Scheduler:
    def __init__(self, program: Program, equations: Sequence[Equation], given: frozenset[str]) -> None:
        self.program, self.equations, self.given = program, equations, given
        self.recurring: dict[int, frozenset[Access]] = {}

    @cached_property
    def known(self) -> Facts:
        return size_facts(self.program)

    @cached_property
    def weights(self) -> frozenset[str]:
        return frozenset(tensor.name for tensor in self.program.of_kind(TensorKind.PARAMETER))

    def steps(self) -> tuple[Step, ...]:
        out: list[Step] = []
        for component in self._components():
            members = [node for node in component if node >= 0]
            out += self._recurrence(members) if len(component) > 1 else [Compute(self.equations[m]) for m in members]
        return tuple(out)

    def recurring_reads(self) -> dict[int, frozenset[Access]]:
        for component in self._components():
            if len(component) > 1:
                self._recurrence([node for node in component if node >= 0])
        return self.recurring

    def _components(self) -> list[list[int]]:
        if self._stand_in_order():
            return [[place] for place in range(len(self.equations))]
        edges = tensor_graph(self.equations, self.given)
        for first, second in self._overwrites(range(len(self.equations))):
            edges[first].append(second)
        return ordered_components(sorted(edges), edges)

    def _stand_in_order(self) -> bool:
        """Whether each equation stands behind all that define what it reads, as most do."""
        last = {e.target: place for place, e in enumerate(self.equations) if e.target not in self.given}
        return all(
            last.get(name, -1) < place for place, equation in enumerate(self.equations) for name in equation.reads()
        ) and all(first < second for first, second in self._overwrites(range(len(self.equations))))

    def _recurrence(self, members: Sequence[int]) -> list[Step]:
        return self._arrange(members, self._dependences(members), {member: _Place() for member in members}, ())

    def _overwrites(self, members: Iterable[int]) -> list[tuple[int, int]]:
        """(assignment, accumulation) of one tensor: the assignment comes first."""
        assigned: dict[str, list[int]] = {}
        for member in members:
            if self.equations[member].op is Op.ASSIGN:
                assigned.setdefault(self.equations[member].target, []).append(member)
        return [
            (first, second)
            for second in members
            if self.equations[second].op is Op.ACCUMULATE
            for first in assigned.get(self.equations[second].target, ())
        ]

    def _dependences(self, members: Sequence[int]) -> list[Dependence]:
        """Those among the members that may meet, instance by instance."""
        inside: dict[str, list[int]] = {}
        for member in members:
            inside.setdefault(self.equations[member].target, []).append(member)
        found: list[Dependence | None] = []
        for reader in members:
            for read in reads_of(self.equations[reader], inside):
                found += [
                    read_dependence(
                        (writer, self.equations[writer]), (reader, self.equations[reader]), read, self.known
                    )
                    for writer in inside[read.access.tensor]
                ]
        found += [
            overwrite_dependence((first, self.equations[first]), (second, self.equations[second]), self.known)
            for first, second in self._overwrites(members)
        ]
        return [dependence for dependence in found if dependence is not None]

    # --- inside a cycle ----------------------------------------------------------------------------
    def _arrange(
        self,
        members: Sequence[int],
        dependences: Sequence[Dependence],
        places: Mapping[int, _Place],
        loops: tuple[Loop[Step], ...],
    ) -> list[Step]:
        edges: dict[int, list[int]] = {member: [] for member in members}
        for dependence in dependences:
            edges[dependence.writer].append(dependence.reader)
        out: list[Step] = []
        for component in ordered_components(sorted(members), edges):
            inside = set(component)
            among = [d for d in dependences if d.writer in inside and d.reader in inside]
            if among:
                out.append(self._loop(component, among, places, loops))
            else:
                place = places[component[0]]
                out.append(Compute(self.equations[component[0]], place.pins, logic_and(*place.conditions)))
        return out

    def _loop(
        self,
        members: Sequence[int],
        dependences: Sequence[Dependence],
        places: Mapping[int, _Place],
        loops: tuple[Loop[Step], ...],
    ) -> Loop[Step]:
        free: dict[int, list[Index]] = {}
        for member in members:
            pinned = {index for index, _ in places[member].pins}
            axes = sorted(self.equations[member].axes, key=lambda axis: axis.extent.constant == 1)  # of no order: last
            free[member] = [axis.index for axis in axes if axis.index not in pinned]
        failure: CyclicEquations | None = None
        for timing in islice(timings(members, self.equations, free, dependences, self.weights), _LOOPS):
            for member in members:  # loops inside, which come after, say it anew
                reads = (d.read for d in dependences if d.reader == member and d.read is not None)
                self.recurring[member] = frozenset(reads)
            try:
                return self._along(timing, members, free, places, loops)
            except CyclicEquations as inside:
                failure = failure or inside
        raise failure or no_order(self.equations, members, dependences)

    def _along(
        self,
        timing: Timing,
        members: Sequence[int],
        free: Mapping[int, Sequence[Index]],
        places: Mapping[int, _Place],
        loops: tuple[Loop[Step], ...],
    ) -> Loop[Step]:
        shape = LoopShape(members, self.equations, timing, self.known, self._taken(members, free, timing, loops))
        inner = {}
        for member in members:
            old = places[member]
            pins, condition = shape.place(member)
            inner[member] = _Place(old.pins + pins, (*old.conditions, condition))
        loop: Loop[Step] = Loop(shape.variable, shape.low, shape.high, shape.descending, ())
        return replace(loop, body=tuple(self._arrange(members, timing.left, inner, (*loops, loop))))

    def _taken(
        self,
        members: Sequence[int],
        free: Mapping[int, Sequence[Index]],
        timing: Timing,
        loops: tuple[Loop[Step], ...],
    ) -> set[str]:
        """Names that the loop variable may not have."""
        taken = {loop.variable.name for loop in loops} | set(self.program.dims) | set(self.program.table)
        for member in members:
            taken.update(index.name for index in free[member] if index != timing.times[member].axis)
        return taken


__all__ = ["recurring_reads", "schedule"]
