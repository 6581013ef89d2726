"""Whole tensors in arithmetic print as they are written, and SymPy's own objects stay as they were."""

from __future__ import annotations

import pytest
import sympy
from sympy import Symbol, tanh

from symbackprop import Network, delta
from symbackprop.language.arrays import MatrixProduct, Part, Transposed

net = Network("arrays")
N, D, H = net.dims("N D H")
n, i, j = net.indices(n=N, i=D, j=H)
x, W, a = net.input("x", (N, D)), net.parameter("W", (H, D)), net.input("a", (N, H))

TEXTS = [
    "x @ W.T", "W.T", "x.T @ delta(a)", "(delta(a)*(1 - a**2)).T @ x", "(x @ W.T)[n]", "a.T[j, n]", "x @ (W.T @ a)",
    "x @ W.T @ a", "(a + delta(a)) @ W", "(-a) @ W", "2*a", "a/2", "tanh(a).T", "(tanh(a) @ W)[n, i]",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_printed_means_the_same(text: str) -> None:
    names = {"x": x, "W": W, "a": a, "n": n, "i": i, "j": j, "delta": delta, "tanh": tanh}
    expr = eval(text, names)
    assert eval(str(expr), names) == expr
    assert repr(expr) == str(expr)
    assert sympy.latex(expr)


def test_nodes() -> None:
    assert isinstance(x.T, Transposed)
    assert (x @ W.T).args == (x, W.T)
    assert isinstance(x @ W.T @ a, MatrixProduct)
    assert isinstance(x.T[i, n], Part)
    assert x.T[()] == x.T
    assert (x + x).is_whole
    assert sympy.transpose(a) == a.T


def test_a_number_has_no_axes_to_exchange() -> None:
    q = Symbol("q", real=True)
    with pytest.raises(AttributeError):
        _ = tanh(q).T
    with pytest.raises(TypeError):
        _ = tanh(q) @ q
    assert sympy.transpose(q) == q
    assert x[n, i].is_commutative
