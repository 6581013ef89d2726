"""Definitions cover their tensor once: shapes and conditions, against plain enumeration."""

from __future__ import annotations

from itertools import product

import pytest
from sympy import sympify

from symbackprop import Network, Sum, errors
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.show import show


def poly(name: str) -> Poly:
    return Poly.of(Dim(name))


def test_shapes_follow_from_the_definitions() -> None:
    net = Network("shapes")
    T, C, H, W, N = net.dims("T C H W N")
    t, c, y, x, r = net.indices(t=(1, T), c=C, y=H, x=W, r=N)
    image, h, flat, q, g, last = net.input("image", (C, H, W)), *net.tensors("h flat q g last")
    assert image.shape == (C, H, W)
    h[0, c] = 0
    h[t, c] = h[t - 1, c] + 1
    flat[(c * H + y) * W + x] = image[c, y, x]
    q[2 * r], q[2 * r + 1] = 1, 2
    g[t] = h[t, 0]
    last[T] = 1
    assert (h.shape, flat.shape, q.shape, g.shape, last.shape) == ((T + 1, C), (C * H * W,), (2 * N,), (T,), (1,))
    assert h.rank == 2
    net.loss = Sum(h[t, c], t, c) + Sum(flat[r], r) * 0 + Sum(q[r], r) + Sum(g[t], t) + last[T] + flat[0]
    program = net.to_program()
    assert program.table["g"].origin == (Poly.of(1),)
    assert program.table["last"].origin == (poly("T"),)
    assert program.table["h"].axes == ("t", "c")


def test_ranges_that_may_be_negative_become_conditions_on_the_sizes() -> None:
    net = Network("window")
    H, K = net.dims("H K")
    h, k = net.indices(h=H - K + 1, k=K)
    x, w, y = net.input("x", (H,)), net.parameter("w", (K,)), net.tensor("y")
    y[h] = Sum(x[h + k] * w[k], k)
    net.loss = Sum(y[h] ** 2, h)
    (door,) = net.to_program().assumptions
    assert door.axes == ()
    assert show(door.condition) == "H + 1 ≥ K"


@pytest.mark.parametrize(
    ("subscripts", "error"),
    [
        ([lambda N, D, n, d: 2 * n, lambda N, D, n, d: 2 * n + 1], None),
        ([lambda N, D, n, d: n * D + d], None),
        ([lambda N, D, n, d: N - 1 - n], None),
        ([lambda N, D, n, d: 0, lambda N, D, n, d: n + 1], None),
        ([lambda N, D, n, d: n, lambda N, D, n, d: N + d], None),
        ([lambda N, D, n, d: 2 * n], errors.IncompleteDefinition),
        ([lambda N, D, n, d: 0, lambda N, D, n, d: n], errors.OverlappingDefinitions),
        ([lambda N, D, n, d: n + d], errors.OverlappingDefinitions),
        ([lambda N, D, n, d: 0, lambda N, D, n, d: n + 2], errors.IncompleteDefinition),
        ([lambda N, D, n, d: n - 1], errors.OutOfRange),
    ],
)
def test_as_enumerated(subscripts, error) -> None:  # type: ignore[no-untyped-def]
    """The positions that the definitions write at small sizes, one by one."""
    net = Network("covered")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    z = net.tensor("z")
    written: list[int] = []
    for subscript in subscripts:
        z[subscript(N, D, n, d)] = 1
        at = sympify(subscript(N, D, n, d))
        for place in product(range(5), range(3)):
            values = dict(zip((n, d), place, strict=True))
            if all(at.has(index) or not value for index, value in values.items()):
                written.append(int(at.subs(values).subs({N: 5, D: 3})))
    if error is None:
        assert sorted(written) == list(range(int(z.shape[0].subs({N: 5, D: 3}))))
        return
    assert sorted(written) != list(range(max(written) + 1))
    with pytest.raises(error):
        _ = z.shape
