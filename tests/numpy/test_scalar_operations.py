"""Operations on single numbers are NumPy's, infinities and NaN included."""

import math
from itertools import product

import numpy as np
import pytest

from symbackprop.lower import evaluate_values
from symbackprop.lower.values import Kind, MapOp
from symbackprop.numpy.scalar_operations import SAID, Unsayable, applied
from symbackprop.numpy.straight import number
from tests.numpy.straightly import elements, run, straight

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.5, 40.0, -750.0, 750.0, 1e200, -1e308, math.inf, -math.inf, math.nan)
TWO = {
    MapOp.ADD, MapOp.SUBTRACT, MapOp.MULTIPLY, MapOp.DIVIDE, MapOp.POWER, MapOp.ATAN2, MapOp.MAXIMUM, MapOp.MINIMUM,
    MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL,
}  # fmt: skip
LOGIC = {MapOp.AND, MapOp.OR, MapOp.NOT, MapOp.SELECT}
TRUTH = {MapOp.GREATER, MapOp.GREATER_EQUAL, MapOp.EQUAL, MapOp.NOT_EQUAL}
UNSAID = {MapOp.LOG_ADD_EXP, MapOp.LOG_COSH}
ELSEWHERE = {MapOp.FLOOR_DIVIDE, MapOp.FLOOR, MapOp.CEILING, MapOp.COPY, MapOp.EXP_NORMALIZED, *LOGIC, *UNSAID}


ROOT = (-math.inf, 0.5)  # C's pow says inf; some versions of NumPy take the square root then, which is NaN


def numpys(op, *args):
    function = evaluate_values._FUNCTIONS.get(op) or getattr(np, op.value)
    with np.errstate(all="ignore"):
        return float(function(*map(np.float64, args)))


@pytest.mark.parametrize("op", [op for op in MapOp if op not in ELSEWHERE], ids=lambda op: op.name)
def test_values_are_numpys(op):
    count = 2 if op in TWO else 1
    given = elements(count)
    kind = Kind.BOOL if op in TRUTH else Kind.FLOAT
    written = straight(applied(op, given, kind), given)
    for values in product(EDGES, repeat=count):
        if values == ROOT:
            continue
        (found,) = run(written, values)
        np.testing.assert_allclose(float(found), numpys(op, *values), rtol=1e-14, err_msg=f"{op.name}{values}")


@pytest.mark.parametrize("op", [MapOp.MAXIMUM, MapOp.MINIMUM, MapOp.DIVIDE, MapOp.POWER, MapOp.MULTIPLY, MapOp.ADD])
@pytest.mark.parametrize("place", [0, 1])
def test_beside_a_number(op, place):
    """Numbers of the equations are Python's also where all others are NumPy's."""
    (x,) = elements(1)
    for constant in (0.0, 1.0, 3.0, -2.0, 0.5, math.inf):
        args = (number(constant), x) if place == 0 else (x, number(constant))
        written = straight(applied(op, args, Kind.FLOAT), (x,))
        for value in EDGES:
            values = (constant, value) if place == 0 else (value, constant)
            if values == ROOT:
                continue
            (found,) = run(written, [value])
            expected = numpys(op, *values)
            np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=f"{op.name} {constant} {value}")


def test_a_quotient_of_chosen_numbers():
    """Where a choice gives Python's numbers, a division by 0 is infinite all the same."""
    a, b = elements(2)
    chosen = applied(MapOp.SELECT, (applied(MapOp.GREATER, (a, b), Kind.BOOL), number(0.0), number(2.0)), Kind.FLOAT)
    written = straight(applied(MapOp.DIVIDE, (number(1.0), chosen), Kind.FLOAT), (a, b))
    assert run(written, [2.0, 1.0]) == [math.inf]
    assert run(written, [1.0, 2.0]) == [0.5]


@pytest.mark.parametrize(
    ("u", "v", "expected"),
    [(1.0, 2.0, math.exp(-1)), (-math.inf, 2.0, 0), (-math.inf, -math.inf, 0), (2.0, math.inf, 0),
     (math.inf, math.inf, math.inf), (math.nan, math.nan, math.nan)],
)  # fmt: skip
def test_normalised_exponentials(u, v, expected):
    """What the helper on arrays says of infinite scores."""
    given = elements(2)
    (found,) = run(straight(applied(MapOp.EXP_NORMALIZED, given, Kind.FLOAT), given), [u, v])
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_what_numbers_decide():
    (x,) = elements(1)
    assert applied(MapOp.MULTIPLY, (x, number(1.0)), Kind.FLOAT) is x
    assert applied(MapOp.ADD, (number(0.0), x), Kind.FLOAT) is x
    assert applied(MapOp.SELECT, (number(True), x, number(0.0)), Kind.FLOAT) is x
    assert applied(MapOp.ADD, (number(2.0), number(3.0)), Kind.FLOAT) is number(5.0)
    zero = applied(MapOp.MULTIPLY, (x, number(0.0)), Kind.FLOAT)
    assert math.isnan(run(straight(zero, (x,)), [math.inf])[0])  # not worked out: x may be infinite


def test_truth():
    a, b = (applied(MapOp.GREATER, (x, number(0.0)), Kind.BOOL) for x in elements(2))
    for op, expected in ((MapOp.AND, lambda p, q: p and q), (MapOp.OR, lambda p, q: p or q)):
        written = straight(applied(op, (a, b), Kind.BOOL), elements(2))
        for values in product((1.0, -1.0), repeat=2):
            assert run(written, values) == [expected(*(value > 0 for value in values))]
    assert applied(MapOp.AND, (number(True), a), Kind.BOOL) is a
    assert applied(MapOp.OR, (number(True), a), Kind.BOOL) is number(True)
    written = straight(applied(MapOp.COPY, (applied(MapOp.NOT, (a,), Kind.BOOL),), Kind.FLOAT), elements(1))
    assert run(written, [2.0]) == [0.0]


def test_integers():
    (k,) = elements(1, Kind.INT)
    tripled = applied(MapOp.MULTIPLY, (k, number(3.0)), Kind.INT)
    halved = applied(MapOp.FLOOR_DIVIDE, (tripled, number(2.0)), Kind.INT)
    assert run(straight(halved, (k,)), [-3]) == [-5]
    assert run(straight(applied(MapOp.COPY, (k,), Kind.FLOAT), (k,)), [7]) == [7.0]
    with pytest.raises(Unsayable):
        applied(MapOp.FLOOR_DIVIDE, (k, k), Kind.INT)


@pytest.mark.parametrize("op", sorted(UNSAID, key=lambda op: op.name))
def test_what_is_not_said(op):
    assert op not in SAID
    with pytest.raises(Unsayable):
        applied(op, elements(2), Kind.FLOAT)
