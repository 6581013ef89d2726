"""Arguments to time a module with: drawn at sizes that may be large, as data that are met in practice look."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop.interpret import Interpreter
from symbackprop.terms.program import DType, Program, Tensor, TensorKind

__all__ = ["step_of"]

Array = np.ndarray[Any, Any]


def step_of(module: ModuleType, program: Program, sizes: Mapping[str, int], seed: int = 0) -> Callable[[], Any]:
    """A step, all arguments made: the loss or outputs, and all gradients, in float32, with one workspace."""
    rng = np.random.default_rng(seed)
    reader = Interpreter(program, sizes, {})
    function = module.vjp if program.cotangents else module.value_and_grad
    given: dict[str, Any] = {
        tensor.name: _drawn(program, tensor, reader, rng)
        for tensor in program.of_kind(TensorKind.INPUT, TensorKind.COTANGENT)
    }
    given |= sizes
    given["params"] = _initial(module.init_params, sizes, rng)
    if program.of_kind(TensorKind.BUFFER):
        given["buffers"] = _initial(module.init_buffers, sizes, rng)
    known = inspect.signature(function).parameters
    called = {name: value for name, value in given.items() if name in known}
    if "rng" in known:
        called["rng"] = rng
    workspace = module.Workspace()
    return lambda: function(**called, workspace=workspace)


def _initial(make: Callable[..., dict[str, Array]], sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    known = inspect.signature(make).parameters
    more = {"rng": rng} if "rng" in known else {}
    return make(**more, **{name: size for name, size in sizes.items() if name in known})


def _drawn(program: Program, tensor: Tensor, reader: Interpreter, rng: np.random.Generator) -> Array:
    """Normal numbers; where something is assumed of them, positive ones that add to 1 along the last axis."""
    _, shape = reader.box(tensor)
    if tensor.dtype is DType.INT:
        high = 2 if tensor.high is None else reader.size(tensor.high)
        return rng.integers(0, max(1, high), shape)
    values = rng.standard_normal(shape, np.float32)
    if shape and any(tensor.name in fact.condition.tensors for fact in program.assumptions):
        values = np.exp(values)
        values /= values.sum(axis=-1, keepdims=True)
    return values
