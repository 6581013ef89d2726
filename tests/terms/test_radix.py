"""Digits of a mixed radix: what is said to be told apart is, at every choice of small sizes."""

from __future__ import annotations

import random
from itertools import product

import pytest

from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.prove import Facts
from symbackprop.terms.radix import undetermined
from symbackprop.terms.term import Axis

A, B, C = (Poly.of(Dim(name)) for name in "ABC")
p, q, r = (Index(name) for name in "pqr")
P, Q, R = map(Poly.of, (p, q, r))
AXES = (Axis(p, ZERO, A - 1), Axis(q, ZERO, B - 1), Axis(r, Poly.of(1), C))
FACTS = Facts((A - 1, B - 1, C - 1))
KNOWN: list[tuple[list[Poly], list[Index]]] = [
    ([P, Q, R], []), ([P, Q], [r]), ([P + Q], [p, q]), ([B * P + Q], []), ([Q - B * P], []), ([A * P + Q], [p, q]),
    ([(P * B + Q) * (C + 1) + R], []),
    ([(P * B + Q) * (C - 1) + R], [p, q, r]), ([(P * B + Q) * C + R], []),
    ([P + Q, Q], []), ([2 * P + 3], []),
    ([P + Q, P - Q], [p, q]),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "unknown"), KNOWN)
def test_known(subscripts: list[Poly], unknown: list[Index]) -> None:
    mine = {index for subscript in subscripts for index in subscript.indices()} | set(unknown)
    axes = [axis for axis in AXES if axis.index in mine]
    assert [axis.index for axis in undetermined(FACTS, subscripts, axes)] == unknown


@pytest.mark.parametrize("seed", range(150))
def test_against_enumeration(seed: int) -> None:
    rng = random.Random(seed)

    def coefficient() -> Poly:
        return rng.choice((ZERO, Poly.of(1), Poly.of(-1), Poly.of(2), B, C + 1, B * (C + 1), -B, A - 2))

    subscripts = [coefficient() * P + coefficient() * Q + coefficient() * R + rng.randint(-2, 2) for _ in range(2)]
    subscripts = subscripts[: rng.choice((1, 1, 2))]
    if undetermined(FACTS, subscripts, AXES):
        return
    for sizes in product((1, 2, 3, 5), repeat=3):
        dims = dict(zip((Dim("A"), Dim("B"), Dim("C")), sizes, strict=True))
        spans = [range(a.low.evaluate(dims.__getitem__), a.high.evaluate(dims.__getitem__) + 1) for a in AXES]
        seen = set()
        for place in product(*spans):
            known = {**dims, **dict(zip((p, q, r), place, strict=True))}
            seen.add(tuple(s.evaluate(lambda atom, known=known: known[atom]) for s in subscripts))
        assert len(seen) == len(list(product(*spans)))
