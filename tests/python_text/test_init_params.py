"""Initial values: their shapes, and the variances that the schemes are named for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from symbackprop import Network, Sum, load

SIZES = {"N": 211, "D": 307}
FAN_IN, FAN_OUT = SIZES["D"], SIZES["N"]
VARIANCES = {
    "glorot_uniform": 2 / (FAN_IN + FAN_OUT), "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "he_uniform": 2 / FAN_IN, "he_normal": 2 / FAN_IN, "lecun_uniform": 1 / FAN_IN, "lecun_normal": 1 / FAN_IN,
}  # fmt: skip


def started(init: object, rank: int = 2) -> np.ndarray:
    net = Network("start")
    dims = net.dims("N D")
    n, d = net.indices(n=dims[0], d=dims[1])
    w = net.parameter("w", dims[:rank], init=init)
    x = net.input("x", dims)
    net.loss = Sum(w[(n, d)[:rank]] * x[n, d], n, d)
    module = load(net)
    return np.asarray(module.init_params(0, dtype=np.float64, **{d.name: SIZES[d.name] for d in dims[:rank]})["w"])


@pytest.mark.parametrize("scheme", VARIANCES)
def test_variances(scheme: str) -> None:
    w = started(scheme)
    assert w.shape == (211, 307)
    assert abs(w.mean()) < 5 * math.sqrt(VARIANCES[scheme] / w.size)
    np.testing.assert_allclose(w.var(), VARIANCES[scheme], rtol=0.03)
    if scheme.endswith("uniform"):
        assert np.abs(w).max() <= math.sqrt(3 * VARIANCES[scheme])


def test_constants_and_what_is_not_said() -> None:
    np.testing.assert_array_equal(started("zeros"), np.zeros((211, 307)))
    np.testing.assert_array_equal(started("ones", 1), np.ones(211))
    np.testing.assert_array_equal(started(None, 1), np.zeros(211))
    np.testing.assert_allclose(started(None).var(), VARIANCES["glorot_uniform"], rtol=0.03)
