"""What tells places apart, against NumPy's complex rotations and sinusoids."""

import numpy as np
import pytest

from symbackprop import layers

from .values import normal, run

x = normal(2, 5, 6)
ANGLES = np.arange(5)[:, None] * 10000.0 ** (-2 * np.arange(3) / 6)


@pytest.mark.parametrize("interleaved", [True, False])
def test_rotary_turns_pairs_as_complex_numbers(interleaved: bool) -> None:
    found = run(lambda x: layers.rotary(x, interleaved=interleaved), x=x).value
    pairs = (lambda a: (a[..., ::2], a[..., 1::2])) if interleaved else (lambda a: (a[..., :3], a[..., 3:]))
    left, right = pairs(x)
    turned = (left + 1j * right) * np.exp(1j * ANGLES)
    np.testing.assert_allclose(pairs(found)[0], turned.real, rtol=1e-12)
    np.testing.assert_allclose(pairs(found)[1], turned.imag, rtol=1e-12)


def test_sinusoids() -> None:
    found = run(layers.sinusoidal_positions, x=x).value - x
    np.testing.assert_allclose(found[:, :, ::2], np.broadcast_to(np.sin(ANGLES), (2, 5, 3)), atol=1e-12)
    np.testing.assert_allclose(found[:, :, 1::2], np.broadcast_to(np.cos(ANGLES), (2, 5, 3)), atol=1e-12)


def test_learned() -> None:
    found = run(layers.learned_positions, x=x)
    np.testing.assert_allclose(found.value, x + found.given["P1"], rtol=1e-12)
