"""Reductions stay as they are written; what SymPy asks of them is answered as of its own sums."""

import pytest
import sympy
from sympy import Piecewise, Tuple

from symbackprop import LogSumExp, Mean, Product, ReduceMax, ReduceMin, Sum, errors
from symbackprop.language.reductions import REDUCTIONS, Branches, IndexReduction, held

from .bench import Bench


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_free_symbols_are_those_of_sympys_own_sum(reduction: type[IndexReduction]) -> None:
    b = Bench()
    value = b.x[b.n, b.i] * b.w[b.i] * b.N
    found, own = reduction(value, (b.i, 1, b.K)), sympy.Sum(value, (b.i, 1, b.K))
    assert {each for each in own.free_symbols if str(each) not in ("D", "i")} == found.free_symbols - {b.D}
    assert found.body == value
    assert found.indices == (b.i,)
    assert (reduction(value, b.n, b.i).limits, reduction(value, (b.i, 0, b.D - 1)).limits) == ((b.n, b.i), (b.i,))
    assert found.limits == (Tuple(b.i, 1, b.K),)


def test_nothing_is_evaluated() -> None:
    b = Bench()
    for reduction in (Sum, Product, Mean, ReduceMax, ReduceMin, LogSumExp):
        found = reduction(3, b.i)
        assert (found.args, found.doit()) == ((3, b.i), found)
        assert found + found == 2 * found


def test_a_piecewise_inside_is_held() -> None:
    b = Bench()
    inside = Piecewise((b.x[b.n, b.i], b.i > 0), (0, True))
    total = Sum(2 * inside, b.i)
    assert not total.has(Piecewise)
    assert total.has(Branches)
    assert held(total) is total
    assert Branches(*((b.x[0, 0], sympy.true),)) == b.x[0, 0]


@pytest.mark.parametrize(
    "write",
    [lambda b: Sum(b.x[b.n, b.i]), lambda b: Sum(), lambda b: Sum(b.x[b.n, b.i], b.i, b.i), lambda b: Sum(b.w, 0),
     lambda b: Mean(b.x[b.n, b.i], axis=1), lambda b: Sum(b.x[b.n, b.i], (b.i, 0)), lambda b: Sum(b.w[b.i], b.w)],
)  # fmt: skip
def test_refused(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(errors.InvalidReduction):
        write(Bench())


def test_what_is_held_reads_prints_and_substitutes_as_a_piecewise() -> None:
    b = Bench()
    inside = Piecewise((b.x[b.n, b.i], b.x[b.n, b.i] > 0), (0, True))
    total = Sum(inside, b.i)
    assert str(total) == f"Sum({inside}, i)"
    assert sympy.latex(inside) in sympy.latex(total)
    assert total.subs(b.x[b.n, b.i], 2) == Sum(2, b.i)
    assert total.subs(b.n, 1) == Sum(inside.subs(b.n, 1), b.i)
    assert total.func(*total.args) == total
    assert sympy.simplify(total + 1) == total + 1


def test_what_is_substituted_is_not_captured() -> None:
    b = Bench()
    total = Sum(b.x[b.n, b.i] * b.w[0], b.i)
    with pytest.raises(errors.CapturedIndex, match="another index"):
        total.subs(b.n, b.i)
    with pytest.raises(errors.CapturedIndex, match="another index"):
        (1 + total).subs(b.w[0], b.w[b.i])
    assert total.subs(b.n, b.k) == Sum(b.x[b.k, b.i] * b.w[0], b.i)
    assert total.subs(b.x[b.n, b.i], b.w[b.i]) == Sum(b.w[b.i] * b.w[0], b.i)
    assert total.subs(b.k, b.i) is total
