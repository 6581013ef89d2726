"""Finite choices against all combinations, rational roots against SymPy's."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import sympy

from symbackprop.feasible.choices import Rule, choose, domains_of, rational_roots
from symbackprop.feasible.polynomial import evaluated
from symbackprop.feasible.unmet import Unmet
from symbackprop.interpret.number_system import holds
from symbackprop.terms.term import Relation


def test_roots_are_those_that_sympy_finds() -> None:
    rng, t = np.random.default_rng(0), sympy.Symbol("t")
    for _ in range(40):
        roots = [sympy.Rational(int(rng.integers(-4, 5)), int(rng.integers(1, 4))) for _ in range(rng.integers(1, 5))]
        poly = sympy.Poly(sympy.prod(t - root for root in roots) * 3, t)
        if rng.random() < 0.3:
            poly *= sympy.Poly(t**2 - 2, t)
        ours = rational_roots({(0,) * k: Fraction(c.p, c.q) for (k,), c in poly.terms()})
        expected = tuple(sorted({Fraction(root.p, root.q) for root in roots}))
        assert ours == (None if poly.eval(sympy.sqrt(2)) == 0 else expected)


def test_choices_are_found_where_there_are_any() -> None:
    """Random linear and quadratic rules over three values each."""
    rng, values = np.random.default_rng(1), tuple(map(Fraction, (-1, 0, 1)))
    found = 0
    for _ in range(150):
        numbers = range(int(rng.integers(2, 5)))
        rules = []
        for _ in range(int(rng.integers(1, 4))):
            pair = tuple(sorted(map(int, rng.integers(len(numbers), size=2))))
            monomials = [(), *((int(n),) for n in rng.choice(len(numbers), 2)), pair]
            poly = {m: Fraction(int(c)) for m, c in zip(monomials, rng.integers(-2, 3, size=4), strict=True) if c}
            rules.append(Rule(poly, (Relation.EQ, Relation.GE, Relation.NE)[int(rng.integers(3))], 0))
        domains = dict.fromkeys(numbers, values)
        possible = [
            each for each in product(values, repeat=len(numbers))
            if all(holds(r.relation, evaluated(r.poly, dict(enumerate(each))).get((), Fraction(0)), 0) for r in rules)
        ]  # fmt: skip
        if not possible:
            with pytest.raises(Unmet) as error:
                choose(domains, rules, {n: list(values) for n in numbers})
            assert error.value.sure
            continue
        chosen = choose(domains, rules, {n: list(values) for n in numbers})
        assert tuple(chosen[n] for n in numbers) in possible
        found += 1
    assert 50 < found < 150


def test_a_long_row_has_its_one_at_once() -> None:
    size = 80
    rules = [Rule({(n, n): Fraction(1), (n,): Fraction(-1)}, Relation.EQ, 0) for n in range(size)]
    rules.append(Rule({(): Fraction(-1), **{(n,): Fraction(1) for n in range(size)}}, Relation.EQ, 1))
    domains = domains_of(rules)
    order = np.random.default_rng(2).permutation(size)
    chosen = choose(domains, rules, {int(n): [Fraction(0), Fraction(1)] for n in order})
    assert sum(chosen.values()) == 1


def test_rules_that_share_no_value_name_their_facts() -> None:
    rules = [
        Rule({(0, 0): Fraction(1), (): Fraction(-1)}, Relation.EQ, 3), Rule({(0,): Fraction(1)}, Relation.EQ, 5),
    ]  # fmt: skip
    with pytest.raises(Unmet) as error:
        domains_of(rules)
    assert set(error.value.facts) == {3, 5}
