"""The names of a network or program, as objects to write claims with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Basic, Expr

from symbackprop.errors import GivenTensorDefined, UnknownTensor
from symbackprop.language.book import Book
from symbackprop.language.declared import Declared
from symbackprop.language.network import Network
from symbackprop.language.sizes import index_symbol, poly_expression
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import Subject
from symbackprop.terms.program import DType, Program


def names_of(source: Network | Program) -> dict[str, Any]:
    """Its indices, sizes and tensors by name; a tensor or size goes before an index of its name.

    Those of a program, such as `hessian_vector_product` returns, are the objects to write claims about it with.
    """
    return book_of(source).names()


def book_of(source: Network | Program) -> Book:
    """What claims about it are read by."""
    return source.book if isinstance(source, Network) else _ProgramBook.of(source)


@dataclass(frozen=True)
class _Fixed:
    """The owner of a program's tensors: nothing can be defined any more."""

    program: Program

    @property
    def name(self) -> str:
        return self.program.name

    def _define(self, symbol: TensorSymbol, subscripts: tuple[Basic, ...], value: Any) -> None:
        raise GivenTensorDefined(
            f"{symbol[subscripts]} = {value}", expected="a tensor of a network",
            found=f"{symbol} of the program {self.name}", remedy="a program is complete",
        )  # fmt: skip

    def _shape_of(self, symbol: TensorSymbol) -> tuple[Expr, ...]:
        return tuple(map(poly_expression, self.program.table[symbol.name].shape))

    def _rank_of(self, symbol: TensorSymbol) -> int | None:
        return self.program.table[symbol.name].rank

    def _indices_of(self, symbol: TensorSymbol) -> tuple[str, ...]:
        return self.program.table[symbol.name].axes


class _ProgramBook(Book):
    """Of a program. Tensors are found by their names, so that those of the network that it was made of will do."""

    @staticmethod
    def of(program: Program) -> _ProgramBook:
        owner = _Fixed(program)
        book = _ProgramBook(owner, has_end=program.loss is not None)
        for name in program.dims:
            book.sizes.add_dim(name)
        for axis in program.indices:
            book.add_index(index_symbol(axis), axis)
        for tensor in program.tensors:
            symbol = TensorSymbol(tensor.name, owner, -1, integer=tensor.dtype is DType.INT)
            declared = Declared(symbol, tensor.kind, tensor.shape, tensor.dtype, tensor.high)
            declared.axes.update({place: name for place, name in enumerate(tensor.axes) if name})
            book.tensors[tensor.name], book.given[tensor.name] = declared, tensor
        book.facts = tuple(fact.condition for fact in program.assumptions if not fact.axes)
        return book

    def own(self, symbol: TensorSymbol, subject: Subject) -> Declared:
        if symbol.name not in self.tensors:
            raise UnknownTensor(
                subject(), expected=f"tensors of {self.network.name}: {', '.join(self.tensors)}", found=symbol.name
            )
        return self.tensors[symbol.name]
