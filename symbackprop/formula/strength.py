"""How strongly formulas hold together, and so which operands stand in parentheses."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from symbackprop.formula.tree import (
    Big,
    Chain,
    Fence,
    Fenced,
    Formula,
    Joint,
    Not,
    Operator,
    Power,
    Prefixed,
    Product,
    Relation,
    Sum,
)

__all__ = ["JOINTS", "Strength", "opens", "parenthesised"]


class Strength(IntEnum):
    """From what anything may tear apart to what can take an exponent."""

    LISTED = 0
    CONNECTED = 1
    RELATED = 2
    SUM = 3
    ELEMENTWISE = 4
    PRODUCT = 5
    FACTOR = 6
    ATOM = 7


JOINTS = {
    Joint.TIMES: Strength.PRODUCT,
    Joint.BESIDE: Strength.PRODUCT,
    Joint.CROSS: Strength.PRODUCT,
    Joint.DOT: Strength.PRODUCT,
    Joint.ELEMENTWISE: Strength.ELEMENTWISE,
    Joint.DIVIDED: Strength.ELEMENTWISE,
    Joint.IS: Strength.RELATED,
    Joint.AND: Strength.CONNECTED,
    Joint.OR: Strength.CONNECTED,
    Joint.COMMA: Strength.LISTED,
    Joint.LIST: Strength.LISTED,
    Joint.NEXT: Strength.PRODUCT,
    Joint.THIN: Strength.LISTED,
}
# (what all items but the last, what the last one must hold together by)
_ITEMS = {
    Joint.TIMES: (Strength.FACTOR, Strength.PRODUCT),  # a sum over indices at the end takes all that follows it
    Joint.BESIDE: (Strength.FACTOR, Strength.FACTOR),
    Joint.CROSS: (Strength.PRODUCT, Strength.PRODUCT),
    Joint.DOT: (Strength.FACTOR, Strength.FACTOR),
    Joint.ELEMENTWISE: (Strength.FACTOR, Strength.FACTOR),
    Joint.DIVIDED: (Strength.ELEMENTWISE, Strength.FACTOR),
    Joint.IS: (Strength.SUM, Strength.SUM),
    Joint.AND: (Strength.RELATED, Strength.RELATED),
    Joint.OR: (Strength.RELATED, Strength.RELATED),
    Joint.COMMA: (Strength.CONNECTED, Strength.CONNECTED),
    Joint.LIST: (Strength.CONNECTED, Strength.CONNECTED),
    Joint.NEXT: (Strength.PRODUCT, Strength.PRODUCT),
    Joint.THIN: (Strength.LISTED, Strength.LISTED),
}


def opens(head: Formula) -> bool:
    """Whether a prefix is a factor, or a sum or product of all factors behind it, rather than a function of them."""
    return not isinstance(head, Big) or head.operator in (Operator.SUM, Operator.PRODUCT)


def parenthesised(formula: Formula, strength: Callable[[Formula], Strength]) -> Formula:
    """The formula with those of its operands in parentheses that hold together too weakly in a notation."""

    def at(level: Strength, operand: Formula) -> Formula:
        return operand if strength(operand) >= level else Fenced(Fence.PARENTHESES, operand)

    match formula:
        case Sum(addends):
            return Sum(tuple((sign, at(Strength.ELEMENTWISE, addend)) for sign, addend in addends))
        case Product(number, above, below):
            tops = [at(Strength.FACTOR, factor) for factor in above[:-1]]
            tops += [at(Strength.PRODUCT, factor) for factor in above[-1:]]
            return Product(number, tuple(tops), tuple(at(Strength.FACTOR, factor) for factor in below))
        case Chain(joint, (*first, last)):
            inner, outer = _ITEMS[joint]
            return Chain(joint, (*(at(inner, item) for item in first), at(outer, last)))
        case Prefixed(head, body):
            return Prefixed(head, at(Strength.PRODUCT if opens(head) else Strength.FACTOR, body))
        case Power(base, exponent):
            return Power(at(Strength.ATOM, base), exponent)
        case Relation(left, rest):
            return Relation(at(Strength.SUM, left), tuple((sign, at(Strength.SUM, side)) for sign, side in rest))
        case Not(inner):
            return Not(Fenced(Fence.PARENTHESES, inner))
        case _:
            return formula
