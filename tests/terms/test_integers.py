"""Terms of integers: they have integer values, their quotients are what they were, and 64 bits hold what is said to."""

import random
from fractions import Fraction

import pytest

from symbackprop.terms.build import access, add, apply, mul, number, poly_value, power
from symbackprop.terms.integers import as_quotient, fits, is_whole
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.term import Function
from tests.terms.exact import Exact

I, N = Poly.of(Index("i")), Poly.of(Dim("N"))
LEAVES = [poly_value(I), poly_value(N), poly_value(N * I + 1), access("k"), number(3), number(-2)]


def random_integer(rng, depth):
    if not depth:
        return rng.choice(LEAVES)
    one, other = (random_integer(rng, depth - 1) for _ in range(2))
    return rng.choice([add(one, other), mul(one, other), power(one, 2), apply(Function.MAX, one, other),
                       apply(Function.ABS, one)])  # fmt: skip


def value_of(term, i, n, k):
    return Exact({"N": n}, lambda *_: Fraction(k))(term, {Index("i"): i})


@pytest.mark.parametrize("seed", range(60))
def test_quotients(seed):
    rng = random.Random(seed)
    parts = [mul(Fraction(rng.randint(-3, 3), rng.randint(1, 6)), random_integer(rng, 2)) for _ in range(3)]
    term = add(*parts)
    found = as_quotient(term, {"k"})
    assert found is not None
    above, below = found
    assert is_whole(above, {"k"})
    for values in ((0, 1, 0), (1, 2, 5), (-2, 3, 7)):
        top = value_of(above, *values)
        assert top.denominator == 1
        assert top / below == value_of(term, *values)


def test_what_is_no_integer():
    x = access("x")
    assert not is_whole(x)
    assert is_whole(x, {"x"})
    assert not is_whole(number(Fraction(1, 2)))
    assert not is_whole(power(poly_value(N), -1))
    assert not is_whole(apply(Function.EXP, poly_value(N)))
    assert is_whole(apply(Function.FLOOR, mul(Fraction(1, 2), poly_value(N))))
    assert as_quotient(mul(x, poly_value(N))) is None
    assert not is_whole(number(2**60))  # above what floats tell apart


@pytest.mark.parametrize("seed", range(60))
def test_what_fits_stays_below_the_limit(seed):
    """At the largest sizes, positions and data that are allowed for, and at the smallest."""
    term = random_integer(random.Random(seed), 3)
    size, data = 2**21 - 1, 2**31 - 1
    largest = max(abs(value_of(term, i, size, k)) for i in (size, -size) for k in (data, -data))
    assert not fits(term) or largest < 2**63


def test_polynomials():
    assert fits(N * I)
    assert not fits(N**3 * I)
    assert fits(Poly.of(Floor(N**2, Poly.of(2))))
    assert fits(access("k"))
    assert not fits(power(mul(poly_value(N), poly_value(I)), 2))
