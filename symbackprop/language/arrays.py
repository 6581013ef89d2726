"""Whole tensors in arithmetic, as NumPy has it: `x @ W.T`, `a.T`, `(delta(a)*(1 - a**2)).T @ x`, `z.T[j, n]`.

They stand in claims alone, where `by_element` writes them element by element; an equation is written that way. So
nothing is worked out here: each operation is a node, commutative to SymPy like the element that it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Expr, sympify

from symbackprop.language.nodes import nodes
from symbackprop.language.subscripts import subscripts_of
from symbackprop.language.symbolic import SymbolicTensor

PRIORITY = 20.0  # SymPy lets the operand of the higher one decide what a sum or product of two is


def _operator(name: str) -> Callable[[Any, Any], Any]:
    """An operator of numbers between whole tensors: a whole tensor again."""

    def operate(self: Any, other: Any) -> Any:
        found = getattr(Expr, name)(bare(self), bare(other))
        return Elementwise(found) if self.is_whole and isinstance(found, Expr) else found

    operate.__name__ = name
    return operate


def bare(operand: Any) -> Any:
    """What a node is made of."""
    return operand.args[0] if isinstance(operand, Elementwise) else operand


class Matrix:
    """`.T` and `@`, for claims."""

    __slots__ = ()

    @property
    def T(self) -> Any:
        """Transposed."""
        return Transposed(bare(self))

    def __matmul__(self, other: Any) -> Any:
        """The matrix product."""
        return MatrixProduct(bare(self), bare(other))

    def __rmatmul__(self, other: Any) -> Any:
        return MatrixProduct(bare(other), bare(self))


class Whole(Matrix):
    """The operators of what may be a whole tensor. `is_whole`: whether it is known to be one."""

    __slots__ = ()
    __add__, __radd__ = _operator("__add__"), _operator("__radd__")
    __sub__, __rsub__ = _operator("__sub__"), _operator("__rsub__")
    __mul__, __rmul__ = _operator("__mul__"), _operator("__rmul__")
    __truediv__, __rtruediv__ = _operator("__truediv__"), _operator("__rtruediv__")
    __pow__, __rpow__ = _operator("__pow__"), _operator("__rpow__")

    def __neg__(self) -> Any:
        return self * -1

    @property
    def is_whole(self) -> bool:
        return True


class Array(SymbolicTensor, Whole, Expr):
    """An expression that stands for a whole tensor."""

    is_commutative = True
    is_extended_real = True
    _op_priority = PRIORITY

    def __new__(cls, *args: Any) -> Any:
        return Expr.__new__(cls, *(sympify(arg, strict=True) for arg in args))

    def __getitem__(self, key: Any) -> Expr:
        return part_of(self, key)

    def _sympystr(self, printer: Any) -> str:
        raise NotImplementedError(type(self).__name__)

    def _sympyrepr(self, printer: Any) -> str:
        return self._sympystr(printer)

    def _latex(self, printer: Any) -> str:
        return rf"\mathtt{{{self._sympystr(printer)}}}"

    def _pretty(self, printer: Any) -> Any:
        return printer._print_Symbol(self)

    @property
    def name(self) -> str:
        """For messages."""
        return str(self)


class Elementwise(Array):
    """A sum, product or power of whole tensors, element by element."""

    def _sympystr(self, printer: Any) -> str:
        return str(printer.doprint(self.args[0]))


class Transposed(Array):
    """The axes the other way round."""

    precedence = 1000  # an atom

    def _sympystr(self, printer: Any) -> str:
        return f"{_operand(printer, self.args[0])}.T"


class MatrixProduct(Array):
    """Σ over the last axis of the one and the first of the other, as `@` has it."""

    precedence = 45  # between those of a sum and a product

    def _sympystr(self, printer: Any) -> str:
        right = self.args[1]
        shown = f"({printer.doprint(right)})" if isinstance(right, MatrixProduct) else _operand(printer, right)
        left = self.args[0]
        before = printer.doprint(left) if isinstance(left, MatrixProduct) else _operand(printer, left)
        return f"{before} @ {shown}"


class Part(Array):
    """An element or row of what is no tensor of its own: `z.T[j, n]`, `(x @ W.T)[n]`. args: the array, subscripts."""

    precedence = 1000

    def _sympystr(self, printer: Any) -> str:
        inside = ", ".join(printer.doprint(subscript) for subscript in self.args[1:])
        return f"{_operand(printer, self.args[0])}[{inside}]"


def part_of(array: Expr, key: Any) -> Expr:
    """`array[key]`."""
    subscripts = subscripts_of(str(array), key)
    return Part(bare(array), *subscripts) if subscripts else array


def _operand(printer: Any, expr: Expr) -> str:
    """In parentheses, unless it is a name, an element or an array that needs none."""
    plain = expr.is_Symbol or (expr.is_Number and not expr.is_negative) or getattr(expr, "precedence", 0) >= 1000
    return str(printer.doprint(expr)) if plain else f"({printer.doprint(expr)})"


# --- what SymPy builds ---------------------------------------------------------------------------------
def _of_arrays(expr: Expr) -> bool:
    return any(isinstance(node, Matrix) for node in nodes(expr))


def _transposed(expr: Any) -> Any:
    if not _of_arrays(expr):
        raise AttributeError(f"{type(expr).__name__!r} object has no attribute 'T'")
    return Transposed(expr)


def _product(left: Any, right: Any) -> Any:
    return MatrixProduct(bare(left), bare(right)) if _of_arrays(left) else NotImplemented


def _as_transposed(expr: Any) -> Any:
    """For `sympy.transpose`, which takes what is real for a number."""
    return Transposed(bare(expr)) if _of_arrays(expr) else _real_transpose(expr)


# tanh(z) is of a class of SymPy's, which has none of these; of what is not made of tensors it still has not
_real_transpose = Expr._eval_transpose
setattr(Expr, "_eval_transpose", _as_transposed)  # noqa: B010
setattr(Expr, "T", property(_transposed))  # noqa: B010
setattr(Expr, "__matmul__", _product)  # noqa: B010
