"""Sizes are found wherever an equation may have one."""

from __future__ import annotations

from symbackprop import Network, Sum
from symbackprop.c.used_sizes import dims_in, sizes_of
from symbackprop.sources import program_of, scheduled_derivation
from symbackprop.stages import functions_of
from symbackprop.terms.poly import Dim, Poly


def test_dims() -> None:
    N, K = Poly.of(Dim("N")), Poly.of(Dim("K"))
    assert dims_in([N * 2 + 1, Poly.of(3), N * K]) == {"N", "K"}
    assert dims_in([]) == set()


def test_ranges_subscripts_sums_and_numbers() -> None:
    """N and K are ranges, S a subscript, Q a number; U is the size of an input that nothing reads."""
    net = Network("sizes")
    N, K, S, Q, U = net.dims("N K S Q U")
    n, k = net.indices(n=N, k=K)
    x, w, z = net.input("x", (N + S, U)), net.parameter("w", (K,)), net.tensor("z")
    z[n] = Sum(w[k], k) * x[n + S, 0] / Q
    net.loss = Sum(z[n] ** 2, n)
    module = functions_of(program_of(net), scheduled_derivation(net, None))
    assert sizes_of(module.forward, module.backward, None) == {"N", "K", "S", "Q"}
    assert sizes_of(None) == set()
