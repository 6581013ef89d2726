"""What a network knows of its names while it is being written: the one thing that all who read its equations share."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sympy import Idx

from symbackprop.errors import ForeignTensor, UnknownTensor
from symbackprop.language.coverage import cover_of
from symbackprop.language.declared import Declared
from symbackprop.language.owner import Owner
from symbackprop.language.ranges import Pending
from symbackprop.language.sizes import Sizes, size_symbol
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import Subject
from symbackprop.terms.cover import Cover
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Term


def foreign(symbol: TensorSymbol, network: Owner, subject: str, expected: str) -> ForeignTensor:
    """A tensor of another network, maybe of one that was built before under the same name."""
    namesake = symbol.network.name == network.name
    return ForeignTensor(
        subject, expected=expected,
        found=f"{symbol} of another network of that name" if namesake
        else f"{symbol}, which belongs to network {symbol.network.name!r}",
        remedy="run what declares it again, on the network that is there now" if namesake
        else "declare it in this network",
    )  # fmt: skip


@dataclass(slots=True)
class Book:
    """Sizes, indices, tensors, and facts about sizes.

    `given`: the tensors whose range is known from the start; `pending`: what reads others, to be checked when the
    network is whole; `has_end`: whether there is something to differentiate yet, a loss or an output; `results`: what
    calls of layers gave that may be called again; `covers`: what tensors were found to cover, and by which equations.
    """

    network: Owner
    sizes: Sizes = field(default_factory=Sizes)
    axes: dict[Idx, Axis] = field(default_factory=dict)
    ranges: dict[Index, Axis] = field(default_factory=dict)
    tensors: dict[str, Declared] = field(default_factory=dict)
    given: dict[str, Tensor] = field(default_factory=dict)
    facts: tuple[Term, ...] = ()
    pending: list[Pending] = field(default_factory=list)
    has_end: bool = False
    results: dict[Hashable, Any] = field(default_factory=dict)
    covers: dict[str, tuple[tuple[Equation, ...], tuple[Term, ...], Cover]] = field(default_factory=dict)

    def add_index(self, index: Idx, axis: Axis) -> None:
        """The index runs over that axis."""
        self.axes[index] = self.ranges[axis.index] = axis
        self.sizes.add_index(index, axis.index)

    def own(self, symbol: TensorSymbol, subject: Subject) -> Declared:
        """What is known of a tensor, which must be the network's own."""
        if symbol.network is not self.network:
            raise foreign(symbol, self.network, subject(), f"tensors of network {self.network.name!r}")
        if symbol.name not in self.tensors:
            raise UnknownTensor(
                subject(), expected=f"tensors of network {self.network.name!r}",
                found=f"{symbol}, the cotangent of an output", remedy="cotangents stand in claims alone",
            )  # fmt: skip
        return self.tensors[symbol.name]

    def names(self) -> dict[str, Any]:
        """Indices, sizes and tensors by name; a tensor or size goes before an index of its name."""
        sizes = {str(symbol): symbol for symbol in self.sizes.dims}
        tensors = {name: declared.symbol for name, declared in self.tensors.items()}
        return {str(index): index for index in self.axes} | sizes | tensors

    def called(self, name: str) -> str:
        """What has the name, "size" or "tensor"; "" where neither does."""
        return "tensor" if name in self.tensors else "size" if size_symbol(name) in self.sizes.dims else ""

    def facts_of(self, indices: Iterable[Index]) -> Facts:
        """What is known of these indices and of sizes."""
        return Facts.of([self.ranges[index] for index in indices if index in self.ranges], self.facts)

    def index_names(self, name: str) -> tuple[str, ...]:
        """For each axis of the tensor, as far as it is defined, an index that runs over it, of the network where one
        does: that which it was first written with."""
        tensor, names = self.tensor(name), list[str]()
        for low, high, wish in zip(tensor.origin, tensor.highest, tensor.axes, strict=True):
            over = [i.name for i, axis in self.ranges.items() if (axis.low, axis.high) == (low, high)]
            fitting = [name for name in over if name not in names]
            names.append(fitting[0] if fitting and wish not in fitting else wish)
        return tuple(names)

    def tensor(self, name: str) -> Tensor:
        """The tensor with its range, as far as it is defined."""
        if name in self.given:
            return self.given[name]
        declared = self.tensors[name]
        found = self.cover(declared)
        return declared.tensor(found.shape, found.origin)

    def cover(self, declared: Declared) -> Cover:
        """What its definitions cover, worked out once for those that there are."""
        equations = tuple([definition.equation for definition in declared.definitions])
        known = self.covers.get(declared.name)
        if known is None or known[:2] != (equations, self.facts):
            found = cover_of(declared, Facts.of((), self.facts))
            known = self.covers[declared.name] = equations, self.facts, found
        return known[2]
