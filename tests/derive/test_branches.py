"""The gradient is that of the branch taken, at the singular points of the others, whatever parts have names."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from symbackprop import Network, derive, hessian_vector_product, load
from symbackprop.errors import UnreachedTensor
from symbackprop.interpret import Interpreter
from tests.derive.branches import Array, M, Maker, N, Oracle, Undefined, Writer, kinds

LARGE = 1000.0
VALUES = (0.0, 0.0, 1.0, -1.0, LARGE, 0.25, 2.25, 0.5, -0.5)
SHARES = {"inline": 0.0, "some named": 0.5, "all named": 1.0}
POINTS = 4


@dataclass(frozen=True)
class Point:
    """Data at which a tree is defined, and what the oracle says of it."""

    data: dict[str, Array]
    direction: dict[str, Array]
    loss: float
    gradients: dict[str, Array]
    products: dict[str, Array]

    def given(self, *names: str, dtype: type = np.float64) -> dict[str, Array]:
        return {name: self.data[name].astype(dtype) for name in names}


def points(tree: Any, rng: np.random.Generator) -> list[Point]:
    out: list[Point] = []
    for _ in range(3 * POINTS):
        data = {name: rng.choice(VALUES, N) for name in "xy"}
        data["y"] = np.where(rng.random(N) < 0.3, data["x"], data["y"])
        data["w"] = rng.choice((-2.0, 0.0, 0.5, 3.0), (N, M))
        data["c"] = np.where(data["x"][:, None] > 0, rng.choice((-1.0, 0.0, 1.0), (N, M)), -1.0)
        direction = {name: rng.choice((-1.0, 0.5, 2.0), N) for name in "xy"}
        try:
            found = {(name, n): Oracle(data, direction, (name, n)).loss(tree) for name in "xy" for n in range(N)}
        except Undefined:
            continue
        gradients = {name: np.array([found[name, n].c + 1 for n in range(N)]) for name in "xy"}
        products = {name: np.array([found[name, n].d for n in range(N)]) for name in "xy"}
        loss = found["x", 0].a + sum(float(array.sum()) for array in data.values())
        out.append(Point(data, direction, loss, gradients, products))
    return out[:POINTS]


def check(seed: int, share: float) -> int:
    """Compares everything that computes the gradients of one program; the number of points compared."""
    rng = np.random.default_rng([seed, 0xB4A])
    tree = Maker(rng).tree()
    looked_at = points(tree, rng)
    names = np.random.default_rng([seed, int(10 * share)])
    net = Writer("branches", lambda: bool(names.random() < share)).network(tree)
    try:
        module, second = load(net), load(hessian_vector_product(net))
    except UnreachedTensor:  # SymPy saw that a branch of a branch is never taken
        return 0
    for point in looked_at:
        floats = point.given("w", "c")
        value, found = module.value_and_grad(point.given("x", "y"), **floats)
        np.testing.assert_allclose(value, point.loss, rtol=1e-9)
        same(found, point.gradients, 1e-8)
        same(interpreted(net, point.data), point.gradients, 1e-8)
        single = point.given("w", "c", dtype=np.float32)
        _, found = module.value_and_grad(point.given("x", "y", dtype=np.float32), **single)
        same(found, point.gradients, 1e-3, np.maximum(abs(point.data["x"]), abs(point.data["y"])) < LARGE)
        directions = {f"v_{name}": array for name, array in point.direction.items()}
        _, found = second.value_and_grad(point.given("x", "y"), **floats, **directions)
        same(found, point.products, 1e-7)
    return len(looked_at)


def same(found: dict[str, Array], expected: dict[str, Array], tolerance: float, where: Array | None = None) -> None:
    """Finite everywhere, and equal `where` the dtype holds what the functions are of."""
    where = np.ones(N, bool) if where is None else where
    for name, array in expected.items():
        assert np.isfinite(found[name]).all(), (name, found[name], array)
        np.testing.assert_allclose(
            found[name][where], array[where], rtol=tolerance, atol=tolerance * max(1.0, float(abs(array).max())),
            err_msg=name,
        )  # fmt: skip


def interpreted(net: Network, data: dict[str, Array]) -> dict[str, Array]:
    derived = derive(net).derived
    sizes = {"N": N, "M": M}
    forward = Interpreter(derived.forward, sizes, data)
    backward = Interpreter(derived.backward, sizes, data, outer=forward)
    return {name: backward.array(adjoint) for name, adjoint in derived.backward.wrt}


def quietly(seed: int, share: float) -> int:
    """`check`, with floating-point errors as exceptions but in the losers of a reduced maximum, which are computed."""
    tree = Maker(np.random.default_rng([seed, 0xB4A])).tree()
    answer = "ignore" if "best" in kinds(tree) else "raise"
    with np.errstate(divide=answer, over=answer, invalid=answer):
        return check(seed, share)


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_of_the_branch_taken(seed: int, share: float) -> None:
    assert quietly(seed, share)


def main(first: int, last: int) -> None:
    """`python -m tests.derive.test_branches 0 1000`: as many programs as one likes."""
    compared = 0
    for seed in range(first, last):
        compared += sum(quietly(seed, share) for share in SHARES.values())
        print(f"\r{3 * (seed + 1 - first)} networks, {compared} points: no difference", end="", flush=True)
    print()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
