"""Functions of networks as values, at sizes that are numbers, with data: what nests are made of in these tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from symbackprop.c.nests import NestFunction
from symbackprop.lower.evaluate_values import evaluate
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.values import Function
from symbackprop.sources import c_values
from tests.c.compiling import example
from tests.c.interpreting import Interpreter

# with recurrences, windows, gathers, scatters, choices by loop variables, buffers, noise; and plain ones
SOME = ("mlp", "lenet", "rnn", "lstm", "crf", "ctc_speech", "embedding", "gru_seq2seq", "resnet", "vae", "moe",
        "attention", "wavenet", "transformer_block")  # fmt: skip

Array = Any


@cache
def values_of(name: str) -> ModuleIR[Function]:
    return c_values(example(name).program)


@cache
def reference(name: str) -> dict[str, Array]:
    """Every tensor, as the values themselves compute it: forward, then backward."""
    module, data = values_of(name), dict(example(name).data)
    found = {**data, **evaluate(module.forward, {}, data)}
    return {**found, **evaluate(module.backward, {}, found)}


def kept(module: ModuleIR[Function]) -> set[str]:
    return {*module.cached, *module.results, *(adjoint for _, adjoint in module.gradients),
            *(new for _, new in module.program.updates)}  # fmt: skip


def check_nests(name: str, change: Callable[[NestFunction, set[str]], NestFunction], opened: Any) -> None:
    """That what forward leaves and backward returns is what the values compute, after the change."""
    module, expected = values_of(name), reference(name)
    for function in (module.forward, module.backward):
        nests = change(opened(function, module.program), kept(module))
        given = {each: expected[each] for each in nests.given}
        found = Interpreter(nests, given).run()
        for each in kept(module) & found.keys() & function.tensors.keys():
            same(found[each], expected[each], f"{name}: {each}")


def same(found: Array, expected: Array, what: str) -> None:
    expected = np.asarray(expected)
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1e-6)  # below which it may truly be 0
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * scale, err_msg=what)


def none_changed(function: NestFunction, _: Mapping[str, object] | set[str]) -> NestFunction:
    return function
