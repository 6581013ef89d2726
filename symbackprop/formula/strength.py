"""How strongly formulas hold together, and so which operands stand in parentheses."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from symbackprop.formula import tree
from symbackprop.formula.tree import Fence, Formula, Joint, Operator

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


# what a chain holds together by, and what all its items but the last, and the last one, must
JOINTS = {
    # a sum over indices at the end takes all that follows it
    Joint.TIMES: (Strength.PRODUCT, Strength.FACTOR, Strength.PRODUCT),
    Joint.BESIDE: (Strength.PRODUCT, Strength.FACTOR, Strength.FACTOR),
    Joint.CROSS: (Strength.PRODUCT, Strength.PRODUCT, Strength.PRODUCT),
    Joint.DOT: (Strength.PRODUCT, Strength.FACTOR, Strength.FACTOR),
    Joint.ELEMENTWISE: (Strength.ELEMENTWISE, Strength.FACTOR, Strength.FACTOR),
    Joint.DIVIDED: (Strength.ELEMENTWISE, Strength.ELEMENTWISE, Strength.FACTOR),
    Joint.IS: (Strength.RELATED, Strength.SUM, Strength.SUM),
    Joint.AND: (Strength.CONNECTED, Strength.RELATED, Strength.RELATED),
    Joint.OR: (Strength.CONNECTED, Strength.RELATED, Strength.RELATED),
    Joint.COMMA: (Strength.LISTED, Strength.CONNECTED, Strength.CONNECTED),
    Joint.LIST: (Strength.LISTED, Strength.CONNECTED, Strength.CONNECTED),
    Joint.NEXT: (Strength.PRODUCT, Strength.PRODUCT, Strength.PRODUCT),
    Joint.THIN: (Strength.LISTED, Strength.LISTED, Strength.LISTED),
}


_OF_OPERANDS = {tree.Sum, tree.Product, tree.Chain, tree.Prefixed, tree.Power, tree.Relation, tree.Not}


def opens(head: Formula) -> bool:
    """Whether a prefix is a factor, or a sum or product of all factors behind it, rather than a function of them."""
    return not isinstance(head, tree.Big) or head.operator in (Operator.SUM, Operator.PRODUCT)


def parenthesised(formula: Formula, strength: Callable[[Formula], Strength]) -> Formula:
    """The formula with those of its operands in parentheses that hold together too weakly in a notation."""

    def at(level: Strength, operand: Formula) -> Formula:
        return operand if strength(operand) >= level else tree.Fenced(Fence.PARENTHESES, operand)

    if type(formula) not in _OF_OPERANDS:
        return formula
    match formula:
        case tree.Sum(addends):
            return tree.Sum(tuple((sign, at(Strength.ELEMENTWISE, addend)) for sign, addend in addends))
        case tree.Product(number, above, below):
            tops = [at(Strength.FACTOR, factor) for factor in above[:-1]]
            tops += [at(Strength.PRODUCT, factor) for factor in above[-1:]]
            return tree.Product(number, tuple(tops), tuple(at(Strength.FACTOR, factor) for factor in below))
        case tree.Chain(joint, (*first, last)):
            _, inner, outer = JOINTS[joint]
            front = [item for item in first[:1] if joint is Joint.TIMES and _is_closed(item)]  # needs none
            return tree.Chain(joint, (*front, *(at(inner, item) for item in first[len(front) :]), at(outer, last)))
        case tree.Prefixed(head, body):
            return tree.Prefixed(head, at(Strength.PRODUCT if opens(head) else Strength.FACTOR, body))
        case tree.Power(base, exponent):
            return tree.Power(at(Strength.ATOM, base), exponent)
        case tree.Relation(left, rest):
            return tree.Relation(at(Strength.SUM, left), tuple((sign, at(Strength.SUM, side)) for sign, side in rest))
        case tree.Not(inner):
            return tree.Not(tree.Fenced(Fence.PARENTHESES, inner))
        case _:
            return formula


def _is_closed(formula: Formula) -> bool:
    """Whether it is a product or quotient that does not take in what is multiplied behind it."""
    return isinstance(formula, tree.Product) and not (formula.above and isinstance(formula.above[-1], tree.Prefixed))
