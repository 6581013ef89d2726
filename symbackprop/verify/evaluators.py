"""What computes a loss and its gradients from data: a generated module, or the interpreter in its place."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from symbackprop.interpret import Interpreter
from symbackprop.terms.program import DType, Program, TensorKind
from symbackprop.verify.data import Data
from symbackprop.verify.exact import DerivedPrograms


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
        others = {t.name: typed[t.name] for t in self.program.of_kind(TensorKind.INPUT, TensorKind.RANDOM)}
        keywords: dict[str, Any] = {**others, **self.sizes}
        if "buffers" in accepted:
            keywords["buffers"] = {t.name: typed[t.name] for t in self.program.of_kind(TensorKind.BUFFER)}
        return (params,), {name: value for name, value in keywords.items() if name in accepted}

    def _typed(self, values: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
        return np.asarray(values, dtype=self.dtype if dtype is DType.FLOAT else np.int64)

    def values(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        """All that the module computes: "loss", gradients "∂name", buffers "next name", outputs "predict: name"."""
        positional, keywords = self.arguments(data)
        loss, cache = self.module.forward(*positional, **keywords)
        found = {"loss": loss} | {f"∂{name}": value for name, value in self.module.backward(cache).items()}
        if self.program.updates:
            found |= {f"next {name}": value for name, value in self.module.next_buffers(cache).items()}
        if self.program.outputs:
            positional, keywords = self.arguments(data, "predict")
            outputs = self.module.predict(*positional, **keywords)
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            found |= {f"predict: {name}": value for name, value in zip(self.program.outputs, outputs, strict=True)}
        return {name: np.array(value) for name, value in found.items()}

    def loss(self, data: Data) -> float:
        positional, keywords = self.arguments(data)
        return float(self.module.forward(*positional, **keywords)[0])

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        positional, keywords = self.arguments(data)
        _, cache = self.module.forward(*positional, **keywords)
        return {name: np.array(value, copy=True) for name, value in self.module.backward(cache).items()}


class PlainEvaluator(ModuleEvaluator):
    """A module in the plain style: one function that returns loss, gradients and next buffers at once."""

    predicts = False

    def values(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        positional, keywords = self.arguments(data, "loss_and_gradients")
        loss, gradients, *following = self.module.loss_and_gradients(*positional, **keywords)
        found = {"loss": loss} | {f"∂{name}": value for name, value in gradients.items()}
        found |= {f"next {name}": value for buffers in following for name, value in buffers.items()}
        return {name: np.array(value) for name, value in found.items()}

    def loss(self, data: Data) -> float:
        return float(self.values(data)["loss"])

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        return {name[1:]: value for name, value in self.values(data).items() if name.startswith("∂")}


class InterpretedEvaluator:
    """The interpreter in place of a module: for programs that are not generated, mutants among them."""

    def __init__(self, program: Program, derived: DerivedPrograms, sizes: Mapping[str, int]) -> None:
        self.program, self.derived, self.sizes = program, derived, sizes

    def loss(self, data: Data) -> float:
        return float(Interpreter(self.program, self.sizes, data).loss())

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        forward = Interpreter(self.derived.forward, self.sizes, data)
        backward = Interpreter(self.derived.backward, self.sizes, data, outer=forward)
        return {name: backward.array(adjoint) for name, adjoint in self.derived.backward.wrt}
