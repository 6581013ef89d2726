"""What a case of the grid is: a layer or a loss, what it is given, its options; and the network of it alone."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symbackprop import Network, Sum
from symbackprop.language.symbols import TensorSymbol
from symbackprop.layers.naming import indices_of
from symbackprop.terms.program import DType, TensorKind

Arrays = dict[str, np.ndarray]
Adjust = Callable[[Arrays], None]


@dataclass(frozen=True)
class Case:
    """`function(**given, **options)`.

    `given`: tensors by the function's own names for them, each as its axes: "N C 4 5", a parameter (so that there is
    a gradient by it); "input N", an input of floats; "int V: N T", one of integers below V. Options that are the name
    of a size ("H") stand for that size. `adjust` makes data fit (masks with something left to attend to), in place.
    """

    function: Callable[..., Any]
    given: Mapping[str, str]
    options: Mapping[str, Any]
    note: str = ""
    adjust: Adjust | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def layer(self) -> str:
        return self.function.__name__

    @property
    def title(self) -> str:
        options = [f"{name}={_shown(value)}" for name, value in self.options.items()]
        return " ".join([*options, *([self.note] if self.note else [])]) or "defaults"

    @property
    def name(self) -> str:
        axes = ", ".join(axes for axes in self.given.values())
        return f"{self.layer}({axes}) {self.title}"

    def build(self) -> Network:
        """The network of this layer alone: its loss weighs the squares of the result, each by a number of its own."""
        net = Network("case")
        sizes: dict[str, Any] = {}

        def size(word: str) -> Any:
            name, _, more = word.partition("+")
            if not name.isalpha():
                return int(name)
            if name not in sizes:
                sizes[name] = net.dim(name)
            return sizes[name] + int(more or 0)

        tensors = {name: _declared(net, name, axes, size) for name, axes in self.given.items()}
        options = {name: size(value) if _is_size(value) else value for name, value in self.options.items()}
        result = self.function(**tensors, **options)
        if isinstance(result, TensorSymbol) and len(result.shape):
            at = indices_of(result)
            weight = 1 + sum(prime * index for prime, index in zip((2, 3, 5, 7, 11), at, strict=False))
            net.loss = Sum(weight * result[at] ** 2, *at)
            net.output(result)
        else:
            net.loss = result
        return net

    def numbers(self, sizes: Mapping[str, int]) -> dict[str, Any]:
        """The options with the sizes' values."""
        return {name: sizes[value] if _is_size(value) else value for name, value in self.options.items()}

    def data(self, program: Any, sizes: Mapping[str, int]) -> Arrays:
        """An array for each tensor that the program is given, seeded by the case's name."""
        rng = np.random.default_rng(zlib.crc32(self.name.encode()))
        arrays: Arrays = {}
        for tensor in program.of_kind(TensorKind.INPUT, TensorKind.PARAMETER, TensorKind.RANDOM, TensorKind.BUFFER):
            shape = [extent.evaluate(lambda dim: sizes[dim.name]) for extent in tensor.shape]
            if tensor.dtype is DType.INT:
                arrays[tensor.name] = rng.integers(0, tensor.high.evaluate(lambda dim: sizes[dim.name]), shape)
            elif tensor.kind is TensorKind.RANDOM:
                arrays[tensor.name] = rng.integers(0, 2, shape).astype(float)
            elif tensor.kind is TensorKind.BUFFER:
                arrays[tensor.name] = rng.uniform(0.5, 1.5, shape)
            else:
                arrays[tensor.name] = rng.normal(0, 0.7, shape)
        if self.adjust is not None:
            self.adjust(arrays)
        return arrays


def _is_size(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1 and value.isupper()


def _declared(net: Network, name: str, axes: str, size: Callable[[str], Any]) -> TensorSymbol:
    kind, _, rest = axes.partition(" ")
    if kind == "int":
        high, _, rest = rest.partition(":")
        return net.input(name, tuple(map(size, rest.split())), dtype="int", high=size(high))
    if kind == "input":
        return net.input(name, tuple(map(size, rest.split())))
    return net.parameter(name, tuple(map(size, axes.split())), "normal")


def _shown(value: Any) -> str:
    function = getattr(value, "func", value)  # of a partial
    return getattr(function, "__name__", None) or str(value)
