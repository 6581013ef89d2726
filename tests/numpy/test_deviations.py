"""Sums of squared and of weighted differences without storage for the differences: as many digits as with it."""

from __future__ import annotations

import tracemalloc
from types import ModuleType

import numpy as np
import pytest

from symbackprop import generate, load, verify
from symbackprop.stages import derived_of
from symbackprop.verify.data import draw
from tests.lower.differing import CASES, assigned, nearest
from workshop.fuzz.modules import compare_module, generated_source, load_module, reference_values

DATA = ("uniform", "offset", "clusters", "scales", "twins", "tiny")


def made(kind: str, N: int, K: int, D: int, dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Points and centres: far from 0, in clusters far from each other, of different scales, some equal, very small."""
    rng = np.random.default_rng(3)
    c = rng.normal(size=(K, D))
    p = rng.normal(size=(N, D))
    match kind:
        case "offset":
            p, c = p + 1e3, c + 1e3
        case "clusters":
            c *= 1e3
            p = c[rng.integers(0, K, N)] + 0.1 * p
        case "scales":
            p, c = p * 10.0 ** np.linspace(-4, 4, D), c * 10.0 ** np.linspace(-4, 4, D)
        case "twins":
            p[: N // 2] = c[rng.integers(0, K, N // 2)]
        case "tiny":
            p, c = p * np.finfo(dtype).tiny, c * np.finfo(dtype).tiny
    return p.astype(dtype), c.astype(dtype)


def exact(array: np.ndarray) -> np.ndarray:
    return array.astype(np.longdouble)


@pytest.fixture(scope="module")
def modules() -> dict[str, ModuleType]:
    return {"nearest": load(nearest()), "assigned": load(assigned())}


@pytest.mark.parametrize("sizes", [(300, 20, 6), (40, 700, 3), (9, 3, 2), (5000, 30, 2), (2, 3, 9000)])
@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances(modules: dict[str, ModuleType], dtype: type, kind: str, sizes: tuple[int, int, int]) -> None:
    p, c = made(kind, *sizes, dtype)
    found = modules["nearest"].predict({"p": p, "c": c})
    expected = np.stack([((exact(p) - row) ** 2).sum(axis=1) for row in exact(c)], axis=1)
    np.testing.assert_allclose(found, expected.astype(float), rtol=(30 + 0.1 * sizes[2]) * np.finfo(dtype).eps,
                               atol=4 * np.finfo(dtype).smallest_subnormal)  # fmt: skip
    assert (found[expected == 0] == 0).all()


@pytest.mark.parametrize("sizes", [(300, 20, 6), (40, 700, 3), (9, 3, 2), (5000, 30, 2)])
@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("signs", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weighted(
    modules: dict[str, ModuleType], dtype: type, signs: bool, kind: str, sizes: tuple[int, int, int]
) -> None:
    """Relative to the differences that are added up, not to the numbers that are subtracted. Weights as those of what
    is nearest: 0 for most; or of either sign."""
    (p, c), rng = made(kind, *sizes, dtype), np.random.default_rng(4)
    between = exact(p)[:, None] - exact(c)
    w = (between**2).sum(axis=2) == (between**2).sum(axis=2).min(axis=1, keepdims=True)
    w = (rng.normal(size=w.shape) if signs else w).astype(dtype)
    _, gradients = modules["assigned"].value_and_grad({"c": c, "w": w}, p=p)
    expected = -2 * np.einsum("nk,nkd->kd", exact(w), between)
    size = np.sqrt(np.einsum("nk,nkd->kd", np.abs(exact(w)), between**2) * np.abs(exact(w)).sum(axis=0)[:, None])
    error = np.abs(exact(gradients["c"]) - expected)
    assert (error <= 64 * np.finfo(dtype).eps * size + 4 * sizes[0] * np.finfo(dtype).smallest_subnormal).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("of", ["p", "c"])
def test_what_is_not_finite_stays_where_it_is(modules: dict[str, ModuleType], bad: float, of: str) -> None:
    p, c = made("uniform", 300, 20, 6, np.float32)
    {"p": p, "c": c}[of][7, 1] = bad
    with np.errstate(all="ignore"):
        found = modules["nearest"].predict({"p": p, "c": c})
        expected = ((p[:, None] - c) ** 2).sum(axis=2)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    w = np.ones((300, 20), np.float32)
    with np.errstate(all="ignore"):
        _, gradients = modules["assigned"].value_and_grad({"c": c, "w": w}, p=p)
        expected = -2 * (p[:, None] - c).sum(axis=0)
    np.testing.assert_allclose(gradients["c"], expected, rtol=1e-3, atol=1e-2)


def test_no_warnings_of_its_own() -> None:
    p, c = made("uniform", 300, 20, 6, np.float32)
    with np.errstate(all="raise"):
        load(nearest()).value_and_grad({"p": p, "c": c})


@pytest.mark.parametrize("name", CASES)
def test_verified(name: str) -> None:
    report = verify(CASES[name]())
    assert report.passed, str(report)


@pytest.mark.parametrize("name", ["nearest", "flipped", "assigned", "images"])
def test_calls(name: str) -> None:
    """Nothing is allocated over three axes."""
    text = generate(CASES[name]())
    assert "    _squared_distances(" in text
    assert "    _sum_deviations(" in text
    assert "(N, K, D)" not in text.split("arrays ---", 1)[1].split("\n# ---", 1)[0]


@pytest.mark.parametrize("name", CASES)
def test_larger_than_what_is_computed_by_differences(name: str) -> None:
    """The same at sizes for which products of matrices are made."""
    program = CASES[name]().to_program()
    derived = derived_of(program)
    sizes = {dim: {"N": 40, "K": 20, "D": 30, "B": 2, "H": 20, "M": 3}[dim] for dim in program.dims}
    data = draw(program, sizes, seed=0)
    reference = reference_values(program, derived, sizes, data)
    assert reference is not None
    compare_module(load_module(generated_source(program, derived)), program, sizes, data, reference)


def test_memory() -> None:
    """Far below that of the differences, 12 million of them."""
    module, (p, c) = load(nearest()), made("uniform", 3000, 200, 20, np.float32)
    module.value_and_grad({"p": p, "c": c})
    tracemalloc.start()
    module.value_and_grad({"p": p, "c": c})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 4 * 3000 * 200
