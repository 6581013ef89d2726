"""Where a term stands: in what stands at a linear place the whole is linear, or the sum that gets a name of its own."""

import random
from fractions import Fraction
from itertools import count

import pytest

from symbackprop.derive.placement import Place, inside
from symbackprop.terms.build import access, add, apply, compare, mul, number, power, reduce, where
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.term import Access, Axis, Function, Reduce, Reduction, Relation
from symbackprop.terms.walks import values_of
from tests.terms.exact import Exact

AXIS = Axis(Index("i"), ZERO, Poly.of(1))


def random_term(rng, depth, names):
    """A term whose elements all stand once; those in conditions are `c`."""
    if not depth:
        return access(f"x{next(names)}", [Poly.of(AXIS.index)])
    one, other = (random_term(rng, depth - 1, names) for _ in range(2))
    options = [
        lambda: add(one, other),
        lambda: mul(rng.choice([2, Fraction(-1, 3)]), one),
        lambda: mul(one, other),
        lambda: power(one, 2),
        lambda: apply(Function.TANH, one),
        lambda: where(compare(Relation.GT, access("c"), number(rng.randint(-1, 1))), one, other),
        lambda: reduce(rng.choice([Reduction.SUM, Reduction.MAX]), [AXIS], one),
    ]
    return rng.choice(options)()


def leaves(term, place=Place.ROOT, whole=None):
    """(element, where it stands, in what it stands there) of every element; each stands once."""
    if isinstance(term, Access):
        yield term.tensor, place, whole or term
        return
    is_sum = isinstance(term, Reduce) and term.reduction is Reduction.SUM
    around = term if whole is None or (is_sum and not place.linear) else whole
    for part in values_of(term):
        if part.tensors:
            yield from leaves(part, inside(term, place), around)


def is_linear(term, name, seed):
    """Whether the value moves evenly with the element, whatever the others are."""
    for again in range(6):
        at = []
        for moved in (0, 1, 2, 5):
            rng = random.Random(f"{seed} {again}")
            values = {}

            def given(tensor, position, rng=rng, values=values, moved=moved):
                start = values.setdefault((tensor, position), Fraction(rng.randint(-9, 9), rng.randint(1, 4)))
                return start + moved if tensor == name else start

            at.append(Exact({}, given)(term, {AXIS.index: 0}))
        if (at[1] - at[0]) * 2 != at[2] - at[0] or (at[1] - at[0]) * 5 != at[3] - at[0]:
            return False
    return True


@pytest.mark.parametrize("seed", range(120))
def test_linear_places_are_linear(seed):
    term = random_term(random.Random(seed), 3, count())
    for name, place, whole in leaves(term):
        if place.linear:
            assert is_linear(whole, name, seed), (whole, name)


def test_what_each_kind_makes_of_a_place():
    a, b = access("a"), access("b")
    assert inside(add(a, b), Place.FACTOR) is Place.INNER
    assert inside(mul(2, a), Place.FACTOR) is Place.FACTOR
    assert inside(mul(a, b), Place.ROOT) is Place.FACTOR
    assert inside(power(a, 2), Place.ROOT) is Place.FACTOR
    assert inside(power(a, 2), Place.LINEAR) is Place.INNER
    assert inside(power(a, -1), Place.ROOT) is Place.ARGUMENT
    assert inside(power(a, Fraction(1, 2)), Place.LINEAR) is Place.ARGUMENT
    assert inside(where(compare(Relation.GT, a, b), a, b), Place.ROOT) is Place.ROOT
    assert inside(where(compare(Relation.GT, a, b), a, b), Place.FACTOR) is Place.INNER
    with pytest.raises(TypeError, match="no place inside"):
        inside(a, Place.ROOT)
