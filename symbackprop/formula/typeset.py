r"""What print lays out otherwise than a line of text: fractions, ranges under their sum, indicators.

`laid_out` takes a formula to one of the few that a notation of print writes: leaves, Scripted, Accented, Sum, Quotient,
Chain, Prefixed, Root, Call, Fenced, Cases, Relation, Not, Row; its operands are in parentheses where they need them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbackprop.formula.strength import JOINTS, Strength, parenthesised
from symbackprop.formula.tree import (
    Big,
    Call,
    Cases,
    Chain,
    Digits,
    Element,
    Fence,
    Fenced,
    Formula,
    Given,
    Indicator,
    Joint,
    Letter,
    Mark,
    Not,
    Number,
    Operator,
    Power,
    Prefixed,
    Product,
    Quotient,
    Range,
    Relation,
    Row,
    Scripted,
    Sign,
    Style,
    Sum,
    integer,
    length,
    times,
)

__all__ = ["laid_out", "scripts", "spread", "strength"]

_LARGE = {Operator.SUM: "∑", Operator.PRODUCT: "∏"}
_LONG = 9  # letters above a fraction from which they are written behind it


def laid_out(formula: Formula) -> Formula:
    """As print lays it out, where it stands."""
    match formula:
        case Number(value):
            return _number(value)
        case Product():
            return laid_out(times(*spread(formula)))
        case Range(index, low, last, end):
            return _range(index, low, last, end)
        case Element(symbol, subscripts):
            return Scripted(symbol, _listed(Joint.COMMA, subscripts)) if subscripts else laid_out(symbol)
        case Power():
            power = parenthesised(formula, strength)
            assert isinstance(power, Power)
            return Scripted(power.base, None, power.exponent)
        case Prefixed(Big(Operator.LOGSUMEXP, ranges), body):
            sums = Prefixed(Big(Operator.SUM, ranges), Call("exp", (body,)))
            return Prefixed(Call("log", ()), sums)
        case Prefixed(Indicator(), _):
            return parenthesised(formula, strength)
        case Big(operator, ranges):
            return _large(operator, ranges)
        case Indicator(condition):
            return Row((Letter("1", Style.BOLD), Fenced(Fence.BRACKETS, condition)))
        case _:
            return parenthesised(formula, strength)


def spread(product: Product) -> tuple[Formula, ...]:
    """The factors of a product: its number and all that divides it as one fraction, with what is multiplied above it
    unless that is long."""
    top, bottom = product.number.numerator, product.number.denominator
    if bottom == 1 and not product.below:
        return (*_counted(top, product.above), *product.above) or (integer(1),)
    below = times(*_counted(bottom, product.below), *product.below)
    above = times(*_counted(top, product.above), *product.above)
    if product.above and length(above) > _LONG:
        return Quotient(integer(top), below), *product.above
    return (Quotient(above, below),)


def _counted(number: int, factors: tuple[Formula, ...]) -> Iterator[Formula]:
    """The number, if it is not 1 before other factors."""
    if number != 1 or not factors:
        yield integer(number)


def strength(formula: Formula) -> Strength:
    """How strongly a formula in print holds together; what has a superscript takes no other."""
    match formula:
        case Number(value):
            return Strength.FACTOR if value.denominator > 1 else Strength.ATOM
        case Sum() | Cases():
            return Strength.SUM
        case Product():
            factors = spread(formula)
            return Strength.PRODUCT if len(factors) > 1 else strength(factors[0])
        case Chain(joint, _):
            return JOINTS[joint]
        case Prefixed():
            return Strength.PRODUCT
        case Relation() | Range():
            return Strength.RELATED
        case Not():
            return Strength.CONNECTED
        case Element(symbol, _):
            return strength(symbol)
        case Scripted(_, _, above):
            return Strength.ATOM if above is None else Strength.FACTOR
        case Given(latex):
            return Strength.FACTOR if "^" in latex else Strength.ATOM
        case Quotient() | Power() | Call() | Indicator():
            return Strength.FACTOR
        case _:
            return Strength.ATOM


def scripts(formula: Scripted) -> tuple[Formula, Formula | None, Formula | None]:
    """(base, below, above), those of a scripted base taken in: they stand one above the other."""
    base, below, above = formula.base, formula.below, formula.above
    inner = laid_out(base)
    if not isinstance(inner, Scripted) or (below and inner.below) or (above and inner.above):
        return base, below, above
    base, lower, upper = scripts(inner)
    return base, below or lower, above or upper


def _number(value: Fraction) -> Formula:
    """An integer, an exact short decimal, or a fraction."""
    if value.denominator == 1:
        return Digits(str(value.numerator))
    decimal = repr(float(value)) if value.numerator < 10**300 and value.denominator < 10**300 else ""
    if decimal and Fraction(decimal) == value and len(decimal) <= 12 and value.denominator > 10:
        mantissa, e, exponent = decimal.partition("e")
        if not e:
            return Digits(decimal)
        return Chain(Joint.DOT, (Digits(mantissa), Power(integer(10), integer(int(exponent)))))
    return Quotient(integer(value.numerator), integer(value.denominator))


def _range(index: Formula, low: Formula, last: Formula, end: Formula | None) -> Formula:
    r"""`0 \le n < N`, or `n = 0` where it is the only value."""
    if low == last:
        return Relation(index, ((Sign.EQUAL, low),))
    upper = (Sign.AT_MOST, last) if end is None else (Sign.LESS, end)
    return Relation(low, ((Sign.AT_MOST, index), upper))


def _large(operator: Operator, ranges: tuple[Formula, ...]) -> Formula:
    """The sign of an operator over its ranges: a sum over several has a sign for each that has ends."""
    sign = Mark(_LARGE.get(operator, operator.value))
    if operator not in _LARGE or not all(isinstance(range_, Range) for range_ in ranges):
        joint = Joint.LIST if operator not in _LARGE else Joint.COMMA
        return Scripted(sign, _listed(joint, ranges))
    signs = [Scripted(sign, Chain(Joint.IS, (r.index, r.low)), r.last) for r in ranges if isinstance(r, Range)]
    return _listed(Joint.NEXT, tuple(signs))


def _listed(joint: Joint, items: tuple[Formula, ...]) -> Formula:
    return items[0] if len(items) == 1 else Chain(joint, items)
