"""Schemes and variances against PyTorch's fans, written out; the modules' draws are held to them in tests/numpy."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum
from symbackprop.python_text.initial_values import initial_sizes, scheme, variance
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.show import show

O, I, K = (Poly.of(Dim(name)) for name in "OIK")


@pytest.mark.parametrize(("method", "wanted"), [("he", "2/(9*I)"), ("lecun", "1/(9*I)"), ("glorot", "2/(9*I + 9*O)")])
def test_the_window_counts_in_both_fans(method: str, wanted: str) -> None:
    shape = (O, I, Poly.of(Dim("K")) - K + 3, K - K + 3)
    at = {"O": 7, "I": 5}
    found = eval(show(variance(method, shape)).replace("·", "*"), {}, at)
    assert found == pytest.approx(eval(wanted, {}, at))


def test_a_vector_starts_at_zeros_and_sizes_are_those_of_shapes() -> None:
    net = Network("start")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    x, w, b = net.input("x", (N, D)), net.parameter("w", (D, D)), net.parameter("b", (D,))
    net.loss = Sum(x[n, d] * w[d, d] * b[d], n, d)
    program = net.to_program()
    assert [scheme(program.table[name]) for name in "wb"] == ["glorot_uniform", "zeros"]
    assert initial_sizes(program, [program.table["w"]]) == ["D"]
    with pytest.raises(ValueError, match="two axes"):
        variance("he", (O,))
