"""Terms made plain keep their values, and conditions that hold anyway are gone."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import And, Expr, Ne, Piecewise

from symbackprop import Sum
from symbackprop.claims.simplify import simplified
from symbackprop.terms.show import show
from symbackprop.terms.term import Term

from .small import FREE, B, random_term, same_values, term

n, i, j, w, A, s, D = B.n, B.i, B.j, B.w, B.A, B.s, B.D
RANGES = {axis.index: axis for axis in FREE}


def made_plain(expr: Expr) -> Term:
    found, axes = term(expr)
    return simplified(found, {axis.index: axis for axis in axes})


def test_values_of_random_terms_stay() -> None:
    rng = np.random.default_rng(12)
    changed = 0
    for _ in range(120):
        found = random_term(rng, 3)
        other = simplified(found, RANGES)
        assert same_values(found, other), found
        changed += other is not found
    assert changed > 20


SAME: dict[str, tuple[Expr, Expr]] = {
    "a condition that always holds": (Piecewise((w[i], And(i >= 0, i < D)), (s, True)), w[i]),
    "one that never does": (Piecewise((w[i], i >= D), (s, True)), s),
    "both ways alike": (Piecewise((w[i], i <= j), (0, True)) + Piecewise((w[i], i > j), (0, True)), w[i]),
    "what cancels": (Piecewise((w[i] * s, i <= j), (0, True)) - Piecewise((s * w[i], i <= j), (0, True)), s - s),
    "zero anyway": (Piecewise((w[i] * s, Ne(w[i], 0)), (0, True)), w[i] * s),
    "a sign in a condition": (Piecewise((A[i, j], Ne(-s, 0)), (0, True)), Piecewise((A[i, j], Ne(s, 0)), (0, True))),
    "under a condition": (
        Piecewise((Piecewise((w[i], i >= 1), (s, True)) * A[i, j], i >= 2), (0, True)),
        Piecewise((w[i] * A[i, j], i >= 2), (0, True)),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_forms(name: str) -> None:
    left, right = SAME[name]
    assert made_plain(left) is term(right)[0]


def test_what_a_sum_does_not_touch_stands_before_it() -> None:
    found = made_plain(Sum(Piecewise((s**2 * w[j] * A[i, j], A[i, j] > 0), (0, True)), i))
    text = show(found)
    assert text.index("s^2") < text.index("Σ")
    assert text.index("w[j]") < text.index("Σ")
