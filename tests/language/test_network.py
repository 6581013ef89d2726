"""The program that a network becomes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from sympy import Rational, sqrt

import symbackprop
from symbackprop import Mean, Network, Sum, zoo
from symbackprop.errors import UnknownMethod
from symbackprop.terms.build import number
from symbackprop.terms.check_program import check
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import Distribution, DType, Initializer

DOCS = Path(symbackprop.__file__).parents[1] / "docs"
PAGES = ("reference/language.md", "reference/api.md", "how_to/layer_for_a_framework.md", "how_to/check_derivation.md")


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


def test_what_is_told_of_a_network_is_what_the_pages_say() -> None:
    """None of what the package itself asks a network is advised."""
    with pytest.raises(UnknownMethod) as caught:
        Network("m").nothing()
    told = set(caught.value.expected.removeprefix("one of ").split(", "))
    pages = "".join((DOCS / page).read_text(encoding="utf-8") for page in PAGES)
    public = {name for name in dir(Network) if not name.startswith("_")}
    assert told == {name for name in public if re.search(rf"\bnet\.{name}\b|`{name}`", pages)}


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
