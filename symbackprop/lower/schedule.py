"""The order in which equations are computed, with a loop where they recur.

Grammar::

    step    ::= Compute(equation, pins, only_when)           the equation, for all positions of its axes but the pinned
              | Loop(variable, low, high, descending, body)  the body for each value in turn, bounds inclusive
    pins    ::= (axis's index, poly of loop variables and sizes), ...
    only_when ::= an integer condition on loop variables and sizes

Dependences between whole equations (writer before reader) give strongly connected components; what is in none with
a cycle is computed once, outside every loop, in the order of the program where that is possible. In a cycle the
dependences are looked at instance by instance: those that never meet are dropped, a loop is chosen that carries some
(`timing`), and what it does not carry is ordered in its body in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from symbackprop.errors import CyclicEquations
from symbackprop.lower.dependence import (
    Dependence,
    overwrite_dependence,
    read_dependence,
    reads_of,
    size_facts,
)
from symbackprop.lower.timing import Time, Timing, find_timing
from symbackprop.terms.build import TRUE, compare, logic_and, poly_value
from symbackprop.terms.graph import ordered_components
from symbackprop.terms.poly import ZERO, Atom, Dim, Floor, Index, Poly, plainly_nonnegative
from symbackprop.terms.program import Equation, Op, Program, fresh_name
from symbackprop.terms.prove import Facts
from symbackprop.terms.show import show
from symbackprop.terms.term import Access, Axis, Relation, Term


@dataclass(frozen=True, slots=True)
class Compute:
    """The equation for every position of the axes that are not pinned, and for one value of each that is.

    Outside loops there are no pins and `only_when` is true. Inside, `only_when` says when the pinned values lie in
    their axes' ranges (and which iteration it is, for an equation that has no axis along the loop).
    """

    equation: Equation
    pins: tuple[tuple[Index, Poly], ...] = ()
    only_when: Term = TRUE

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes that are not pinned."""
        pinned = {index for index, _ in self.pins}
        return tuple(axis for axis in self.equation.axes if axis.index not in pinned)


@dataclass(frozen=True, slots=True)
class Loop:
    """The body for variable = low, ..., high, or from high down to low. It may run no iteration (high < low)."""

    variable: Index
    low: Poly
    high: Poly
    descending: bool
    body: tuple[Step, ...]

    @property
    def axis(self) -> Axis:
        return Axis(self.variable, self.low, self.high)


Step: TypeAlias = "Compute | Loop"


def schedule(
    program: Program, equations: Sequence[Equation] | None = None, given: frozenset[str] = frozenset()
) -> tuple[Step, ...]:
    """The steps that compute the equations (default: all of the program's).

    `given`: tensors that are complete before. Raises `CyclicEquations` where no order exists.
    """
    chosen = program.equations if equations is None else tuple(equations)
    return _Scheduler(program, chosen, given).steps()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an equation stands: pins and conditions from the loops around it."""

    pins: tuple[tuple[Index, Poly], ...] = ()
    conditions: tuple[Term, ...] = ()


class _Scheduler:
    def __init__(self, program: Program, equations: Sequence[Equation], given: frozenset[str]) -> None:
        self.program, self.equations = program, equations
        self.writers: dict[str, list[int]] = {}
        for place, equation in enumerate(equations):
            if equation.target not in given:
                self.writers.setdefault(equation.target, []).append(place)

    @cached_property
    def known(self) -> Facts:
        return size_facts(self.program)

    def steps(self) -> tuple[Step, ...]:
        edges = self._tensor_graph()
        nodes = [*range(-len(self.writers), 0), *range(len(self.equations))]
        out: list[Step] = []
        for component in ordered_components(nodes, edges):
            members = [node for node in component if node >= 0]
            if len(component) > 1:
                out += self._arrange(members, self._dependences(members), {m: _Place() for m in members}, ())
            else:
                out += [Compute(self.equations[member]) for member in members]
        return tuple(out)

    def _tensor_graph(self) -> dict[int, list[int]]:
        """Writer to tensor to reader; a tensor is a negative node, so that it is passed as soon as it is complete."""
        number = {name: place - len(self.writers) for place, name in enumerate(self.writers)}
        edges: dict[int, list[int]] = {node: [] for node in number.values()}
        for place, equation in enumerate(self.equations):
            edges[place] = [number[equation.target]] if equation.target in number else []
            for name in sorted(equation.reads()):
                if name in number:
                    edges[number[name]].append(place)
        for first, second in self._overwrites(range(len(self.equations))):
            edges[first].append(second)
        return edges

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
        loops: tuple[Loop, ...],
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
        loops: tuple[Loop, ...],
    ) -> Loop:
        free: dict[int, list[Index]] = {}
        for member in members:
            pinned = {index for index, _ in places[member].pins}
            free[member] = [axis.index for axis in self.equations[member].axes if axis.index not in pinned]
        timing = find_timing(members, self.equations, free, dependences)
        if timing is None:
            raise self._cyclic(members, dependences)
        shape = _LoopShape(members, self.equations, timing, self.known, self._taken(members, free, timing, loops))
        inner = {}
        for member in members:
            old = places[member]
            pins, condition = shape.place(member)
            inner[member] = _Place(old.pins + pins, (*old.conditions, condition))
        loop = Loop(shape.variable, shape.low, shape.high, shape.descending, ())
        return replace(loop, body=tuple(self._arrange(members, timing.left, inner, (*loops, loop))))

    def _taken(
        self,
        members: Sequence[int],
        free: Mapping[int, Sequence[Index]],
        timing: Timing,
        loops: tuple[Loop, ...],
    ) -> set[str]:
        """Names that the loop variable may not have."""
        taken = {loop.variable.name for loop in loops} | set(self.program.dims) | set(self.program.table)
        for member in members:
            taken.update(index.name for index in free[member] if index != timing.times[member].axis)
        return taken

    def _cyclic(self, members: Sequence[int], dependences: Sequence[Dependence]) -> CyclicEquations:
        lines = [show(self.equations[member]) for member in members]
        names = list(dict.fromkeys(self.equations[member].target for member in members))
        itself = next((example for d in dependences if (example := self._same_instance(d)) is not None), None)
        gathered = self._gathered(members)
        if gathered is not None:
            found = f"{gathered}, a gathered position that may be any"
        elif itself is not None:
            found = itself
        elif len(members) == 1:
            found = f"{names[0]} reads itself at positions neither always before nor always behind along any axis"
        else:
            found = (
                f"{', '.join(names)} read each other, and along none of their axes does each read only what is "
                "computed before"
            )
        return CyclicEquations(
            "; ".join(lines),
            expected="a recurrence, in which a loop along one axis, forwards or backwards, computes each element "
            "before it is read",
            found=found,
            remedy="shift a subscript (as in h[t - 1, n]), guard the read (a Piecewise where s < t), or let the result "
            "be another tensor",
        )

    def _gathered(self, members: Sequence[int]) -> str | None:
        """A read of one member by another at a position that is looked up."""
        targets = {self.equations[member].target for member in members}
        for member in members:
            for read in reads_of(self.equations[member], targets):
                if any(isinstance(subscript, Access) for subscript in read.access.subscripts):
                    return show(read.access)
        return None

    def _same_instance(self, dependence: Dependence) -> str | None:
        """An element that needs itself, in words."""
        if dependence.writer != dependence.reader:
            return None
        here: Dependence | None = dependence
        for axis in self.equations[dependence.writer].axes:
            if here is not None:
                here = here.where_zero(here.of_reader(axis.index) - here.of_writer(axis.index))
        example = None if here is None else here.facts.refutes(Poly.of(-1))
        if here is None or example is None:
            return None
        values = {atom.name: value for atom, value in example.items()}
        position = [
            f"{axis.index} = {here.of_reader(axis.index).evaluate(lambda atom: values.get(atom.name, 1))}"
            for axis in self.equations[dependence.writer].axes
        ]
        sizes = [f"{atom.name} = {value}" for atom, value in example.items() if isinstance(atom, Dim)]
        return f"{dependence.tensor} reads itself at the same position" + (
            f", as at {', '.join(position)}" + (f" (with {', '.join(sizes)})" if sizes else "") if position else ""
        )


# --- variable and bounds of a loop ---------------------------------------------------------------------
class _LoopShape:
    """The loop's variable, its range, and each member's slice, from the times.

    The time of every member is sign*variable + constant; the variable is the axis of as many members as possible.
    """

    def __init__(
        self, members: Sequence[int], equations: Sequence[Equation], timing: Timing, known: Facts, taken: set[str]
    ) -> None:
        self.equations, self.times, self.known = equations, timing.times, known
        axial = [member for member in members if self.times[member].axis is not None]
        alike: dict[tuple[int, Poly], list[int]] = {}
        for member in axial:
            alike.setdefault((self.times[member].sign, self.times[member].offset), []).append(member)
        self.sign, self.offset = max(alike, key=lambda key: len(alike[key]))
        lead = self.times[alike[self.sign, self.offset][0]].axis
        assert lead is not None
        self.variable = Index(fresh_name(lead.name, taken))
        self.descending = self.sign < 0
        ranges = [self._range(member) for member in members]
        self.low = _bound([low for low, _ in ranges], known, lower=True)
        self.high = _bound([high for _, high in ranges], known, lower=False)

    def _value(self, time: Time) -> Poly:
        """The axis at a value of the variable: sign*variable + offset is the time."""
        return (Poly.of(self.variable) * self.sign + self.offset - time.offset) * time.sign

    def _range(self, member: int) -> tuple[Poly, Poly]:
        """The values of the variable at which the member has work to do."""
        time = self.times[member]
        if time.axis is None:
            only = (time.offset - self.offset) * self.sign
            return only, only
        axis = self._axis(member)
        ends = [((end * time.sign) + time.offset - self.offset) * self.sign for end in (axis.low, axis.high)]
        return (ends[0], ends[1]) if time.sign == self.sign else (ends[1], ends[0])

    def _axis(self, member: int) -> Axis:
        return next(axis for axis in self.equations[member].axes if axis.index == self.times[member].axis)

    def place(self, member: int) -> tuple[tuple[tuple[Index, Poly], ...], Term]:
        """(pins, condition) of a member inside the loop."""
        time = self.times[member]
        variable = Poly.of(self.variable)
        low, high = self._range(member)
        inside = self.known.with_axes([Axis(self.variable, self.low, self.high)])
        if time.axis is None:
            if inside.proves_zero(variable - low):
                return (), TRUE
            return (), compare(Relation.EQ, poly_value(variable), poly_value(low))
        conditions = [
            compare(Relation.GE, poly_value(poly), poly_value(ZERO))
            for poly in (variable - low, high - variable)
            if not inside.proves(poly)
        ]
        return ((time.axis, self._value(time)),), logic_and(*conditions)


def _bound(polys: Sequence[Poly], known: Facts, lower: bool) -> Poly:
    """The lowest (highest) of the polynomials; where they cannot be compared, one below (above) them all."""

    def beats(poly: Poly, other: Poly) -> bool:
        return known.proves(other - poly if lower else poly - other)

    candidates = list(dict.fromkeys(polys))
    best = next((poly for poly in candidates if all(beats(poly, other) for other in candidates)), None)
    if best is not None:
        return best
    pick: Callable[[Iterable[int]], int] = min if lower else max
    monomials = dict.fromkeys(monomial for poly in candidates for monomial, _ in poly.terms)
    parts = [dict(poly.terms) for poly in candidates]
    loose = Poly({monomial: pick(part.get(monomial, 0) for part in parts) for monomial in monomials})
    if all(plainly_nonnegative(_opaque(poly - loose if lower else loose - poly)) for poly in candidates):
        return loose
    raise CyclicEquations(
        "a loop over several ranges",
        expected=f"{'lower' if lower else 'upper'} ends that can be compared",
        found=", ".join(map(str, candidates)),
        remedy="state which is the smaller with net.assume, as in net.assume(Le(K, H))",
    )


def _opaque(poly: Poly) -> Poly:
    """Floors as they stand in a bound's difference are not compared: none may be left."""
    floors: list[Atom] = [atom for atom in poly.atoms(deep=False) if isinstance(atom, Floor)]
    return Poly.of(-1) if floors else poly


__all__ = ["Compute", "Loop", "Step", "schedule"]
