"""Random sums over products, maxima and masks in storage: position by position what the values are."""

from __future__ import annotations

import random
from collections.abc import Iterable

import numpy as np
import pytest

from symbackprop import Network, Sum
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.values import Contract, MapOp
from symbackprop.numpy import array
from symbackprop.numpy.array import Statement, statements_in
from symbackprop.numpy.check_statements import check
from symbackprop.numpy.function import store, store_module
from symbackprop.terms.poly import Index
from tests.lower.made import SIZES, d, data, define, e, function, n, random_value, read
from tests.numpy.positions import executed, run
from tests.numpy.test_layout import values_of


@pytest.mark.parametrize("seed", range(60))
def test_values(seed: int) -> None:
    values = function(define("y", random_value(random.Random(seed), 3)))
    stored = store(values)
    check(stored)
    expected = evaluate(values, SIZES, data())["y"]
    scale = np.abs(expected).max(initial=1)
    for found in (run(stored, SIZES, data()), executed(stored, SIZES, data())):
        np.testing.assert_allclose(found["y"], expected, rtol=0, atol=1e-13 * scale)


def test_the_cheapest_pair_goes_first() -> None:
    """Σ_e x[n, e]·V[d, e]·V[e, e]: the factor without n or d is no matrix of its own for the product of the others."""
    value = Contract((read("x", n, e), read("V", d, e), read("V", e, e)), (e,), False)
    products = [s for s in statements_in(store(function(define("y", value))).body) if isinstance(s, array.Contract)]
    assert len(products) == 1
    assert {axis.name for axis in products[0].inner} == {"e"}


def statements(*subscripts: str) -> list[Statement]:
    """Of y = Σ of the product of a and b, each with the axes of the letters; the first are the result's."""
    net = Network("product")
    dims = dict(zip("hwfcn", net.dims("H W F C N"), strict=True))
    axes = net.indices(**dims)
    table = dict(zip("hwfcn", axes, strict=True))
    out, *factors = ([table[letter] for letter in letters] for letters in subscripts)
    given = [
        net.input(name, tuple(dims[letter] for letter in letters))
        for name, letters in zip("ab", subscripts[1:], strict=True)
    ]
    summed = [index for index in axes if index not in out and any(index in factor for factor in factors)]
    y, scale = net.tensor("y"), net.parameter("s", ())
    product = given[0][tuple(factors[0])] * given[1][tuple(factors[1])]
    y[tuple(out)] = Sum(product, *summed)
    net.loss = Sum(scale[()] * y[tuple(out)], *out)
    forward = store_module(values_of(net)).forward
    check(forward)
    return list(statements_in(forward.body))


def sizes(window: array.Array, axes: Iterable[Index]) -> list[str]:
    return [str(window.extent(axis)) for axis in axes]


def copies(body: list[Statement]) -> int:
    return sum(isinstance(s, array.Map) and s.op is MapOp.COPY and isinstance(s.args[0], array.Array) for s in body)


def test_what_lies_outside_of_all_others_is_a_product_for_each_position() -> None:
    """Σ_{h,w} a[h, f, w]·b[h, c, w] would be one product of copies."""
    body = statements("fc", "hfw", "hcw")
    (product,) = (s for s in body if isinstance(s, array.Contract))
    assert sizes(product.left, product.batch) == ["H"]
    assert sizes(product.left, product.inner) == ["W"]
    assert any(isinstance(s, array.Fold) and set(s.source.axes) - set(s.out.axes) == set(product.batch) for s in body)
    assert not copies(body)


def test_one_product_where_none_is_copied() -> None:
    (product,) = (s for s in statements("fc", "hwf", "hwc") if isinstance(s, array.Contract))
    assert not product.batch
    assert sizes(product.left, product.inner) == ["H", "W"]


def test_rather_the_result_than_a_larger_factor_is_written_in_another_order() -> None:
    """y[n, f, c] = Σ_{h,w} a[h, w, c, f]·b[h, w, n]: c and f are one axis of a in its own order alone."""
    body = statements("nfc", "hwcf", "hwn")
    (product,) = (s for s in body if isinstance(s, array.Contract))
    kept = product.rows if len(product.rows) == 2 else product.columns
    assert sizes(product.out, kept) == ["C", "F"]
