"""The six workloads by generated modules: in the peers' layouts, and with all that can be turned turned.

The permuted networks have weights (out, in), data with features first, images (N, H, W, C) and kernels (rows, columns,
in, out), gates by themselves and in another order, heads by themselves; the shuffled ones have every axis of every
tensor, intermediate ones too, in an order drawn at random; the fixed ones are written for the sizes of the data.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import Any

from benchmarks import step
from benchmarks.step import Arrays, Step
from benchmarks.workloads.equations import PERMUTED, SHEETS
from benchmarks.workloads.layout import Order, Sheet, given, shuffled
from symbackprop import load


def _build(sheet: Sheet, params: Arrays, data: Arrays, fixed: bool = False, backend: str = "numpy") -> Step:
    """`fixed`: whether the module is written for the sizes of the data."""
    views, module = sheet.views, load(sheet.net, backend=backend)
    params_there = {name: views[name].there(value) for name, value in params.items()}
    data_there = {name: views[name].there(value) for name, value in data.items()}
    if fixed:
        module = load(sheet.net, dims=_sizes(module, params_there | data_there) | sheet.sizes)
    inner = step.generated(module, params_there, data_there | sheet.sizes)

    def read(result: object) -> Arrays:
        found = dict(inner.read(result)) if inner.read else {}
        loss = found.pop("loss")
        return {"loss": loss, **{name: views[name].back(value, params[name].shape) for name, value in found.items()}}

    return Step(inner.run, read)


def _sizes(module: ModuleType, arrays: Arrays) -> dict[str, int]:
    """Those that the shapes of the arrays are."""
    tables = {**module.PARAMETERS, **module.INPUTS}
    pairs = (pair for name, (shape, _) in tables.items() for pair in zip(shape, arrays[name].shape, strict=True))
    return {size: extent for size, extent in pairs if size in module.DIMS}


def build(case: str, params: Arrays, data: Arrays) -> Step:
    return _build(SHEETS[case](given()), params, data)


def build_c(case: str, params: Arrays, data: Arrays) -> Step:
    """The module over C, compiled for the sizes of the data."""
    return _build(SHEETS[case](given()), params, data, backend="c")


def build_fixed(case: str, params: Arrays, data: Arrays) -> Step:
    return _build(SHEETS[case](given()), params, data, fixed=True)


def build_jax(case: str, params: Arrays, data: Arrays) -> Step:
    """The module in JAX, compiled by `jit`."""
    import jax

    sheet = SHEETS[case](given())
    views, module = sheet.views, load(sheet.net, backend="jax")
    params_there = {name: jax.numpy.asarray(views[name].there(value)) for name, value in params.items()}
    data_there = {name: jax.numpy.asarray(views[name].there(value)) for name, value in data.items()}
    step = jax.jit(partial(module.value_and_grad, **sheet.sizes))

    def read(result: Any) -> Arrays:
        loss, found = result
        return {"loss": loss, **{name: views[name].back(value, params[name].shape) for name, value in found.items()}}

    return Step(lambda: jax.block_until_ready(step(params_there, **data_there)), read)


def build_permuted(case: str, params: Arrays, data: Arrays) -> Step:
    return _build(PERMUTED[case](), params, data)


def build_shuffled(case: str, params: Arrays, data: Arrays) -> Step:
    order: Order = shuffled(1)
    return _build(SHEETS[case](order), params, data)
