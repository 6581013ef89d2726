"""Dependences against all pairs of instances at small sizes: what is said of them holds at every pair, and nowhere else
within the ranges."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.schedule.dependence import Dependence, Read, overwrite_dependence, read_dependence, reads_of
from symbackprop.schedule.simulate import element, holds, reads
from symbackprop.terms.build import access, add, compare, logic_and, logic_or, mul, number, poly_value, reduce, where
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Equation, Op
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction, Relation, Term
from tests.schedule import recurrences
from tests.schedule.recurrences import S, T, at_least, axis, behind, i, j, positions, t

SIZES = ({"T": 1, "S": 1}, {"T": 5, "S": 3}, {"T": 3, "S": 5})
k, m = Poly.of(Index("k")), Poly.of(Index("m"))
WRITER, READER = (axis(i, 0, T - 1), axis(j, 1, S)), (axis(k, 0, T - 1), axis(m, 0, S - 1))


def renamed(prefix: str, at: dict[Index, int]) -> dict[Index, int]:
    return {Index(f"{prefix}{index}"): place for index, place in at.items()}


def said(found: Dependence, sizes: dict[str, int], at: dict[Index, int], there: dict[Index, int]) -> bool:
    """Whether what the dependence says holds of writer and reader at these positions."""
    here = renamed("<", at) | renamed(">", there)

    def value(poly: Poly) -> int:
        return recurrences.number(poly, sizes, here)

    return (
        all(value(found.of_writer(index)) == place for index, place in at.items())
        and all(value(found.of_reader(index)) == place for index, place in there.items())
        and all(value(poly) >= 0 for poly in found.facts.nonnegative)
        and all(value(poly) for poly in found.facts.distinct)
    )


def compared(found: Dependence | None, writer: Equation, reader: Equation, read: Read) -> int:
    """Compares at every pair of positions; how many of these pairs meet."""
    met = 0
    for sizes in SIZES:
        named = {Dim(name): size for name, size in sizes.items()}
        for at, there in product(positions(writer.axes, sizes), positions((*reader.axes, *read.bound), sizes)):
            here = {**named, **there}
            same = element(access(writer.target, writer.subscripts), {**named, **at}, {}) == element(
                read.access, here, {}
            )
            meet = same and all(holds(condition, here, {}) for condition in read.conditions)
            assert meet == (found is not None and said(found, sizes, at, there)), (sizes, at, there)
            met += meet
    return met


def drawn(rng: random.Random, one: Poly, other: Poly) -> tuple[Poly, Poly]:
    """Subscripts of a tensor of two dimensions."""
    shift = Poly.of(rng.randint(-1, 1))
    return rng.choice([
        (one + shift, other), (T - 1 - one, other + shift), (one, one + shift), (one * 2 + shift, other),
        (one * S + other + shift, Poly.of(1)), (one + other + shift, other), (Poly.of(1), other + shift),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_all_pairs(seed: int) -> None:
    rng = random.Random(seed)
    writer = Equation("U", drawn(rng, i, j), WRITER, number(1))
    condition = rng.choice([
        at_least(k, 1), at_least(m, k), at_least(T - 2, k), compare(Relation.NE, poly_value(k), poly_value(m)),
        compare(Relation.EQ, poly_value(k), poly_value(m + 1)), logic_and(at_least(k, 1), at_least(S - 2, m)),
    ])  # fmt: skip
    reader = Equation("V", (k, m), READER, where(condition, access("U", drawn(rng, k, m)), number(0)))
    (read,) = reads_of(reader, ["U"])
    compared(read_dependence((0, writer), (1, reader), read, Facts()), writer, reader, read)


def test_what_a_sum_reads() -> None:
    writer = Equation("U", (i, j), WRITER, number(1))
    total = reduce(Reduction.SUM, READER[1:], behind(at_least(k, m), "U", k, 2 * m))
    reader = Equation("V", (k,), READER[:1], total)
    (read,) = reads_of(reader, ["U"])
    assert len(read.bound) == 1
    assert compared(read_dependence((0, writer), (1, reader), read, Facts()), writer, reader, read)


def test_provably_never() -> None:
    writer = Equation("U", (2 * i,), WRITER[:1], number(1))
    reader = Equation("V", (k,), READER[:1], access("U", [2 * k + 2 * T]))
    (read,) = reads_of(reader, ["U"])
    assert compared(None, writer, reader, read) == 0
    assert read_dependence((0, writer), (1, reader), read, Facts()) is None


def test_where_a_distance_is_zero() -> None:
    writer = Equation("U", (i, j), WRITER, number(1))
    reader = Equation("V", (k, m), READER, access("U", [k, m + 1]))
    (read,) = reads_of(reader, ["U"])
    found = read_dependence((0, writer), (1, reader), read, Facts())
    assert found is not None
    inside = found.where_zero(found.of_reader(Index("k")) - found.of_writer(Index("j")))
    assert inside is not None
    for sizes in SIZES:
        for at, there in product(positions(WRITER, sizes), positions(READER, sizes)):
            meet = at[Index("i")] == there[Index("k")] and at[Index("j")] == there[Index("m")] + 1
            assert said(inside, sizes, at, there) == (meet and there[Index("k")] == at[Index("j")])
    assert found.where_zero(found.of_reader(Index("k")) + 1) is None


def test_what_is_added_after_an_assignment() -> None:
    """The guard of what is added says where it is needed at all."""
    assigned = Equation("U", (i,), WRITER[:1], number(1))
    added = Equation("U", (k + 1,), READER[:1], access("x", [k]), Op.ACCUMULATE)
    found = overwrite_dependence((0, assigned), (1, added), Facts())
    assert compared(found, assigned, added, Read(access("U", [k + 1])))
    guarded = Equation("U", (i,), WRITER[:1], mul(number(3), behind(at_least(i, 2), "x", i)), Op.ACCUMULATE)
    reader = Equation("V", (k,), READER[:1], access("U", [k]))
    (read,) = reads_of(reader, ["U"])
    needed = read_dependence((0, guarded), (1, reader), read, Facts())
    assert needed is not None
    for at in range(5):
        here = {Index("i"): at}
        assert said(needed, {"T": 5, "S": 3}, here, {Index("k"): at}) == (at >= 2)


def test_what_is_looked_up_behind_a_guard() -> None:
    parent = access("parent", [t])
    for guard, before in (
        (compare(Relation.GT, poly_value(t), parent), 1),
        (compare(Relation.GT, parent, poly_value(t)), -1),
    ):
        tree = Equation("h", (t,), (axis(t, 0, T - 1),), where(guard, access("h", [parent]), number(0)))
        (read,) = reads_of(tree, ["h"])
        found = read_dependence((0, tree), (0, tree), read, Facts())
        assert found is not None
        distance = (found.of_reader(Index("t")) - found.of_writer(Index("t"))) * before
        assert found.facts.proves(distance - 1)
        assert not found.facts.proves(distance - 2)


def test_reads() -> None:
    """Element by element what the simulation reads."""
    total = reduce(
        Reduction.SUM,
        [Axis(Index("q"), ZERO, S - 1)],
        behind(at_least(Poly.of(Index("q")), i), "U", i, Poly.of(Index("q"))),
    )
    either = logic_or(at_least(i, 2), at_least(0, j))
    terms: list[Term] = [
        total, where(either, access("U", [i, j]), access("U", [j, i])), add(total, mul(number(2), access("W", [i]))),
        where(at_least(i, 1), where(at_least(j, 2), access("U", [i, j]), number(1)), access("W", [j])),
    ]  # fmt: skip
    for term in terms:
        one = Equation("V", (i, j), (axis(i, 0, T - 1), axis(j, 0, S - 1)), term)
        for wanted in (["U"], ["U", "W"]):
            for sizes in SIZES:
                named = {Dim(name): size for name, size in sizes.items()}
                for at in positions(one.axes, sizes):
                    found = {
                        element(read.access, {**named, **at, **more}, {})
                        for read in reads_of(one, wanted)
                        for more in positions(read.bound, sizes)
                        if all(holds(c, {**named, **at, **more}, {}) for c in read.conditions)
                    }
                    assert found == set(reads(term, {**named, **at}, {}, frozenset(wanted)))
