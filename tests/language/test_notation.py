"""The notation that an author chooses stands wherever a name may: the printer's formula with it is the oracle."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum, errors
from symbackprop.language.notation import read_notation


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\xi", r"\xi"), (" W ", "W"), ("W_q", "{W_q}"), ("W^{(1)}", "W^{(1)}"), (r"\hat{z}'", r"{\hat{z}'}"),
        (r"W^{(1)}_{a_b}", r"{W^{(1)}_{a_b}}"), (r"\mathbf{W}", r"\mathbf{W}"),
    ],
)  # fmt: skip
def test_one_symbol(latex: str, expected: str) -> None:
    assert read_notation({"W": latex}, {"W"}) == {"W": expected}


@pytest.mark.parametrize(
    "latex",
    ["", " ", 3, None, "W_", "W^", "{W", "W}", "}{", "a^b^c", "a_b_c", "a'^2", "$W$", "a & b", r"a \\ b", "δ", "a\tb",
     r"\begin{x}", r"\left(", "W%", "a#b", "W~"],
)  # fmt: skip
def test_what_is_none(latex: object) -> None:
    with pytest.raises(errors.InvalidArgument, match="notation of W"):
        read_notation({"W": latex}, {"W"})


def test_each_name_has_a_symbol_of_its_own() -> None:
    with pytest.raises(errors.InvalidArgument, match="found that of x"):
        read_notation({"x": "v", "W": "v"}, {"x", "W"})
    with pytest.raises(errors.InvalidArgument, match="found that of x"):
        read_notation({"W": "v"}, {"x", "W"}, {"x": "v"})
    assert read_notation({"x": "v"}, {"x", "W"}, {"x": "v"}) == {"x": "v"}
    with pytest.raises(errors.UnknownTensor, match="notation: q"):
        read_notation({"q": "v"}, {"x"})


def test_a_formula_with_it() -> None:
    net = Network("formula")
    (N,) = net.dims("N")
    n = net.index("n", N)
    w, z = net.parameter("w", (N,)), net.tensor("z")
    z[n] = 2 * w[n]
    net.loss = Sum(z[n], n)
    net.notation(w="w_q", z=r"\zeta", N="M")
    assert r"\zeta_{n} = 2 \, {w_q}_{n} & 0 \le n < M" in net._repr_latex_()
