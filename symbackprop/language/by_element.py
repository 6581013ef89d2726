"""Whole tensors, rows and matrix products, element by element: `delta(z).T @ x` at [j, i] is Σ_n δz[n, j]·x[n, i].

Axes are told apart by position, as NumPy does it. Two wholes that are combined element by element must have one shape,
as expressions in the sizes; numbers go with any. Nothing else is broadcast. Derivatives become elements of the
derivative of one tensor by another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import sympy
from sympy import Basic, Expr, Idx

from symbackprop.errors import InvalidClaim, InvalidReduction, RankMismatch
from symbackprop.language.arrays import Elementwise, MatrixProduct, Part, Transposed
from symbackprop.language.book import Book
from symbackprop.language.declared import LETTERS
from symbackprop.language.nodes import holds, nodes
from symbackprop.language.reductions import IndexReduction, Sum
from symbackprop.language.sizes import Sizes, index_symbol
from symbackprop.language.symbols import AdjointSymbol, DerivativeSymbol, Element, TensorSymbol, element_of
from symbackprop.language.told import Subject, told
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis

Span = tuple[Poly, Poly]  # the lowest and the highest position along an axis
_REDUCTIONS = (IndexReduction, sympy.Sum, sympy.Product)


@dataclass(frozen=True, slots=True)
class View:
    """What an expression stands for: the positions along each axis, none for a number; the name that the axis has where
    it comes from; and the element at these subscripts."""

    spans: tuple[Span, ...]
    names: tuple[str, ...]
    at: Callable[[tuple[Expr, ...]], Any]


@dataclass(slots=True)
class Elements:
    """Writes the sides of one claim. `taken`: names of indices that are in use in it."""

    book: Book
    subject: Subject
    taken: set[str]
    _new: dict[Idx, Axis] = field(default_factory=dict)
    _views: dict[Basic, View] = field(default_factory=dict)
    _elements: dict[tuple[Basic, tuple[Expr, ...]], Any] = field(default_factory=dict)

    @staticmethod
    def of(book: Book, subject: Subject, *sides: Basic) -> Elements:
        taken = {str(node) for side in sides for node in nodes(side) if isinstance(node, Idx)}
        return Elements(book, subject, taken)

    def equation(self, left: Basic, right: Basic) -> tuple[Basic, Basic]:
        """Both sides at one element, whose indices are new where the sides are whole."""
        whole, other = self.view(left), self.view(right).spans
        if other and other != whole.spans:
            raise InvalidClaim(
                self.subject(), expected=f"one shape on both sides, that of {told(left)} being {_text(whole.spans)}",
                found=f"{_text(other)} on the right", remedy="write the elements, as in delta(z)[n, j]",
            )  # fmt: skip
        where = tuple(map(self._index, whole.spans, whole.names))
        return self.at(left, where), self.at(right, where if other else ())

    def extended(self) -> Book:
        """The book with the indices that were made; the network's own stays as it is."""
        if not self._new:
            return self.book
        sizes = Sizes(self.book.sizes.dims, dict(self.book.sizes.indices))
        book = replace(self.book, sizes=sizes, axes=dict(self.book.axes), ranges=dict(self.book.ranges))
        for index, axis in self._new.items():
            book.add_index(index, axis)
        return book

    def view(self, expr: Basic) -> View:
        """What the expression stands for. Raises where it stands for nothing."""
        if expr not in self._views:
            self._views[expr] = self._view(expr)
        return self._views[expr]

    def at(self, expr: Basic, where: tuple[Expr, ...] = ()) -> Any:
        """The element of the expression at these subscripts."""
        key = expr, where
        if key not in self._elements:
            self._elements[key] = self.view(expr).at(where)
        return self._elements[key]

    def _view(self, expr: Any) -> View:
        match expr:
            case TensorSymbol() | AdjointSymbol():
                return self._tensor(expr)
            case Element():
                return self._row(expr, self._tensor(expr.tensor), expr.subscripts)
            case Part():
                return self._row(expr, self.view(expr.args[0]), expr.args[1:])
            case Elementwise():
                return self.view(expr.args[0])
            case Transposed():
                whole = self._matrix(expr, expr.args[0])
                return View(whole.spans[::-1], whole.names[::-1], lambda where: self.at(expr.args[0], where[::-1]))
            case MatrixProduct():
                return self._product(expr)
            case sympy.Derivative():
                derivative = self._derivative(expr)
                return View((), (), lambda _: derivative)
            case _ if isinstance(expr, _REDUCTIONS):
                return self._reduced(expr)
            case _:
                return self._combined(expr)

    def _tensor(self, symbol: Any) -> View:
        tensor = symbol.of if isinstance(symbol, AdjointSymbol) else symbol
        names = self.book.own(tensor, self.subject)
        known = self.book.tensor(tensor.name)
        spans = tuple(zip(known.origin, known.highest, strict=True))
        return View(spans, names.axis_names(len(spans)), lambda where: symbol[where])

    def _row(self, expr: Any, whole: View, subscripts: Sequence[Basic]) -> View:
        """The axes without a subscript."""
        for subscript in subscripts:
            if self.view(subscript).spans:
                raise InvalidClaim(
                    self.subject(), expected="subscripts that are indices or integers",
                    found=f"the whole tensor {told(subscript)} in {told(expr)}",
                    remedy="write its elements, as in E[token[n, t], d]",
                )  # fmt: skip
        first = len(subscripts)
        if first > len(whole.spans):
            raise RankMismatch(
                self.subject(), expected=f"{len(whole.spans)} subscripts of {expr.args[0]} {_text(whole.spans)}",
                found=str(first), remedy="write an index for each axis",
            )  # fmt: skip
        return View(
            whole.spans[first:], whole.names[first:], lambda where: whole.at((*map(self.at, subscripts), *where))
        )

    def _matrix(self, expr: Basic, side: Basic) -> View:
        """What stands on that side of a product, or is transposed."""
        view = self.view(side)
        if not 1 <= len(view.spans) <= 2:
            raise InvalidClaim(
                self.subject(), expected=f"vectors and matrices in {told(expr)}",
                found=f"{told(side)} of shape {_text(view.spans)}",
                remedy="write the elements and the sum, as in Sum(delta(z)[n, j]*x[n, i], n)",
            )  # fmt: skip
        return view

    def _product(self, expr: Any) -> View:
        first, second = expr.args
        left, right = (self._matrix(expr, side) for side in expr.args)
        if left.spans[-1] != right.spans[0]:
            raise InvalidClaim(
                self.subject(), expected=f"factors of {told(expr)} whose inner axes agree",
                found=f"{told(first)} of shape {_text(left.spans)} and {told(second)} of shape {_text(right.spans)}",
                remedy="transpose one with .T, or write the elements and a Sum",
            )  # fmt: skip

        def at(where: tuple[Expr, ...]) -> Expr:
            inner = self._index(left.spans[-1], left.names[-1])
            split = len(left.spans) - 1
            return Sum(self.at(first, (*where[:split], inner)) * self.at(second, (inner, *where[split:])), inner)

        return View((*left.spans[:-1], *right.spans[1:]), (*left.names[:-1], *right.names[1:]), at)

    def _reduced(self, expr: Any) -> View:
        body, *limits = expr.args
        whole, inside = self.view(body), set(nodes(body))
        bound = [limit[0] if isinstance(limit, sympy.Tuple) else limit for limit in limits]
        lost = [index for index in bound if index not in inside]
        if whole.spans and lost:
            raise InvalidReduction(
                self.subject(), expected=f"elements in which {lost[0]} stands, to reduce over it",
                found=f"{told(body)} of shape {_text(whole.spans)}",
                remedy=f"write the subscripts of what is reduced, as in {type(expr).__name__}(delta(z)[n, j], n)",
            )  # fmt: skip
        return View(whole.spans, whole.names, lambda where: expr.func(self.at(body, where), *limits))

    def _combined(self, expr: Basic) -> View:
        """A function of wholes of one shape, and of numbers."""
        first: Basic | None = None
        for arg in expr.args:
            spans = self.view(arg).spans
            if first is None:
                first = arg if spans else None
            elif spans and spans != self.view(first).spans:
                raise InvalidClaim(
                    self.subject(), expected="whole tensors of one shape, and numbers",
                    found=f"{told(first)} of shape {_text(self.view(first).spans)} and {told(arg)} of shape "
                    f"{_text(spans)}",
                    remedy="nothing is broadcast: write the elements, as in delta(z)[n, j]",
                )  # fmt: skip

        def at(where: tuple[Expr, ...]) -> Basic:
            parts = tuple(self.at(arg, where if self.view(arg).spans else ()) for arg in expr.args)
            return expr if parts == expr.args else expr.func(*parts)

        return replace(self.view(first), at=at) if first is not None else View((), (), at)

    def _derivative(self, expr: Any) -> Expr:
        """∂T[i…]/∂U[k…]."""
        counts = expr.variable_count
        sides = (expr.expr, counts[0][0])
        if len(counts) != 1 or counts[0][1] != 1 or self.view(expr.expr).spans:
            raise self._no_derivative(expr, told(expr))
        parts: list[tuple[TensorSymbol, tuple[Expr, ...]]] = []
        for side in sides:
            tensor, subscripts = element_of(side)
            if tensor is None or self.view(side).spans:
                raise self._no_derivative(expr, told(side))
            parts.append((tensor, subscripts))
        (of, above), (by, below) = parts
        symbol = DerivativeSymbol(of, by)
        return Element(symbol, *above, *below) if above or below else symbol

    def _no_derivative(self, expr: Basic, found: str) -> InvalidClaim:
        remedy = "give an expression a tensor's name: g = net.tensor('g'); g[n, j] = ...; Derivative(g[n, j], z[n, j])"
        if isinstance(expr.args[0], AdjointSymbol) or holds(expr.args[0], AdjointSymbol):
            remedy = "for second order claim about hessian_vector_product(net)"
        return InvalidClaim(
            self.subject(), expected="the derivative of one element by another, Derivative(a[n, j], z[m, k])",
            found=found, remedy=remedy,
        )  # fmt: skip

    def _index(self, span: Span, wish: str) -> Idx:
        """An index over those positions that nothing else in the claim is called by: the network's, or a new one."""
        known = [i for i, a in self.book.axes.items() if (a.low, a.high) == span and str(i) not in self.taken]
        index = next((i for i in known if str(i) == wish), known[0] if known else None)
        if index is None:
            axis = Axis(Index(self._free_name(wish)), *span)
            index = index_symbol(axis)
            self._new[index] = axis
        self.taken.add(str(index))
        return index

    def _free_name(self, wish: str) -> str:
        used = {*self.taken, *map(str, self.book.axes), *map(str, self.book.sizes.dims), *self.book.tensors}
        return next(name for name in _wishes(wish) if name not in used)


def _wishes(wish: str) -> Iterator[str]:
    yield from (wish, *LETTERS)
    yield from (f"{wish}{number}" for number in count(2))


def _text(shape: Sequence[Span]) -> str:
    """`(N, H)`; an axis that does not start at 0 with its range."""
    axes = [str(high + 1) if not low.terms else f"{low}..{high}" for low, high in shape]
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
