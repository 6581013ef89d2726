"""A generated layer inside PyTorch and JAX, where they are installed: their own checks of its gradients, and a fit."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module
    for name in ("scan", "layer_in_torch", "layer_in_jax"):
        sys.modules.pop(name, None)


def test_the_layer_itself(example):
    """The product with cotangents, against central differences of the outputs."""
    import symbackprop

    assert symbackprop.verify(example("scan").net).passed


def test_pytorch(example):
    torch = pytest.importorskip("torch")
    scan = example("layer_in_torch").scan
    torch.manual_seed(0)
    x = torch.randn(4, 2, 3, dtype=torch.float64, requires_grad=True)
    layer = scan.Module(D=3, dtype=torch.float64)
    layer(x).sum().backward()  # whose cotangent is a number, spread out
    assert x.grad.shape == x.shape
    (grad,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    grad.sum().backward()
    assert layer.w.grad.abs().min() > 0
    h = layer(x)
    h.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        h.sum().backward()


def test_pytorch_learns(example, capsys):
    pytest.importorskip("torch")
    assert example("layer_in_torch").main() < 0.1
    assert capsys.readouterr().out.startswith("gradcheck passed\nstep")


def test_jax(example):
    jax = pytest.importorskip("jax")
    from jax.test_util import check_grads

    layer = example("layer_in_jax").MODULE.layer
    rng = np.random.default_rng(0)
    params = {"w": rng.normal(size=3).astype(np.float32), "b": rng.normal(size=3).astype(np.float32)}
    x = rng.normal(size=(4, 2, 3)).astype(np.float32)
    check_grads(layer, (params, x), order=1, modes=["rev"], atol=1e-2, rtol=1e-2)
    one = jax.jit(layer)(params, x)
    np.testing.assert_allclose(jax.vmap(lambda part: layer(params, part))(np.stack([x, x]))[1], one, rtol=1e-6)


def test_jax_learns(example):
    pytest.importorskip("jax")
    assert example("layer_in_jax").main() < 0.2
