"""What is timed: a step is the loss (or value) and all gradients of one case, as one contender computes it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Step:
    """`run()` is timed; `read` makes of its result a dict of arrays by name, in the layout of the case, "loss" among
    them. None where nothing is to be compared (the matrix products alone).
    """

    run: Callable[[], Any]
    read: Callable[[Any], Mapping[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases, and who computes them.

    `make(case)`: parameters and data in float64, which each contender gets in `dtype`. `contenders`: by name, where
    its `build(case, params, data)` stands, as "module" or "module:function"; imported in its own process only. `base`
    is what others are compared with, `reference` whose gradients, in float64, are the right ones.
    """

    cases: tuple[str, ...]
    make: Callable[[str], tuple[Arrays, Arrays]]
    contenders: Mapping[str, str]
    base: str
    reference: str
    dtype: str = "float32"
    tolerance: float = 1e-4
    default: tuple[str, ...] = ()  # the contenders of a plain run, all if empty


def cast(arrays: Arrays, dtype: str) -> Arrays:
    """Float arrays in the dtype; all else as it is."""
    return {
        name: value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
        for name, value in arrays.items()
    }


def generated(module: ModuleType, params: Arrays, data: Mapping[str, Any]) -> Step:
    """A step of a generated module of a loss, its arrays reused through a workspace."""
    workspace, step = module.Workspace(), module.value_and_grad
    known = inspect.signature(step).parameters
    given = {name: value for name, value in data.items() if name in known}

    def run() -> Any:
        return step(params, **given, workspace=workspace)

    return Step(run, lambda result: {"loss": result[0], **result[1]})
