"""SymPy's own sums and products, and what they do to a Piecewise."""

from collections.abc import Callable

import pytest
import sympy
from sympy import Float, Piecewise, exp, oo, symbols

from symbackprop import LogSumExp, Product, Sum, errors
from symbackprop.terms.term import subterms

from .bench import Bench, whole


def test_sympy_sum_folds_a_piecewise_out_of_a_reduction() -> None:
    b = Bench()
    masked = Sum(Piecewise((b.x[b.n, b.i], b.i >= 1), (0, True)), b.i)
    with pytest.raises(errors.CapturedIndex, match="from symbackprop"):
        b.s[()] = sympy.Sum(masked, b.n)
    with pytest.raises(errors.CapturedIndex, match="from symbackprop"):
        b.y[b.i] = sympy.Product(masked + b.w[b.i], b.n)
    b.s[()] = Sum(masked, b.n)


def test_sympy_sum_keeps_a_piecewise_on_its_own_index() -> None:
    b, c = Bench(), Bench()
    b.z[b.n] = sympy.Sum(Piecewise((b.x[b.n, b.i], b.i >= 1), (0, True)), b.i)
    c.z[c.n] = Sum(Piecewise((c.x[c.n, c.i], c.i >= 1), (0, True)), c.i)
    assert b.net._written.order[-1].equation.rhs is c.net._written.order[-1].equation.rhs


def test_a_piecewise_stays_inside_a_sum_that_a_condition_compares() -> None:
    """SymPy folds conditions too: the one on x[n, i] would leave the sum and speak of the element on the left."""
    b, c = Bench(), Bench()

    def positive(b: Bench) -> sympy.Expr:
        return Piecewise((b.x[b.n, b.i], b.x[b.n, b.i] > 0), (0, True))

    for bench in (b, c):
        bench.q, bench.v = bench.net.tensors("q v")
    b.q[b.n, b.i] = Piecewise((b.w[b.i], 1 + 2 * Sum(3 * positive(b), b.i) > 1), (0, True))
    c.v[c.n] = Sum(3 * positive(c), c.i)
    c.q[c.n, c.i] = Piecewise((c.w[c.i], 1 + 2 * c.v[c.n] > 1), (0, True))
    total = c.net._written.order[-2].equation.rhs
    assert total in set(subterms(b.net._written.order[-1].equation.rhs))
    with pytest.raises(errors.CapturedIndex, match="from symbackprop"):
        b.v[b.n, b.i] = Piecewise((b.w[b.i], sympy.Sum(positive(b), b.i) > 1), (0, True))
    b.v[b.n, b.i] = Piecewise((b.w[b.i], sympy.Sum(b.x[b.n, b.i], b.i) > 1), (0, True))


def test_unbound_under_sympy_names_the_remedy() -> None:
    b = Bench()
    with pytest.raises(errors.UnboundIndex, match="from symbackprop"):
        b.s[()] = sympy.Sum(b.x[b.n, b.i], b.n)


def test_sympy_sum_and_product_are_read() -> None:
    def rhs(value: Callable[[Bench], object]) -> object:
        b = Bench()
        b.z[b.n] = value(b)
        return b.net._written.order[-1].equation.rhs

    assert rhs(lambda b: sympy.Sum(b.x[b.n, b.i] * b.w[b.i], b.i)) is rhs(lambda b: Sum(b.x[b.n, b.i] * b.w[b.i], b.i))
    assert rhs(lambda b: sympy.Product(b.w[b.i], b.i)) is rhs(lambda b: Product(b.w[b.i], b.i))
    q = symbols("q")
    assert rhs(lambda b: sympy.Sum(b.x[b.n, q], (q, 0, b.D - 1))) is rhs(lambda b: Sum(b.x[b.n, b.i], b.i))
    with pytest.raises(errors.UnknownSymbol, match="q"):
        rhs(lambda b: sympy.Sum(b.x[b.n, q], (q, 0, b.D - 1)) * q)


def test_masks_are_no_nan() -> None:
    b = Bench()
    b.z[b.n] = LogSumExp(Piecewise((b.x[b.n, b.i], b.i <= b.n), (-oo, True)), b.i) + exp(-oo) + Float("0.5")
    whole(b)


def test_a_variable_of_sympys_is_none_of_the_networks_indices() -> None:
    """It may have the name of one: `i` is bound in the sum, and free beside it."""
    b, c = Bench(), Bench()
    i = symbols("i", integer=True)
    b.y[b.n] = sympy.Sum(b.x[b.n, i] * i, (i, 0, b.D - 1))
    c.y[c.n] = Sum(c.x[c.n, c.i] * c.i, c.i)
    assert b.net._written.order[-1].equation.rhs is c.net._written.order[-1].equation.rhs
    with pytest.raises(errors.OutOfRange, match="outside"):
        b.z[b.n] = sympy.Sum(b.x[b.n, i + 1], (i, 0, b.D - 1))
    with pytest.raises(errors.UnboundIndex, match=r"found i, which is bound by neither.*Sum\(..., i\)"):
        b.z[b.n] = b.x[b.n, b.i] + Sum(b.w[b.i], b.i)
