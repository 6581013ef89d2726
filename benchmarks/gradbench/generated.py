"""The evaluations by generated modules: gradients, products of the Hessian and of the Jacobian."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from benchmarks import step
from benchmarks.gradbench.cases import parsed
from benchmarks.gradbench.equations import NETWORKS
from benchmarks.step import Arrays, Step
from symbackprop import hessian_vector_product, jacobian_vector_product, load


def build(case: str, params: Arrays, data: dict[str, Any], backend: str = "numpy") -> Step:
    name, sizes = parsed(case)
    builder = {"kmeans": kmeans, "ba": ba, "ht": ht}.get(name)
    if builder is not None:
        return builder(params, data, backend)
    net = NETWORKS[name](*sizes) if name == "det" else NETWORKS[name]()
    return step.generated(load(net, backend=backend), params, data)


def build_c(case: str, params: Arrays, data: dict[str, Any]) -> Step:
    """The modules over C."""
    return build(case, params, data, "c")


def kmeans(params: Arrays, data: dict[str, Any], backend: str) -> Step:
    """The Hessian is diagonal, so its product with ones is its diagonal; the gradient is computed on the way."""
    module = load(hessian_vector_product(NETWORKS["kmeans"](), gradient=True), backend=backend)
    workspace, ones = module.Workspace(), np.ones_like(params["centroid"])

    def run() -> Any:
        _, found = module.value_and_grad(params, data["point"], ones, workspace=workspace)
        return found["v_centroid"] / found["centroid"]

    return Step(run, lambda result: {"direction": result})


def ba(params: Arrays, data: dict[str, Any], backend: str) -> Step:
    """Reverse mode: a cotangent for each of the two rows of a block."""
    module, count = load(NETWORKS["ba"](), wrt=list(params), backend=backend), len(params["weight"])
    workspace = module.Workspace()
    rows = [np.zeros((count, 2)) for _ in range(2)]
    rows[0][:, 0], rows[1][:, 1] = 1, 1
    ones, blocks = np.ones(count), np.empty((count, 2, 15))

    def run() -> Any:
        seen = {
            "camera": params["camera"][data["camera_of"]],
            "point": params["point"][data["point_of"]],
            "weight": params["weight"],
        }
        values, cache = module.forward(seen, data["feature"], workspace=workspace)
        for row, cotangent in enumerate(rows):
            found = module.backward(cache, d_error=cotangent, workspace=workspace)
            blocks[:, row, :11], blocks[:, row, 11:14], blocks[:, row, 14] = (found[name] for name in seen)
        found = module.backward(cache, d_weight_error=ones, workspace=workspace)
        return *values, blocks, found["weight"]

    return Step(run, lambda result: dict(zip(("error", "weight_error", "blocks", "weight_block"), result, strict=True)))


def ht(params: Arrays, data: dict[str, Any], backend: str) -> Step:
    """Forward mode, all directions at once: one for each angle, and one for either coordinate of all points on their
    triangles."""
    net = NETWORKS["ht"]()
    module = load(net, backend=backend)
    tangents = load(jacobian_vector_product(net, wrt=list(params), directions="Q"), backend=backend)
    known = inspect.signature(tangents.predict).parameters
    needed = {name: value for name, value in data.items() if name in known}  # the measured points move nothing
    first, second = module.Workspace(), tangents.Workspace()
    size, count = len(params["theta"]), len(params["u"])
    needed["v_theta"] = np.eye(size, size + 2)
    needed["v_u"] = np.tile(np.eye(2, size + 2, size), (count, 1, 1))

    def run() -> Any:
        blocks = tangents.predict(params, **needed, workspace=second)
        return module.predict(params, **data, workspace=first), blocks

    return Step(run, lambda result: {"error": result[0], "blocks": result[1]})
