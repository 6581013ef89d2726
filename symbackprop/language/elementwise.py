"""Whole tensors, rows and matrix products, element by element: `delta(z).T @ x` at [j, i] is Σ_n δz[n, j]·x[n, i].

    whole  ::= T | δT | T[i, …] with fewer subscripts than axes | whole.T | whole @ whole | whole[i, …]
             | scalar functions, sums, products, conditions of wholes and numbers | Sum(whole, i)

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
from symbackprop.language.expressions import size_expression
from symbackprop.language.nodes import holds, nodes
from symbackprop.language.reading import Book
from symbackprop.language.reductions import IndexReduction, Sum
from symbackprop.language.sizes import Sizes
from symbackprop.language.symbols import AdjointSymbol, DerivativeSymbol, Element, NamedIdx, TensorSymbol
from symbackprop.language.told import told
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.term import Axis

Span = tuple[Poly, Poly]  # the lowest and the highest position along an axis
_REDUCTIONS = (IndexReduction, sympy.Sum, sympy.Product)
_LETTERS = "ijklmnopqrstuvwabcdefgh"


@dataclass(slots=True)
class Elements:
    """Writes the sides of one claim. `taken`: names of indices that are in use in it."""

    book: Book
    subject: Callable[[], str]
    taken: set[str]
    _new: dict[Idx, Axis] = field(default_factory=dict)
    _shapes: dict[Basic, tuple[Span, ...]] = field(default_factory=dict)
    _elements: dict[tuple[Basic, tuple[Expr, ...]], Any] = field(default_factory=dict)

    @staticmethod
    def of(book: Book, subject: Callable[[], str], *sides: Basic) -> Elements:
        taken = {str(node) for side in sides for node in nodes(side) if isinstance(node, Idx)}
        return Elements(book, subject, taken)

    def equation(self, left: Basic, right: Basic) -> tuple[Basic, Basic]:
        """Both sides at one element, whose indices are new where the sides are whole."""
        shape, other = self.shape(left), self.shape(right)
        if other and other != shape:
            raise InvalidClaim(
                self.subject(), expected=f"one shape on both sides, that of {told(left)} being {_text(shape)}",
                found=f"{_text(other)} on the right", remedy="write the elements, as in delta(z)[n, j]",
            )  # fmt: skip
        where = tuple(map(self._index, shape, self._names(left)))
        return self.at(left, where), self.at(right, where if other else ())

    def extended(self) -> Book:
        """The book with the indices that were made; the network's own stays as it is."""
        if not self._new:
            return self.book
        sizes = Sizes(self.book.sizes.dims, dict(self.book.sizes.indices))
        for index, axis in self._new.items():
            sizes.add_index(index, Poly.of(axis.index))
        ranges = {axis.index: axis for axis in self._new.values()}
        return replace(
            self.book, sizes=sizes, axes={**self.book.axes, **self._new}, ranges={**self.book.ranges, **ranges}
        )

    # --- shapes --------------------------------------------------------------------------------------
    def shape(self, expr: Basic) -> tuple[Span, ...]:
        """The axes of what the expression stands for; () for a number. Raises where it stands for nothing."""
        if expr not in self._shapes:
            self._shapes[expr] = self._shape(expr)
        return self._shapes[expr]

    def _shape(self, expr: Any) -> tuple[Span, ...]:
        match expr:
            case TensorSymbol() | AdjointSymbol():
                return self._spans(expr)
            case Element():
                return self._behind(expr, self._spans(expr.tensor), expr.subscripts)
            case Part():
                return self._behind(expr, self.shape(expr.args[0]), expr.args[1:])
            case Elementwise():
                return self.shape(expr.args[0])
            case Transposed():
                shape = self.shape(expr.args[0])
                if not 1 <= len(shape) <= 2:
                    raise self._no_matrix(expr, expr.args[0], shape)
                return shape[::-1]
            case MatrixProduct():
                return self._product_shape(expr)
            case sympy.Derivative():
                self._derivative(expr)  # refuses what is none
                return ()
            case _ if isinstance(expr, _REDUCTIONS):
                return self._reduced_shape(expr)
            case _:
                return self._common(expr)

    def _common(self, expr: Basic) -> tuple[Span, ...]:
        found: tuple[Basic, tuple[Span, ...]] | None = None
        for arg in expr.args:
            shape = self.shape(arg)
            if shape and found is not None and found[1] != shape:
                raise InvalidClaim(
                    self.subject(), expected="whole tensors of one shape, and numbers",
                    found=f"{told(found[0])} of shape {_text(found[1])} and {told(arg)} of shape {_text(shape)}",
                    remedy="nothing is broadcast: write the elements, as in delta(z)[n, j]",
                )  # fmt: skip
            if shape:
                found = found or (arg, shape)
        return found[1] if found else ()

    def _spans(self, symbol: Any) -> tuple[Span, ...]:
        if isinstance(symbol, DerivativeSymbol):
            return (*self._spans(symbol.of), *self._spans(symbol.by))
        tensor = symbol.of if isinstance(symbol, AdjointSymbol) else symbol
        self.book.own(tensor, self.subject)
        placed = self.book.placed(tensor.name)
        return tuple(zip(placed.low, placed.high, strict=True))

    def _behind(self, expr: Any, spans: tuple[Span, ...], subscripts: Sequence[Basic]) -> tuple[Span, ...]:
        """The axes without a subscript."""
        for subscript in subscripts:
            if self.shape(subscript):
                raise InvalidClaim(
                    self.subject(), expected="subscripts that are indices or integers",
                    found=f"the whole tensor {told(subscript)} in {told(expr)}",
                    remedy="write its elements, as in E[token[n, t], d]",
                )  # fmt: skip
        if len(subscripts) > len(spans):
            raise RankMismatch(
                self.subject(), expected=f"{len(spans)} subscripts of {expr.args[0]} {_text(spans)}",
                found=str(len(subscripts)), remedy="write an index for each axis",
            )  # fmt: skip
        return spans[len(subscripts) :]

    def _product_shape(self, expr: Any) -> tuple[Span, ...]:
        left, right = map(self.shape, expr.args)
        for side, shape in zip(expr.args, (left, right), strict=True):
            if not 1 <= len(shape) <= 2:
                raise self._no_matrix(expr, side, shape)
        if left[-1] != right[0]:
            raise InvalidClaim(
                self.subject(), expected=f"factors of {told(expr)} whose inner axes agree",
                found=f"{told(expr.args[0])} of shape {_text(left)} and {told(expr.args[1])} of shape {_text(right)}",
                remedy="transpose one with .T, or write the elements and a Sum",
            )  # fmt: skip
        return (*left[:-1], *right[1:])

    def _no_matrix(self, expr: Basic, side: Basic, shape: tuple[Span, ...]) -> InvalidClaim:
        return InvalidClaim(
            self.subject(), expected=f"vectors and matrices in {told(expr)}",
            found=f"{told(side)} of shape {_text(shape)}",
            remedy="write the elements and the sum, as in Sum(delta(z)[n, j]*x[n, i], n)",
        )  # fmt: skip

    def _reduced_shape(self, expr: Any) -> tuple[Span, ...]:
        body = expr.args[0]
        shape = self.shape(body)
        bound = [limit[0] if isinstance(limit, sympy.Tuple) else limit for limit in expr.args[1:]]
        inside = set(nodes(body))
        lost = [index for index in bound if index not in inside]
        if shape and lost:
            raise InvalidReduction(
                self.subject(), expected=f"elements in which {lost[0]} stands, to reduce over it",
                found=f"{told(body)} of shape {_text(shape)}",
                remedy=f"write the subscripts of what is reduced, as in {type(expr).__name__}(delta(z)[n, j], n)",
            )  # fmt: skip
        return shape

    # --- elements ------------------------------------------------------------------------------------
    def at(self, expr: Any, where: tuple[Expr, ...] = ()) -> Any:
        """The element of the expression at these subscripts."""
        key = expr, where
        if key not in self._elements:
            self._elements[key] = self._at(expr, where)
        return self._elements[key]

    def _at(self, expr: Any, where: tuple[Expr, ...]) -> Any:
        match expr:
            case TensorSymbol() | AdjointSymbol():
                return expr[where]
            case Element():
                return expr.tensor[(*map(self.at, expr.subscripts), *where)]
            case Part():
                return self.at(expr.args[0], (*map(self.at, expr.args[1:]), *where))
            case Elementwise():
                return self.at(expr.args[0], where)
            case Transposed():
                return self.at(expr.args[0], where[::-1])
            case MatrixProduct():
                return self._product_at(expr, where)
            case sympy.Derivative():
                return self._derivative(expr)
            case _ if isinstance(expr, _REDUCTIONS):
                return expr.func(self.at(expr.args[0], where), *expr.args[1:])
            case _:
                parts = tuple(self.at(arg, where if self.shape(arg) else ()) for arg in expr.args)
                return expr if parts == expr.args else expr.func(*parts)

    def _product_at(self, expr: Any, where: tuple[Expr, ...]) -> Expr:
        left, right = expr.args
        inner = self._index(self.shape(left)[-1], self._names(left)[-1])
        split = len(self.shape(left)) - 1
        product = self.at(left, (*where[:split], inner)) * self.at(right, (inner, *where[split:]))
        return Sum(product, inner)

    def _derivative(self, expr: Any) -> Expr:
        """∂T[i…]/∂U[k…]."""
        counts = expr.variable_count
        sides = (expr.expr, counts[0][0])
        if len(counts) != 1 or counts[0][1] != 1 or self.shape(expr.expr):
            raise self._no_derivative(expr, told(expr))
        parts: list[tuple[TensorSymbol, tuple[Expr, ...]]] = []
        for side in sides:
            match side:
                case Element() if isinstance(side.tensor, TensorSymbol) and not self.shape(side):
                    parts.append((side.tensor, side.subscripts))
                case TensorSymbol() if not self.shape(side):
                    parts.append((side, ()))
                case _:
                    raise self._no_derivative(expr, told(side))
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

    # --- indices ---------------------------------------------------------------------------------------
    def _names(self, expr: Any) -> tuple[str, ...]:
        """Names that the axes of a whole have where it comes from."""
        match expr:
            case TensorSymbol() | AdjointSymbol():
                tensor = expr.of if isinstance(expr, AdjointSymbol) else expr
                return self.book.tensors[tensor.name].axis_names(len(self.shape(expr)))
            case Element():
                return self._names(expr.tensor)[len(expr.subscripts) :]
            case Part():
                return self._names(expr.args[0])[len(expr.args) - 1 :]
            case Transposed():
                return self._names(expr.args[0])[::-1]
            case MatrixProduct():
                left, right = map(self._names, expr.args)
                return (*left[:-1], *right[1:])
            case _:
                whole = next((arg for arg in expr.args if self.shape(arg)), None)
                return () if whole is None else self._names(whole)

    def _index(self, span: Span, wish: str) -> Idx:
        """An index over those positions that nothing else in the claim is called by: the network's, or a new one."""
        known = [i for i, a in self.book.axes.items() if (a.low, a.high) == span and str(i) not in self.taken]
        index = next((i for i in known if str(i) == wish), known[0] if known else None)
        if index is None:
            index = NamedIdx.over(self._free_name(wish), *map(size_expression, span))
            self._new[index] = Axis(Index(str(index)), *span)
        self.taken.add(str(index))
        return index

    def _free_name(self, wish: str) -> str:
        used = {*self.taken, *map(str, self.book.axes), *map(str, self.book.sizes.dims), *self.book.tensors}
        return next(name for name in _wishes(wish) if name not in used)


def _wishes(wish: str) -> Iterator[str]:
    yield from (wish, *_LETTERS)
    yield from (f"{wish}{number}" for number in count(2))


def _text(shape: Sequence[Span]) -> str:
    """`(N, H)`; an axis that does not start at 0 with its range."""
    axes = [str(high + 1) if not low.terms else f"{low}..{high}" for low, high in shape]
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
