r"""Terms in LaTeX, each construct in a form that compiles with amsmath alone.

An element is a symbol with its subscripts, `z^{(1)}_{n,j}`; a guarded value is `1[j < i] \, u` (an indicator) or
`cases`; a sum shows the range of each of its indices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from symbackprop.latex.conditions import ConditionPrinter
from symbackprop.latex.names import Names, identifier
from symbackprop.terms.build import neg, power, reads_negative
from symbackprop.terms.poly import Dim, Floor, Index, Poly
from symbackprop.terms.program import Equation, Op, Tensor
from symbackprop.terms.show import Namer
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Axis,
    Compare,
    Constant,
    ConstantKind,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Subscript,
    Term,
    Training,
    Truth,
    Where,
)

__all__ = ["FENCES", "FUNCTIONS", "LatexPrinter"]

_SUM, _PRODUCT, _FACTOR, _ATOM = 1, 2, 3, 4  # how strongly a text holds together; an atom can take an exponent
Text = tuple[str, int]
Bound = Mapping[Index, str]

_CONSTANTS = {
    ConstantKind.PI: r"\pi",
    ConstantKind.E: r"\mathrm{e}",
    ConstantKind.EULER_GAMMA: r"\gamma_{\mathrm{E}}",
    ConstantKind.GOLDEN_RATIO: r"\varphi",
    ConstantKind.CATALAN: r"G_{\mathrm{C}}",
    ConstantKind.INFINITY: r"\infty",
    ConstantKind.NEGATIVE_INFINITY: r"-\infty",
}
FUNCTIONS = {
    Function.EXP: r"\exp",
    Function.LOG: r"\log",
    Function.SIN: r"\sin",
    Function.COS: r"\cos",
    Function.TAN: r"\tan",
    Function.ASIN: r"\arcsin",
    Function.ACOS: r"\arccos",
    Function.ATAN: r"\arctan",
    Function.SINH: r"\sinh",
    Function.COSH: r"\cosh",
    Function.TANH: r"\tanh",
    Function.MAX: r"\max",
    Function.MIN: r"\min",
}  # any other is written \operatorname{its name}
FENCES = {
    Function.ABS: (r"\left|", r"\right|"),
    Function.FLOOR: (r"\left\lfloor", r"\right\rfloor"),
    Function.CEILING: (r"\left\lceil", r"\right\rceil"),
}
LONG = 40  # characters from which a numerator is written behind its coefficient


class LatexPrinter(ConditionPrinter):
    """Writes terms over `tensors`, which name the bound indices as the user named their axes.

    `floors`: symbols that stand for rounded quotients of sizes.
    """

    def __init__(self, tensors: Mapping[str, Tensor], names: Names, floors: Mapping[Floor, str] | None = None) -> None:
        super().__init__(names, floors or {})
        self._namer = Namer(tensors)

    def equation(self, equation: Equation) -> str:
        """The equation without its ranges: what `$…$` takes."""
        bound = {axis.index: axis.index.name for axis in equation.axes}
        return f"{self.access(equation.lhs, bound)} {self.operator(equation.op)} {self.term(equation.rhs, bound)}"

    def operator(self, op: Op) -> str:
        return "=" if op is Op.ASSIGN else r"\mathrel{{+}{=}}"

    def term(self, term: Term, bound: Bound | None = None, level: int = _SUM) -> str:
        """The term, in parentheses where it holds together less strongly than `level`."""
        text, strength = self._term(term, bound or {})
        return rf"\left({text}\right)" if strength < level else text

    def _term(self, term: Term, bound: Bound) -> Text:
        match term:
            case Number(value):
                return _number(value), _SUM if value < 0 else _FACTOR if value.denominator > 1 else _ATOM
            case Constant(kind):
                return _CONSTANTS[kind], _SUM if kind is ConstantKind.NEGATIVE_INFINITY else _ATOM
            case PolyValue(poly):
                return self.poly(poly, bound), _ATOM if isinstance(poly.atom, Index | Dim) else _SUM
            case Access():
                text = self.access(term, bound)
                return text, _FACTOR if "^" in text or "frac" in text else _ATOM
            case Add(args):
                return " ".join(self.addends(args, bound)), _SUM
            case Mul():
                return self._product(term, bound)
            case Power(base, exponent):
                return self._power(base, exponent, bound)
            case Apply(function, args):
                return self._apply(function, args, bound)
            case Where():
                return self._where(term, bound)
            case Reduce():
                return self._reduce(term, bound)
            case Truth() | Training() | Compare() | Logic():
                return self.bracket(term, bound), _FACTOR
            case _:
                raise TypeError(f"cannot print {type(term).__name__}")

    # --- elements, subscripts and ranges -----------------------------------------------------------
    def access(self, access: Access, bound: Bound) -> str:
        """An element; a gradient of a leaf tensor is a quotient, ∂L/∂w."""
        inside = ",".join(self.subscript(subscript, bound) for subscript in access.subscripts)
        of = self.names.gradients.get(access.tensor)
        if of is not None:
            return rf"\frac{{\partial {self.names.loss}}}{{\partial {_element(of, inside)}}}"
        return _element(self.names.symbols.get(access.tensor, identifier(access.tensor)), inside)

    def subscript(self, subscript: Subscript, bound: Bound) -> str:
        return self.poly(subscript, bound) if isinstance(subscript, Poly) else self.access(subscript, bound)

    # --- sums, products, powers --------------------------------------------------------------------
    def ordered(self, args: Iterable[Term]) -> list[tuple[bool, Term]]:
        """(is negative, addend): positive ones first, among them sums first and a plain number last."""
        by_form = sorted(
            args, key=lambda arg: (reads_negative(arg), isinstance(arg, Number | PolyValue), not _is_sum(arg))
        )
        return [(reads_negative(arg), arg) for arg in by_form]

    def addends(self, args: Iterable[Term], bound: Bound) -> list[str]:
        """Each addend with its sign in front."""
        parts: list[str] = []
        for negative, arg in self.ordered(args):
            text = self.term(neg(arg) if negative else arg, bound, _PRODUCT)
            parts.append(f"{'-' if negative else '+'} {text}" if parts else f"{'-' if negative else ''}{text}")
        return parts

    def product(self, factors: Sequence[Term], bound: Bound) -> str:
        """The product of the factors, as one text."""
        return self._product(Mul(tuple(factors)), bound)[0] if len(factors) > 1 else self.term(factors[0], bound)

    def factor(self, term: Term, bound: Bound) -> str:
        """The term as one factor of a product."""
        return self.term(term, bound, _FACTOR)

    def _product(self, term: Mul, bound: Bound) -> Text:
        coefficient = Fraction(1)
        above: list[Term] = []
        below: list[Term] = []
        for arg in term.args:
            match arg:
                case Number(value):
                    coefficient = value
                case Power(base, exponent) if exponent < 0:
                    below.append(power(base, -exponent))
                case _:
                    above.append(arg)
        above.sort(key=lambda arg: isinstance(arg, Reduce))  # a sum takes all that follows it
        sign, strength = ("-", _SUM) if coefficient < 0 else ("", _PRODUCT)
        top, bottom = abs(coefficient.numerator), coefficient.denominator
        if not below and bottom == 1:
            return sign + self._factors(top, above, bound), strength
        numerator, denominator = self._whole(top, above, bound), self._whole(bottom, below, bound)
        if len(numerator) > LONG:
            return rf"{sign}\frac{{{top}}}{{{denominator}}} \, {self._factors(1, above, bound)}", strength
        return rf"{sign}\frac{{{numerator}}}{{{denominator}}}", strength

    def _whole(self, coefficient: int, factors: list[Term], bound: Bound) -> str:
        """The product as a numerator or denominator, where a single factor needs no parentheses."""
        if len(factors) == 1 and coefficient == 1:
            return self.term(factors[0], bound)
        return self._factors(coefficient, factors, bound)

    def _factors(self, coefficient: int, factors: list[Term], bound: Bound) -> str:
        """The factors side by side."""
        parts = [str(coefficient)] if coefficient != 1 or not factors else []
        for place, factor in enumerate(factors):
            last_sum = isinstance(factor, Reduce) and place == len(factors) - 1
            parts.append(self.term(factor, bound, _PRODUCT if last_sum else _FACTOR))
        return r" \, ".join(parts)

    def _power(self, base: Term, exponent: Fraction, bound: Bound) -> Text:
        if exponent < 0:
            return rf"\frac{{1}}{{{self.term(power(base, -exponent), bound)}}}", _FACTOR
        if exponent == Fraction(1, 2):
            return rf"\sqrt{{{self.term(base, bound)}}}", _ATOM
        return f"{self.term(base, bound, _ATOM)}^{{{_quotient(exponent)}}}", _FACTOR

    # --- functions, guards, reductions -------------------------------------------------------------
    def _apply(self, function: Function, args: tuple[Term, ...], bound: Bound) -> Text:
        texts = [self.term(arg, bound) for arg in args]
        match function:
            case Function.EXP_NORMALIZED:
                return rf"\exp\left({texts[0]} - {self.term(args[1], bound, _PRODUCT)}\right)", _FACTOR
            case Function.LOG_ADD_EXP:
                inside = " + ".join(rf"\exp\left({text}\right)" for text in texts)
                return rf"\log\left({inside}\right)", _FACTOR
            case Function.LOG_COSH:
                return rf"\log\left(\cosh\left({texts[0]}\right)\right)", _FACTOR
            case Function.BOSE:
                return rf"\frac{{1}}{{\exp\left({texts[0]}\right) - 1}}", _FACTOR
            case Function.DIFFERENCE:
                return rf"\left({texts[0]} - {self.term(args[1], bound, _PRODUCT)}\right)", _FACTOR
            case Function.POW:
                return f"{self.term(args[0], bound, _ATOM)}^{{{texts[1]}}}", _FACTOR
            case Function.ABS | Function.FLOOR | Function.CEILING:
                opening, closing = FENCES[function]
                return f"{opening} {texts[0]} {closing}", _ATOM
            case _:
                name = FUNCTIONS.get(function) or rf"\operatorname{{{function.value}}}".replace("_", r"\_")
                return name + r"\left(" + r",\, ".join(texts) + r"\right)", _FACTOR

    def _where(self, term: Where, bound: Bound) -> Text:
        if isinstance(term.otherwise, Number) and term.otherwise.value == 0:
            bracket = self.bracket(term.condition, bound)
            if isinstance(term.then, Number) and term.then.value == 1:
                return bracket, _FACTOR
            if not term.then.tensors and not term.then.free:  # a constant reads better in front
                if reads_negative(term.then):
                    return rf"-{self.term(neg(term.then), bound, _FACTOR)} \, {bracket}", _SUM
                return rf"{self.term(term.then, bound, _FACTOR)} \, {bracket}", _PRODUCT
            return rf"{bracket} \, {self.term(term.then, bound, _PRODUCT)}", _PRODUCT
        rows: list[str] = []
        rest: Term = term
        while isinstance(rest, Where):
            rows.append(rf"{self.term(rest.then, bound)} & \text{{if }} {self.condition(rest.condition, bound)}")
            rest = rest.otherwise
        rows.append(rf"{self.term(rest, bound)} & \text{{otherwise}}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}", _SUM

    def opened_sum(self, term: Reduce, bound: Bound) -> tuple[str, Term, Bound]:
        """The sign of a sum with its ranges, the body, and the names inside it."""
        inner = self._inner(term, bound)
        return self._over(r"\sum", term, inner), term.body, inner

    def _inner(self, term: Reduce, bound: Bound) -> Bound:
        free = {bound.get(index, str(index)) for index in term.free}
        return self._namer.names(term, bound, free | set(bound.values()))

    def _reduce(self, term: Reduce, bound: Bound) -> Text:
        inner = self._inner(term, bound)
        match term.reduction:
            case Reduction.SUM | Reduction.PRODUCT:
                symbol = r"\sum" if term.reduction is Reduction.SUM else r"\prod"
                return f"{self._over(symbol, term, inner)} {self.term(term.body, inner, _PRODUCT)}", _PRODUCT
            case Reduction.LOGSUMEXP:
                body = self.term(term.body, inner)
                return rf"\log {self._over(chr(92) + 'sum', term, inner)} \exp\left({body}\right)", _PRODUCT
            case Reduction.MAX | Reduction.MIN:
                symbol = r"\max" if term.reduction is Reduction.MAX else r"\min"
                under = r",\,".join(self.range_(axis, inner) for axis in term.axes)
                return rf"{symbol}_{{{under}}} {self.term(term.body, inner, _FACTOR)}", _PRODUCT

    def _over(self, symbol: str, term: Reduce, inner: Bound) -> str:
        """`symbol` with the range of each of the reduction's indices."""

        def bounds(axis: Axis) -> str:
            low, high = self.poly(axis.low, inner), self.poly(axis.high, inner)
            return f"_{{{self.index(axis.index, inner)}={low}}}^{{{high}}}"

        return " ".join(symbol + bounds(axis) for axis in term.axes)


def _element(symbol: str, inside: str) -> str:
    return f"{symbol}_{{{inside}}}" if inside else symbol


def _quotient(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def _number(value: Fraction) -> str:
    """An integer, an exact short decimal, or a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = repr(float(value)) if abs(value.numerator) < 10**300 and value.denominator < 10**300 else ""
    if decimal and Fraction(decimal) == value and len(decimal) <= 12 and value.denominator > 10:
        mantissa, e, exponent = decimal.partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else decimal
    return rf"{'-' if value < 0 else ''}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _is_sum(term: Term) -> bool:
    """Whether it is read as a sum over indices, a factor before it or not."""
    return isinstance(term, Reduce) or (isinstance(term, Mul) and any(isinstance(arg, Reduce) for arg in term.args))
