"""Values at one position as expressions in C."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from math import isinf

from symbackprop.c.nests import Subscripts
from symbackprop.c.of_integers import of_integers
from symbackprop.c.ranges import Ranges
from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.values import Kind, Map, MapOp, Position, Read, Scalar, Value
from symbackprop.terms.poly import ZERO, Atom, Floor, Poly
from symbackprop.terms.program import DType, Tensor


class Level(IntEnum):
    """How strongly an expression binds."""

    CHOICE = 0
    OR = 1
    AND = 2
    EQUAL = 3
    RELATION = 4
    SUM = 5
    PRODUCT = 6
    UNARY = 7
    ATOM = 8


_BETWEEN = {
    MapOp.ADD: ("+", Level.SUM), MapOp.SUBTRACT: ("-", Level.SUM), MapOp.MULTIPLY: ("*", Level.PRODUCT),
    MapOp.DIVIDE: ("/", Level.PRODUCT), MapOp.GREATER: (">", Level.RELATION),
    MapOp.GREATER_EQUAL: (">=", Level.RELATION), MapOp.EQUAL: ("==", Level.EQUAL),
    MapOp.NOT_EQUAL: ("!=", Level.EQUAL), MapOp.AND: ("&&", Level.AND), MapOp.OR: ("||", Level.OR),
}  # fmt: skip
MOST_BY_SQUARES = 1023  # exponents, whose powers are as right as running products are
_ASSOCIATIVE = frozenset({"+", "*", "&&", "||"})


class ExpressionText:
    """`called`: names of variables in C; `call`: the name of a function by its operation, whether of integers, and of
    those of 64 bits, noted as wanted."""

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        locals: frozenset[str],
        called: Callable[[str], str],
        call: Callable[[MapOp, bool, bool], str],
    ) -> None:
        self.tensors, self.locals, self.called, self.call = tensors, locals, called, call
        self.ranges = Ranges(tensors)

    # --- integers ----------------------------------------------------------------------------------
    def poly(self, poly: Poly, level: Level = Level.CHOICE) -> str:
        def atom(atom: Atom) -> str:
            if isinstance(atom, Floor):
                name = self.call(MapOp.FLOOR_DIVIDE, True, self.ranges.wide(atom.numerator))
                return f"{name}({self.poly(atom.numerator)}, {self.poly(atom.denominator)})"
            return self.called(atom.name)

        if poly.constant is not None:
            return _bound(str(poly.constant), Level.ATOM if poly.constant >= 0 else Level.SUM, level)
        text, wide = "", self.ranges.wide(poly)
        for monomial, coefficient in sorted(poly.terms, key=lambda term: (term[1] < 0, not term[0], -abs(term[1]))):
            factors = [atom(one) for one, power in monomial for _ in range(power)]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            if wide and (len(factors) > 1 or not text):
                factors[0] = f"(int64_t){factors[0]}"
            sign = " - " if coefficient < 0 else " + "
            text += f"{sign if text else sign.strip(' +')}{' * '.join(factors)}"
        single = len(poly.terms) == 1 and not text.startswith("-")
        return _bound(text, Level.ATOM if poly.atom is not None else Level.PRODUCT if single else Level.SUM, level)

    def flat(self, tensor: Tensor, subscripts: Subscripts) -> str:
        """The place of an element."""
        position, others, stride = ZERO, list[str](), 1
        for subscript, size in zip(reversed(subscripts), reversed(tensor.shape), strict=True):
            if isinstance(subscript, Poly):
                position = position + subscript * stride
            else:
                text = self.value(subscript, Level.PRODUCT, whole=True)
                others.append(text if stride == 1 else f"{self.value(subscript, Level.UNARY, whole=True)} * {stride}")
            stride *= max(size.constant or 0, 0)
        terms = [*others[::-1], *([self.poly(position, Level.SUM)] if position.terms or not others else [])]
        return " + ".join(terms)

    def element(self, tensor: Tensor, subscripts: Subscripts) -> str:
        name = self.called(tensor.name)
        return name if tensor.name in self.locals else f"{name}[{self.flat(tensor, subscripts)}]"

    # --- values ------------------------------------------------------------------------------------
    def value(self, value: Value, level: Level = Level.CHOICE, whole: bool = False) -> str:
        """`whole`: whether a number is wanted as an integer."""
        match value:
            case Scalar(term):
                return self.number(term_value(term, {}), level, whole)
            case Position(poly):
                return self.poly(poly, level)
            case Read(name, subscripts, _, _, padded):
                return self.read(value, self.tensors[name], subscripts, padded, level)
            case Map():
                return _bound(*self.mapped(value), level)
            case _:
                raise TypeError(f"not an expression: {value!r}")

    def number(self, number: float, level: Level, whole: bool) -> str:
        if whole:
            return _bound(str(int(number)), Level.ATOM if number >= 0 else Level.SUM, level)
        if isinf(number):
            return _bound(f"{'-' * (number < 0)}(real)INFINITY", Level.UNARY, level)
        text = repr(float(abs(number)))
        text = text.removesuffix(".0") if "e" not in text else text
        return _bound(f"{'-' * (number < 0)}(real){text}", Level.UNARY, level)

    def read(self, value: Read, tensor: Tensor, subscripts: Subscripts, padded: bool, level: Level) -> str:
        inside = self.inside(tensor, subscripts) if padded else []
        if not inside:
            return self.element(tensor, subscripts)
        whole = tensor.dtype is DType.INT
        if any((size.constant or 0) <= 0 for size in tensor.shape):
            return self.number(0, level, whole)
        text = f"{self.called(tensor.name)}[{self.clamped(tensor, subscripts)}]"
        holds = " && ".join(inside)
        if whole:
            return _bound(f"({holds}) * {text}", Level.PRODUCT, level)
        return f"{self.call(MapOp.SELECT, False, False)}({holds}, {text}, (real)0)"

    def clamped(self, tensor: Tensor, subscripts: Subscripts) -> str:
        """The place of the element, or of the nearest one: what is read outside is 0, whatever it is."""
        terms, stride = list[str](), 1
        for subscript, size in zip(reversed(subscripts), reversed(tensor.shape), strict=True):
            extent = size.constant or 0
            low, high = self.ranges.of(subscript)
            sure = low >= 0 and high < extent
            level = Level.UNARY if sure and stride > 1 else Level.SUM if sure else Level.CHOICE
            text = (
                self.poly(subscript, level) if isinstance(subscript, Poly) else self.value(subscript, level, whole=True)
            )
            if low < 0:
                text = f"{self.call(MapOp.MAXIMUM, True, self.ranges.wide(subscript))}({text}, 0)"
            if high >= extent:
                text = f"{self.call(MapOp.MINIMUM, True, self.ranges.wide(subscript))}({text}, {extent - 1})"
            terms.append(text if stride == 1 else f"{stride} * {text}")
            stride *= max(extent, 0)
        return " + ".join(reversed(terms))

    def inside(self, tensor: Tensor, subscripts: Subscripts) -> list[str]:
        """What holds where the element is one of the tensor's, but for what always does."""
        out: list[str] = []
        for subscript, size in zip(subscripts, tensor.shape, strict=True):
            extent = size.constant or 0
            low, high = self.ranges.of(subscript)
            text = (
                self.poly(subscript, Level.SUM)
                if isinstance(subscript, Poly)
                else self.value(subscript, Level.SUM, whole=True)
            )
            out += [f"{text} >= 0"] if low < 0 else []
            out += [f"{text} < {extent}"] if high >= extent else []
        return out

    def mapped(self, value: Map) -> tuple[str, Level]:
        op, args, whole = value.op, value.args, of_integers(value)
        if op in _BETWEEN and not (op is MapOp.DIVIDE and whole):
            sign, level = _BETWEEN[op]
            left, right = args
            tight = Level(level + 1)
            widened = whole and self.ranges.wide(value) and not any(map(self.ranges.wide, args))
            first = f"(int64_t){self.value(left, Level.ATOM, whole)}" if widened else self.value(left, level, whole)
            return f"{first} {sign} {self.value(right, level if sign in '&&||' else tight, whole)}", level
        match op:
            case MapOp.COPY:
                return self.copied(value, args[0])
            case MapOp.NOT:
                return f"!{self.value(args[0], Level.ATOM)}", Level.UNARY
            case MapOp.SQUARE:
                text = self.value(args[0], Level.UNARY, whole)
                if text.isidentifier() and not (whole and self.ranges.wide(value)):
                    return f"{text} * {text}", Level.PRODUCT
            case MapOp.SELECT:
                return self.selected(value.args, whole)
            case MapOp.POWER if (bits := self.bits(args[1])) is not None:
                listed = self.value(args[0]), self.value(args[1].children[0], Level.CHOICE, whole=True), str(bits)
                return f"{self.call(op, True, False)}({', '.join(listed)})", Level.ATOM
        wide = whole and any(map(self.ranges.wide, (value, *args)))
        return f"{self.call(op, whole, wide)}({self.listed(args, whole)})", Level.ATOM

    def bits(self, exponent: Value) -> int | None:
        """Of an integer that stands for positions, never negative and not large; None of any other exponent."""
        match exponent:
            case Map(MapOp.COPY, (Position(poly),)):
                low, high = self.ranges.of(poly)
                return max(int(high).bit_length(), 1) if low >= 0 and high <= MOST_BY_SQUARES else None
            case _:
                return None

    def selected(self, args: Sequence[Value], whole: bool) -> tuple[str, Level]:
        """Both are computed, and nothing branches (see `choose`)."""
        mask, then, otherwise = args
        texts = [self.value(then, Level.UNARY if whole else Level.CHOICE, whole),
                 self.value(otherwise, Level.UNARY if whole else Level.CHOICE, whole)]  # fmt: skip
        if whole:
            holds = self.value(mask, Level.ATOM)
            return f"({holds}) * {texts[0]} + !({holds}) * {texts[1]}", Level.SUM
        return f"{self.call(MapOp.SELECT, False, False)}({self.value(mask)}, {texts[0]}, {texts[1]})", Level.ATOM

    def listed(self, args: Sequence[Value], whole: bool) -> str:
        return ", ".join(self.value(arg, Level.CHOICE, whole) for arg in args)

    def copied(self, value: Map, arg: Value) -> tuple[str, Level]:
        if value.kind is Kind.FLOAT and arg.kind is not Kind.FLOAT:
            return f"(real){self.value(arg, Level.UNARY + 1, whole=True)}", Level.UNARY  # type: ignore[arg-type]
        return self.value(arg, Level.ATOM, of_integers(value)), Level.ATOM


def _bound(text: str, own: Level, wanted: Level) -> str:
    return f"({text})" if own < wanted else text


__all__ = ["ExpressionText", "Level"]
