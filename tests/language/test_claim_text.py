"""Claims as text: what Python makes of the same text, its names being SymPy's objects, is the oracle."""

from __future__ import annotations

import pytest
import sympy
from sympy import And, Eq, Gt, Integer, Le, Lt, Not, Or, Piecewise

from symbackprop import LogSumExp, Mean, Network, Sum, delta, functions
from symbackprop.errors import InvalidClaim, SymbackpropError, UnknownSymbol
from symbackprop.language.claim_text import function_names, sides_of_text

net = Network("text")
N, D = net.dims("N D")
n, i = net.indices(n=N, i=D)
x, w, s = net.input("x", (N, D)), net.parameter("w", (D,)), net.parameter("s", ())
NAMES = net._book.names()
OBJECTS = {
    **NAMES, "delta": delta, "Sum": Sum, "Mean": Mean, "LogSumExp": LogSumExp, "exp": sympy.exp, "tanh": sympy.tanh,
    "Piecewise": Piecewise, "Eq": Eq, "pi": sympy.pi, "sqrt": sympy.sqrt, "gelu": functions.gelu, "Max": sympy.Max,
    "Derivative": sympy.Derivative, "abs": sympy.Abs, "relu": functions.relu, "Rational": sympy.Rational,
}  # fmt: skip


def read(text: str) -> sympy.Basic:
    left, right = sides_of_text(f"delta(w)[i] = {text}", NAMES)
    assert left == delta(w)[i]
    return right


@pytest.mark.parametrize(
    "text",
    [
        "x[n, i] + 2*w[i] - s/3", "-x[n, i]**2", "+w[i]", "Sum(delta(w)[i]*x[n, i], n)", "N//2 + i % 3",
        "Piecewise((x[n, i], x[n, i] > 0), (0, True))", "exp(x[n, i] - LogSumExp(x[n, i], i))", "pi*s*1.5e-3",
        "Mean(x[n, i], n, i)", "gelu(x[n, i], approximate='tanh')", "Max(abs(w[i]), relu(s))", "x.T @ x", "x @ w",
        "(x @ w)[n]", "Derivative(x[n, i], w[i])", "Sum(x[n, i], (n, 0, N - 1))", "x[0, D - 1]",
        "sqrt(s)*Rational(1, 3)",
        "Piecewise((s, Eq(n, i)), (w[i], (s > 0) & (s <= 1) | ~(w[i] < 0)), (0, True))", "delta(w)[i]*1", "w[(i)]",
    ],
)  # fmt: skip
def test_as_python_has_it(text: str) -> None:
    assert read(text) == sympy.sympify(eval(text, dict(OBJECTS)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x[n, i] if 0 < s <= 1 else w[i]", Piecewise((x[n, i], And(Lt(0, s), Le(s, 1))), (w[i], True))),
        ("s if s > 0 and w[0] > 1 or not s <= 2 else 1",
         Piecewise((s, Or(And(Gt(s, 0), Gt(w[0], 1)), Not(Le(s, 2)))), (1, True))),
        ("Piecewise((s, s == 1), (w[0], s != 2), (1, True))",
         Piecewise((s, Eq(s, 1)), (w[0], sympy.Ne(s, 2)), (1, True))),
        ("max(s, 0) + min(s, 1)", sympy.Max(s, 0) + sympy.Min(s, 1)),
        ("2**10", Integer(1024)), ("w[i]**(1/2)", sympy.sqrt(w[i])),
    ],
)  # fmt: skip
def test_what_python_would_decide(text: str, expected: sympy.Basic) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", ["delta(w)[i] = s", "delta(w)[i] == s", "Eq(delta(w)[i], s)", " delta(w)[i]\n =\n s"])
def test_ways_to_write_an_equation(text: str) -> None:
    assert sides_of_text(text, NAMES) == (delta(w)[i], s)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("s ^ 2", InvalidClaim), ("'s'", InvalidClaim), ("s.real", InvalidClaim), ("s.T.T.real", InvalidClaim),
        ("s << 1", InvalidClaim), ("[s for s in w]", InvalidClaim), ("lambda: s", InvalidClaim), ("2j", InvalidClaim),
        ("x.T()", InvalidClaim), ("s is w", InvalidClaim), ("s in w", InvalidClaim), ("(s, s)", InvalidClaim),
        ("9**9**9", InvalidClaim), ("s +", InvalidClaim), ("s = s", InvalidClaim), ("None", InvalidClaim),
        ("q", UnknownSymbol), ("tanhh(s)", UnknownSymbol), ("__import__('os')", UnknownSymbol),
        ("(" * 300 + "s" + ")" * 300, InvalidClaim), ("s + " * 6000 + "s", InvalidClaim),
        ("exp(s, s)", InvalidClaim), ("relu(s, s)", InvalidClaim), ("exp()", InvalidClaim),
        ("w[None]", SymbackpropError), ("w[:]", InvalidClaim),
    ],
)  # fmt: skip
def test_refused(text: str, error: type[SymbackpropError]) -> None:
    with pytest.raises(error) as refused:
        read(text)
    assert refused.value.subject.startswith("claim delta(w)[i] = ")


def test_names_that_are_meant() -> None:
    with pytest.raises(UnknownSymbol, match="did you mean tanh"):
        read("tanhh(s)")
    assert {"exp", "gelu", "Sum", "Derivative", "abs", "True", "pi"} <= function_names()
