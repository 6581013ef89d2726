"""Claims as text: `"delta(W)[j, i] = Sum(delta(z)[n, j]*x[n, i], n)"`, with `=` or `==`.

    side ::= number | name | side op side | -side | side[side, …] | side.T | function(side, …) | (side, …)
           | side < side | side & side | ~side | side if side else side          op: + - * / ** // % @

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

from symbackprop.errors import InvalidClaim, SymbackpropError, UnknownSymbol
from symbackprop.language import functions, reductions
from symbackprop.language.activations import ACTIVATIONS
from symbackprop.language.arrays import MatrixProduct, Transposed, bare
from symbackprop.language.elementary import FUNCTIONS
from symbackprop.language.symbols import delta

_EXAMPLE = '"delta(z)[n, j] = value"'
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_LONGEST, _LARGEST = 20_000, 10_000  # characters of a claim; bits of a number
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.MatMult: lambda left, right: MatrixProduct(bare(left), bare(right)),
    ast.BitAnd: sympy.And,
    ast.BitOr: sympy.Or,
}
_RELATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: sympy.Lt,
    ast.LtE: sympy.Le,
    ast.Gt: sympy.Gt,
    ast.GtE: sympy.Ge,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}
_REDUCTIONS = ("Sum", "Product", "ReduceMax", "ReduceMin", "LogSumExp", "Mean")
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
    known = {head.__name__: head for head in (*FUNCTIONS, *ACTIVATIONS, functions.gelu)}
    known |= {name: getattr(reductions, name) for name in _REDUCTIONS}
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
        match node:
            case ast.Constant(value=bool() as value):
                return sympy.true if value else sympy.false
            case ast.Constant(value=int() as value):
                return Integer(value)
            case ast.Constant(value=float() as value):
                return Float(value)
            case ast.Name(name):
                return self.named(name)
            case ast.Tuple(elts) | ast.List(elts):
                return tuple(self.value(part) for part in elts)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.value(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.value(operand)
            case ast.UnaryOp(op=ast.Invert() | ast.Not(), operand=operand):
                return sympy.Not(self.value(operand))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.power(node, self.value(left), self.value(right))
            case ast.BinOp(op=ast.BitXor()):
                raise self.refused("** for a power", ast.unparse(node))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return _OPERATORS[type(op)](self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=values):
                return (sympy.And if isinstance(op, ast.And) else sympy.Or)(*map(self.value, values))
            case ast.Compare(left=left, ops=ops, comparators=right):
                return self.comparison([left, *right], ops)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return sympy.Piecewise((self.value(body), self.value(test)), (self.value(orelse), True))
            case ast.Subscript(value=whole, slice=inside):
                return self.value(whole)[self.value(inside)]
            case ast.Attribute(value=whole, attr="T"):
                return Transposed(bare(self.value(whole)))
            case ast.Call(func=ast.Name(name), args=args, keywords=keywords):
                return self.call(name, args, keywords)
            case _:
                raise self.refused(
                    "names, numbers, subscripts, arithmetic, conditions and functions", ast.unparse(node),
                    "sums are written Sum(value, n), means Mean(value, n), transposes z.T",
                )  # fmt: skip

    def named(self, name: str) -> Any:
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

    def comparison(self, sides: list[ast.expr], ops: list[ast.cmpop]) -> Any:
        values, parts = [self.value(side) for side in sides], []
        for place, op in enumerate(ops):
            if type(op) not in _RELATIONS:
                raise self.refused("<, <=, >, >=, == and !=", ast.unparse(sides[place + 1]))
            parts.append(_RELATIONS[type(op)](values[place], values[place + 1]))
        return parts[0] if len(parts) == 1 else sympy.And(*parts)

    def call(self, name: str, args: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        function = self.functions.get(name)
        if function is None:
            known = "delta, Derivative, Sum, Product, Mean, LogSumExp, Piecewise, exp, log, tanh, …"
            close = _closest(name, self.functions)
            raise UnknownSymbol(
                f"claim {self.text}", expected=f"functions of SymPy and symbackprop ({known})", found=f"{name}(...)",
                remedy=f"did you mean {close}?" if close else "elements are written with brackets, as in z[n, j]",
            )  # fmt: skip
        values = [self.argument(arg) for arg in args]
        options = {each.arg: self.argument(each.value) for each in keywords if each.arg is not None}
        return function(*values, **options)

    def argument(self, node: ast.expr) -> Any:
        """Options of activations are words: `gelu(x, approximate="tanh")`."""
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else self.value(node)

    def refused(self, expected: str, found: str, remedy: str = "") -> InvalidClaim:
        return InvalidClaim(f"claim {self.text}", expected=expected, found=found, remedy=remedy)

