"""Integers are read as polynomials, and written back: SymPy's own values at small sizes are the oracle."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from symbackprop import Network, errors
from symbackprop.language.sizes import index_symbol, poly_expression, size_symbol
from symbackprop.terms.poly import Index


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (lambda H, K: 3 * H, "3*H"),
        (lambda H, K: (H + 2 - K) // 2 + 1, "(H - K)//(2) + 2"),
        (lambda H, K: sympy.floor((H + 2 - K) / 2) + 1, "(H - K)//(2) + 2"),
        (lambda H, K: sympy.ceiling(H / 2), "-(-H)//(2)"),
        (lambda H, K: H // K, "(H)//(K)"),
        (lambda H, K: sympy.Mod(H, 4), "H - 4*(H)//(4)"),
        (lambda H, K: H * K / 2 * 2, "H*K"),
        (lambda H, K: H**2 / H, "H"),
        (lambda H, K: ((H - 1) // 2 - K) // 2 + 9, "((H + 1)//(2) - K + 1)//(2) + 8"),
        (lambda H, K: 7, "7"),
        (lambda H, K: np.int64(7), "7"),
        (lambda H, K: sympy.Integer(7), "7"),
    ],
)
def test_sizes_are_read_as_polynomials(size: object, expected: str) -> None:
    net = Network("sizes")
    H, K = net.dims("H K")
    x = net.input("x", (size(H, K),))  # type: ignore[operator]
    (found,) = net._book.tensors["x"].shape or ()
    values = {"H": 11, "K": 4}
    assert found.evaluate(lambda atom: values[atom.name]) == int(sympy.sympify(size(H, K)).subs({H: 11, K: 4}))  # type: ignore[operator]
    assert str(found) == expected
    assert int(x.shape[0].subs({H: 11, K: 4})) == found.evaluate(lambda atom: values[atom.name])


def test_what_is_written_is_read_as_the_same_polynomial() -> None:
    net = Network("round")
    H, K = net.dims("H K")
    h = net.index("h", H)
    sizes = net._book.sizes
    for written in (3 * H - 2, (H + 2 - K) // 2 + 1, H * K + h, ((H - 1) // 2 - K) // 2 + h * H, sympy.Integer(-4)):
        poly = sizes.integer(sympy.sympify(written), lambda: "a test")
        assert poly is not None
        again = poly_expression(poly, {Index("h"): h})
        assert sizes.integer(again, lambda: "a test") == poly
        at = {H: 11, K: 4, h: 3}
        assert again.subs(at) == sympy.sympify(written).subs(at)


@pytest.mark.parametrize(
    "expr",
    [lambda H, K: H / 2, lambda H, K: H / K, lambda H, K: 2**H, lambda H, K: sympy.sqrt(H), lambda H, K: sympy.pi],
)
def test_what_is_no_integer(expr) -> None:  # type: ignore[no-untyped-def]
    net = Network("none")
    H, K = net.dims("H K")
    assert net._book.sizes.integer(expr(H, K), lambda: "a test") is None
    with pytest.raises(errors.InvalidSize):
        net.input("x", (expr(H, K),))


def test_symbols() -> None:
    net = Network("symbols")
    (H,) = net.dims("H")
    t = net.index("t", (1, H))
    assert size_symbol("H") == H
    assert index_symbol(net._book.axes[t]) == t
    assert str(index_symbol(net._book.axes[t], "s")) == "s"
