"""Expressions to values: sums, products, powers, functions, guarded values and reductions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symbackprop.lower.contraction import lower_sum
from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.reading import read
from symbackprop.lower.values import Choose, Contract, Fold, Kind, Map, MapOp, Read, Scalar, Value
from symbackprop.terms.build import (
    MINUS,
    NIL,
    UNIT,
    add,
    has_minus,
    logic_not,
    mul,
    number,
    poly_value,
)
from symbackprop.terms.poly import ZERO, Atom, Floor, Poly
from symbackprop.terms.program import DType
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Function,
    Mul,
    PolyValue,
    Power,
    Reduce,
    Reduction,
    Term,
    Where,
)

_UNARY = {
    Function.EXP: MapOp.EXP, Function.EXPM1: MapOp.EXPM1, Function.LOG: MapOp.LOG, Function.LOG1P: MapOp.LOG1P,
    Function.SIN: MapOp.SIN, Function.COS: MapOp.COS, Function.TAN: MapOp.TAN, Function.ASIN: MapOp.ASIN,
    Function.ACOS: MapOp.ACOS, Function.ATAN: MapOp.ATAN, Function.ATAN2: MapOp.ATAN2, Function.SINH: MapOp.SINH,
    Function.COSH: MapOp.COSH, Function.TANH: MapOp.TANH, Function.ASINH: MapOp.ASINH, Function.ACOSH: MapOp.ACOSH,
    Function.ATANH: MapOp.ATANH, Function.ERF: MapOp.ERF, Function.SIGMOID: MapOp.SIGMOID,
    Function.LOG_SIGMOID: MapOp.LOG_SIGMOID, Function.SOFTPLUS: MapOp.SOFTPLUS, Function.ABS: MapOp.ABS,
    Function.SIGN: MapOp.SIGN, Function.FLOOR: MapOp.FLOOR, Function.CEILING: MapOp.CEILING, Function.POW: MapOp.POWER,
    Function.LOG_COSH: MapOp.LOG_COSH, Function.EXP_NORMALIZED: MapOp.EXP_NORMALIZED,
    Function.DIFFERENCE: MapOp.SUBTRACT,
}  # fmt: skip
_CHAIN = {Function.MAX: MapOp.MAXIMUM, Function.MIN: MapOp.MINIMUM, Function.LOG_ADD_EXP: MapOp.LOG_ADD_EXP}
_INVERSE = {Function.SECH: MapOp.COSH, Function.CSCH: MapOp.SINH, Function.BOSE: MapOp.EXPM1}  # 0 where these overflow
_BY_TURNS = 8  # the highest power that is multiplied in one factor at a time


def evaluate(ev: Evaluator, term: Term) -> Value:
    """The value of a term that some axis or tensor decides, as floats."""
    if ev.is_integer(term):
        return ev.map(MapOp.COPY, ev.integer(term))
    match term:
        case Access(tensor):
            value = read(ev, term)
            return value if ev.context.table[tensor].dtype is DType.FLOAT else ev.map(MapOp.COPY, value)
        case PolyValue(poly):
            return _polynomial(ev, poly)
        case Add(args):
            return _sum(ev, args)
        case Mul(args):
            return product(ev, args)
        case Power():
            return product(ev, (term,))
        case Apply(function, args):
            return _function(ev, function, args)
        case Where(condition, then, otherwise):
            return _where(ev, condition, then, otherwise)
        case Reduce(reduction, _, _):
            return lower_sum(ev, term) if reduction is Reduction.SUM else _reduce(ev, term)
        case _:
            raise TypeError(f"cannot lower {type(term).__name__}: {term!r}")


# --- sums and products ---------------------------------------------------------------------------------
def _sum(ev: Evaluator, args: Sequence[Term]) -> Value:
    """The summands with the fewest axes first, subtracting where a sign says so."""
    total_scalar = add(*(arg for arg in args if ev.is_scalar(arg)))
    parts: list[tuple[int, Value]] = []
    for arg in args:
        if not ev.is_scalar(arg):
            parts.append((-1, ev.operand(mul(MINUS, arg))) if has_minus(arg) else (1, ev.operand(arg)))
    if total_scalar is not NIL:
        flip = has_minus(total_scalar)
        parts.append((-1, Scalar(mul(MINUS, total_scalar))) if flip else (1, Scalar(total_scalar)))
    parts.sort(key=lambda part: len(part[1].axes))
    sign, total = parts[0]
    for other_sign, other in parts[1:]:
        if sign == other_sign:
            wider, narrower = (other, total) if len(other.axes) > len(total.axes) else (total, other)
            total = ev.map(MapOp.ADD, wider, narrower)
        elif sign > 0:
            total = ev.map(MapOp.SUBTRACT, total, other)
        else:
            sign, total = 1, ev.map(MapOp.SUBTRACT, other, total)
    return total if sign > 0 else ev.map(MapOp.MULTIPLY, total, Scalar(MINUS))


def product(ev: Evaluator, factors: Sequence[Term]) -> Value:
    """Factors with the fewest axes first; the numbers go with the smallest; one division at the end.

    The powers of a factor come last, one multiplication at a time: what saturates makes a 0 of them before they
    overflow, as 1 - tanh(u)² of u³.
    """
    scale: Term = mul(*(factor for factor in factors if ev.is_scalar(factor)))
    above: list[Value] = []
    below: list[Value] = []
    raised_last: list[Value] = []
    several = sum(not ev.is_scalar(factor) for factor in factors) > 1
    for factor in factors:
        if ev.is_scalar(factor):
            continue
        match factor:
            case Power(base, exponent) if several and exponent.denominator == 1 and 1 < exponent <= _BY_TURNS:
                raised_last += [ev.operand(base)] * int(exponent)
            case Power(base, exponent):
                (above if exponent > 0 else below).append(raised(ev, ev.operand(base), abs(exponent)))
            case _:
                above.append(ev.operand(factor))
    denominator = multiply(ev, below) if below else None
    if not above and raised_last:
        above.append(raised_last.pop())
    if not above:
        assert denominator is not None
        return ev.map(MapOp.DIVIDE, Scalar(scale), denominator)
    numerator = ev.chain(MapOp.MULTIPLY, [multiply(ev, above, scale), *raised_last])
    return numerator if denominator is None else ev.map(MapOp.DIVIDE, numerator, denominator)


def _polynomial(ev: Evaluator, poly: Poly) -> Value:
    """What integers may be too small for, in floats."""
    constant, summands = ZERO, []
    for monomial, coefficient in poly.terms:
        scale, factors = Poly.of(coefficient), []
        for atom, power in monomial:
            if ev.axes_of(Poly.of(atom)):
                factors.append(raised(ev, _atom(ev, atom), Fraction(power)))
            else:
                scale = scale * Poly.of(atom) ** power
        if factors:
            summands.append(multiply(ev, factors, poly_value(scale)))
        else:
            constant = constant + scale
    return ev.chain(MapOp.ADD, [*summands, *([Scalar(poly_value(constant))] if constant.terms else [])])


def _atom(ev: Evaluator, atom: Atom) -> Value:
    """An index, or a rounded quotient, as floats."""
    if not isinstance(atom, Floor):
        return ev.map(MapOp.COPY, ev.position(Poly.of(atom)))
    above, below = (ev.operand(poly_value(part)) for part in (atom.numerator, atom.denominator))
    return ev.map(MapOp.FLOOR, ev.map(MapOp.DIVIDE, above, below))


def multiply(ev: Evaluator, operands: Sequence[Value], scale: Term = UNIT) -> Value:
    """scale times the operands."""
    first, *others = sorted(operands, key=lambda operand: len(operand.axes))
    return ev.chain(MapOp.MULTIPLY, [ev.scaled(first, scale), *others])


def raised(ev: Evaluator, base: Value, exponent: Fraction) -> Value:
    """base**exponent for a positive exponent: products and square roots where they will do."""
    if exponent.denominator not in (1, 2) or exponent > 64:
        return ev.map(MapOp.POWER, base, Scalar(number(exponent)))
    result: Value | None = ev.map(MapOp.SQRT, base) if exponent.denominator == 2 else None
    count = int(exponent)
    square = base
    while count:
        if count & 1:
            result = square if result is None else ev.map(MapOp.MULTIPLY, result, square)
        count >>= 1
        if count:
            square = ev.map(MapOp.SQUARE, square)
    assert result is not None
    return result


# --- functions -----------------------------------------------------------------------------------------
def _function(ev: Evaluator, function: Function, args: Sequence[Term]) -> Value:
    if function is Function.STOP_GRADIENT:
        return ev.operand(args[0])
    operands = [ev.operand(arg) for arg in args]
    if function is Function.RELU:
        return ev.map(MapOp.MAXIMUM, operands[0], Scalar(NIL))
    if function in _INVERSE:
        (inner,) = operands
        below = Map(_INVERSE[function], (inner,), Kind.FLOAT, True)
        return ev.map(MapOp.DIVIDE, Scalar(UNIT), below)
    if function in _CHAIN:
        operands.sort(key=lambda operand: len(operand.axes))
        total = operands[0]
        for operand in operands[1:]:
            total = ev.map(_CHAIN[function], operand, total)
        return total
    return ev.map(_UNARY[function], *operands)


# --- guarded values ------------------------------------------------------------------------------------
def _where(ev: Evaluator, condition: Term, then: Term, otherwise: Term) -> Value:
    if ev.is_scalar(condition):
        return _branches(ev, condition, then, otherwise)
    if then is UNIT and otherwise is NIL:
        return ev.map(MapOp.COPY, ev.mask(condition))
    with ev.guarded(condition):
        first = ev.operand(then)
    with ev.guarded(logic_not(condition)):
        second = ev.operand(otherwise)
    if isinstance(second, Scalar) and second.term is not NIL and not isinstance(first, Scalar | Read):
        condition, first, second = logic_not(condition), second, first  # what is computed can be written over
    return ev.map(MapOp.SELECT, ev.mask(condition), first, second)


def _branches(ev: Evaluator, condition: Term, then: Term, otherwise: Term) -> Value:
    """A condition on sizes and loop variables: one branch is computed."""
    with ev.branch(condition):
        first = ev.operand(then)
    with ev.branch(logic_not(condition)):
        second = ev.operand(otherwise)
    return Choose(condition, first, second, ev.quiet)


# --- reductions ----------------------------------------------------------------------------------------
def _reduce(ev: Evaluator, term: Reduce) -> Value:
    """max, min and product; and the log-sum-exp of what no tensor stands in, which `optimise.by_parts` leaves:
    max + log Σ exp(u - max)."""
    axes, body = ev.open(term)
    bound = tuple(axis.index for axis in axes)
    source = ev.operand(body)
    if source.kind is not Kind.FLOAT:
        source = ev.map(MapOp.COPY, source)
    if term.reduction is not Reduction.LOGSUMEXP:
        return Fold(term.reduction, source, bound, ev.quiet)
    largest = Fold(Reduction.MAX, source, bound, ev.quiet)
    total = Contract((ev.map(MapOp.EXP_NORMALIZED, source, largest),), bound, ev.quiet)
    return ev.map(MapOp.ADD, ev.map(MapOp.LOG, ev.map(MapOp.MAXIMUM, total, Scalar(UNIT))), largest)
