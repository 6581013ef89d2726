"""A generated module whose statements are computed twice: as they are, and on contiguous copies of what they read.

NumPy takes other paths on other strides, and has been wrong on some. Each statement of `forward`, `backward` and
`predict` runs on copies of its operands, in storage of their own, and then as it is; what is written must agree to
rounding. Storage that is taken is full of NaN, so that what is read before it is written shows.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from symbackprop.numpy.helpers import Helper

Array = np.ndarray[Any, Any]
_FUNCTIONS = ("forward", "backward", "predict", "_shared")
HELPERS = {helper.value for helper in Helper} - {Helper.WINDOW.value}  # which is a view
_OPERATORS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
_TOLERANCE = 32  # of the last digit, of a result or of all that is added up to it
_ADDING = ("reduce", "matmul", "dot", "_dot_rows", "einsum", "_sum_rows", "_sum_last", "_sum_products", "_scatter_add")


class StatementDiffers(AssertionError):
    """A statement gives something else on strided storage than on contiguous copies."""


class Filled:
    """A workspace whose arrays are full of one number whenever taken (integers: of one that is no likely index)."""

    def __init__(self, number: float) -> None:
        self.number = number

    def take(self, name: str, shape: tuple[int, ...], dtype: Any) -> Array:
        kind = np.dtype(dtype).kind
        return np.full(shape, self.number if kind == "f" else bool(self.number) if kind == "b" else 2**40, dtype)


def twice_computed(text: str) -> ModuleType:
    """The module of that text; its functions raise `StatementDiffers`."""
    tree = _Twice().visit(ast.parse(text))
    module = ModuleType("fuzzed_twice")
    module.__dict__["_twice"] = _twice
    module.__dict__["_twice_at"] = _twice_at
    exec(compile(ast.fix_missing_locations(tree), "<computed twice>", "exec"), module.__dict__)
    return module


class _Twice(ast.NodeTransformer):
    """`np.add(a, b, out=c)` to `_twice("np.add(a, b, out=c)", np.add, a, b, out=c)`, with its result too, and so on."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.generic_visit(node) if node.name in _FUNCTIONS else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.Call(func) as call if _computes(func):
                return ast.copy_location(ast.Expr(_called_twice(node, call)), node)
            case _:
                return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return self._at(node, node.target, _OPERATORS[type(node.op)], node.value)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        match node.targets, node.value:
            case [ast.Subscript() as target], value:
                return self._at(node, target, "copyto", value)
            case [ast.Name() as target], ast.Call(func) as call if _computes(func) and _writes(call):
                return ast.copy_location(ast.Assign([target], _called_twice(node, call)), node)
            case _:
                return node

    def _at(self, node: ast.stmt, target: ast.expr, operation: str, value: ast.expr) -> ast.AST:
        place: ast.expr = ast.Constant(Ellipsis)
        if isinstance(target, ast.Subscript):
            # A slice stands as such within brackets alone: x[1:] is handed on as np.s_[1:].
            maker = ast.Attribute(ast.Name("np", ast.Load()), "s_", ast.Load())
            place = ast.Subscript(maker, target.slice, ast.Load())
            target = target.value
        loaded = ast.parse(ast.unparse(target), mode="eval").body
        function = ast.Attribute(ast.Name("np", ast.Load()), operation, ast.Load())
        args = [ast.Constant(ast.unparse(node)), function, loaded, place, value]
        return ast.copy_location(ast.Expr(ast.Call(ast.Name("_twice_at", ast.Load()), args, [])), node)


def _called_twice(node: ast.stmt, call: ast.Call) -> ast.Call:
    args = [ast.Constant(ast.unparse(node)), call.func, *call.args]
    if _is_method(call.func):  # x.dot(y): x is copied, too
        assert isinstance(call.func, ast.Attribute)
        args[1:2] = [ast.Attribute(ast.Name("np", ast.Load()), call.func.attr, ast.Load()), call.func.value]
    return ast.Call(ast.Name("_twice", ast.Load()), args, call.keywords)


def _writes(call: ast.Call) -> bool:
    """Whether its result is in storage that it is given."""
    return isinstance(call.func, ast.Name) or any(keyword.arg == "out" for keyword in call.keywords)


def _is_method(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and func.attr == "dot" and ast.unparse(func) != "np.dot"


def _computes(func: ast.expr) -> bool:
    if _is_method(func):
        return True
    match func:
        case ast.Attribute(ast.Name("np")) | ast.Attribute(ast.Attribute(ast.Name("np"))):
            return True
        case ast.Name(name):
            return name in HELPERS
        case _:
            return False


# --- at run time ---------------------------------------------------------------------------------------
def _twice(text: str, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """The call on copies, then as it is, with its result."""
    copies: list[tuple[Array, Array]] = []
    fresh = [_copied(arg, copies) for arg in args]
    fresh_keywords = {name: _copied(value, copies) for name, value in keywords.items()}
    function(*fresh, **fresh_keywords)
    scale = 0.0
    if function.__name__ in _ADDING:
        sizes = [float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0)) for a, _ in copies if a.dtype.kind == "f"]
        scale = max(a.size for a, _ in copies) * max(math.prod(sizes), *sizes)
    written = [array for array, copy in copies if not np.array_equal(array, copy, equal_nan=array.dtype.kind == "f")]
    result = function(*args, **keywords)
    for array, copy in copies:
        partly = any(np.shares_memory(array, each) and not _same_view(array, each) for each in written)
        if not partly:
            _compare(text, array, copy, scale)
    return result


def _twice_at(text: str, function: Callable[..., Any], array: Array, place: Any, value: Any) -> None:
    """array[place] = function(array[place], value), or value itself."""
    if isinstance(place, np.ndarray):  # rows that are picked, each once
        _twice(text, _at_rows, function, array, place, value)
        return
    items = place if isinstance(place, tuple) else (place,)
    view = array[items if Ellipsis in items else (*items, ...)]  # an array, even of rank 0
    if function is np.copyto:
        _twice(text, np.copyto, view, value)
    else:
        _twice(text, function, view, value, out=view)


def _at_rows(function: Callable[..., Any], array: Array, rows: Array, value: Array) -> None:
    array[rows] = value if function is np.copyto else function(array[rows], value)


def _copied(value: Any, copies: list[tuple[Array, Array]]) -> Any:
    """A contiguous copy of an array, the same for the same view."""
    if not isinstance(value, np.ndarray):
        return value
    for array, copy in copies:
        if _same_view(array, value):
            return copy
    copies.append((value, np.array(value, order="C", copy=True)))
    return copies[-1][1]


def _same_view(a: Array, b: Array) -> bool:
    return bool(
        a.shape == b.shape and a.strides == b.strides and a.dtype == b.dtype
        and a.__array_interface__["data"] == b.__array_interface__["data"]
    )  # fmt: skip


def _compare(text: str, found: Array, expected: Array, scale: float) -> None:
    """`scale`: of all that may have been added up, 0 where nothing is."""
    if found.dtype.kind != "f":
        wrong = found != expected
    else:
        eps = float(np.finfo(found.dtype).eps)
        with np.errstate(all="ignore"):
            slack = _TOLERANCE * eps * (np.abs(expected.astype(np.longdouble)) + scale) + np.finfo(found.dtype).tiny
            near = np.abs(found.astype(np.longdouble) - expected) <= slack
        wrong = ~(near | (found == expected) | (np.isnan(found) & np.isnan(expected)))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise StatementDiffers(
            f"{text}: element {list(place)} of strides {found.strides}, {found.dtype}: {expected[place]!r} on copies, "
            f"found {found[place]!r}"
        )
