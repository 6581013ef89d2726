"""What a PyTorch module computes of a network's data, by the keys that the evaluators of other modules have."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.evaluators import Key, Of, Values

_BY_NAME = (TensorKind.INPUT, TensorKind.RANDOM, TensorKind.COTANGENT)


def given(program: Program, data: Any, sizes: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """All arguments of the module's functions, by name, as tensors."""
    import torch

    def of(*kinds: TensorKind) -> dict[str, Any]:
        return {t.name: torch.tensor(np.asarray(data[t.name], dtype if t.dtype is DType.FLOAT else np.int64))
                for t in program.of_kind(*kinds)}  # fmt: skip

    return {**sizes, **of(*_BY_NAME), "params": of(TensorKind.PARAMETER), "buffers": of(TensorKind.BUFFER)}


def called(function: Any, arguments: dict[str, Any]) -> Any:
    return function(**{name: arguments[name] for name in inspect.signature(function).parameters if name in arguments})


def values(module: Any, program: Program, data: Any, sizes: Any, dtype: Any = np.float64) -> Values:
    """What `value_and_grad` or `vjp`, and `predict`, return."""
    arguments = given(program, data, sizes, dtype)
    results, gradients, *following = called(module.vjp if program.cotangents else module.value_and_grad, arguments)
    found = {Key(Of.RESULT, name): value for name, value in zip(program.results, several(results), strict=True)}
    found |= {Key(Of.GRADIENT, name): value for name, value in gradients.items()}
    found |= {Key(Of.NEXT, name): value for after in following for name, value in after.items()}
    if program.outputs:
        outputs = several(called(module.predict, arguments))
        found |= {Key(Of.PREDICTED, name): value for name, value in zip(program.outputs, outputs, strict=True)}
    return {key: value.detach().numpy() for key, value in found.items()}


def several(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


def assert_equal(found: Values, expected: Values) -> None:
    """To 1e-12 of the largest entry; what is 0 by cancellation to 1e-13."""
    assert set(found) == set(expected)
    for key, value in found.items():
        assert (value.shape, value.dtype) == (expected[key].shape, np.float64), key
        scale = np.abs(expected[key]).max(initial=0.0)
        assert np.abs(value - expected[key]).max(initial=0.0) <= 1e-12 * scale + 1e-13, key
