"""Sizes, numbers and conditions as Python expressions."""

from __future__ import annotations

from fractions import Fraction
from functools import partial, reduce
from math import inf
from typing import ClassVar, Protocol

from symbackprop.errors import UndefinedConstant
from symbackprop.terms.build import integer_condition
from symbackprop.terms.integers import fits, is_whole
from symbackprop.terms.poly import Atom, Floor, Index, Poly
from symbackprop.terms.sign import Signs, is_nonnegative
from symbackprop.terms.term import (
    Add,
    Apply,
    Compare,
    Connective,
    Constant,
    ConstantKind,
    Function,
    Logic,
    Mul,
    Number,
    PolyValue,
    Power,
    Relation,
    Term,
    Truth,
    Where,
)


class Numbers:
    """The library whose functions of numbers are written: NumPy, and what has its names."""

    prefix: ClassVar[str] = "np"

    def constant(self, kind: ConstantKind) -> str:
        written = _CONSTANT[kind]
        return (
            written if written[0].isdigit() else f"{'-' * written.startswith('-')}{self.prefix}.{written.lstrip('-')}"
        )

    def of_numbers(self, function: str, *args: str) -> str:
        """A function, by NumPy's name, of numbers of Python's."""
        return f"{self.prefix}.{function}({', '.join(args)})"

    def erf(self, number: str, name: Naming) -> str:
        """The error function of a number, by the helper that takes and fills arrays."""
        return f"{name.module('_erf')}(np.array({number}, {name.module('float')}), np.empty(()))"

    def as_float(self, text: str, name: Naming) -> str:
        """What its functions return as a number of Python's own."""
        return f"{name.module('float')}({text})"


class Naming(Protocol):
    """How sizes and loop variables are called, and what belongs to Python or the module."""

    @property
    def numbers(self) -> Numbers:
        """What functions of numbers are written with."""

    def module(self, name: str) -> str:
        """A function of Python's or the module's, which the network may have a name of."""

    def __call__(self, name: str) -> str: ...

    def whole(self, poly: Poly) -> str | None:
        """The variable that holds the value of a polynomial, if there is one."""


class Plain:
    """Their own names."""

    def __init__(self, numbers: Numbers | None = None) -> None:
        self.numbers = numbers or Numbers()

    def module(self, name: str) -> str:
        return name

    def __call__(self, name: str) -> str:
        return name

    def whole(self, poly: Poly) -> str | None:
        return None


PLAIN = Plain()
_ADD, _MUL, _UNARY, _POWER, _ATOM = 1, 2, 3, 4, 5  # how strongly an expression binds
_RELATION = {Relation.GT: ">", Relation.GE: ">=", Relation.EQ: "==", Relation.NE: "!="}
_CONSTANT = {
    ConstantKind.PI: "pi",
    ConstantKind.E: "e",
    ConstantKind.EULER_GAMMA: "euler_gamma",
    ConstantKind.GOLDEN_RATIO: "1.618033988749895",
    ConstantKind.CATALAN: "0.915965594177219",
    ConstantKind.INFINITY: "inf",
    ConstantKind.NEGATIVE_INFINITY: "-inf",
}
_NUMPY = {
    Function.ASIN: "arcsin", Function.ACOS: "arccos", Function.ATAN: "arctan", Function.ATAN2: "arctan2",
    Function.ASINH: "arcsinh", Function.ACOSH: "arccosh", Function.ATANH: "arctanh", Function.CEILING: "ceil",
}  # fmt: skip


def poly_text(poly: Poly, name: Naming = PLAIN) -> str:
    """An integer expression: `2 * H + 1`, `(H - K) // 2 + 1`."""
    held = name.whole(poly)
    return held if held is not None else expression_text(poly, name)


def expression_text(poly: Poly, name: Naming = PLAIN) -> str:
    """The polynomial written out, whichever variable may hold it."""

    def atom_text(atom: Atom) -> str:
        if not isinstance(atom, Floor):
            return name(atom.name or str(atom))
        held = name.whole(Poly.of(atom))
        return f"({_quotient(atom, name)})" if held is None else held

    if isinstance(poly.atom, Floor) and name.whole(poly) is None:
        return _quotient(poly.atom, name)
    return poly.format(atom_text, " * ", "**")


def _quotient(floor: Floor, name: Naming) -> str:
    return f"{factor_text(floor.numerator, name)} // {factor_text(floor.denominator, name)}"


def factor_text(poly: Poly, name: Naming = PLAIN) -> str:
    """The polynomial where a factor is wanted."""
    text = poly_text(poly, name)
    plain = (
        text.isidentifier() or poly.constant is not None or (poly.atom is not None and not isinstance(poly.atom, Floor))
    )
    return text if plain else f"({text})"


def number_text(value: Fraction) -> str:
    """An exact literal where there is a short one, else a quotient.

    UndefinedConstant where a float64 would be infinite or zero: equations hold no such number, but products of theirs.
    """
    if value.denominator == 1 and abs(value) < 2**63:
        return str(value.numerator)
    rounded = _rounded(value)
    if not 0 < abs(rounded) < inf:
        digits = round((abs(value.numerator).bit_length() - value.denominator.bit_length()) * 0.30103)
        raise UndefinedConstant(
            "a product of the equations' numbers", expected="numbers that a float64 holds: 4.9e-324 to 1.8e308",
            found=f"about 1e{digits:+d}", remedy="measure in another unit, or keep the factors in tensors of their own",
        )  # fmt: skip
    text = repr(rounded)
    if value.denominator == 1:
        return text  # NumPy takes no larger integers beside floats
    return text if Fraction(text) == value else f"{value.numerator} / {value.denominator}"


def _rounded(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return inf


def scalar_text(term: Term, name: Naming = PLAIN, level: int = 0) -> str:
    """A term of sizes and loop variables as a Python float (or int) expression."""
    return _bound(*scalar_strength(term, name), level)


def scalar_strength(term: Term, name: Naming) -> tuple[str, int]:
    """(the expression, how strongly it binds: from 1, a sum, to 5, an atom). An integer that is large is a float."""
    text, strength = _written(term, name)
    large = not isinstance(term, Number) and is_whole(term) and not fits(term)
    return (f"{name.module('float')}({text})", _ATOM) if large else (text, strength)


def _bound(text: str, strength: int, level: int) -> str:
    return f"({text})" if strength < level else text


def whole_text(term: Term, name: Naming, level: int = 0) -> str:
    """A number as Python's integers calculate it, exactly and however large."""
    return _bound(*_written(term, name), level)


def _written(term: Term, name: Naming) -> tuple[str, int]:
    match term:
        case Number(value):
            text = number_text(value)
            return text, _UNARY if value < 0 else _MUL if "/" in text else _ATOM
        case Constant(kind):
            return name.numbers.constant(kind), _UNARY if kind is ConstantKind.NEGATIVE_INFINITY else _ATOM
        case PolyValue(poly):
            text = poly_text(poly, name)
            plain = text.isidentifier() or (poly.atom is not None and not isinstance(poly.atom, Floor))
            return text, _ATOM if plain else _MUL if len(poly.terms) == 1 else _ADD
        case Add(args):
            return " + ".join(whole_text(arg, name, _ADD) for arg in args), _ADD
        case Mul(args):
            return _product(args, name)
        case Power():
            return _product((term,), name)
        case Apply(Function.MAX | Function.MIN as function, args):
            return f"{name.module(function.value)}({', '.join(whole_text(arg, name) for arg in args)})", _ATOM
        case Apply(Function.POW, (base, exponent)):
            text = name.numbers.of_numbers("power", _float_text(base, name), scalar_text(exponent, name))
            return name.numbers.as_float(text, name), _ATOM
        case Apply(function, args):
            text = _function(function, [scalar_text(arg, name) for arg in args], name)
            return name.numbers.as_float(text, name), _ATOM
        case Where(condition, then, otherwise):
            parts = (scalar_text(then, name, _ADD), condition_text(condition, name), scalar_text(otherwise, name, _ADD))
            return "({} if {} else {})".format(*parts), _ATOM
        case Truth() | Compare() | Logic():
            return f"({condition_text(term, name)})", _ATOM
        case _:
            raise TypeError(f"not a number known from sizes: {term!r}")


def _float_text(term: Term, name: Naming) -> str:
    """A float also where the number is an integer, of which NumPy has no negative powers."""
    text = scalar_text(term, name)
    return f"{text}.0" if text.isdecimal() else f"{name.module('float')}({text})"


def _function(function: Function, args: list[str], name: Naming) -> str:
    of = name.numbers.of_numbers
    match function:
        case Function.SIGMOID:
            return f"0.5 + 0.5 * {of('tanh', f'0.5 * ({args[0]})')}"
        case Function.SOFTPLUS:
            return of("logaddexp", "0", args[0])
        case Function.LOG_SIGMOID:
            return f"-{of('logaddexp', '0', f'-({args[0]})')}"
        case Function.RELU:
            return f"{name.module('max')}({args[0]}, 0)"
        case Function.ERF:
            return name.numbers.erf(args[0], name)
        case Function.EXP_NORMALIZED:
            return of("exp", f"{args[0]} - ({args[1]})")
        case Function.LOG_ADD_EXP:
            return reduce(partial(of, "logaddexp"), args)
        case Function.LOG_COSH:
            return f"{of('logaddexp', args[0], f'-({args[0]})')} - {of('log', '2')}"
        case Function.SECH:
            return f"1 / {of('cosh', args[0])}"
        case Function.CSCH:
            return f"1 / {of('sinh', args[0])}"
        case Function.BOSE:
            return f"1 / {of('expm1', args[0])}"
        case Function.DIFFERENCE:
            return f"{args[0]} - ({args[1]})"
        case Function.STOP_GRADIENT:
            return args[0]
        case _:
            return of(_NUMPY.get(function, function.value), *args)


def _product(args: tuple[Term, ...], name: Naming) -> tuple[str, int]:
    above: list[str] = []
    below: list[str] = []
    for arg in args:
        match arg:
            case Number(value) if value.denominator != 1 and "/" in number_text(value):
                if value.numerator != 1:
                    above.append(str(value.numerator))
                below.append(str(value.denominator))
            case Power(Number(value), exponent) if not value and exponent < 0:
                above.append(
                    name.numbers.constant(ConstantKind.INFINITY)
                )  # where Python has an error, NumPy has a pole
            case Power(base, exponent) if exponent.denominator != 1 and not is_nonnegative(base, Signs()):
                root = name.numbers.as_float(_root(base, abs(exponent), name), name)
                (above if exponent > 0 else below).append(root)
            case Power(base, exponent):
                text = whole_text(base, name, _ATOM if abs(exponent) != 1 else _POWER)
                if abs(exponent) != 1:
                    power = number_text(abs(exponent))
                    text += f"**({power})" if "/" in power else f"**{power}"
                (above if exponent > 0 else below).append(text)
            case _:
                above.append(whole_text(arg, name, _MUL if not above else _UNARY))
    text = " * ".join(above) or "1"
    if below:
        text += f" / {below[0]}" if len(below) == 1 else f" / ({' * '.join(below)})"
    return text, _MUL if below or len(above) > 1 else _POWER


def _root(base: Term, exponent: Fraction, name: Naming) -> str:
    """Of what may be negative, for which Python has a complex number and NumPy NaN."""
    if exponent == Fraction(1, 2):
        return name.numbers.of_numbers("sqrt", scalar_text(base, name))
    return name.numbers.of_numbers("power", _float_text(base, name), number_text(exponent))


def condition_text(condition: Term, name: Naming = PLAIN) -> str:
    """A condition on sizes and loop variables: `t >= 1 and t <= T - 1`."""
    integer = integer_condition(condition)
    if integer is not None:
        relation, poly = integer
        left = Poly({m: c for m, c in poly.terms if _holds_index(m) == (c > 0)})
        if not left.terms or not any(_holds_index(m) for m, _ in left.terms):
            left = Poly({m: c for m, c in poly.terms if c > 0})
        right = left - poly
        return f"{poly_text(left, name)} {_RELATION[relation]} {poly_text(right, name)}"
    match condition:
        case Truth(value):
            return str(value)
        case Compare(relation, a, b):
            return f"{whole_text(a, name, _ADD)} {_RELATION[relation]} {whole_text(b, name, _ADD)}"
        case Logic(Connective.NOT, (inner,)):
            return f"not ({condition_text(inner, name)})"
        case Logic(connective, args):
            texts = [condition_text(arg, name) for arg in args]
            return f" {connective.value} ".join(
                f"({text})" if isinstance(arg, Logic) else text for arg, text in zip(args, texts, strict=True)
            )
        case _:
            raise TypeError(f"not a condition: {condition!r}")


def _holds_index(monomial: object) -> bool:
    assert isinstance(monomial, tuple)
    return any(isinstance(atom, Index) for atom, _ in monomial)
