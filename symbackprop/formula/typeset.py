r"""What print lays out otherwise than a line of text: fractions, ranges under their sum, indicators.

`laid_out` takes a formula to one of the few that a notation of print writes: leaves, Scripted, Accented, Sum, Quotient,
Chain, Prefixed, Root, Call, Fenced, Cases, Relation, Not, Row; its operands are in parentheses where they need them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symbackprop.formula import tree
from symbackprop.formula.strength import JOINTS, Strength, parenthesised
from symbackprop.formula.tree import Fence, Formula, Joint, Operator, Sign, Style

__all__ = ["laid_out", "scripts", "spread", "strength"]

_LARGE = {Operator.SUM: "∑", Operator.PRODUCT: "∏"}
_LONG = 9  # letters above a fraction from which they are written behind it


def laid_out(formula: Formula) -> Formula:
    """As print lays it out, where it stands."""
    match formula:
        case tree.Number(value):
            return _number(value)
        case tree.Product():
            return laid_out(tree.times(*spread(formula)))
        case tree.Range(index, low, last, end):
            return _range(index, low, last, end)
        case tree.Element(symbol, subscripts):
            return tree.Scripted(symbol, tree.chain(Joint.COMMA, subscripts)) if subscripts else laid_out(symbol)
        case tree.Power():
            power = parenthesised(formula, strength)
            assert isinstance(power, tree.Power)
            return tree.Scripted(power.base, None, power.exponent)
        case tree.Prefixed(tree.Big(Operator.LOGSUMEXP, ranges), body):
            sums = tree.Prefixed(tree.Big(Operator.SUM, ranges), tree.Call("exp", (body,)))
            return tree.Prefixed(tree.Call("log", ()), sums)
        case tree.Big(operator, ranges):
            return _large(operator, ranges)
        case tree.Indicator(condition):
            return tree.Row((tree.Letter("1", Style.BOLD), tree.Fenced(Fence.BRACKETS, condition)))
        case _:
            return parenthesised(formula, strength)


def spread(product: tree.Product) -> tuple[Formula, ...]:
    """The factors of a product: its number and all that divides it as one fraction, with what is multiplied above it
    unless that is long, or has a sum."""
    top, bottom = product.number.numerator, product.number.denominator
    if bottom == 1 and not product.below:
        return (*_counted(top, product.above), *product.above) or (tree.integer(1),)
    below = tree.times(*_counted(bottom, product.below), *product.below)
    above = tree.times(*_counted(top, product.above), *product.above)
    has_sum = any(isinstance(f, tree.Prefixed) and isinstance(f.head, tree.Big) for f in product.above)
    if product.above and (has_sum or tree.length(above) > _LONG):
        return tree.Quotient(tree.integer(top), below), *product.above
    return (tree.Quotient(above, below),)


def _counted(number: int, factors: tuple[Formula, ...]) -> Iterator[Formula]:
    """The number, if it is not 1 before other factors."""
    if number != 1 or not factors:
        yield tree.integer(number)


def strength(formula: Formula) -> Strength:
    """How strongly a formula in print holds together; what has a superscript takes no other."""
    match formula:
        case tree.Number(value):
            return Strength.FACTOR if value.denominator > 1 else Strength.ATOM
        case tree.Sum() | tree.Cases():
            return Strength.SUM
        case tree.Product():
            factors = spread(formula)
            return Strength.PRODUCT if len(factors) > 1 else strength(factors[0])
        case tree.Chain(joint, _):
            return JOINTS[joint][0]
        case tree.Prefixed():
            return Strength.PRODUCT
        case tree.Relation() | tree.Range():
            return Strength.RELATED
        case tree.Not():
            return Strength.CONNECTED
        case tree.Element(symbol, _):
            return strength(symbol)
        case tree.Scripted(_, _, above):
            return Strength.ATOM if above is None else Strength.FACTOR
        case tree.Given(latex):
            return Strength.FACTOR if "^" in latex else Strength.ATOM
        case tree.Quotient() | tree.Power() | tree.Call() | tree.Indicator():
            return Strength.FACTOR
        case _:
            return Strength.ATOM


def scripts(formula: tree.Scripted) -> tuple[Formula, Formula | None, Formula | None]:
    """(base, below, above), those of a scripted base taken in: they stand one above the other."""
    base, below, above = formula.base, formula.below, formula.above
    inner = laid_out(base)
    if not isinstance(inner, tree.Scripted) or (below and inner.below) or (above and inner.above):
        return base, below, above
    base, lower, upper = scripts(inner)
    return base, below or lower, above or upper


def _number(value: Fraction) -> Formula:
    """An integer, an exact short decimal, or a fraction."""
    if value.denominator == 1:
        return tree.Digits(str(value.numerator))
    decimal = repr(float(value)) if value.numerator < 10**300 and value.denominator < 10**300 else ""
    if decimal and Fraction(decimal) == value and len(decimal) <= 12 and value.denominator > 10:
        mantissa, e, exponent = decimal.partition("e")
        if not e:
            return tree.Digits(decimal)
        power = tree.Power(tree.integer(10), tree.integer(int(exponent)))
        return laid_out(power) if mantissa == "1" else tree.Chain(Joint.DOT, (tree.Digits(mantissa), power))
    return tree.Quotient(tree.integer(value.numerator), tree.integer(value.denominator))


def _range(index: Formula, low: Formula, last: Formula, end: Formula | None) -> Formula:
    r"""`0 \le n < N`, or `n = 0` where it is the only value."""
    if low == last:
        return tree.Relation(index, ((Sign.EQUAL, low),))
    upper = (Sign.AT_MOST, last) if end is None else (Sign.LESS, end)
    return tree.Relation(low, ((Sign.AT_MOST, index), upper))


def _large(operator: Operator, ranges: tuple[Formula, ...]) -> Formula:
    """The sign of an operator over its ranges: a sum over several has a sign for each that has ends."""
    sign = tree.Mark(_LARGE.get(operator, operator.value))
    if operator not in _LARGE or not all(isinstance(range_, tree.Range) for range_ in ranges):
        joint = Joint.LIST if operator not in _LARGE else Joint.COMMA
        return tree.Scripted(sign, tree.chain(joint, ranges))
    found = [range_ for range_ in ranges if isinstance(range_, tree.Range)]
    signs = [tree.Scripted(sign, tree.Chain(Joint.IS, (each.index, each.low)), each.last) for each in found]
    return tree.chain(Joint.NEXT, signs)
