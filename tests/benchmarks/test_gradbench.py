"""The evaluations of GradBench against what is known of them in closed form, and against PyTorch and JAX."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.gradbench import SUITE
from benchmarks.gradbench.cases import MAKERS, SIZES
from benchmarks.gradbench.generated import build
from benchmarks.race import difference

SMALL = {
    "gmm": (3, 2, 7), "kmeans": (3, 40, 2), "lstm": (2, 6, 3), "llsq": (9, 4), "lse": (11,), "ode": (5, 7), "det": (4,),
    "ba": (2, 5, 11), "ht": (13, 7),
}  # fmt: skip


def made(name):
    params, data = MAKERS[name](np.random.default_rng(3), *SMALL[name])
    case = f"{name}:{','.join(map(str, SMALL[name]))}"
    step = build(case, params, data)
    return params, data, {key: np.asarray(value) for key, value in step.read(step.run()).items()}


def test_the_gradient_of_a_determinant_is_its_cofactors():
    params, _, found = made("det")
    A = params["A"]
    assert found["loss"] == pytest.approx(np.linalg.det(A))
    assert found["A"] == pytest.approx(np.linalg.det(A) * np.linalg.inv(A).T)


def test_newtons_step_of_k_means_leads_to_the_means():
    params, data, found = made("kmeans")
    nearest = ((data["point"][:, None] - params["centroid"]) ** 2).sum(2).argmin(1)
    means = np.stack([data["point"][nearest == k].mean(0) for k in range(len(params["centroid"]))])
    assert params["centroid"] - found["direction"] == pytest.approx(means)


def test_the_gradient_of_log_sum_exp_is_softmax():
    params, _, found = made("lse")
    shifted = np.exp(params["x"] - params["x"].max())
    assert found["loss"] == pytest.approx(params["x"].max() + np.log(shifted.sum()))
    assert found["x"] == pytest.approx(shifted / shifted.sum())


def test_least_squares_has_the_gradient_of_the_normal_equations():
    params, data, found = made("llsq")
    t = np.linspace(-1, 1, data["N"])
    powers = np.vander(t, len(params["x"]), increasing=True)
    rest = powers @ params["x"] - np.sign(t)
    assert found["loss"] == pytest.approx(rest @ rest / 2)
    assert found["x"] == pytest.approx(powers.T @ rest)


def test_the_chain_of_equations_is_a_product():
    """yᵢ(2) = x₀ ⋯ xᵢ 2ⁱ⁺¹/(i + 1)!, exactly as far as the method's order goes, and here to its error."""
    params, _, found = made("ode")
    x = params["x"]
    assert found["loss"] == pytest.approx(x.prod() * 2**5 / 120, rel=1e-2)
    assert found["x"] == pytest.approx(found["loss"] / x)


@pytest.mark.parametrize("name", ["gmm", "lstm"])
def test_a_gradient_is_the_slope_of_its_value(name):
    params, data, found = made(name)
    case = f"{name}:{','.join(map(str, SMALL[name]))}"
    rng = np.random.default_rng(4)
    for key, value in params.items():
        direction = np.tril(rng.normal(size=value.shape), -1) if key == "lower" else rng.normal(size=value.shape)

        def loss(sign, key=key, value=value, direction=direction):
            return build(case, {**params, key: value + sign * 1e-6 * direction}, data).run()[0]

        assert (loss(1) - loss(-1)) / 2e-6 == pytest.approx((found[key] * direction).sum(), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", ["ba", "ht"])
def test_blocks_are_the_slopes_of_errors(name):
    params, data, found = made(name)
    case = f"{name}:{','.join(map(str, SMALL[name]))}"
    rng = np.random.default_rng(5)
    if name == "ba":
        d_camera, d_point, d_weight = (rng.normal(size=params[key].shape) for key in ("camera", "point", "weight"))
        moved = {"camera": d_camera, "point": d_point, "weight": d_weight}
        along = np.concatenate([d_camera[data["camera_of"]], d_point[data["point_of"]], d_weight[:, None]], 1)
    else:
        moved = {"theta": rng.normal(size=26), "u": rng.normal(size=params["u"].shape)}
        along = np.concatenate([np.tile(moved["theta"], (len(params["u"]), 1)), moved["u"]], 1)

    def error(sign):
        step = build(case, {key: value + sign * 1e-6 * moved[key] for key, value in params.items()}, data)
        return np.array(step.read(step.run())["error"])

    assert (error(1) - error(-1)) / 2e-6 == pytest.approx(
        np.einsum("per,pr->pe", found["blocks"], along), rel=1e-4, abs=1e-5
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # PyTorch's forward mode
@pytest.mark.parametrize("framework", ["pytorch", "jax"])
@pytest.mark.parametrize("name", SIZES)
def test_frameworks_agree(name, framework):
    pytest.importorskip({"pytorch": "torch"}.get(framework, framework))
    from importlib import import_module

    case = f"{name}:{','.join(map(str, SMALL[name]))}"
    params, data, expected = made(name)
    step = import_module(SUITE.contenders[framework]).build(case, params, data)
    assert difference({key: np.asarray(value) for key, value in step.read(step.run()).items()}, expected) < 1e-8
