"""What JAX writes otherwise than NumPy: arrays are replaced, positions outside are left out."""

from __future__ import annotations

import numpy as np
import pytest

from symbackprop.jax.library import JaxLibrary
from symbackprop.resources import templates
from symbackprop.terms.program import Op

LIBRARY = JaxLibrary()


def test_arrays_are_replaced() -> None:
    assert LIBRARY.written("a", "[1:]", Op.ASSIGN, "b") == "a = a.at[1:].set(b)"
    assert LIBRARY.written("a", "[1:]", Op.ACCUMULATE, "b") == "a = a.at[1:].add(b)"
    assert LIBRARY.written("a", "", Op.ACCUMULATE, "b") == "a += b"
    assert LIBRARY.written("a", "", Op.ASSIGN, "b") == "a = a.at[:].set(b)"
    assert LIBRARY.written("a", "", Op.ASSIGN, "b", scalar=True) == "a = a.at[()].set(b)"
    assert LIBRARY.scattered("a", ["i", "j"], "b") == "a = a.at[(i, j)].add(b)"


def helper(name: str) -> object:
    jax = pytest.importorskip("jax")
    known: dict[str, object] = {"jax": jax, "jnp": jax.numpy}
    text = (templates() / "jax" / "helpers" / f"{name}.py.j2").read_text(encoding="utf-8")
    exec(f"def {name}{text}", known)
    return known[name]


def test_what_lies_outside_is_left_out() -> None:
    add_inside, look_up = helper("add_inside"), helper("look_up")
    assert callable(add_inside)
    assert callable(look_up)
    places, values = np.array([-4, -1, 0, 2, 2, 3, 9]), np.array([1.0, 2, 3, 4, 5, 6, 7], np.float32)
    np.testing.assert_array_equal(add_inside(np.zeros(3, np.float32) + _array(), (places,), values), [3, 0, 9])
    np.testing.assert_array_equal(look_up(np.array([5.0, 6, 7], np.float32), places), [0, 0, 5, 7, 7, 0, 0])


def _array() -> object:
    import jax

    return jax.numpy.zeros(3, "float32")


def test_windows_are_those_of_numpy() -> None:
    windows = helper("sliding_window_view")
    assert callable(windows)
    x = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    for lengths, axis in (((2, 3), (1, 2)), (4, 2), ((3, 2), (2, 1))):
        expected = np.lib.stride_tricks.sliding_window_view(x, lengths, axis=axis)
        np.testing.assert_array_equal(windows(x, lengths, axis=axis), expected)


def test_masked_rows() -> None:
    exp_normalized = helper("exp_normalized")
    assert callable(exp_normalized)
    u = np.array([[0.0, 1], [-np.inf, -np.inf], [np.inf, 0]], np.float32)
    found = np.asarray(exp_normalized(u, u.max(axis=1)[:, None]))
    np.testing.assert_allclose(found, [[np.exp(-1), 1], [0, 0], [np.inf, 0]], rtol=1e-6)
