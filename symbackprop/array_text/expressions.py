"""Values to expressions of arrays: each over its own axes, aligned where they meet.

An `Expressions` serves one statement. What is needed twice, or is too long to be read at once, is given a name by a
statement of its own ahead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from symbackprop.array_text.alignment import Alignment
from symbackprop.array_text.contractions import contract
from symbackprop.array_text.fragment import Code, Level
from symbackprop.array_text.reads import read
from symbackprop.lower.value_walks import parts_first
from symbackprop.lower.values import (
    Choose,
    Contract,
    Fold,
    Kind,
    Map,
    MapOp,
    Position,
    Read,
    Scalar,
    Value,
    children_of,
    inside,
)
from symbackprop.python_text.bracketed import call
from symbackprop.terms.build import MINUS, NIL, UNIT, has_minus, mul, power
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Mul, Number, Power, Reduction, Term

_INFIX = {
    MapOp.GREATER: (">", Level.COMPARISON), MapOp.GREATER_EQUAL: (">=", Level.COMPARISON),
    MapOp.EQUAL: ("==", Level.COMPARISON), MapOp.NOT_EQUAL: ("!=", Level.COMPARISON),
    MapOp.OR: ("|", Level.OR), MapOp.AND: ("&", Level.AND), MapOp.ADD: ("+", Level.SUM),
    MapOp.SUBTRACT: ("-", Level.SUM), MapOp.MULTIPLY: ("*", Level.PRODUCT), MapOp.DIVIDE: ("/", Level.PRODUCT),
    MapOp.FLOOR_DIVIDE: ("//", Level.PRODUCT),
}  # fmt: skip
_LONG = 240  # characters, beyond which a part gets a name
_SHORT = 24  # characters that may stand twice


@dataclass
class Expressions(Alignment):
    """The state of one statement. `code` is the entry; `name` gives what is computed ahead a variable."""

    name: Callable[[Code], Code]

    def __post_init__(self) -> None:
        super().__post_init__()
        values = self.values
        self.memo: dict[Value, Code] = {}
        self.uses = Counter(child for part in {p for v in values for p in inside(v)} for child in _texts(part))
        self.lazy = {part for value in values for top in inside(value) if isinstance(top, Choose)
                     for branch in children_of(top) for part in inside(branch)}  # fmt: skip

    # --- values ------------------------------------------------------------------------------------
    def code(self, top: Value) -> Code:
        """The value's expression."""
        for value in parts_first(top, self.memo, self._parts):
            code = self._make(value)
            self.memo[value] = code if value is top else self._named(value, code)
        return self.memo[top]

    def _parts(self, value: Value) -> tuple[Value, ...]:
        """What has its expression before the value has."""
        return children_of(value)

    def _named(self, value: Value, code: Code) -> Code:
        if isinstance(value, Scalar | Position | Read) or value in self.lazy or code.plain:
            return code
        limit = _SHORT if self.uses[value] > 1 else _LONG
        return self.name(code) if len(code.text) > limit else code

    def _make(self, value: Value) -> Code:
        match value:
            case Scalar(term):
                return self.spelling.scalar(term)
            case Position(poly, over):
                return self.spelling.position(poly, self.axes, self.ordered(i for i in over if i in self.axes))
            case Read():
                return read(self, value)
            case Map():
                return self._map(value)
            case Contract():
                return contract(self, value)
            case Fold(reduction, source, bound):
                return self._fold(reduction, self.memo[source], bound)
            case Choose(condition, then, otherwise):
                codes = [self.memo[then], self.memo[otherwise]]
                layout = self.layout(codes)
                first, second = (self.filled(c, layout) if layout or not c.plain else c for c in codes)
                if self.spelling.known_later(condition):
                    mask = Code(self.spelling.condition(condition))
                    return self.library.select(mask, first, second, layout)
                text = f"{first.at(Level.OR)} if {self.spelling.condition(condition)} else {second.at(Level.CHOICE)}"
                return Code(text, Level.CHOICE, layout, first.plain and second.plain)
            case _:
                raise TypeError(f"not a value: {value!r}")

    def _fold(self, reduction: Reduction, source: Code, bound: Sequence[Index]) -> Code:
        if not set(bound) <= set(source.axes):
            source = self.filled(source, self.ordered({*source.axes, *bound}))
        return self.total(source, reduction, bound)

    # --- element by element ------------------------------------------------------------------------
    def _map(self, value: Map) -> Code:
        memo = self.memo
        match value:
            case Map(MapOp.COPY, (arg,), Kind.FLOAT):
                return self._as_floats(arg)
            case Map(MapOp.MULTIPLY, (arg, Scalar(term)), Kind.FLOAT):
                return self._scaled(memo[arg], term)
            case Map(MapOp.ADD | MapOp.SUBTRACT as op, (left, right), Kind.FLOAT):
                return self._sum(op, left, right)
            case Map(MapOp.SQUARE, (arg,)):
                return Code(f"{memo[arg].at(Level.ATOM)}**2", Level.POWER, memo[arg].axes)
            case Map(MapOp.POWER, args):
                codes, layout = self._aligned(args)
                return Code(f"{codes[0].at(Level.ATOM)}**{codes[1].at(Level.SIGN)}", Level.POWER, layout)
            case Map(MapOp.NOT, (arg,)):
                return Code(f"~{memo[arg].at(Level.ATOM)}", Level.SIGN, memo[arg].axes)
            case Map(MapOp.SELECT, (mask, then, otherwise)):
                return self._select(mask, then, otherwise, value.kind)
            case Map(op, args) if op in _INFIX:
                codes, layout = self._aligned(args)
                return _infix(op, layout, *codes)
            case Map(MapOp.LOG_SIGMOID, (arg,)):
                inner = self.library.log_one_plus_exp(self._scaled(memo[arg], MINUS).text, memo[arg].axes)
                return Code(f"-{inner.text}", Level.SIGN, inner.axes)
            case Map(MapOp.SOFTPLUS, (arg,)):
                return self.library.log_one_plus_exp(memo[arg].text, memo[arg].axes)
            case Map(op, args):
                codes, layout = self._aligned(args)
                helper = self.library.helpers.get(op)
                if helper is not None:
                    return Code(call(self.spelling.helper(helper), *(code.text for code in codes)), axes=layout)
                return self.library.operation(op, codes, layout)

    def _aligned(self, args: Sequence[Value]) -> tuple[list[Code], tuple[Index, ...]]:
        codes = [self.memo[arg] for arg in args]
        layout = self.layout(codes)
        return [self.over(code, layout) for code in codes], layout

    def _as_floats(self, arg: Value) -> Code:
        code = self.memo[arg]
        if arg.kind is Kind.FLOAT or code.plain:
            return code
        return self._cast(code)

    def _cast(self, code: Code) -> Code:
        return self.library.cast(code, self.spelling.dtype)

    def _scaled(self, code: Code, term: Term) -> Code:
        if has_minus(term):
            inner = self._scaled(code, mul(MINUS, term))
            level = Level.PRODUCT if inner.level is Level.PRODUCT else Level.SIGN  # -x / 2 is a quotient
            return Code(f"-{inner.at(Level.PRODUCT)}", level, inner.axes, inner.plain)
        if isinstance(term, Number) and term.value == 1:
            return code
        if _is_inverse(term):
            below = self.spelling.scalar(power(term, -1))
            return Code(f"{code.at(Level.PRODUCT)} / {below.at(Level.SIGN)}", Level.PRODUCT, code.axes)
        return Code(f"{self.spelling.scalar(term).at(Level.PRODUCT)} * {code.at(Level.SIGN)}", Level.PRODUCT, code.axes)

    def _sum(self, op: MapOp, left: Value, right: Value) -> Code:
        """A truth value beside an array of floats counts as 0 or 1 as it is; -x is taken away."""
        sign, codes = op is MapOp.ADD, []
        for place, (arg, other) in enumerate(((left, right), (right, left))):
            flip, arg = _without_sign(arg, place)
            sign ^= flip
            codes.append(self._counted(arg, other))
        layout = self.layout(codes)
        return _infix(MapOp.ADD if sign else MapOp.SUBTRACT, layout, *(self.over(code, layout) for code in codes))

    def _counted(self, arg: Value, other: Value) -> Code:
        if not self.library.counts_truth:
            return self.code(arg)
        match arg:
            case Map(MapOp.COPY, (mask,)) if mask.kind is Kind.BOOL and other.axes and not _is_mask(other):
                return self.code(mask)
            case Map(MapOp.SELECT, (mask, Scalar(one), Scalar(zero))) if (one, zero) == (UNIT, NIL):
                return self.code(mask if other.axes and not _is_mask(other) else arg)
            case _:
                return self.code(arg)

    def _select(self, mask: Value, then: Value, otherwise: Value, kind: Kind) -> Code:
        codes, layout = self._aligned((mask, then, otherwise))
        code = self.library.select(codes[0], codes[1], codes[2], layout)
        return code if then.axes or otherwise.axes or kind is Kind.INT else self._cast(code)


def _texts(value: Value) -> Iterable[Value]:
    """The parts, each as often as it is written: factors that stand twice are written as a square."""
    return set(value.factors) if isinstance(value, Contract) else children_of(value)


def _infix(op: MapOp, axes: tuple[Index, ...], left: Code, right: Code) -> Code:
    sign, level = _INFIX[op]
    strict = level is Level.COMPARISON
    first = left.at(Level.OR) if strict else left.at(level)
    second = right.at(Level.OR if strict else Level(level + 1))
    if op is MapOp.ADD and right.level is Level.MATMUL:
        second = right.text
    return Code(f"{first} {sign} {second}", level, axes)


def _is_mask(value: Value) -> bool:
    match value:
        case Map(MapOp.COPY, (arg,)):
            return arg.kind is Kind.BOOL
        case Map(MapOp.SELECT, (_, Scalar(), Scalar())):
            return True
        case _:
            return False


def _without_sign(value: Value, place: int) -> tuple[bool, Value]:
    """(whether a minus sign was taken off the second summand, the rest)."""
    match value:
        case Map(MapOp.MULTIPLY, (arg, Scalar(term)), Kind.FLOAT) if place and term is MINUS:
            return True, arg
        case Map(MapOp.SELECT, (mask, Scalar(one), zero), kind, quiet) if place and (one, zero) == (MINUS, Scalar(NIL)):
            return True, Map(MapOp.SELECT, (mask, Scalar(UNIT), zero), kind, quiet)
        case _:
            return False, value


def _is_inverse(term: Term) -> bool:
    match term:
        case Number(value):
            return value.numerator == 1
        case Power(_, exponent):
            return exponent < 0
        case Mul(args):
            return all(_is_inverse(arg) for arg in args)
        case _:
            return False


__all__ = ["Expressions"]
