"""Straight statements as lines of Python.

A function takes what it calls as keywords: `math`'s functions by default. Where these, or a division, raise (1/0,
exp(1000), log(0)) the module calls it once more with NumPy's numbers and functions, which give infinities and NaN. So
a division or a power is an operator where NumPy's numbers then stand in it, else a function too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symbackprop.lower.values import Kind, MapOp, Note
from symbackprop.numpy.straight import (
    Apply,
    Assign,
    Element,
    Expression,
    Number,
    Part,
    Pick,
    Straight,
)
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.filled_lines import filled_lines
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.python_lines import WIDTH, prose_lines

__all__ = ["FUNCTIONS", "StraightWriter", "unpacked"]

# what is called: of Python's numbers, of NumPy's
FUNCTIONS: dict[MapOp, tuple[str, str, str]] = {
    op: (name, f"math.{name}", f"np.{op.value}")
    for op, name in {
        MapOp.SQRT: "sqrt", MapOp.EXP: "exp", MapOp.EXPM1: "expm1", MapOp.LOG: "log", MapOp.LOG1P: "log1p",
        MapOp.SIN: "sin", MapOp.COS: "cos", MapOp.TAN: "tan", MapOp.ASIN: "asin", MapOp.ACOS: "acos",
        MapOp.ATAN: "atan", MapOp.ATAN2: "atan2", MapOp.SINH: "sinh", MapOp.COSH: "cosh", MapOp.TANH: "tanh",
        MapOp.ASINH: "asinh", MapOp.ACOSH: "acosh", MapOp.ATANH: "atanh",
    }.items()
}  # fmt: skip
FUNCTIONS[MapOp.DIVIDE] = ("divide", "operator.truediv", "np.divide")
FUNCTIONS[MapOp.POWER] = ("power", "math.pow", "np.power")
FUNCTIONS[MapOp.ERF] = ("erf", "math.erf", "lambda x: np.float64(math.erf(x))")

_CHOICE, _OR, _AND, _NOT, _COMPARED, _SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(10)  # how strongly each binds
_SIGNS = {
    MapOp.ADD: ("+", _SUM), MapOp.SUBTRACT: ("-", _SUM), MapOp.MULTIPLY: ("*", _PRODUCT),
    MapOp.DIVIDE: ("/", _PRODUCT), MapOp.FLOOR_DIVIDE: ("//", _PRODUCT),
}  # fmt: skip
_BETWEEN = {
    MapOp.GREATER: (">", _COMPARED), MapOp.GREATER_EQUAL: (">=", _COMPARED), MapOp.EQUAL: ("==", _COMPARED),
    MapOp.NOT_EQUAL: ("!=", _COMPARED), MapOp.AND: ("and", _AND), MapOp.OR: ("or", _OR),
}  # fmt: skip
_SMALL = 8  # exponents that stand as they are


class StraightWriter:
    """Writes one function's statements. `called`: the functions that they call; `NumPy's`, in what follows, is what
    holds one of NumPy's numbers where the function is called with these."""

    def __init__(self, names: Scope, straight: Straight) -> None:
        self.names, self.origins = names, straight.origins
        self.called: dict[MapOp, None] = {}
        self.numpys: set[Expression] = {e for e in straight.given if e.kind is Kind.FLOAT}
        self.lines: list[str] = []
        for statement in straight.statements:
            if isinstance(statement, Note):
                self.lines += ["", *prose_lines(statement.text, "    # ", "    #     ")]
            else:
                self._assign(statement)

    def _assign(self, statement: Assign) -> None:
        target, expression = statement.target, statement.expression
        name, sign = self.variable(target), "="
        if self.is_numpys(expression):
            self.numpys.add(target)
        else:
            self.numpys.discard(target)
        match expression:
            case Apply(MapOp.ADD, (before, more)) if before is target:
                sign, expression = "+=", more
        text = self.text(expression)
        if len(name) + len(text) + 8 <= WIDTH:
            self.lines.append(f"    {name} {sign} {text}")
            return
        self.lines += [f"    {name} {sign} (", *filled_lines(text.split(" "), "        ", "        ", WIDTH), "    )"]

    def variable(self, target: Element | Part) -> str:
        match target:
            case Part(number):
                return self.names.called(f"<part {number}>", f"part_{number + 1}")
            case Element(tensor, ()):
                return self.names.of(tensor)
            case Element(tensor, place):
                origin = self.origins.get(tensor, (0,) * len(place))
                at = "_".join(str(first + step) for first, step in zip(origin, place, strict=True))
                return self.names.called(f"<{tensor} {at}>", f"{tensor}_{at}")

    def is_numpys(self, expression: Expression) -> bool:
        while isinstance(expression, Apply):
            op, args = expression.op, expression.args
            if op is MapOp.SELECT:
                return all(self.is_numpys(arg) for arg in args[1:])
            if op in _SIGNS or op is MapOp.ABS:
                if self._by_function(expression) or any(self.is_numpys(arg) for arg in args[1:]):
                    return True
                expression = args[0]
            else:
                return op in FUNCTIONS
        if isinstance(expression, Pick):
            return all(self.is_numpys(option) for option in expression.options)
        return expression in self.numpys

    def _by_function(self, quotient: Apply) -> bool:
        """Whether a division is one by a function: it may raise, and none of NumPy's numbers stands in it."""
        if quotient.op is not MapOp.DIVIDE:
            return False
        _, below = quotient.args
        safe = isinstance(below, Number) and below.value != 0
        return not safe and not any(self.is_numpys(arg) for arg in quotient.args)

    # --- expressions -------------------------------------------------------------------------------
    def text(self, expression: Expression, level: int = _CHOICE) -> str:
        """The expression, in parentheses where it binds less than the level asks for."""
        text, strength = self._written(expression)
        return f"({text})" if strength < level else text

    def _written(self, expression: Expression) -> tuple[str, int]:
        match expression:
            case Number(value, spelling):
                if spelling.lstrip("-") in ("inf", "nan"):
                    spelling = spelling.replace("inf", "np.inf").replace("nan", "np.nan")
                return spelling, _SIGNED if spelling.startswith("-") else _ATOM
            case Element() | Part():
                return self.variable(expression), _ATOM
            case Pick(index, options):
                return f"{tuple_text([self.text(option) for option in options])}[{self.text(index)}]", _ATOM
            case Apply(op) if op in _SIGNS and not self._by_function(expression):
                return self._spine(expression)
            case Apply(op, args) if op in _BETWEEN:
                sign, strength = _BETWEEN[op]
                return f" {sign} ".join(self.text(arg, strength + 1) for arg in args), strength
            case Apply(MapOp.NOT, (arg,)):
                return f"not {self.text(arg, _NOT)}", _NOT
            case Apply(MapOp.SELECT, (mask, then, otherwise)):
                texts = self.text(then, _OR), self.text(mask, _OR), self.text(otherwise)
                return "{} if {} else {}".format(*texts), _CHOICE
            case Apply(MapOp.ABS, (arg,)):
                return f"{self.names.module('abs')}({self.text(arg)})", _ATOM
            case Apply(MapOp.COPY, (arg,)):
                return f"{self.names.module('float')}({self.text(arg)})", _ATOM
            case Apply(MapOp.POWER, (base, Number(value))) if self._plain(base, value):
                return f"{self.text(base, _ATOM)} ** {int(value)}", _POWER
            case Apply(op, args):
                return self._call(op, args), _ATOM
            case _:
                raise TypeError(f"not an expression: {expression!r}")

    def _plain(self, base: Expression, exponent: float) -> bool:
        return float(exponent).is_integer() and 0 < exponent <= _SMALL and self.is_numpys(base)

    def _spine(self, expression: Apply) -> tuple[str, int]:
        """Sums or products as they stand; the left side of each may be another."""
        strength = _SIGNS[expression.op][1]
        left: Expression = expression
        pieces: list[str] = []
        while isinstance(left, Apply) and left.op in _SIGNS and _SIGNS[left.op][1] == strength:
            if self._by_function(left):
                break
            sign = _SIGNS[left.op][0]
            left, right = left.args
            pieces += [self.text(right, strength + 1), sign]
        pieces.append(self.text(left, strength))
        return " ".join(reversed(pieces)), strength

    def _call(self, op: MapOp, args: Iterable[Expression]) -> str:
        self.called[op] = None
        return f"{self.function(op)}({', '.join(self.text(arg) for arg in args)})"

    def function(self, op: MapOp) -> str:
        """The variable of what is called."""
        return self.names.called(f"<{FUNCTIONS[op][0]}()>", FUNCTIONS[op][0])


def unpacked(writer: StraightWriter, elements: Sequence[Element]) -> str:
    """The variables of all elements of a tensor, in their order, as what its lists are assigned to."""
    if not elements[0].place:
        return writer.variable(elements[0])

    def nested(depth: int, found: Sequence[Element]) -> str:
        if depth == len(found[0].place):
            return writer.variable(found[0])
        rows: dict[int, list[Element]] = {}
        for element in found:
            rows.setdefault(element.place[depth], []).append(element)
        return tuple_text([nested(depth + 1, row) for row in rows.values()])

    return nested(0, elements)
