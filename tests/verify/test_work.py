"""The work against visits counted by hand."""

from __future__ import annotations

import pytest

from symbackprop import Network, Sum
from symbackprop.verify.work import work


@pytest.mark.parametrize("sizes", [(2, 3, 5), (7, 1, 2)])
def test_work(sizes: tuple[int, int, int]) -> None:
    N, D, K = sizes
    named = {"N": N, "D": D, "K": K}
    net = Network("work")
    dims = net.dims("N D K")
    n, d, k = net.indices(n=dims[0], d=dims[1], k=dims[2])
    x, w, y = net.parameter("x", (dims[0], dims[1])), net.parameter("w", (dims[1],)), net.tensor("y")
    y[n, k] = Sum(x[n, d] * w[d], d)
    net.output(y)
    program = net.to_program(needs_loss=False)
    assert work(program, named) == 4 * N * K * D  # the sum, the product, its factors
    z = net.tensor("z")
    once = Sum(w[d], d)
    z[n] = once * x[n, 0] + once**2
    net.output(z)
    both = work(net.to_program(needs_loss=False), named)
    assert both - 4 * N * K * D == N * (4 + 2 * D)  # +, *, **, x; and the sum, which stands twice, once
