"""The functions of tensors that a module's operators run: forward, backward, predict, and what differentiates backward.

Each takes all arguments of the network in one order (parameters, inputs, noise, buffers), then what is its own, then
the sizes that no argument's shape gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from symbackprop.array_text.heads import read_sizes
from symbackprop.array_text.statement_lines import Statements
from symbackprop.lower.values import Function
from symbackprop.python_text.bracketed import call, tuple_text
from symbackprop.python_text.python_lines import call_lines, collection_lines
from symbackprop.terms.poly import Dim, Poly
from symbackprop.terms.program import DType, Program, Tensor, TensorKind
from symbackprop.torch.library import TorchSpelling

_ORDER = (TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.RANDOM, TensorKind.BUFFER)


@dataclass(frozen=True, slots=True)
class FunctionText:
    """`head`: its first lines, `def` and all; `lines`: of what is computed; `returned`: what it returns."""

    about: str
    head: tuple[str, ...]
    lines: tuple[str, ...]
    returned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arguments:
    """`tensors`: what the network is given, in the order of its operators; `sizes`: those that no shape gives."""

    tensors: tuple[Tensor, ...]
    sizes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(tensor.name for tensor in self.tensors)

    @property
    def like(self) -> int:
        """The place of the first that is of floats."""
        return next((place for place, t in enumerate(self.tensors) if t.dtype is DType.FLOAT), 0)

    @property
    def given_sizes(self) -> frozenset[str]:
        """The sizes that stand alone in a shape."""
        extents = (extent for tensor in self.tensors for extent in tensor.shape)
        return frozenset(extent.atom.name for extent in extents if isinstance(extent.atom, Dim))


def arguments_of(program: Program, inputs: Iterable[str] | None = None) -> Arguments:
    """All that a program is given, or of its inputs and noise these alone."""
    wanted = None if inputs is None else set(inputs)
    taken = (t for kind in _ORDER for t in program.of_kind(kind))
    whole = (TensorKind.PARAMETER, TensorKind.BUFFER)
    return Arguments(tuple(t for t in taken if wanted is None or t.kind in whole or t.name in wanted))


@dataclass
class Written:
    """A function being written: it is begun once it is known which sizes it asks for."""

    name: str
    about: str
    arguments: Arguments
    spelling: TorchSpelling
    more: tuple[Tensor, ...] = ()  # arguments of its own
    lines: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    def check_integers(self) -> None:
        """They are inside of their ranges: nothing else would say so of one that is negative."""
        of = self.spelling
        for tensor in self.arguments.tensors:
            if tensor.high is not None:
                args = [f'"{tensor.name}"', of(tensor.name), of.poly(tensor.high)]
                self.lines.append(f"    {call(of.module('_in_range'), *args)}")

    def compute(self, functions: Sequence[Function], program: Program) -> None:
        """The lines of what the functions of values compute, one after the other."""
        tensors: dict[str, Tensor] = {**program.table}
        for function in functions:
            tensors = {**function.tensors, **tensors}
        given = [*self.arguments.names, *(tensor.name for tensor in self.more)]
        statements = Statements(self.spelling, tensors, functions[0].facts, (), given)
        statements.body([step for function in functions for step in function.body])
        self.lines += statements.lines

    def give_back(self, names: Iterable[str]) -> None:
        """It returns these tensors, as a list."""
        self.returned += collection_lines([self.spelling.of(name) for name in names], "return ", "[]", 1)

    def give_shapes(self, tensors: Iterable[Tensor]) -> None:
        """It returns the shapes of these tensors, as a list."""
        shapes = [shape_text(tensor.shape, self.spelling) for tensor in tensors]
        self.returned += collection_lines(shapes, "return ", "[]", 1)

    def asked(self, dims: Iterable[str]) -> list[str]:
        """The sizes that it uses and that no shape gives it."""
        self.spelling.definitions()
        return [dim for dim in dims if dim in self.spelling.used and dim not in self.arguments.given_sizes]

    def text(self, dims: Sequence[str], sizes: Sequence[str]) -> FunctionText:
        """`sizes`: those that are arguments, in their order."""
        of = self.spelling.of
        compound = self.spelling.definitions()
        wanted = [dim for dim in dims if dim in self.spelling.used and dim not in sizes]
        tensors = (*self.arguments.tensors, *self.more)
        head = call_lines(self.name, [*(of(t.name) for t in tensors), *map(of, sizes)], "def ", 0)
        head[-1] += ":"
        sizes_read, _ = read_sizes(self.spelling, [(tensor, of(tensor.name)) for tensor in tensors], wanted)
        begin = [f"    {line}" for line in (*sizes_read, *compound)]
        return FunctionText(self.about, tuple(head), (*begin, *self.lines), tuple(self.returned))


def shape_text(shape: Sequence[Poly], spelling: TorchSpelling) -> str:
    return tuple_text([spelling.poly(extent) for extent in shape]) if shape else "()"


__all__ = ["Arguments", "FunctionText", "Written", "arguments_of", "shape_text"]
