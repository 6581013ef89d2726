"""Equations that need each other, and the pairs of their instances of which one reads what the other writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from symbackprop.schedule.dependence import Dependence, read_dependence, reads_of
from symbackprop.schedule.simulate import element, reads
from symbackprop.terms.build import access, add, compare, poly_value, where
from symbackprop.terms.poly import ZERO, Atom, Dim, Index, Poly
from symbackprop.terms.program import Equation
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation, Term

T, S = Poly.of(Dim("T")), Poly.of(Dim("S"))
t, i, j = Poly.of(Index("t")), Poly.of(Index("i")), Poly.of(Index("j"))
SIZES = ({"T": 1, "S": 1}, {"T": 2, "S": 5}, {"T": 5, "S": 3}, {"T": 7, "S": 2})
Position = dict[Index, int]


def axis(index: Poly, low: Poly | int, high: Poly | int) -> Axis:
    assert isinstance(index.atom, Index)
    return Axis(index.atom, Poly.of(low), Poly.of(high))


def at_least(left: Poly | int, right: Poly | int) -> Term:
    return compare(Relation.GE, poly_value(Poly.of(left)), poly_value(Poly.of(right)))


def behind(condition: Term, tensor: str, *subscripts: Poly | int) -> Term:
    return where(condition, access(tensor, [Poly.of(s) for s in subscripts]), poly_value(ZERO))


def equation(tensor: str, subscripts: Sequence[Poly], axes: Sequence[Axis], rhs: Term) -> Equation:
    return Equation(tensor, tuple(subscripts), tuple(axes), rhs)


def along(tensor: str, rhs: Term, low: int = 0) -> Equation:
    return equation(tensor, [t], [axis(t, low, T - 1 + low)], rhs)


RECURRENCES: dict[str, list[Equation]] = {
    "forwards": [along("h", behind(at_least(t, 1), "h", t - 1))],
    "backwards": [along("h", behind(at_least(T - 2, t), "h", t + 1))],
    "two steps": [along("h", add(behind(at_least(t, 1), "h", t - 1), behind(at_least(t, 2), "h", t - 2)))],
    "in turn": [along("a", behind(at_least(t, 1), "b", t - 1)), along("b", access("a", [t]))],
    "from 1": [along("a", behind(at_least(t, 1), "b", t)), along("b", access("a", [t - 1]), low=1)],
    "turned": [along("a", behind(at_least(t, 1), "b", T - t)), along("b", access("a", [T - 1 - t]))],
    "once": [
        along("a", add(behind(at_least(t, 1), "a", t - 1), behind(at_least(t, 3), "b"))),
        equation("b", [], [], access("a", [Poly.of(0)])),
    ],
    "shorter": [
        along("a", where(at_least(T - 2, t), behind(at_least(t, 1), "b", t - 1), poly_value(ZERO))),
        equation("b", [t], [axis(t, 0, T - 3)], access("a", [t])),
    ],
    "two axes": [equation("h", [i, j], [axis(i, 0, T - 1), axis(j, 0, S - 1)], add(
        behind(at_least(i, 1), "h", i - 1, j), behind(at_least(j, 1), "h", i, j - 1),
    ))],
    "as one": [equation("h", [i * S + j], [axis(i, 0, T - 1), axis(j, 0, S - 1)], behind(
        at_least(i, 1), "h", (i - 1) * S + j,
    ))],
}  # fmt: skip


def dependences(equations: Sequence[Equation]) -> list[Dependence]:
    """All that one equation needs of another, or of itself."""
    found = [
        read_dependence((place, writer), (other, reader), read, Facts())
        for other, reader in enumerate(equations)
        for read in reads_of(reader, {writer.target for writer in equations})
        for place, writer in enumerate(equations)
        if writer.target == read.access.tensor
    ]
    return [dependence for dependence in found if dependence is not None]


def number(poly: Poly, sizes: Mapping[str, int], at: Mapping[Index, int]) -> int:
    def value(atom: Atom) -> int:
        return sizes[atom.name] if isinstance(atom, Dim) else at[atom]

    return int(poly.evaluate(value))


def positions(axes: Sequence[Axis], sizes: Mapping[str, int]) -> Iterator[Position]:
    ranges = [range(number(a.low, sizes, {}), number(a.high, sizes, {}) + 1) for a in axes]
    for chosen in product(*ranges):
        yield dict(zip([a.index for a in axes], chosen, strict=True))


def pairs(equations: Sequence[Equation], sizes: Mapping[str, int]) -> list[tuple[int, Position, int, Position]]:
    """(writer, its position, reader, its position) wherever an element is written by one and read by the other."""
    named = {Dim(name): size for name, size in sizes.items()}
    written: dict[object, list[tuple[int, Position]]] = {}
    for place, one in enumerate(equations):
        for at in positions(one.axes, sizes):
            target = element(access(one.target, one.subscripts), {**named, **at}, {})
            written.setdefault(target, []).append((place, at))
    wanted = frozenset(one.target for one in equations)
    return [
        (writer, there, reader, at)
        for reader, one in enumerate(equations)
        for at in positions(one.axes, sizes)
        for read in reads(one.rhs, {**named, **at}, {}, wanted)
        for writer, there in written.get(read, ())
    ]
