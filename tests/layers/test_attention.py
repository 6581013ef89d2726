"""Attention against NumPy's softmax of matrix products."""

import numpy as np
import pytest

from symbackprop import layers

from .values import normal, run, softmax

q, k, v = normal(2, 4, 3, 5), normal(2, 2, 6, 5, seed=4), normal(2, 2, 6, 7, seed=5)


def attended(q: np.ndarray, k: np.ndarray, v: np.ndarray, allowed: np.ndarray | bool = True) -> np.ndarray:
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    return softmax(np.where(allowed, scores, -np.inf)) @ v


def test_heads_share_keys() -> None:
    found = run(layers.scaled_dot_product_attention, q=q, k=k, v=v).value
    np.testing.assert_allclose(found, attended(q, k.repeat(2, axis=1), v.repeat(2, axis=1)), rtol=1e-12)


@pytest.mark.parametrize("mask", ["causal", "keys", "pairs"])
def test_masks(mask: str) -> None:
    keys, values = k.repeat(2, axis=1), v.repeat(2, axis=1)
    seen = np.array([[1, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0]])
    pairs = np.array([[1, 1, 0, 0, 1, 0], [1, 0, 1, 1, 1, 1], [0, 1, 0, 1, 0, 0]])
    options = {"causal": mask == "causal"}
    given = {"keys": {"key_mask": seen}, "pairs": {"attn_mask": pairs}}.get(mask, {})
    names = list(given)
    found = run(
        lambda q, k, v, *masks: layers.scaled_dot_product_attention(
            q, k, v, **dict(zip(names, masks, strict=True)), **options
        ),
        q=q, k=keys, v=values, **given,
    )  # fmt: skip
    allowed = {"causal": np.tri(3, 6, dtype=bool), "keys": seen[:, None, None, :] > 0, "pairs": pairs > 0}[mask]
    np.testing.assert_allclose(found.value, attended(q, keys, values, allowed), rtol=1e-12)


def test_many_heads() -> None:
    x = normal(2, 3, 4)
    found = run(lambda x: layers.multi_head_attention(x, heads=2), x=x)
    w = found.given
    parts = {p: np.einsum("nti,adi->natd", x, w[f"W{p}1"]) + w[f"b{p}1"][:, None, :] for p in "qkv"}
    heads = attended(parts["q"], parts["k"], parts["v"])
    np.testing.assert_allclose(found.value, np.einsum("ead,natd->nte", w["Wo1"], heads) + w["bo1"], rtol=1e-12)
