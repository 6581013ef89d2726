"""What computes a network's values and gradients from data: a generated module, in one style or the other."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.data import Data

Array = np.ndarray[Any, Any]
_BY_NAME = (TensorKind.INPUT, TensorKind.RANDOM, TensorKind.COTANGENT)  # arguments by their own names


class Of(Enum):
    """What is computed of a tensor."""

    RESULT = "result"  # the loss, or an output of a layer
    GRADIENT = "gradient"
    PREDICTED = "predict"  # an output, by `predict`
    NEXT = "next"  # value of a buffer


@dataclass(frozen=True, slots=True)
class Key:
    """One of the arrays that a network's module computes."""

    of: Of
    tensor: str

    def __str__(self) -> str:
        """As reports name it."""
        match self.of:
            case Of.PREDICTED:
                return f"predict: {self.tensor}"
            case Of.NEXT:
                return f"next {self.tensor}"
            case _:
                return self.tensor


Values = dict[Key, Array]


class Evaluator(Protocol):
    """Loss and gradients at data given by tensor name (float64; integers for integer inputs)."""

    def loss(self, data: Data) -> float: ...

    def gradients(self, data: Data) -> dict[str, Array]: ...


class ModuleEvaluator:
    """A generated module (contract: forward, backward). Every float is passed in `dtype`."""

    computes = frozenset(Of)

    def __init__(
        self, module: ModuleType, program: Program, sizes: Mapping[str, int], dtype: type[np.floating[Any]] = np.float64
    ) -> None:
        self.module, self.program, self.sizes, self.dtype = module, program, dict(sizes), dtype

    def call(self, function: str, data: Data, **more: Any) -> Any:
        """What a function of the module returns, called with those of sizes and data that it takes, and `more`."""
        called = getattr(self.module, function)
        given = self._arguments(data)
        return called(**{name: given[name] for name in inspect.signature(called).parameters if name in given}, **more)

    def _arguments(self, data: Data) -> dict[str, Any]:
        def of(*kinds: TensorKind) -> dict[str, Array]:
            return {t.name: self._typed(data[t.name], t.dtype) for t in self.program.of_kind(*kinds)}

        params, buffers = of(TensorKind.PARAMETER), of(TensorKind.BUFFER)
        return {**self.sizes, **of(*_BY_NAME), "params": params, "buffers": buffers}

    def _typed(self, values: Array, dtype: DType) -> Array:
        return np.asarray(values, dtype=self.dtype if dtype is DType.FLOAT else np.int64)

    def values(self, data: Data) -> Values:
        """All that the module computes."""
        found, cache = self.forward(data)
        values = {Key(Of.RESULT, name): value for name, value in found.items()}
        values |= {Key(Of.GRADIENT, name): value for name, value in self.backward(cache, data).items()}
        if self.program.updates:
            buffers = self.call("next_buffers", data, cache=cache)
            values |= {Key(Of.NEXT, name): np.array(value) for name, value in buffers.items()}
        if self.program.outputs:
            outputs = by_name(self.program.outputs, self.call("predict", data))
            values |= {Key(Of.PREDICTED, name): np.array(value) for name, value in outputs.items()}
        return values

    def forward(self, data: Data) -> tuple[dict[str, Array], Any]:
        """(the loss, or a layer's outputs, by name; the cache)."""
        found, cache = self.call("forward", data)
        return by_name(self.program.results, found), cache

    def backward(self, cache: Any, data: Data) -> dict[str, Array]:
        """The gradients, with the cotangents among the data for those of a layer."""
        return {name: np.array(v, copy=True) for name, v in self.call("backward", data, cache=cache).items()}

    def loss(self, data: Data) -> float:
        """That of the network; of a layer the inner product of its outputs with the cotangents."""
        found, _ = self.forward(data)
        if not self.program.cotangents:
            return float(found[self.program.results[0]])
        return float(sum(np.sum(found[output] * data[name]) for output, name in self.program.cotangents))

    def gradients(self, data: Data) -> dict[str, Array]:
        return self.backward(self.forward(data)[1], data)


class PlainEvaluator(ModuleEvaluator):
    """A module in the plain style: one function that returns results, gradients and next buffers at once."""

    computes = frozenset(Of) - {Of.PREDICTED}
    functions = ("loss_and_gradients", "layer_and_gradients")  # of a network with a loss, of a layer

    def values(self, data: Data) -> Values:
        found, (gradients, *following) = self.forward(data)
        values = {Key(Of.RESULT, name): value for name, value in found.items()}
        values |= {Key(Of.GRADIENT, name): value for name, value in gradients.items()}
        for buffers in following:
            values |= {Key(Of.NEXT, name): np.asarray(value).copy() for name, value in buffers.items()}
        return values

    def forward(self, data: Data) -> tuple[dict[str, Array], Any]:
        """(the loss, or a layer's outputs, by name; gradients and next buffers)."""
        function = self.functions[bool(self.program.cotangents)]
        found, gradients, *following = self.call(function, data)
        results = by_name(self.program.results, found)
        return results, ({name: np.asarray(value).copy() for name, value in gradients.items()}, *following)

    def backward(self, cache: Any, data: Data) -> dict[str, Array]:
        gradients: dict[str, Array] = cache[0]
        return gradients


class StepEvaluator(PlainEvaluator):
    """A module on arrays of another library, which gives results, gradients and next buffers at once."""

    computes = frozenset(Of)
    functions = ("value_and_grad", "vjp")

    def values(self, data: Data) -> Values:
        values = super().values(data)
        if self.program.outputs:
            outputs = by_name(self.program.outputs, self.call("predict", data))
            values |= {Key(Of.PREDICTED, name): np.asarray(value).copy() for name, value in outputs.items()}
        return values


def by_name(names: Sequence[str], found: Any) -> dict[str, Array]:
    """What a function returns, one array or a tuple of several, by the names of its results."""
    arrays = found if len(names) > 1 else (found,)
    return {name: np.asarray(array) for name, array in zip(names, arrays, strict=True)}
