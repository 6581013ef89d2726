"""Claims as text: `"delta(W)[j, i] = Sum(delta(z)[n, j]*x[n, i], n)"`, with `=` or `==` (`language` has the grammar).

Text is parsed as Python is, and walked; nothing of it is run. Names are the network's, and the functions below.
"""

from __future__ import annotations

import ast
import operator
import tokenize
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from io import StringIO
from typing import Any

import sympy
from sympy import Basic, Float, Integer

from symbackprop.errors import InvalidArgument, InvalidClaim, SymbackpropError, UnknownSymbol
from symbackprop.language import activations
from symbackprop.language.arrays import MatrixProduct, Transposed, bare
from symbackprop.language.reductions import REDUCTIONS
from symbackprop.language.symbols import delta
from symbackprop.language.vocabulary import FUNCTIONS

_EXAMPLE = '"delta(z)[n, j] = value"'
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_LONGEST, _LARGEST = 20_000, 10_000  # characters of a claim; bits of a number
_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.MatMult: lambda left, right: MatrixProduct(bare(left), bare(right)),
    ast.BitAnd: sympy.And,
    ast.BitOr: sympy.Or,
    ast.And: sympy.And,
    ast.Or: sympy.Or,
    ast.USub: operator.neg,
    ast.UAdd: lambda value: value,
    ast.Invert: sympy.Not,
    ast.Not: sympy.Not,
    ast.Lt: sympy.Lt,
    ast.LtE: sympy.Le,
    ast.Gt: sympy.Gt,
    ast.GtE: sympy.Ge,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}
_OTHERS = (
    "And", "Derivative", "Eq", "Ge", "Gt", "ITE", "Le", "Lt", "Ne", "Not", "Or", "Piecewise", "Rational", "cbrt",
    "sqrt",
)  # fmt: skip
_CONSTANTS: dict[str, Any] = {"True": sympy.true, "False": sympy.false, "pi": sympy.pi, "E": sympy.E, "oo": sympy.oo}


def sides_of_text(text: str, names: Mapping[str, Any]) -> tuple[Basic, Basic]:
    """The two sides of a claim, in the network's `names`. Raises `InvalidClaim` where the text is none, and
    `UnknownSymbol` for a name that is not known."""
    parser = _Parser(text, names)
    left, right = parser.halves()
    return parser.side(left), parser.side(right)


def _functions() -> dict[str, Callable[..., Any]]:
    known: dict[str, Callable[..., Any]] = {head.__name__: head for head in (*FUNCTIONS, activations.gelu, *REDUCTIONS)}
    known |= {name: getattr(sympy, name) for name in _OTHERS}
    return {**known, "abs": sympy.Abs, "max": sympy.Max, "min": sympy.Min, "delta": delta}


def function_names() -> frozenset[str]:
    """What a claim may call, beside the network's own names."""
    return frozenset(_functions()) | frozenset(_CONSTANTS)


def _closest(name: str, known: Iterable[str]) -> str:
    """The name that was meant, "" for none."""
    spelled = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), spelled, n=1, cutoff=0.7)
    return spelled[close[0]] if close else ""


class _Parser:
    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.text, self.names, self.functions = text, names, _functions()

    def halves(self) -> tuple[ast.expr, ast.expr]:
        """What stands on both sides of the one `=` or `==` that is in no parentheses."""
        if len(self.text) > _LONGEST:
            raise self.refused(f"a text of at most {_LONGEST} characters", f"one of {len(self.text)}")
        try:
            sides = [ast.parse(side, mode="eval").body for side in self._split()]
        except (SyntaxError, ValueError, MemoryError, RecursionError, tokenize.TokenError) as error:
            found = error.msg if isinstance(error, SyntaxError) else "no expression"
            raise self.refused(f"an equation, {_EXAMPLE}", found) from error
        match sides:
            case [left, right]:
                return left, right
            case [ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])]:
                return left, right
            case [ast.Call(func=ast.Name("Eq"), args=[left, right], keywords=[])]:
                return left, right
            case _:
                raise self.refused(f"an equation, {_EXAMPLE}", "none, or more than one")

    def _split(self) -> list[str]:
        """The text at each `=` that is in no parentheses."""
        text, depth, ends = " ".join(self.text.split()), 0, []
        for token in tokenize.generate_tokens(StringIO(text).readline):
            depth += (token.string in _OPEN) - (token.string in _CLOSE)
            if token.string == "=" and depth == 0:
                ends.append(token.start[1])
        starts = [0, *(end + 1 for end in ends)]
        return [text[start:end].strip() for start, end in zip(starts, [*ends, len(text)], strict=True)]

    def side(self, node: ast.expr) -> Basic:
        try:
            value = self.value(node)
        except SymbackpropError:
            raise
        except RecursionError as error:
            raise self.refused("an expression", "one that is nested too deeply") from error
        except Exception as error:  # whatever SymPy raises for arguments that it cannot take
            raise self.refused("an expression", f"{ast.unparse(node)} ({type(error).__name__}: {error})") from error
        if not isinstance(value, Basic) or isinstance(value, sympy.Tuple):
            raise self.refused("an expression on each side", ast.unparse(node))
        return value

    def value(self, node: ast.expr) -> Any:
        read: Callable[[_Parser, Any], Any] = _READERS.get(type(node), _Parser.unreadable)
        return read(self, node)

    def unreadable(self, node: ast.expr) -> Any:
        raise self.refused(
            "names, numbers, subscripts, arithmetic, conditions and functions", ast.unparse(node),
            "sums are written Sum(value, n), means Mean(value, n), transposes z.T",
        )  # fmt: skip

    def constant(self, node: ast.Constant) -> Any:
        match node.value:
            case bool(value):
                return sympy.true if value else sympy.false
            case int(value):
                return Integer(value)
            case float(value):
                return Float(value)
            case _:
                return self.unreadable(node)

    def binary(self, node: ast.BinOp) -> Any:
        if isinstance(node.op, ast.Pow):
            return self.power(node, self.value(node.left), self.value(node.right))
        if isinstance(node.op, ast.BitXor):
            raise self.refused("** for a power", ast.unparse(node))
        operate = _OPERATORS.get(type(node.op))
        return operate(self.value(node.left), self.value(node.right)) if operate is not None else self.unreadable(node)

    def transposed(self, node: ast.Attribute) -> Any:
        return Transposed(bare(self.value(node.value))) if node.attr == "T" else self.unreadable(node)

    def named(self, node: ast.Name) -> Any:
        name = node.id
        if name in self.names:
            return self.names[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        close = _closest(name, [*self.names, *self.functions])
        hint = f"did you mean {close}? " if close else ""
        raise UnknownSymbol(
            f"claim {self.text}", expected=f"names of the network: {', '.join(self.names)}", found=name,
            remedy=f"{hint}functions are those of SymPy and of symbackprop",
        )  # fmt: skip

    def power(self, node: ast.expr, base: Any, exponent: Any) -> Any:
        whole = isinstance(base, Integer) and isinstance(exponent, Integer)
        if whole and abs(int(exponent)) * int(base).bit_length() > _LARGEST:
            raise self.refused(f"numbers of at most {_LARGEST} bits", ast.unparse(node))
        return base**exponent

    def comparison(self, node: ast.Compare) -> Any:
        sides = [self.value(side) for side in (node.left, *node.comparators)]
        parts = []
        for left, op, right, written in zip(sides, node.ops, sides[1:], node.comparators, strict=False):
            if type(op) not in _OPERATORS:
                raise self.refused("<, <=, >, >=, == and !=", ast.unparse(written))
            parts.append(_OPERATORS[type(op)](left, right))
        return parts[0] if len(parts) == 1 else sympy.And(*parts)

    def call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name):
            return self.unreadable(node)
        name = node.func.id
        function = self.functions.get(name)
        if function is None:
            known = "delta, Derivative, Sum, Product, Mean, LogSumExp, Piecewise, exp, log, tanh, …"
            close = _closest(name, self.functions)
            raise UnknownSymbol(
                f"claim {self.text}", expected=f"functions of SymPy and symbackprop ({known})", found=f"{name}(...)",
                remedy=f"did you mean {close}?" if close else "elements are written with brackets, as in z[n, j]",
            )  # fmt: skip
        values = [self.argument(arg) for arg in node.args]
        options = {each.arg: self.argument(each.value) for each in node.keywords if each.arg is not None}
        try:
            return function(*values, **options)
        except InvalidArgument as error:
            raise self.refused(error.expected, f"{ast.unparse(node)} ({error.found})", error.remedy) from None

    def argument(self, node: ast.expr) -> Any:
        """Options of activations are words: `gelu(x, approximate="tanh")`."""
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else self.value(node)

    def refused(self, expected: str, found: str, remedy: str = "") -> InvalidClaim:
        return InvalidClaim(f"claim {self.text}", expected=expected, found=found, remedy=remedy)


_READERS: dict[type, Callable[[_Parser, Any], Any]] = {
    ast.Constant: _Parser.constant,
    ast.Name: _Parser.named,
    ast.Tuple: lambda parser, node: tuple(map(parser.value, node.elts)),
    ast.List: lambda parser, node: tuple(map(parser.value, node.elts)),
    ast.UnaryOp: lambda parser, node: _OPERATORS[type(node.op)](parser.value(node.operand)),
    ast.BinOp: _Parser.binary,
    ast.BoolOp: lambda parser, node: _OPERATORS[type(node.op)](*map(parser.value, node.values)),
    ast.Compare: _Parser.comparison,
    ast.IfExp: lambda parser, node: sympy.Piecewise(
        (parser.value(node.body), parser.value(node.test)), (parser.value(node.orelse), True)
    ),
    ast.Subscript: lambda parser, node: parser.value(node.value)[parser.value(node.slice)],
    ast.Attribute: _Parser.transposed,
    ast.Call: _Parser.call,
}
"""What each kind of node of the text stands for."""
