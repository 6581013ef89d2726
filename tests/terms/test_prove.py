"""The prover against enumeration: what it proves holds at every small point, what it refutes fails at its example."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.terms.build import NIL, compare, logic_and, logic_or, poly_value
from symbackprop.terms.poly import Atom, Dim, Floor, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation, Term

Size = Poly | int
C, D, H, K, P, S, T, W = (Poly.of(Dim(name)) for name in "CDHKPSTW")
c, d, h, p, s, t, w = (Poly.of(Index(name)) for name in "cdhpstw")


def axis(index: Poly, low: Size, high: Size) -> Axis:
    assert index.index is not None
    return Axis(index.index, Poly.of(low), Poly.of(high))


def at_least(left: Size, right: Size) -> Term:
    return compare(Relation.GE, poly_value(left), poly_value(right))


ROWS = (H - D * (K - 1) - 1) // S  # the last row of a strided, dilated window
HIGH, WIDE = (H - K) // S + 1, (W - K) // S + 1
WINDOW = Facts.of([axis(h, 0, ROWS), axis(p, 0, K - 1)])
PADDED = Facts.of([axis(h, 0, (H + 2 - K) // 2), axis(p, 0, K - 1)])
RADIX = Facts.of([axis(c, 0, C - 1), axis(h, 0, H - 1), axis(w, 0, W - 1)])
POOLED = Facts.of([axis(c, 0, C - 1), axis(h, 0, HIGH - 1), axis(w, 0, WIDE - 1)])
GUARDED = Facts.of(
    [axis(h, 0, H - 1), axis(p, 0, K - 1)], [logic_and(at_least(h + p - P, 0), at_least(H - 1, h + p - P))]
)
CAUSAL = Facts.of([axis(t, 0, T - 1), axis(d, 0, K - 1)], [at_least(t, d)])

QUESTIONS = {
    "window, high": (WINDOW, H - 1 - (S * h + D * p)),
    "window, low": (WINDOW, S * h + D * p),
    "window is not empty": (WINDOW, H - 1 - D * (K - 1)),
    "window with padding": (PADDED, H + 1 - (2 * h + p)),
    "mixed radix": (RADIX, C * H * W - 1 - ((c * H + h) * W + w)),
    "mixed radix with floors": (POOLED, C * HIGH * WIDE - 1 - ((c * HIGH + h) * WIDE + w)),
    "pooling by two": (Facts.of([axis(h, 0, H // 2 - 1), axis(p, 0, 1)]), H - 1 - (2 * h + p)),
    "guard, low": (GUARDED, h + p - P),
    "guard, high": (GUARDED, H - 1 - h - p + P),
    "two indices": (CAUSAL, t - d),
    "two indices, high": (CAUSAL, T - 1 - t + d),
    "odd guard": (Facts.of([axis(h, 0, H - 1), axis(p, 0, 1)], [at_least(2 * h + p, 1)]), 2 * h + p - 1),
    "not zero": (Facts.of([axis(t, 0, T - 1)], [compare(Relation.NE, poly_value(t), NIL)]), t - 1),
    "ranges are not empty": (Facts.of([axis(t, 1, T - 1)]), T - 2),
    "relation of sizes": (Facts.of([axis(t, 0, T - 1)], [at_least(K, T)]), K - 1 - t),
    "reversed": (Facts.of([axis(t, 0, T - 1)]), T - 1 - (T - 1 - t)),
    "floor of an index": (Facts.of([axis(t, 0, T - 1)]), T // 2 - t // 2),
    "plain numbers": (Facts.of([axis(t, 0, 5), axis(h, 0, 2)]), 12 - 2 * t - h),
    "either way": (
        Facts.of([axis(t, 1, T)], [logic_or(at_least(t - 3, 0), at_least(t - 5, 0))]),
        t - 3,
    ),
    "Hermite": (Facts(), (H + 1) // 2 + H // 2 - H),
    "product of sizes": (Facts().nonnegative_too([H - K]), H * C - K * C),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_proves_what_subscripts_ask_and_nothing_tighter(name: str) -> None:
    facts, poly = QUESTIONS[name]
    assert facts.proves(poly)
    assert facts.refutes(poly) is None
    if name in ("window is not empty", "ranges are not empty", "two indices, high"):
        return
    tighter = poly - 1
    if facts.proves(tighter):
        pytest.fail(f"{tighter} >= 0 does not follow")
    example = facts.refutes(tighter)
    assert example is not None
    assert tighter.evaluate(example.__getitem__) < 0


def test_contradictions() -> None:
    assert Facts.of([axis(t, 0, T - 1)], [at_least(t, T)]).contradictory()
    assert Facts.of([axis(t, 0, T - 1)], [logic_or(at_least(t, T), at_least(-1, t))]).contradictory()
    assert not Facts.of([axis(t, 0, T - 1)], [at_least(t, T - 1)]).contradictory()
    assert Facts().equal_too([2 * t - 2 * s - 1]).contradictory()


def test_values_that_differ() -> None:
    facts = Facts.of([axis(t, 0, T - 1), axis(s, 0, T - 1)])
    assert not facts.proves_nonzero(t - s)
    assert facts.assume(logic_or(at_least(t, s + 1), at_least(s, t + 1))).proves_nonzero(t - s)
    assert facts.assume(at_least(t, s + 1)).proves_nonzero(t - s)


def random_poly(rng: random.Random, atoms: list[Poly]) -> Poly:
    out = Poly.of(rng.randint(-3, 3))
    for atom in rng.sample(atoms, rng.randint(1, 3)):
        term = atom * rng.choice((-2, -1, -1, 1, 1, 2))
        if rng.random() < 0.2:
            term = term * rng.choice(atoms[:2])
        out = out + term
    if rng.random() < 0.2:
        out = out + rng.choice(atoms) // rng.randint(2, 3)
    return out


def test_random_questions_agree_with_enumeration() -> None:
    rng = random.Random(31)
    H_, K_, i, j = Dim("H"), Dim("K"), Index("i"), Index("j")
    atoms = [Poly.of(atom) for atom in (H_, K_, i, j)]
    proved = refuted = open_ = 0
    for _ in range(250):
        facts = Facts.of([axis(Poly.of(i), 0, Poly.of(H_) - 1), axis(Poly.of(j), rng.randint(0, 1), Poly.of(K_))])
        facts = facts.nonnegative_too(random_poly(rng, atoms) for _ in range(rng.randint(0, 2)))
        poly = random_poly(rng, atoms)
        points = [
            values
            for point in product(range(1, 5), range(1, 5), range(-1, 5), range(-1, 5))
            if all(fact.evaluate((values := dict(zip((H_, K_, i, j), point, strict=True))).__getitem__) >= 0
                   for fact in facts.nonnegative)
        ]  # fmt: skip
        least = min((poly.evaluate(values.__getitem__) for values in points), default=0)
        if facts.proves(poly):
            proved += 1
            assert least >= 0, (facts, poly)
            continue
        example = facts.refutes(poly)
        if example is not None:
            refuted += 1
            assert poly.evaluate(example.__getitem__) < 0
            assert all(fact.evaluate(example.__getitem__) >= 0 for fact in facts.nonnegative)
        else:
            open_ += 1
            assert least >= 0, (facts, poly)
    assert proved > 40
    assert refuted > 90
    assert open_ < 30


def test_trivial_questions_are_fast() -> None:
    for number in range(3000):
        size, index = Poly.of(Dim(f"N{number}")), Poly.of(Index(f"i{number}"))
        facts = Facts.of([axis(index, 0, size - 1)])
        assert facts.proves(index)
        assert facts.proves(size - 1 - index)


def test_floors_are_known_by_their_definition() -> None:
    quotient: Atom = Floor(H, Poly.of(3))
    facts = Facts()
    assert facts.proves(H - 3 * Poly.of(quotient))
    assert facts.proves(3 * Poly.of(quotient) + 2 - H)
    assert not facts.proves(3 * Poly.of(quotient) + 1 - H)
