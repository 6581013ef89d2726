"""What computes a loss and its gradients from data: a generated module, in one style or the other."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.data import Data

OTHERS = (TensorKind.INPUT, TensorKind.RANDOM, TensorKind.COTANGENT)  # that are arguments by their names


class Evaluator(Protocol):
    """Loss and gradients at data given by tensor name (float64; integers for integer inputs)."""

    def loss(self, data: Data) -> float: ...

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]: ...


class ModuleEvaluator:
    """A generated module (contract: forward, backward). Every float is passed in `dtype`. `predicts`: whether modules
    of the kind compute the outputs."""

    predicts = True

    def __init__(
        self, module: ModuleType, program: Program, sizes: Mapping[str, int], dtype: type[np.floating[Any]] = np.float64
    ) -> None:
        self.module, self.program, self.sizes, self.dtype = module, program, dict(sizes), dtype

    def arguments(self, data: Data, function: str = "forward") -> tuple[tuple[Any, ...], dict[str, Any]]:
        """(positional, keyword) arguments of one of the module's functions."""
        accepted = inspect.signature(getattr(self.module, function)).parameters
        typed = {t.name: self._typed(data[t.name], t.dtype) for t in self.program.tensors if t.name in data}
        params = {t.name: typed[t.name] for t in self.program.of_kind(TensorKind.PARAMETER)}
        others = {t.name: typed[t.name] for t in self.program.of_kind(*OTHERS)}
        keywords: dict[str, Any] = {**others, **self.sizes}
        if "buffers" in accepted:
            keywords["buffers"] = {t.name: typed[t.name] for t in self.program.of_kind(TensorKind.BUFFER)}
        return (params,), {name: value for name, value in keywords.items() if name in accepted}

    def _typed(self, values: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
        return np.asarray(values, dtype=self.dtype if dtype is DType.FLOAT else np.int64)

    def values(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        """All that the module computes: the loss or a layer's outputs by name, gradients "∂name", buffers "next name",
        outputs "predict: name"."""
        found, cache = self.forward(data)
        found |= {f"∂{name}": value for name, value in self.backward(cache, data).items()}
        if self.program.updates:
            found |= {f"next {name}": np.array(value) for name, value in self.module.next_buffers(cache).items()}
        if self.program.outputs:
            positional, keywords = self.arguments(data, "predict")
            outputs = self.module.predict(*positional, **keywords)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            found |= {f"predict: {n}": np.array(v) for n, v in zip(self.program.outputs, outputs, strict=True)}
        return found

    def forward(self, data: Data) -> tuple[dict[str, np.ndarray[Any, Any]], Any]:
        """(the loss, or a layer's outputs, by name; the cache)."""
        positional, keywords = self.arguments(data)
        found, cache = self.module.forward(*positional, **keywords)
        names = self.program.results
        arrays = found if len(names) > 1 else (found,)
        return {name: np.asarray(array) for name, array in zip(names, arrays, strict=True)}, cache

    def backward(self, cache: Any, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        """The gradients, with the cotangents among the data for those of a layer."""
        cotangents = {name: self._typed(data[name], DType.FLOAT) for _, name in self.program.cotangents}
        return {name: np.array(v, copy=True) for name, v in self.module.backward(cache, **cotangents).items()}

    def loss(self, data: Data) -> float:
        """That of the network; of a layer the inner product of its outputs with the cotangents."""
        found, _ = self.forward(data)
        if not self.program.cotangents:
            return float(found[self.program.results[0]])
        return float(sum(np.sum(found[output] * data[name]) for output, name in self.program.cotangents))

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        return self.backward(self.forward(data)[1], data)


class PlainEvaluator(ModuleEvaluator):
    """A module in the plain style: one function that returns results, gradients and next buffers at once."""

    predicts = False

    def values(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        found, (gradients, *following) = self.forward(data)
        found |= {f"∂{name}": value for name, value in gradients.items()}
        return found | {f"next {name}": np.array(value) for buffers in following for name, value in buffers.items()}

    def forward(self, data: Data) -> tuple[dict[str, np.ndarray[Any, Any]], Any]:
        """(the loss, or a layer's outputs, by name; gradients and next buffers)."""
        function = "layer_and_gradients" if self.program.cotangents else "loss_and_gradients"
        positional, keywords = self.arguments(data, function)
        found, gradients, *following = getattr(self.module, function)(*positional, **keywords)
        arrays = found if len(self.program.results) > 1 else (found,)
        results = {name: np.asarray(array) for name, array in zip(self.program.results, arrays, strict=True)}
        return results, ({name: np.array(value) for name, value in gradients.items()}, *following)

    def backward(self, cache: Any, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        gradients: dict[str, np.ndarray[Any, Any]] = cache[0]
        return gradients
