"""A range holds every value that is met."""

from __future__ import annotations

from itertools import product
from math import inf

import numpy as np
import pytest
from sympy import Abs, Eq, Max, Mod, Piecewise, floor

import symbackprop
from symbackprop import Network, Sum
from symbackprop.c.compiler import Compiler
from symbackprop.c.ranges import Ranges
from symbackprop.lower.values import Kind, Map, MapOp, Position, Read, Scalar, Value
from symbackprop.terms.build import number
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import DType, Tensor, TensorKind
from symbackprop.terms.term import Axis

I, J, T = Index("i"), Index("j"), Index("t")


def test_polynomials() -> None:
    ranges = Ranges()
    i, j = Poly.of(I), Poly.of(J)
    with ranges.within(Axis(I, Poly.of(2), Poly.of(5))), ranges.within(Axis(J, Poly.of(-1), Poly.of(3))):
        for poly in (i, 3 * i - 2 * j, i * j - 7, 4 - i, i * i, Poly.of(9)):
            low, high = ranges.of(poly)
            met = [poly.evaluate({I: a, J: b}.__getitem__) for a, b in product(range(2, 6), range(-1, 4))]  # type: ignore[misc]
            assert low <= min(met)
            assert high >= max(met)
        assert ranges.of(3 * i - 2 * j) == (0, 17)


def test_a_size_that_is_an_argument() -> None:
    """It is an int, and so is what stands below it; not so its double."""
    ranges, size = Ranges(), Poly.of(Dim("P"))
    with ranges.within(Axis(I, ZERO, size - 1)):
        assert ranges.of(Poly.of(I)) == (0, 2**31 - 2)
        assert not ranges.wide(Poly.of(I))
        assert ranges.wide(2 * Poly.of(I))


def test_ends_that_are_ranges() -> None:
    ranges = Ranges()
    with ranges.within(Axis(T, Poly.of(1), Poly.of(4))), ranges.within(Axis(I, Poly.of(T), Poly.of(T) + 2)):
        assert ranges.of(Poly.of(I)) == (1, 6)


def test_what_is_not_known() -> None:
    assert Ranges().of(Poly.of(I)) == (-inf, inf)
    assert Ranges().of(Poly.of(I) // 2) == (-inf, inf)


LABEL = Tensor("label", TensorKind.INPUT, (), (), DType.INT, high=Poly.of(10))
FREE = Tensor("free", TensorKind.INPUT, (), (), DType.INT)


def read(tensor: Tensor) -> Read:
    return Read(tensor.name, (), frozenset(), Kind.INT, False)


def of(op: MapOp, *args: Value) -> Map:
    return Map(op, args, Kind.INT, False)


@pytest.mark.parametrize(
    ("value", "expected", "wide"),
    [
        (read(LABEL), (0, 9), False),
        (of(MapOp.MULTIPLY, read(LABEL), Scalar(number(-3))), (-27, 0), False),
        (of(MapOp.SUBTRACT, read(LABEL), Position(Poly.of(I), frozenset({I}))), (-5, 7), False),
        (of(MapOp.SIGN, read(FREE)), (-1, 1), False),
        (of(MapOp.SIGN, of(MapOp.ADD, read(FREE), read(LABEL))), (-1, 1), True),
        (of(MapOp.ABS, read(FREE)), (0, 2**31), True),
        (of(MapOp.MINIMUM, read(FREE), read(LABEL)), (-(2**31), 9), False),
        (of(MapOp.SQUARE, read(LABEL)), (0, 81), False),
    ],
)
def test_values(value: Value, expected: tuple[float, float], wide: bool) -> None:
    ranges = Ranges({tensor.name: tensor for tensor in (LABEL, FREE)})
    with ranges.within(Axis(I, Poly.of(2), Poly.of(5))):
        assert ranges.of_value(value) == expected
        assert ranges.wide(value) is wide


def test_what_a_polynomial_is_made_of_counts() -> None:
    ranges, i = Ranges(), Poly.of(I)
    with ranges.within(Axis(I, ZERO, Poly.of(46341))):
        assert ranges.wide(i * i - i * i + i) is False
        assert ranges.wide(i * i - 46341 * i) is True
        assert ranges.wide((i * 46342) // 7) is True
        assert ranges.wide(46340 * i) is False


def test_integers_at_their_limits(compiler: Compiler) -> None:
    net = Network("limits")
    N = net.dim("N")
    n, m = net.indices(n=N, m=N)
    a, b = net.input("a", (N,), dtype="int"), net.input("b", (N,), dtype="int")
    w, (t, y, u, v) = net.parameter("w", (N,)), net.tensors("t y u v")
    t[n] = w[n] * Piecewise((1, a[n] * b[n] > 0), (2, Eq(a[n] - b[n], 0)), (3, a[n] * 3 > b[n]), (4, True))
    y[n] = w[n] * Abs(a[n] - 1) + n**3
    u[n] = w[n] * Max(a[n] + b[n], 3 * a[n]) + Mod(a[n] + b[n], 7)
    v[n] = Sum(w[m] * (m**3 - n * m**2), m) + floor(a[n] / 2)
    net.loss = Sum(t[n] + y[n] + u[n] + v[n], n)
    net.output(t, y, u, v)
    size, edges = 1500, [-(2**31), -(2**31) + 1, -50000, -1, 0, 1, 46341, 50000, 2**30, 2**31 - 1]
    rng = np.random.default_rng(0)
    ints = [np.append(rng.integers(-(2**31), 2**31, size - 100), side)
            for side in (np.repeat(edges, 10), np.tile(edges, 10))]  # fmt: skip
    found, expected = (symbackprop.load(net, backend=backend).predict({"w": np.ones(size)}, *ints)
                       for backend in ("c", "numpy"))  # fmt: skip
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
