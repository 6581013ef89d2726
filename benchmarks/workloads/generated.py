"""The six workloads by generated modules: in the peers' layouts, and with all that can be turned turned.

The permuted networks have weights (out, in), data with features first, images (N, H, W, C) and kernels (rows, columns,
in, out), gates by themselves and in another order, heads by themselves; the shuffled ones have every axis of every
tensor, intermediate ones too, in an order drawn at random.
"""

from __future__ import annotations

from benchmarks import step
from benchmarks.step import Arrays, Step
from benchmarks.workloads.equations import PERMUTED, SHEETS
from benchmarks.workloads.layout import Order, Sheet, given, shuffled
from symbackprop import load


def _build(sheet: Sheet, params: Arrays, data: Arrays) -> Step:
    views = sheet.views
    inner = step.generated(
        load(sheet.net),
        {name: views[name].there(value) for name, value in params.items()},
        {name: views[name].there(value) for name, value in data.items()} | sheet.sizes,
    )

    def read(result: object) -> Arrays:
        found = dict(inner.read(result)) if inner.read else {}
        loss = found.pop("loss")
        return {"loss": loss, **{name: views[name].back(value, params[name].shape) for name, value in found.items()}}

    return Step(inner.run, read)


def build(case: str, params: Arrays, data: Arrays) -> Step:
    return _build(SHEETS[case](given()), params, data)


def build_permuted(case: str, params: Arrays, data: Arrays) -> Step:
    return _build(PERMUTED[case](), params, data)


def build_shuffled(case: str, params: Arrays, data: Arrays) -> Step:
    order: Order = shuffled(1)
    return _build(SHEETS[case](order), params, data)
