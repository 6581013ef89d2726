"""Penalties against NumPy's norms."""

import numpy as np
import pytest

from symbackprop import losses

from ..layers.values import normal, run

w, b, s = normal(3, 4), normal(4, seed=5), normal(seed=6)


def test_norms() -> None:
    one = run(lambda *tensors: losses.l1_penalty(*tensors), w=w, b=b, s=s).value
    two = run(lambda *tensors: losses.l2_penalty(*tensors), w=w, b=b, s=s).value
    everything = np.concatenate([w.ravel(), b, s.ravel()])
    assert one == pytest.approx(np.abs(everything).sum(), rel=1e-12)
    assert two == pytest.approx((everything**2).sum() / 2, rel=1e-12)
