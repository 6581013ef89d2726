"""Roots of products are roots of their factors: the same values, and fewer of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import cbrt, exp, sqrt

from symbackprop import Network, Sum, generate, verify, zoo
from symbackprop.interpret import Float, Interpreter
from symbackprop.optimise.roots import roots_apart
from symbackprop.stages import derived_of, training_form
from symbackprop.terms.program import Program
from symbackprop.terms.show import show

SIZES = {"N": 3, "M": 4}
# S[n, m] of rows d[n] and columns c[m] above zero, any a[n], and q[n, m] above zero; the equations of roots
FORMS: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "one over a root": (lambda p: 1 / sqrt(p.d[p.n] * p.c[p.m]),
                        ("d_rsqrt[n] = 1/sqrt(d[n])", "c_rsqrt[m] = 1/sqrt(c[m])")),
    "a root": (lambda p: sqrt(p.d[p.n] * p.c[p.m]), ("d_root[n] = sqrt(d[n])", "c_root[m] = sqrt(c[m])")),
    "a cube root": (lambda p: cbrt(p.d[p.n] * p.c[p.m]), ("d_root[n] = d[n]^(1/3)", "c_root[m] = c[m]^(1/3)")),
    "of what may be below zero": (lambda p: 1 / sqrt(p.a[p.n] * p.c[p.m]), ()),
    "of what is as large": (lambda p: sqrt(p.d[p.n] * p.q[p.n, p.m]), ()),
    "of a sum": (lambda p: sqrt(p.d[p.n] + p.c[p.m]), ()),
    "a square": (lambda p: (p.d[p.n] * p.c[p.m]) ** 2, ()),
}  # fmt: skip


class Page:
    def __init__(self, name: str) -> None:
        self.net = Network("page")
        N, M = self.net.dims("N M")
        self.n, self.m = self.net.indices(n=N, m=M)
        x, self.q = self.net.parameter("x", (N, M)), self.net.tensor("q")
        self.d, self.c, self.a, self.s = self.net.tensors("d c a S")
        self.q[self.n, self.m] = exp(x[self.n, self.m])
        self.d[self.n] = Sum(exp(x[self.n, self.m]), self.m) + 1
        self.c[self.m] = Sum(x[self.n, self.m] ** 2, self.n) + 1
        self.a[self.n] = Sum(x[self.n, self.m], self.m)
        self.s[self.n, self.m] = FORMS[name][0](self)
        others = self.d[self.n] + self.c[self.m] + self.a[self.n] + self.q[self.n, self.m]
        self.net.loss = Sum(self.s[self.n, self.m] * x[self.n, self.m] ** 2 + others, self.n, self.m)


def named(name: str) -> Program:
    return derived_of(Page(name).net.to_program()).forward


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    program = named(name)
    changed = roots_apart(program, {"loss"})
    roots = [equation for equation in changed.equations if equation.target not in program.table]
    assert {show(equation).split("    ")[0] for equation in roots} == {*FORMS[name][1]}
    if not FORMS[name][1]:
        assert changed is program
        return
    data = {"x": np.random.default_rng(0).normal(size=(3, 4))}
    values = [Interpreter(each, SIZES, data, Float()).array("loss") for each in (program, changed)]
    np.testing.assert_allclose(*values, rtol=1e-13)


def test_what_is_read_elsewhere_stays() -> None:
    """The product, or its root: each is computed as it is said."""
    program = named("one over a root")
    held = [equation.target for equation in program.equations if equation.target.startswith("S_")]
    assert held
    assert {*held} <= {equation.target for equation in roots_apart(program, {"loss", *held}).equations}
    assert training_form(program).equations == program.equations


@pytest.mark.parametrize("name", FORMS)
def test_modules(name: str) -> None:
    if name != "of what may be below zero":
        assert verify(Page(name).net).passed


def test_a_graph_is_scaled_by_rows_and_columns() -> None:
    text = generate(zoo.load("gcn"))
    assert "np.sqrt(degree, out=degree_rsqrt)" in text
    assert "S_arg" not in text
