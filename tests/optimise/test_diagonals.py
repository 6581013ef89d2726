"""Sums with diagonals have names where they are factors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sympy import And, Eq, Piecewise, tanh

from symbackprop import Network, Sum, generate, verify
from symbackprop.interpret import Float, Interpreter
from symbackprop.optimise.diagonals import diagonals_apart
from symbackprop.terms.show import show

SIZES = {"N": 4}
FORMS: dict[str, tuple[Callable[[Any], Any], str | None]] = {
    "a diagonal": (lambda p: p.w * (p.a + p.where(1, Eq(p.n, p.m))), "a[n, m] + [m = n]"),
    "beside it": (lambda p: 2 * p.w * (p.a - p.where(p.a, Eq(p.n, p.m + 1))) + p.a, "a[n, m] - [n = m + 1]·a[n, m]"),
    "no factor": (lambda p: p.w * p.a + p.where(1, Eq(p.n, p.m)), None),
    "a product of it": (lambda p: p.w * p.where(p.a, Eq(p.n, p.m)), None),
    "no equality": (lambda p: p.w * (p.a + p.where(1, p.n <= p.m)), None),
    "a row": (lambda p: p.w * (p.a + p.where(1, Eq(p.n, 0))), None),
}  # fmt: skip


class Page:
    def __init__(self, name: str) -> None:
        self.net = Network("page")
        (N,) = self.net.dims("N")
        self.n, self.m = self.net.indices(n=N, m=N)
        a, w, y = self.net.parameter("a", (N, N)), self.net.parameter("w", (N, N)), self.net.tensor("y")
        self.a, self.w = a[self.n, self.m], w[self.n, self.m]
        y[self.n, self.m] = FORMS[name][0](self)
        self.net.loss = Sum(tanh(y[self.n, self.m]), self.n, self.m)

    def where(self, value: Any, condition: Any) -> Any:
        return Piecewise((value, And(condition)), (0, True))


@pytest.mark.parametrize("name", FORMS)
def test_forms(name: str) -> None:
    program, expected = Page(name).net.to_program(), FORMS[name][1]
    changed = diagonals_apart(program)
    if expected is None:
        assert changed is program
        return
    assert show(changed.equations[0]).startswith(f"y_factor[n, m] = {expected}")
    rng = np.random.default_rng(0)
    data = {"a": rng.normal(size=(4, 4)), "w": rng.normal(size=(4, 4))}
    values = [Interpreter(each, SIZES, data, Float()).array("loss") for each in (program, changed)]
    np.testing.assert_allclose(*values, rtol=1e-14)


@pytest.mark.parametrize("name", FORMS)
def test_modules(name: str) -> None:
    assert verify(Page(name).net).passed


def test_no_mask_is_made() -> None:
    text = generate(Page("a diagonal").net)
    assert "np.equal" not in text[: text.index("def backward")]


def test_infinite_weights_beside_the_diagonal_leak_nothing() -> None:
    """inf·(0 + 1) is infinite; taken apart it would be inf·0 + inf, which is no number."""
    program = Page("a diagonal").net.to_program()
    data = {"a": np.zeros((4, 4)), "w": np.diag([np.inf, 1.0, 1.0, 1.0])}
    found = Interpreter(diagonals_apart(program), SIZES, data, Float()).array("y")
    np.testing.assert_array_equal(found, np.diag([np.inf, 1.0, 1.0, 1.0]))
