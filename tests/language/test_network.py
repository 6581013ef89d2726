"""The surface: declarations, shapes, equations, and the program that a network becomes."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy
from sympy import Eq, Ge, Idx, Le, Piecewise, Rational, Symbol, exp, latex, oo, pretty, sqrt, tanh

import symbackprop
from symbackprop import LogSumExp, Mean, Network, Product, ReduceMax, ReduceMin, Sum, zoo
from symbackprop.functions import gelu, leaky_relu, relu
from symbackprop.interpret.evaluate import Interpreter
from symbackprop.terms.build import access, apply, number, reduce
from symbackprop.terms.check import check
from symbackprop.terms.poly import ZERO, Dim, Index, Poly
from symbackprop.terms.program import Distribution, DType, Initializer, Program
from symbackprop.terms.show import show
from symbackprop.terms.term import Axis, Function, Reduction


def poly(name: str) -> Poly:
    return Poly.of(Dim(name))


# --- sizes and indices ---------------------------------------------------------------------------------
def test_sizes_are_positive_integer_symbols() -> None:
    net = Network("sizes")
    N, D = net.dims("N, D")
    assert N == Symbol("N", integer=True, positive=True)
    assert net.dims("K") == (Symbol("K", integer=True, positive=True),)
    assert D.is_positive


def test_indices_are_idx_and_print_as_their_names() -> None:
    net = Network("indices")
    N, T = net.dims("N T")
    n, t = net.indices(n=N, t=(1, T))
    assert isinstance(n, Idx)
    assert (n.lower, n.upper, t.lower, t.upper) == (0, N - 1, 1, T)
    assert (str(t - 1), latex(n)) == ("t - 1", "n")
    assert net.index("n", N) == n  # the same again is no mistake


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (lambda H, K: 3 * H, "3*H"),
        (lambda H, K: (H + 2 - K) // 2 + 1, "(H - K)//(2) + 2"),
        (lambda H, K: sympy.floor((H + 2 - K) / 2) + 1, "(H - K)//(2) + 2"),
        (lambda H, K: sympy.ceiling(H / 2), "-(-H)//(2)"),
        (lambda H, K: H // K, "(H)//(K)"),
        (lambda H, K: sympy.Mod(H, 4), "H - 4*(H)//(4)"),
        (lambda H, K: H * K / 2 * 2, "H*K"),
        (lambda H, K: H**2 / H, "H"),
        (lambda H, K: ((H - 1) // 2 - K) // 2 + 9, "((H + 1)//(2) - K + 1)//(2) + 8"),
        (lambda H, K: 7, "7"),
        (lambda H, K: np.int64(7), "7"),
        (lambda H, K: sympy.Integer(7), "7"),
    ],
)
def test_sizes_are_read_as_polynomials(size: object, expected: str) -> None:
    net = Network("sizes")
    H, K = net.dims("H K")
    x = net.input("x", (size(H, K),))  # type: ignore[operator]
    (found,) = net._book.tensors["x"].shape or ()
    values = {"H": 11, "K": 4}
    assert found.evaluate(lambda atom: values[atom.name]) == int(sympy.sympify(size(H, K)).subs({H: 11, K: 4}))  # type: ignore[operator]
    assert str(found) == expected
    assert int(x.shape[0].subs({H: 11, K: 4})) == found.evaluate(lambda atom: values[atom.name])


# --- tensors -------------------------------------------------------------------------------------------
def everything() -> Network:
    """One of every kind of declaration."""
    net = Network("everything")
    N, D, V = net.dims("N D V")
    n, i = net.indices(n=N, i=D)
    x = net.input("x", (N, D))
    ids = net.input("ids", (N,), dtype="int", high=V)
    E, w = net.parameter("E", (V, D), init=1 / sqrt(D)), net.parameter("w", (D,), init=0.5)
    c = net.parameter("c", ())
    noise = net.random("noise", (N, D), "bernoulli", p=Rational(1, 4))
    jitter = net.random("jitter", (N,), "normal", std=1 / sqrt(N))
    running = net.buffer("running", (D,), "ones")
    h, s = net.tensors("h s")
    h[n, i] = x[n, i] * noise[n, i] * w[i] + E[ids[n], i] + running[i] + jitter[n]
    s[()] = Mean(h[n, i], n, i)
    net.update(running[i], 0.9 * running[i] + 0.1 * Mean(h[n, i], n))
    net.loss = s**2 + s * c
    net.output(h)
    return net


def test_program_of_everything() -> None:
    program = check(everything().to_program())
    table = program.table
    assert [t.name for t in program.tensors] == [
        "x", "ids", "E", "w", "c", "noise", "jitter", "running", "h", "s", "loss", "next_running",
    ]  # fmt: skip
    assert program.dims == ("N", "D", "V")
    assert program.loss == "loss"
    assert program.outputs == ("h",)
    assert program.updates == (("running", "next_running"),)
    assert (table["ids"].dtype, table["ids"].high) == (DType.INT, poly("V"))
    assert table["E"].initializer == Initializer("normal", table["E"].initializer.argument)  # type: ignore[union-attr]
    assert table["w"].initializer == Initializer("constant", number(Fraction(1, 2)))
    assert table["c"].initializer == Initializer("zeros")
    noise = table["noise"].noise
    assert noise is not None
    assert (noise.distribution, noise.arguments) == (Distribution.BERNOULLI, (number(Fraction(1, 4)),))
    assert table["h"].shape == (poly("N"), poly("D"))
    assert table["h"].axes == ("n", "i")
    assert table["x"].axes == ("n", "i")
    assert table["E"].axes[1] == "i"
    assert len(set(table["E"].axes)) == 2
    assert [e.target for e in program.equations] == ["h", "s", "next_running", "loss"]
    assert [str(axis) for axis in program.indices] == ["n=0..N - 1", "i=0..D - 1"]


def test_default_initialisers() -> None:
    net = Network("defaults")
    (N,) = net.dims("N")
    kinds = {}
    for rank in range(4):
        net.parameter(f"w{rank}", (N,) * rank)
        found = net._book.tensors[f"w{rank}"].initializer
        assert found is not None
        kinds[rank] = found.name
    assert kinds == {0: "zeros", 1: "zeros", 2: "glorot_uniform", 3: "glorot_uniform"}


def test_a_sympy_number_is_a_standard_deviation() -> None:
    """1/sqrt(D) stays one when D is 4, and no constant 1/2 that leaves all units alike."""
    net = Network("std")
    net.parameter("a", (4, 4), init=1 / sqrt(4))  # Python's float: the user's own constant
    net.parameter("b", (4, 4), init=1 / sqrt(sympy.Integer(4)))
    net.parameter("c", (4, 4), init=3)
    names = [declared.initializer.name for declared in net._book.tensors.values() if declared.initializer]
    assert names == ["normal", "normal", "constant"]


def test_names_of_the_loss_and_of_updates_give_way() -> None:
    net = Network("names")
    loss, next_b = net.parameter("loss", ()), net.parameter("next_b", ())
    b = net.buffer("b", (), 0)
    net.update(b, loss)
    net.loss = loss * next_b
    assert net.loss == loss * next_b
    program = net.to_program()
    assert (program.loss, program.updates) == ("loss_2", (("b", "next_b_2"),))


def test_a_program_is_made_anew_after_a_change() -> None:
    net = Network("change")
    (N,) = net.dims("N")
    n = net.index("n", N)
    w, y = net.parameter("w", (N,)), net.tensor("y")
    y[n] = w[n] ** 2
    net.loss = Sum(y[n], n)
    first = net.to_program()
    assert net.to_program() is first
    net.output(y)
    assert net.to_program().outputs == ("y",)


# --- equations -----------------------------------------------------------------------------------------
def test_shapes_follow_from_the_definitions() -> None:
    net = Network("shapes")
    T, C, H, W, N = net.dims("T C H W N")
    t, c, y, x, r = net.indices(t=(1, T), c=C, y=H, x=W, r=N)
    image, h, flat, q, g, last = net.input("image", (C, H, W)), *net.tensors("h flat q g last")
    assert image.shape == (C, H, W)
    h[0, c] = 0
    h[t, c] = h[t - 1, c] + 1
    flat[(c * H + y) * W + x] = image[c, y, x]
    q[2 * r], q[2 * r + 1] = 1, 2
    g[t] = h[t, 0]
    last[T] = 1
    assert (h.shape, flat.shape, q.shape, g.shape, last.shape) == ((T + 1, C), (C * H * W,), (2 * N,), (T,), (1,))
    assert h.rank == 2
    net.loss = Sum(h[t, c], t, c) + Sum(flat[r], r) * 0 + Sum(q[r], r) + Sum(g[t], t) + last[T] + flat[0]
    program = net.to_program()
    assert program.table["g"].origin == (Poly.of(1),)
    assert program.table["last"].origin == (poly("T"),)
    assert program.table["h"].axes == ("t", "c")


def test_ranges_that_may_be_negative_become_conditions_on_the_sizes() -> None:
    net = Network("window")
    H, K = net.dims("H K")
    h, k = net.indices(h=H - K + 1, k=K)
    x, w, y = net.input("x", (H,)), net.parameter("w", (K,)), net.tensor("y")
    y[h] = Sum(x[h + k] * w[k], k)
    net.loss = Sum(y[h] ** 2, h)
    (door,) = net.to_program().assumptions
    assert door.axes == ()
    assert show(door.condition) == "H + 1 ≥ K"


def test_padding_dilation_strides_and_gathers_are_in_range() -> None:
    net = Network("reads")
    N, T, V, D = net.dims("N T V D")
    n, t, d, s = net.indices(n=N, t=T, d=D, s=3)
    x, w = net.input("x", (N, T)), net.parameter("w", (3,))
    ids, E = net.input("ids", (N, T), dtype="int", high=V), net.parameter("E", (V, D))
    y, e, half, back = net.tensors("y e half back")
    (m,) = net.indices(m=T // 2)
    y[n, t] = Sum(w[s] * Piecewise((x[n, t - 2 * s], t >= 2 * s), (0, True)), s)
    e[n, t, d] = E[ids[n, t], d]
    half[n, m] = x[n, 2 * m] + x[n, 2 * m + 1]
    back[n, t] = x[n, T - 1 - t] + Piecewise((x[n, t - 1], (t >= 1) & (t < T)), (x[n, 0], True))
    net.loss = Sum(y[n, t] + back[n, t], n, t) + Sum(e[n, t, d], n, t, d) + Sum(half[n, m], n, m)
    check(net.to_program())


def test_reading_before_defining_and_mutual_recurrences() -> None:
    net = Network("mutual")
    (T,) = net.dims("T")
    t = net.index("t", (1, T))
    w = net.parameter("w", ())
    a, b = net.tensors("a b")
    a[t] = tanh(b[t - 1] * w)
    b[0], b[t] = w, a[t] ** 2
    net.loss = b[T]
    values = Interpreter(check(net.to_program()), {"T": 3}, {"w": 0.7})
    expected = 0.7
    for _ in range(3):
        expected = np.tanh(expected * 0.7) ** 2
    assert values.loss() == pytest.approx(expected, rel=1e-14)


def test_the_loss_and_the_scalars_are_read_by_bare_name() -> None:
    net = Network("scalars")
    c, s, r = net.parameter("c", ()), *net.tensors("s r")
    s[()] = c * 2
    r[()] = s + s[()] + 1
    net.loss = exp(r) - s
    assert s[()] is s
    assert Interpreter(net.to_program(), {}, {"c": 0.25}).loss() == pytest.approx(np.exp(2.0) - 0.5)


def test_assumptions() -> None:
    net = Network("assumed")
    N, C, D = net.dims("N C D")
    n, k = net.indices(n=N, k=C)
    y, z = net.input("y", (N, C)), net.parameter("z", (C,))
    net.assume(Eq(Sum(y[n, k], k), 1))
    net.assume(Le(C, N) & Ge(D, 2))
    net.assume(Le(1, N))  # says nothing
    net.loss = Sum(y[n, k] * z[k], n, k)
    facts = net.to_program().assumptions
    assert [len(fact.axes) for fact in facts] == [1, 0, 0]
    body = access("y", [Poly.of(Index("n")), Poly.of(Index("k"))])
    total = reduce(Reduction.SUM, [Axis(Index("k"), ZERO, poly("C") - 1)], body)
    assert total in (facts[0].condition.left, facts[0].condition.right)  # type: ignore[attr-defined]


# --- one meaning, many spellings -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda u, v, k: Sum(u * v, k), lambda u, v, k: Sum(v * u, k)),
        (lambda u, v, k: 0.1 * u, lambda u, v, k: u / 10),
        (lambda u, v, k: sqrt(u) ** 2, lambda u, v, k: u),
        (lambda u, v, k: Piecewise((u, k > 0), (0, True)), lambda u, v, k: Piecewise((0, k < 1), (u, True))),
        (lambda u, v, k: sympy.Abs(u - v), lambda u, v, k: sympy.Abs(v - u)),
        (lambda u, v, k: sympy.Max(u, sympy.Max(v, 0)), lambda u, v, k: sympy.Max(0, v, u)),
        (lambda u, v, k: leaky_relu(u), lambda u, v, k: leaky_relu(u, Rational(1, 100))),
        (lambda u, v, k: gelu(u), lambda u, v, k: gelu(u, approximate="none")),
    ],
)
def test_spellings(first: object, second: object) -> None:
    def rhs(write: object) -> object:
        net = Network("spelling")
        (N,) = net.dims("N")
        k = net.index("k", N)
        u, v, z = net.input("u", (N,)), net.input("v", (N,)), net.tensor("z")
        z[k] = write(u[k], v[k], k)  # type: ignore[operator]
        return net._book.tensors["z"].definitions[0].equation.rhs

    assert rhs(first) is rhs(second)


def test_sympy_does_not_decide_what_infinities_decide() -> None:
    net = Network("infinite")
    (N,) = net.dims("N")
    k = net.index("k", N)
    u, z, w = net.input("u", (N,)), net.tensor("z"), net.parameter("w", ())
    z[k] = Piecewise((1, u[k] > -oo), (0, True)) + w
    net.loss = Sum(z[k], k)
    values = Interpreter(net.to_program(), {"N": 2}, {"u": np.array([1.0, -np.inf]), "w": 0.0})
    assert list(values.array("z")) == [1, 0]


# --- printing ------------------------------------------------------------------------------------------
def test_printing() -> None:
    net = Network("printing")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, W1 = net.input("x", (N, D)), net.parameter("W1", (N, D))
    total = Sum(W1[n, i] * x[n, i], i)
    assert str(total) == "Sum(W1[n, i]*x[n, i], i)"
    assert latex(total) == r"\sum_{i} {W_{1}}_{n, i} {x}_{n, i}"
    assert latex(ReduceMax(x[n, 2 * i], i)) == r"\max_{i} \left({x}_{n, 2 i}\right)"
    assert latex(leaky_relu(x[n, i])) == r"\operatorname{leaky\_relu}\left({x}_{n, i}, 0.01\right)"
    for expression in (total, Product(x[n, i], i), ReduceMin(x[n, i], i), LogSumExp(x[n, i], n, i), relu(x[0, 0])):
        assert pretty(expression)
        assert latex(expression)
        assert repr(expression) == str(expression)
    assert total.free_symbols == {W1, x, n}
    assert repr(net) == "Network('printing'): 2 tensors, 0 equations"


def test_documentation_of_functions_prints() -> None:
    assert str(gelu(Symbol("x"), approximate="tanh")) == "gelu(x, tanh)"
    assert apply(Function.RELU, number(-1)) is number(0)


# --- determinism and time ------------------------------------------------------------------------------
_SHOW = """
from symbackprop import zoo
from symbackprop.terms.show import show
for name in ("attention", "lenet", "crf", "gmm"):
    print(show(zoo.load(name).to_program()))
"""


def test_the_same_program_in_every_process() -> None:
    texts = set()
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(symbackprop.__file__).parents[1])}
        done = subprocess.run(
            [sys.executable, "-c", _SHOW], env=environment, capture_output=True, text=True, check=True
        )
        texts.add(done.stdout)
    assert len(texts) == 1


def _chain(depth: int) -> Program:
    net = Network("chain")
    N, H = net.dims("N H")
    n, i, j = net.indices(n=N, i=H, j=H)
    h = net.input("x", (N, H))
    for layer in range(depth):
        W, b = net.parameter(f"W{layer}", (H, H)), net.parameter(f"b{layer}", (H,))
        z, a = net.tensors(f"z{layer} a{layer}")
        z[n, j] = Sum(W[j, i] * h[n, i], i) + b[j]
        a[n, j] = tanh(z[n, j])
        h = a
    net.loss = Mean(h[n, j] ** 2, n, j)
    return net.to_program()


def test_reading_is_linear() -> None:
    """Counted in calls, which do not depend on the machine's load."""

    def calls(depth: int) -> int:
        count = 0

        def tally(*_: object) -> None:
            nonlocal count
            count += 1

        previous = sys.getprofile()
        sys.setprofile(tally)
        try:
            _chain(depth)
        finally:
            sys.setprofile(previous)
        return count

    calls(80)  # fills the caches alike
    few, many = calls(20), calls(80)
    assert many < 5 * few


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_reads(name: str) -> None:
    check(zoo.load(name).to_program())
