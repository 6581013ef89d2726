"""Opening and closing brackets keeps the value: at exact numbers, at all positions of small sizes."""

import random

import pytest

from symbackprop.terms.brackets import collect, collect_all, expand, gather_factors
from symbackprop.terms.build import (
    NIL,
    access,
    add,
    apply,
    compare,
    div,
    indicator,
    mul,
    number,
    poly_value,
    power,
    reduce,
    sub,
    where,
)
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.term import Add, Axis, Function, Mul, PolyValue, Power, Reduce, Reduction, Relation, subterms
from tests.terms.exact import Exact, numbers

N, J = Index("n"), Index("j")
SIZE, WIDTH = Poly.of(Dim("N")), Poly.of(Dim("H"))
AXES = (Axis(N, ZERO, SIZE - 1), Axis(J, ZERO, WIDTH - 1))
RANGES = {axis.index: axis for axis in AXES}
ROW, COLUMN, BOTH = (Poly.of(N),), (Poly.of(J),), (Poly.of(N), Poly.of(J))
ELEMENTS = [access("x", BOTH), access("y", BOTH), access("r", ROW), access("g", COLUMN), access("c")]


def nothing_known(*_):
    return None


def random_term(rng, depth):
    if not depth:
        return rng.choice(ELEMENTS)
    inner = [random_term(rng, depth - 1) for _ in range(3)]
    options = [
        lambda: add(*inner),
        lambda: add(mul(inner[0], inner[1]), mul(rng.choice([-1, 2]), inner[0], inner[2])),
        lambda: mul(inner[0], add(inner[1], number(rng.randint(-2, 2)))),
        lambda: div(add(inner[0], inner[1]), poly_value(SIZE)),
        lambda: power(add(inner[0], inner[1]), 2),
        lambda: reduce(Reduction.SUM, [AXES[1]], mul(inner[0], inner[1])),
        lambda: where(compare(Relation.GE, poly_value(Poly.of(N) - 1), NIL), inner[0], NIL),
        lambda: apply(Function.TANH, inner[0]),
    ]
    return rng.choice(options)()


TERMS = [random_term(random.Random(seed), 3) for seed in range(80)]


def same(one, other):
    for seed, sizes in enumerate(({"N": 1, "H": 1}, {"N": 2, "H": 3}, {"N": 3, "H": 2})):
        value = Exact(sizes, numbers(seed))
        assert all(value(one, at) == value(other, at) for at in value.positions(AXES)), (one, other)


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_the_value_stays(term):
    for changed in (collect(term), collect_all(term), gather_factors(term), expand(term, RANGES, nothing_known)):
        same(term, changed)


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_what_is_expanded_has_no_brackets_left(term):
    opened = expand(term, RANGES, nothing_known)
    for inner in subterms(opened, inside_polynomials):
        brackets = inner.args if isinstance(inner, Mul) else (inner.base,) if isinstance(inner, Power) else ()
        long = sum(len(bracket.args) for bracket in brackets if isinstance(bracket, Add))
        negative = isinstance(inner, Power) and inner.exponent < 0
        assert not long or negative or long > 6  # what is left is too long to be opened


def inside_polynomials(term):
    return term.args if isinstance(term, Add | Mul) else (term.body,) if isinstance(term, Reduce) else ()


@pytest.mark.parametrize("term", TERMS, ids=range(len(TERMS)))
def test_collecting_again_changes_nothing(term):
    once = collect(term)
    assert collect(once) is once


def test_textbook_forms():
    x, y, r, _, c = ELEMENTS
    size = poly_value(SIZE)
    assert collect(sub(div(x, size), div(y, size))) is div(sub(x, y), size)
    assert collect(add(mul(2, x, r), mul(2, y, r))) is mul(2, r, add(x, y))
    assert collect(add(mul(-1, x), mul(-1, y))) is mul(-1, add(x, y))
    assert collect(add(mul(x, power(r, 3)), mul(y, power(r, 2)))) is mul(power(r, 2), add(mul(x, r), y))
    assert gather_factors(add(mul(r, x), y, mul(-1, r, c, x))) in (
        add(y, mul(r, sub(x, mul(c, x)))),
        add(y, mul(r, x, sub(1, c))),
        add(y, mul(x, sub(r, mul(r, c)))),
        add(y, mul(x, r, sub(number(1), c))),
    )


def test_a_guard_that_all_share_stands_in_front():
    x, y, r, *_ = ELEMENTS
    guard = indicator(compare(Relation.GE, poly_value(Poly.of(N) - 1), NIL))
    assert collect(add(mul(guard, r, x), mul(guard, r, y))) is mul(guard, r, add(x, y))


def test_a_factor_is_not_read_before_its_guard():
    x, y, r, *_ = ELEMENTS
    first = indicator(compare(Relation.GE, poly_value(Poly.of(N) - 1), NIL))
    second = indicator(compare(Relation.GE, poly_value(Poly.of(J) - 1), NIL))
    term = add(mul(first, r, x), mul(second, r, y))
    assert collect(term) is term  # where neither guard holds r need not be there


def test_known_sums_are_put_in():
    x, _, r, *_ = ELEMENTS
    total = reduce(Reduction.SUM, [AXES[1]], x)

    def known(term, _):
        return mul(poly_value(WIDTH), r) if term is total else None

    centred = reduce(Reduction.SUM, [AXES[1]], mul(r, sub(x, r)))
    assert expand(centred, RANGES, known) is NIL


def test_only_brackets_about_something_are_opened():
    x, y, r, *_ = ELEMENTS
    term = mul(sub(1, power(y, 2)), add(x, r))
    opened = expand(term, RANGES, nothing_known, frozenset({"x"}))
    assert opened is add(mul(sub(1, power(y, 2)), x), mul(sub(1, power(y, 2)), r))


def test_long_products_are_left():
    parts = [add(*(access(f"{letter}{n}") for n in range(7))) for letter in "ab"]
    assert expand(mul(*parts), {}, nothing_known) is mul(*parts)


def test_a_number_is_multiplied_into_the_size_beside_it():
    """Whatever else the product has, 2·(n + 1)·x is (2·n + 2)·x once it is opened."""
    x, size = access("x"), PolyValue(Poly.of(Index("n")) + 1)
    opened = expand(mul(2, size, x), {}, lambda *_: None)
    assert opened is Mul((PolyValue(Poly.of(Index("n")) * 2 + 2), x))
