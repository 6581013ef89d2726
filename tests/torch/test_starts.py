"""Initial values and noise: the variances that the schemes are named for, and the same for the same seed."""

from __future__ import annotations

import math

import pytest

import symbackprop
from symbackprop import Network, Sum

VARIANCES = {"glorot_uniform": 2 / 518, "he_normal": 2 / 307, "lecun_uniform": 1 / 307}


def started(init: str) -> Network:
    net = Network("start")
    N, D = net.dims("N D")
    n, d = net.indices(n=N, d=D)
    w = net.parameter("w", (N, D), init=init)
    net.loss = Sum(w[n, d] ** 2, n, d)
    return net


def test_text() -> None:
    source = symbackprop.generate(started("lecun_normal"), "torch")
    assert '    return {"w": ("normal", (N, D), (1 / D)**0.5)}' in source.splitlines()


@pytest.mark.parametrize("init", VARIANCES)
def test_variances(init: str) -> None:
    torch = pytest.importorskip("torch")
    module = symbackprop.load(started(init), backend="torch")
    w = module.init_params(0, N=211, D=307, dtype=torch.float64)["w"]
    assert w.shape == (211, 307)
    assert w.var().item() == pytest.approx(VARIANCES[init], rel=0.03)
    if init.endswith("uniform"):
        assert w.abs().max().item() <= math.sqrt(3 * VARIANCES[init])
    assert torch.equal(w, module.init_params(torch.Generator().manual_seed(0), N=211, D=307, dtype=torch.float64)["w"])
