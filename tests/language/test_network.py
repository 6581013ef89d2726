"""The program that a network becomes, and how equations that need each other are read."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from sympy import Rational, exp, sqrt, tanh

import symbackprop
from symbackprop import Mean, Network, Sum, zoo
from symbackprop.interpret.interpreter import Interpreter
from symbackprop.terms.build import number
from symbackprop.terms.check_program import check
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Distribution, DType, Initializer


def poly(name: str) -> Poly:
    return Poly.of(Dim(name))


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


# --- determinism -------------------------------------------------------------------------------------
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


@pytest.mark.parametrize("name", zoo.names())
def test_the_zoo_reads(name: str) -> None:
    check(zoo.load(name).to_program())
