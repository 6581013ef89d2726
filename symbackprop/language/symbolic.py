"""Where Python, NumPy or PyTorch ask a symbolic value for its number: refused, with what to write instead.

An equation is written in SymPy, and a tensor has numbers only when the module runs. So `np.tanh(x[n, i])`,
`max(0, x[n, i])`, `sum(… for i in range(D))`, `x[n][i]` and `x.reshape(…)` cannot mean what they say, and each library
would refuse them in its own words. `Symbolic` answers for the objects of the language. What SymPy builds of them (a
sum, a relation) is of SymPy's own classes, which offer no hook: of these the few methods below are wrapped, such that
a TypeError that they raise is ours where something of a network stands in the expression. All else stays as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import sympy
from sympy import Basic, Expr, Idx, Piecewise, Symbol, Tuple
from sympy.concrete import expr_with_limits
from sympy.core.relational import Relational
from sympy.logic import boolalg
from sympy.logic.boolalg import Boolean

from symbackprop.errors import (
    BooleanAsNumber,
    InvalidArgument,
    InvalidReduction,
    NumberAsCondition,
    SymbolicValue,
    UnknownMethod,
)
from symbackprop.language import activations
from symbackprop.language.nodes import nodes
from symbackprop.language.told import told

_OPERATORS: Mapping[str, Callable[..., Any]] = {  # of NumPy's scalars, which are numbers like others
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "true_divide": operator.truediv, "floor_divide": operator.floordiv, "remainder": operator.mod,
    "power": operator.pow, "negative": operator.neg, "positive": operator.pos, "absolute": operator.abs,
    "greater": operator.gt, "greater_equal": operator.ge, "less": operator.lt, "less_equal": operator.le,
}  # fmt: skip
_IN_SYMPY = {
    "arctan": "atan", "arcsin": "asin", "arccos": "acos", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "maximum": "Max", "minimum": "Min", "fabs": "Abs", "abs": "Abs", "clip": "Min and Max",
    "where": "Piecewise", "select": "Piecewise", "amax": "Max", "amin": "Min",
}  # fmt: skip
_OURS = {  # {0}: an element; {1}: the last of its indices
    "sum": "Sum({0}, {1})", "mean": "Mean({0}, {1})", "prod": "Product({0}, {1})", "max": "ReduceMax({0}, {1})",
    "min": "ReduceMin({0}, {1})", "dot": "Sum(W[j, i]*x[n, i], i)", "matmul": "Sum(W[j, i]*x[n, i], i)",
    "einsum": "Sum(W[j, i]*x[n, i], i)", "logsumexp": "LogSumExp({0}, {1})", "mm": "Sum(W[j, i]*x[n, i], i)",
    "softmax": "exp({0} - LogSumExp({0}, {1}))", "t": "the subscripts the other way round, y[i, n] = x[n, i]",
    "transpose": "the subscripts the other way round, y[i, n] = x[n, i]",
    "permute": "the subscripts in another order, y[i, n] = x[n, i]",
    "reshape": "an equation with affine subscripts, flat[n, c*H + h] = x[n, c, h], or layers.flatten(x)",
    "view": "an equation with affine subscripts, flat[n, c*H + h] = x[n, c, h], or layers.flatten(x)",
    "flatten": "an equation with affine subscripts, flat[n, c*H + h] = x[n, c, h], or layers.flatten(x)",
    "ndim": "x.rank", "detach": "stop_gradient({0}) from symbackprop.functions",
    "backward": "derive(net), which differentiates the whole network", "grad": "derive(net).gradient(w)",
}  # fmt: skip
_EQUATION = "write an equation over indices, as in z[n, j] = Sum(W[j, i]*x[n, i], i)"
_MODULE = "numbers come later, as arrays that the generated module is called with: declare an input or a parameter"


_ASKED = frozenset({"precedence", "bound_symbols"})  # by SymPy of every object that it prints: no message is made
_ELEMENT = ("x[n, i]", "i")  # of some tensor, and the last of its indices


def instead_of(function: str, read: tuple[str, str] = _ELEMENT) -> str:
    """What to write where somebody wrote a function or method of NumPy's or PyTorch's; `read`: how an element of what
    it is of is read, and the last index of that, "" for a number."""
    if function in _OURS and "{1}" in _OURS[function] and not read[1]:
        return f"{read[0]} is a number: there is nothing to reduce over"
    if function in _OURS:
        return f"write {_OURS[function].format(*read)}"
    name = _IN_SYMPY.get(function, function)
    if hasattr(activations, name):
        return f"write {name}(...) with symbackprop.functions"
    known = "and" in name or hasattr(sympy, name)
    return f"write SymPy's {name}, element by element: from sympy import {name}" if known else _EQUATION


class Symbolic:
    """What Python, NumPy and PyTorch may ask of an object, and do not get."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_options: Any) -> Any:
        others = [each for each in inputs if not isinstance(each, Basic)]
        apply = _OPERATORS.get(ufunc.__name__)
        if any(getattr(other, "shape", ()) for other in others):
            raise SymbolicValue(
                f"{told(self)} with an array of NumPy", expected="expressions and numbers", found=told(others[0], 60),
                remedy=_MODULE,
            )  # fmt: skip
        if apply is None or method != "__call__":
            raise SymbolicValue(
                f"np.{ufunc.__name__}({told(self)})", expected="a function of SymPy or of symbackprop.functions",
                found="one of NumPy, which needs numbers", remedy=instead_of(ufunc.__name__),
            )  # fmt: skip
        return apply(*(each.item() if hasattr(each, "item") else each for each in inputs))

    def __array_function__(self, function: Any, _types: Any, _args: Any, _options: Any) -> Any:
        return self.__torch_function__(function, _types)

    @classmethod
    def __torch_function__(cls, function: Any, _types: Any, _args: Any = (), _options: Any = None) -> Any:
        name = getattr(function, "__name__", str(function))
        raise SymbolicValue(
            f"{name}(...) of a symbolic value", expected="a function of SymPy or of symbackprop.functions",
            found="one of NumPy or PyTorch, which needs numbers", remedy=instead_of(name),
        )  # fmt: skip

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise SymbolicValue(
            f"{told(self)} in an array of NumPy", expected="numbers", found="a symbolic value", remedy=_MODULE
        )

    def __call__(self, *args: Any, **_: Any) -> Any:
        inside = ", ".join(map(told, args))
        raise SymbolicValue(f"{told(self)}({inside})", expected="subscripts in brackets", found="a call",
                            remedy=f"write {told(self)}[{inside or 'n, i'}]")  # fmt: skip

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "is_")) or name in _ASKED:
            raise AttributeError(name)
        raise UnknownMethod(f"{told(self)}.{name}", expected="shape, rank, dtype, or an equation", found=f"{name}",
                            remedy=instead_of(name, self.read_as()))  # fmt: skip

    def read_as(self) -> tuple[str, str]:
        """How an element is read, and its last index, "" where there is none. Some tensor's where that is not known."""
        return _ELEMENT

    def _joined(self, other: Any) -> Any:
        raise SymbolicValue(
            f"{told(self)} with &, | or ^ and {told(other)}", expected="conditions", found="a value",
            remedy="write each condition in parentheses, (x[n, i] > 0) & (y[n] > 0): & binds more than >",
        )  # fmt: skip

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _joined

    def __invert__(self) -> Any:
        return self._joined("~")


class SymbolicTensor(Symbolic):
    """A whole tensor, which is no list of rows."""

    __slots__ = ()

    def __len__(self) -> int:
        raise SymbolicValue(
            f"len({told(self)})", expected="a number", found="a symbolic value",
            remedy=f"the sizes of a tensor are its shape: {self}.shape[0], or the N that it was declared with",
        )  # fmt: skip

    def __bool__(self) -> bool:
        return True  # as every object of SymPy: `__len__` alone would make it something else

    def __iter__(self) -> Any:
        raise SymbolicValue(
            f"a loop over {told(self)}", expected="an equation, which holds for all values of its indices",
            found="a loop of Python, or SymPy's notion of a list", remedy=_EQUATION,
        )  # fmt: skip

    def transpose(self, *_: Any) -> Any:
        return self.__getattr__("transpose")


class SymbolicElement(Symbolic):
    """An element, which has no subscripts of its own. (No `__iter__`: SymPy looks for it to tell what is a list.)"""

    __slots__ = ()

    def read_as(self) -> tuple[str, str]:
        whole, last = self.args[0].read_as() if isinstance(self.args[0], Symbolic) else _ELEMENT
        if whole.count(",") > len(self.args) - 2:  # a row of it
            subscripts = [*map(str, self.args[1:]), *whole[:-1].split(", ")[len(self.args) - 1 :]]
            return f"{self.args[0]}[{', '.join(subscripts)}]", last
        indices = [str(subscript) for subscript in self.args[1:] if isinstance(subscript, Idx)]
        return told(self), indices[-1] if indices else ""

    def __getitem__(self, key: Any) -> Any:
        tensor, *subscripts = self.args
        parts = key if isinstance(key, tuple) else (key,)
        inside = ", ".join(map(str, (*subscripts, *parts)))
        raise SymbolicValue(
            f"{told(self)}[{told(key, 60)}]", expected="all subscripts of a tensor in one pair of brackets",
            found="two pairs", remedy=f"write {tensor}[{inside}]",
        )  # fmt: skip

    def __setitem__(self, key: Any, value: Any) -> None:
        self[key]

    def __len__(self) -> int:
        raise SymbolicValue(
            f"the length of {told(self)}", expected="an element, which is a number", found="a list or matrix of them",
            remedy=_EQUATION,
        )  # fmt: skip

    def __bool__(self) -> bool:
        return True  # as every object of SymPy: `__len__` alone would make it something else


# --- what SymPy builds ---------------------------------------------------------------------------------
def _of_a_network(expr: Basic) -> bool:
    """Whether a tensor, an index or what may be a size stands in it."""
    return any(
        isinstance(atom, Symbolic | Idx) or (isinstance(atom, Symbol) and atom.is_integer and atom.is_positive)
        for atom in nodes(expr)
    )


def _truth(relation: Any) -> SymbolicValue:
    text = told(relation, 60)
    return SymbolicValue(
        f"the truth of {text}", expected="no decision of Python's, such as if, and, or, not, max, min or sorted",
        found="one on a value that has no number yet",
        remedy=f"write Piecewise((a, {text}), (b, True)) for if, Max(a, b) for max, (p) & (q) for and, "
        "(0 < u) & (u < 1) for 0 < u < 1",
    )  # fmt: skip


def _number(what: str) -> Callable[[Any], SymbolicValue]:
    return lambda expr: SymbolicValue(
        f"{what} of {told(expr, 60)}", expected="functions of SymPy", found="one of Python or its math",
        remedy="write from sympy import exp, and floor(u) or Abs(u), for math.exp, int and the like",
    )  # fmt: skip


def _position(expr: Any) -> SymbolicValue:
    return SymbolicValue(
        f"{told(expr, 60)} as a number of Python", expected="an equation, which holds for all values of its indices",
        found="range(...), a list or its like, which needs a number",
        remedy="declare an index, i = net.index(\"i\", D), and sum over it, Sum(x[n, i], i)",
    )  # fmt: skip


def _masking(condition: Any, other: Any) -> Any:
    """A condition as 0 or 1 in arithmetic, as NumPy's masks are."""
    if not _any_of_a_network([condition, other]):
        return NotImplemented
    text = told(condition, 60)
    raise BooleanAsNumber(f"arithmetic with {text}", expected="a number", found=f"the condition {text}",
                          remedy=f"write Piecewise((value, {text}), (0, True))")  # fmt: skip


def _told(owner: type, method: str, error: Callable[[Any], SymbolicValue]) -> None:
    """Let `method` of SymPy's class raise ours where it raises a TypeError about something of a network."""
    before = getattr(owner, method, None)

    def ask(self: Any, *args: Any) -> Any:
        try:
            if before is None:
                raise TypeError(f"'{type(self).__name__}' object cannot be interpreted as an integer")
            return before(self, *args)
        except TypeError:
            if not _of_a_network(self):
                raise
        raise error(self)

    ask.__name__ = method
    setattr(owner, method, ask)


_told(Relational, "__bool__", _truth)
_told(Expr, "__float__", _number("the float"))
_told(Expr, "__int__", _number("the integer"))
_told(Expr, "__round__", _number("the rounding"))
_told(Expr, "__trunc__", _number("the integer"))
_told(Expr, "__index__", _position)


def _limits(process: Callable[..., Any]) -> Callable[..., Any]:
    """SymPy's reading of the limits of its own Sum, whose ValueError about an index of a network becomes ours."""

    def ask(*symbols: Any, **options: Any) -> Any:
        try:
            return process(*symbols, **options)
        except ValueError as error:
            first = next((each[0] for each in symbols if isinstance(each, tuple | sympy.Tuple) and each), None)
            if not isinstance(first, Idx):
                raise
            raise InvalidReduction(
                f"Sum(..., {', '.join(map(told, symbols))})", expected=f"limits inside the range of {first}, "
                f"{first.lower}..{first.upper}", found=str(error),
                remedy=f"write Sum(..., {first}) with Sum from symbackprop: the index has its range",
            ) from None  # fmt: skip

    return ask


def _pairs(make: Callable[..., Any]) -> Callable[..., Any]:
    """The making of a Piecewise, whose TypeError about what is no pair of a value and a condition becomes ours."""

    def ask(cls: type, *args: Any, **options: Any) -> Any:
        try:
            return make(cls, *args, **options)
        except TypeError:
            if not _any_of_a_network(args):
                raise
        for each in args:
            pair = tuple(each) if isinstance(each, tuple | list | Tuple) else ()
            if len(pair) != 2:
                raise InvalidArgument(
                    f"Piecewise({', '.join(told(arg, 60) for arg in args)})", expected="pairs (value, condition)",
                    found=told(each, 60), remedy="write Piecewise((a, x[n, i] > 0), (b, True))",
                )  # fmt: skip
            if not isinstance(pair[1], Boolean | bool):
                raise NumberAsCondition(
                    f"Piecewise(({told(pair[0], 60)}, {told(pair[1], 60)}), ...)",
                    expected="a condition behind each value", found=f"the number {told(pair[1], 60)}",
                    remedy=f"write Ne({told(pair[1], 60)}, 0), or True in the last pair",
                )  # fmt: skip
        return make(cls, *args, **options)

    return ask


def _any_of_a_network(args: Any) -> bool:
    return any(
        _of_a_network(arg) if isinstance(arg, Basic) else isinstance(arg, tuple | list) and _any_of_a_network(arg)
        for arg in args
    )


def _truths(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """SymPy's reading of what And, Or and Not are of, whose TypeError about a value becomes ours."""

    def ask(value: Any) -> Any:
        try:
            return read(value)
        except TypeError:
            if not _any_of_a_network([value]):
                raise
        raise NumberAsCondition(
            f"And, Or or Not of {told(value, 60)}", expected="conditions", found=f"the number {told(value, 60)}",
            remedy=f"write Ne({told(value, 60)}, 0)",
        )  # fmt: skip

    return ask


Piecewise.__new__ = staticmethod(_pairs(Piecewise.__new__))
boolalg.as_Boolean = _truths(boolalg.as_Boolean)
expr_with_limits._process_limits = _limits(expr_with_limits._process_limits)
for _name in ("add", "radd", "sub", "rsub", "mul", "rmul"):
    if not hasattr(Boolean, f"__{_name}__"):
        setattr(Boolean, f"__{_name}__", _masking)
