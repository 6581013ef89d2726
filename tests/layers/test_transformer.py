"""The transformer block is its branches put together: NumPy's norms and products, attention by `test_attention`."""

import numpy as np
import pytest
from sympy import tanh

from symbackprop import layers

from .test_attention import attended
from .values import Arrays, normal, run


def norm(x: np.ndarray, w: Arrays, name: str) -> np.ndarray:
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    return x * w[f"gamma_{name}"] + w[f"beta_{name}"]


def attention(x: np.ndarray, w: Arrays) -> np.ndarray:
    q, k, v = (np.einsum("nti,adi->natd", x, w[f"W{p}_attention1"]) + w[f"b{p}_attention1"][:, None, :] for p in "qkv")
    return np.einsum("ead,natd->nte", w["Wo_attention1"], attended(q, k, v)) + w["bo_attention1"]


def mlp(x: np.ndarray, w: Arrays) -> np.ndarray:
    return np.tanh(x @ w["W_hidden1"].T + w["b_hidden1"]) @ w["W_mlp1"].T + w["b_mlp1"]


@pytest.mark.parametrize("norm_first", [True, False])
def test_branches(norm_first: bool) -> None:
    x = normal(2, 3, 4)
    found = run(lambda x: layers.transformer_block(x, heads=2, hidden=5, activation=tanh, norm_first=norm_first), x=x)
    w, y = found.given, x
    for part, branch in (("attention_norm1", attention), ("mlp_norm1", mlp)):
        y = y + branch(norm(y, w, part), w) if norm_first else norm(y + branch(y, w), w, part)
    np.testing.assert_allclose(found.value, y, rtol=1e-11)
