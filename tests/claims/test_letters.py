"""Names of bound indices: none in use, of the right range, and sums shifted to a declared range keep their values."""

from __future__ import annotations

import numpy as np

from symbackprop.claims.letters import Letters
from symbackprop.terms.build import access, add, mul, reduce, sub
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis, Reduce, Reduction, accesses, subterms

from .small import EXTENT, FREE, B, random_term, same_values

PROGRAM = B.net.to_program()
K = Index("~k", 0, True)
NONE: frozenset[str] = frozenset()


def letters(reads=frozenset(), reserved=NONE) -> Letters:
    return Letters(PROGRAM.table, PROGRAM.indices, reads, reserved)


def total(low: Poly, high: Poly, position: Poly):
    return reduce(Reduction.SUM, [Axis(K, low, high)], access("w", [position]))


def test_values_of_random_terms_stay() -> None:
    rng, ranges = np.random.default_rng(5), {axis.index: axis for axis in FREE}
    for _ in range(40):
        found = random_term(rng, 3)
        reads = frozenset(read for read in accesses(random_term(rng, 2)) if not read.free - ranges.keys())
        assert same_values(found, letters(reads).shifted(found, ranges)), found


def test_names_are_declared_ones_of_that_very_range_and_not_in_use() -> None:
    rng, declared = np.random.default_rng(6), {axis.index.name: axis for axis in PROGRAM.indices}
    seen = 0
    for _ in range(60):
        for term in subterms(random_term(rng, 4)):
            if not isinstance(term, Reduce) or any(index.level for index in term.free):
                continue
            seen += 1
            mine, taken = letters(), {"i"}
            names = mine.names(term, {}, set(taken))
            chosen = [names[axis.index] for axis in term.axes]
            assert len(set(chosen)) == len(chosen)
            assert not set(chosen) & (taken | {str(index) for index in term.free})
            for axis, name in zip(term.axes, chosen, strict=True):
                known = declared.get(name.rstrip("'"))
                assert (known is not None and (known.low, known.high) == (axis.low, axis.high)) or name in mine.told
    assert seen > 10


def test_a_range_that_nothing_declares_is_told() -> None:
    term = total(Poly.of(1), EXTENT - 2, Poly.of(K))
    assert isinstance(term, Reduce)
    mine = letters(reserved=frozenset({"r"}))
    names = mine.names(term, {}, set())
    assert list(mine.told.values()) == [term.axes[0]]
    assert set(mine.told) == set(names.values())
    assert not set(mine.told) & {"r", *(axis.index.name for axis in PROGRAM.indices)}


def test_a_sum_is_shifted_to_the_range_in_which_the_claims_read_it() -> None:
    n = next(axis for axis in PROGRAM.indices if axis.index.name == "n")
    x = access("x", [Poly.of(K) - 1, Poly.of(0)])
    body = mul(x, access("s"))
    term = reduce(Reduction.SUM, [Axis(K, Poly.of(1), n.high + 1)], body)
    told = letters(frozenset({access("x", [Poly.of(Index("n")), Poly.of(0)])})).shifted(term, {})
    (read,) = [read for read in accesses(told) if read.tensor == "x"]
    assert read.subscripts[0].index is not None  # x[n, 0], not x[t - 1, 0]
    left = letters(frozenset({access("x", [Poly.of(Index("t")) - 1, Poly.of(0)])})).shifted(term, {})
    assert left is term
    both = add(term, sub(told, term))
    assert same_values(both, told, ())
