"""Numbers in the place of sizes: what a program then says, beside the same program written with numbers at once."""

import pytest
from sympy import Eq, Ne, Piecewise, tanh

from symbackprop import Mean, Network, Product, ReduceMax, Sum, zoo
from symbackprop.interpret import Interpreter
from symbackprop.terms.check_program import check
from symbackprop.terms.fixed_sizes import fixed_sizes
from symbackprop.terms.poly import Poly
from symbackprop.terms.show import show
from symbackprop.verify.data import draw
from symbackprop.verify.prime_sizes import choose_sizes


def shown(program):
    return [show(equation) for equation in program.equations]


def convolution(H, K):
    """Sizes as they are given: symbols or numbers."""
    net = Network("walk")
    if H is None:
        H, K = net.dims("H K")
    h, k = net.indices(h=(H - K) // 2 + 1, k=K)
    x, w = net.input("x", (H,)), net.parameter("w", (K,), init=1 / H)
    z = net.tensor("z")
    z[h] = Sum(w[k] * x[2 * h + k], k) / K
    net.loss = Sum(z[h] ** 2, h) + H
    return net.to_program()


def test_it_is_the_program_that_numbers_write():
    fixed, written = fixed_sizes(convolution(None, None), {"H": 7, "K": 3}), convolution(7, 3)
    assert fixed.equations == written.equations
    assert [tensor.shape for tensor in fixed.tensors] == [tensor.shape for tensor in written.tensors]
    assert (fixed.dims, fixed.fixed) == ((), (("H", 7), ("K", 3)))


def test_some_sizes():
    half = fixed_sizes(convolution(None, None), {"K": 3})
    assert (half.dims, half.fixed) == (("H",), (("K", 3),))
    assert half.table["z"].shape[0] == (Poly.of(half.table["x"].shape[0]) - 3) // 2 + 1
    assert fixed_sizes(half, {"H": 7}).equations == convolution(7, 3).equations


def test_nothing_is_another_program():
    program = zoo.load("mlp").to_program()
    assert fixed_sizes(program, {}) is program


def test_conditions_are_decided():
    net = Network("walk")
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    w = net.parameter("w", (N,))
    net.loss = Sum(Piecewise((w[n], n >= 1), (2 * w[n], True)), n) + Sum(Piecewise((w[n], Eq(n, m)), (0, True)), n, m)
    assert shown(fixed_sizes(net.to_program(), {"N": 1, "M": 1})) == ["loss = 3·Σ_i w[i]"]
    assert "[i = j]" in shown(fixed_sizes(net.to_program(), {"N": 2, "M": 2}))[0]


def test_what_ranges_over_nothing_is_left_out():
    net = Network("walk")
    T = net.dim("T")
    t = net.index("t", (1, T - 1))
    x, w, h = net.input("x", (T,)), net.parameter("w", ()), net.tensor("h")
    h[0] = w * x[0]
    h[t] = tanh(w * h[t - 1] + x[t])
    net.loss = h[T - 1] + Sum(x[t], t) + Product(x[t], t)
    assert shown(fixed_sizes(net.to_program(), {"T": 1})) == ["h[0] = w·x[0]", "loss = h[0] + 1"]
    assert len(fixed_sizes(net.to_program(), {"T": 2}).equations) == 3


def test_a_tensor_without_elements_stays_defined():
    net = Network("walk")
    T = net.dim("T")
    t = net.index("t", T - 1)
    w, z = net.parameter("w", (T,)), net.tensor("z")
    z[t] = w[t] * w[t + 1]
    net.loss = Sum(z[t], t) + w[0]
    fixed = check(fixed_sizes(net.to_program(), {"T": 1}))
    assert "z" in fixed.definitions
    assert fixed.table["z"].shape == (Poly.of(0),)


def test_facts():
    net = Network("walk")
    N, M = net.dims("N M")
    n, m = net.indices(n=N, m=M)
    y, w = net.input("y", (N, M)), net.parameter("w", (M,))
    net.assume(N >= M)
    net.assume(Ne(y[n, m], 0))
    net.loss = Sum(w[m] * y[n, m], n, m)
    program = net.to_program()
    assert len(fixed_sizes(program, {"N": 3, "M": 2}).assumptions) == 1
    assert len(fixed_sizes(program, {"N": 3}).assumptions) == 2


def test_what_tensors_say():
    net = Network("walk")
    N, V = net.dims("N V")
    n, v = net.indices(n=N, v=V)
    y = net.input("y", (N,), dtype="int", high=V)
    r = net.random("r", (N,), "normal", std=1 / V)
    w = net.parameter("w", (V,), init=1 / N)
    net.loss = Sum(w[y[n]] * r[n], n) + ReduceMax(w[v], v) + Mean(r[n], n)
    table = fixed_sizes(net.to_program(), {"N": 4, "V": 5}).table
    assert table["y"].high == 5
    assert str(table["r"].noise.arguments[1]) == "Number(1/5)"
    assert str(table["w"].initializer.argument) == "Number(1/4)"


@pytest.mark.parametrize("name", ["attention", "crf", "lenet", "wavenet"])
@pytest.mark.parametrize("ones", [False, True])
def test_the_value_is_the_same(name, ones):
    program = zoo.load(name).to_program()
    sizes = choose_sizes(program, 3, ones)
    data, fixed = draw(program, sizes, 1), check(fixed_sizes(program, sizes))
    assert fixed.dims == ()
    expected = Interpreter(program, sizes, data).loss()
    assert Interpreter(fixed, {}, data).loss() == pytest.approx(expected, rel=1e-12)
