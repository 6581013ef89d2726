"""A sum that stands in an equation several times has one name, one adjoint, and the bias inside it one sum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import Abs, Max, Piecewise, Rational, exp, tanh

import symbackprop
from symbackprop import Mean, Network, Sum
from symbackprop.derive.repeated_sums import repeated_sums, taken_apart
from symbackprop.functions import gelu, sigmoid, silu, softplus
from symbackprop.terms.build import access, add, apply, mul, number, power, reduce
from symbackprop.terms.poly import Dim, Index, Poly
from symbackprop.terms.products import addends
from symbackprop.terms.term import Axis, Function, Reduce, Reduction, Term

N, i, j = Poly.of(Dim("N")), Index("i"), Index("j")
CONTRACTION = reduce(
    Reduction.SUM, [Axis(i, Poly.of(0), N - 1)], mul(access("w", [Poly.of(i)]), access("x", [Poly.of(i)]))
)
BIAS = access("b")
Z = add(CONTRACTION, BIAS)


def dense(value: Callable[[Any], Any]) -> Network:
    """y = value(Σ_d x·W + b)."""
    net = Network("dense")
    B, D, F = net.dims("B D F")
    n, d, f = net.indices(n=B, d=D, f=F)
    x, W, b, y = net.input("x", (B, D)), net.parameter("W", (D, F)), net.parameter("b", (F,)), net.tensor("y")
    y[n, f] = value(Sum(x[n, d] * W[d, f], d) + b[f])
    net.loss = Mean(y[n, f] ** 2, n, f)
    return net


VALUES: dict[str, Callable[[Any], Any]] = {
    "gelu by tanh": lambda z: gelu(z, approximate="tanh"),
    "gelu": gelu,
    "silu": silu,
    "a cubic": lambda z: z + z**3,
    "twice it, and its exponential": lambda z: 2 * z + exp(z),
    "it, less its softplus": lambda z: z - softplus(z),
    "half of it, in a product": lambda z: (z / 2 + 1) * sigmoid(z),
    "behind a condition": lambda z: Piecewise((z, z > 0), (Rational(1, 10) * z, True)),
    "in a maximum": lambda z: Max(z, tanh(z)),
    "its magnitude": lambda z: z * Abs(z),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_one_sum_for_the_bias(value: Callable[[Any], Any]) -> None:
    net = dense(value)
    derived = symbackprop.derive(net).derived
    (name,) = (adjoint for tensor, adjoint in derived.backward.wrt if tensor == "b")
    (gradient,) = (e.rhs for e in derived.backward.equations if e.target == name)
    assert isinstance(gradient, Reduce)
    assert gradient.reduction is Reduction.SUM
    contractions = [
        term for equation in derived.forward.equations if equation.target != "loss"
        for term in symbackprop.terms.term.subterms(equation.rhs) if isinstance(term, Reduce)
    ]  # fmt: skip
    assert len(contractions) == 1
    assert symbackprop.verify(net).passed


def test_what_stands_once_has_no_name() -> None:
    forward = symbackprop.derive(dense(tanh)).derived.forward
    assert not any("part" in tensor.name for tensor in forward.tensors)


def test_several_places() -> None:
    """Factors, arguments, and addends, times any number; not what has no contraction, nor what stands once."""
    assert repeated_sums(mul(Z, apply(Function.TANH, Z))).keys() == {Z}
    assert repeated_sums(add(CONTRACTION, BIAS, power(Z, 3))).keys() == {Z}
    whole = add(mul(-2, CONTRACTION), mul(-2, BIAS), apply(Function.EXP, Z))
    assert repeated_sums(whole) == {Z: [whole]}
    assert repeated_sums(add(mul(2, CONTRACTION), mul(3, BIAS), apply(Function.EXP, Z))).keys() == set()
    assert repeated_sums(apply(Function.TANH, Z)).keys() == set()
    plain = add(access("a"), BIAS)
    assert repeated_sums(mul(plain, apply(Function.TANH, plain))).keys() == set()


@pytest.mark.parametrize("times", [1, -1, Rational(1, 2), 3])
def test_taken_apart(times: Any) -> None:
    """As what they are multiples of, the others each by itself; together they are the sum."""
    rest = [power(Z, 3), access("c")]
    total = add(mul(number(times), CONTRACTION), mul(number(times), BIAS), *rest)
    parts = list(taken_apart(total.args, {Z}))
    assert (times, Z) in parts
    assert {part for _, part in parts} == {Z, *rest}
    whole = [mul(number(factor), addend) for factor, part in parts for addend in addends(part)]
    assert add(*whole) is total


def test_a_sum_is_no_part_of_itself() -> None:
    assert isinstance(Z, Term)
    assert list(taken_apart(Z.args, {Z})) == [(1, arg) for arg in Z.args]


@pytest.mark.parametrize("guarded", [0, 1])
@pytest.mark.parametrize("size", [2, 3])
def test_it_is_there_for_all_that_have_it(guarded: int, size: int) -> None:
    """The sum stands behind a condition as it is, and beside it times a number, in a sum that does not hold it."""
    net = Network("behind")
    N, M = net.dims("N M")
    n, k = net.index("n", N), net.index("k", M)
    a, b, u = net.parameter("a", (N,)), net.parameter("b", (M,)), net.tensor("u")
    inner = Sum(tanh(a[n] * b[k]), k) + a[n] ** 2 / 4
    places = [inner**2 / 4, exp(inner / 4)]
    places[guarded] = Piecewise((places[guarded], M > 2), (0, True))
    u[n] = exp(places[0] + places[1])
    net.loss = Sum(u[n] ** 2, n)
    report = symbackprop.verify(net, dims={"N": 2, "M": size})
    assert report.passed, str(report)
