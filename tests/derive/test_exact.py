"""Derived programs against forward mode, modulo a prime: every network of the zoo, first and second order."""

from __future__ import annotations

import pytest

from symbackprop import LogSumExp, Network, Product, ReduceMax, ReduceMin, Sum, zoo
from symbackprop.derive.differentiate import Derived, differentiate
from symbackprop.derive.second_order import directional_program
from symbackprop.functions import relu, softplus, stop_gradient
from symbackprop.stages import derived_of
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.show import show
from symbackprop.verify.exact import check_exact
from symbackprop.verify.prime_sizes import choose_sizes


def parameters(program: Program) -> list[str]:
    return [tensor.name for tensor in program.of_kind(TensorKind.PARAMETER)]


def agrees(program: Program, derived: Derived) -> None:
    for seed in (0, 1):
        result = check_exact(program, derived, choose_sizes(program, seed), seed)
        assert result.differences == ()
        assert set(result.entries) == {name for name, _ in derived.backward.wrt}


@pytest.mark.parametrize("name", zoo.names())
def test_gradients_of_the_zoo(name: str) -> None:
    program = zoo.load(name).to_program()
    agrees(program, differentiate(program, parameters(program)))
    agrees(program, derived_of(program))


@pytest.mark.parametrize("name", zoo.names())
def test_hessian_vector_products_of_the_zoo(name: str) -> None:
    program = directional_program(derived_of(zoo.load(name).to_program()))
    agrees(program, derived_of(program))


def test_third_order() -> None:
    first = zoo.load("mlp").to_program()
    second = directional_program(derived_of(first))
    third = directional_program(derived_of(second, ["W1", "b2"]))
    agrees(third, derived_of(third, ["W1", "b1", "W2"]))


def test_product_over_two_axes_with_fan_out() -> None:
    net = Network("p")
    N, R, S = net.dims("N R S")
    n, r, s = net.indices(n=N, r=R, s=S)
    w, v = net.parameter("w", (N, R, S)), net.parameter("v", (N,))
    q = net.tensor("q")
    q[n] = Product(w[n, r, s] + v[n], r, s) * v[n]
    net.loss = Sum(q[n] ** 2, n)
    agrees(net.to_program(), derived_of(net.to_program()))


def test_product_over_a_range_that_may_be_empty() -> None:
    net = Network("p")
    N = net.dim("N")
    i = net.index("i", (1, N - 1))
    w = net.parameter("w", (N,))
    net.loss = Product(w[i] + 2, i) + w[0]
    agrees(net.to_program(), derived_of(net.to_program()))


def test_parts_under_guards() -> None:
    net = Network("g")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x = net.parameter("x", (N,))
    w = net.parameter("w", (K,))
    y = net.tensor("y")
    from sympy import Piecewise, exp, log, sqrt, tanh

    y[n] = Piecewise(
        (log(x[n]) * Sum(Piecewise((w[k] * tanh(x[n - k]), n >= k), (0, True)), k), x[n] > 0), (x[n] ** 2, True)
    )
    net.loss = Sum(exp(-y[n]) + sqrt(softplus(x[n])) + relu(w[0] * x[n]), n) + ReduceMax(x[n] * w[0], n)
    agrees(net.to_program(), derived_of(net.to_program()))


def test_a_gradient_cut_off_is_zero() -> None:
    net = Network("s")
    N = net.dim("N")
    n = net.index("n", (0, N - 1))
    a, b = net.parameter("a", (N,)), net.parameter("b", (N,))
    net.loss = Sum(stop_gradient(a[n]) * b[n], n) + ReduceMin(b[n], n) + LogSumExp(b[n], n)
    program = net.to_program()
    derived = derived_of(program)
    agrees(program, derived)
    assert [show(e.rhs) for e in derived.backward.equations if e.target == "d_a"] == ["0"]


def test_a_guard_that_reads_what_another_guard_allows() -> None:
    from sympy import Piecewise, exp

    net = Network("n")
    N, K = net.dims("N K")
    n, k = net.indices(n=N, k=K)
    x, w, y = net.parameter("x", (N,)), net.parameter("w", (K,)), net.tensor("y")
    inner = Piecewise((w[k] * exp(x[n - k]) * x[n], x[n - k] > 0), (0, True))
    y[n] = Sum(Piecewise((inner, n >= k), (0, True)), k)
    net.loss = Sum(y[n] ** 2, n)
    agrees(net.to_program(), derived_of(net.to_program()))


def test_an_index_as_exponent_at_zero() -> None:
    import numpy as np

    from symbackprop import load

    net = Network("poly")
    N = net.dim("N")
    n, k = net.indices(n=N, k=4)
    x, c, z = net.parameter("x", (N,)), net.parameter("c", (4,)), net.tensor("z")
    z[n] = Sum(c[k] * x[n] ** k, k)
    net.loss = Sum(z[n], n)
    agrees(net.to_program(), derived_of(net.to_program()))
    values = {"x": np.array([0.0, 2.0, -1.0]), "c": np.array([3.0, 5.0, 7.0, 11.0])}
    _, grads = load(net).value_and_grad(values)
    assert np.allclose(grads["x"], [5.0, 5 + 28 + 132, 5 - 14 + 33], rtol=1e-12)
