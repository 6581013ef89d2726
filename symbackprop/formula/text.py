"""Formulas as one line of text: `z1[n, j] = Σ_i W1[j, i]·x[n, i] + b1[j]`."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.formula.strength import JOINTS, Strength, opens, parenthesised
from symbackprop.formula.tree import (
    Accented,
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
    Label,
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
    Root,
    Row,
    Scripted,
    Style,
    Sum,
    Word,
    Words,
)

__all__ = ["fraction_text", "text"]

_JOINTS = {
    Joint.TIMES: "·", Joint.BESIDE: " ", Joint.ELEMENTWISE: " ⊙ ", Joint.DIVIDED: " ⊘ ", Joint.CROSS: " × ",
    Joint.DOT: "·", Joint.COMMA: ", ", Joint.LIST: ", ", Joint.IS: "=",
    Joint.NEXT: " ", Joint.THIN: " ", Joint.AND: " and ", Joint.OR: " or ",
}  # fmt: skip
_OPERATORS = {
    Operator.SUM: "Σ", Operator.PRODUCT: "Π", Operator.MAX: "max", Operator.MIN: "min",
    Operator.LOGSUMEXP: "logsumexp",
}  # fmt: skip
_FENCES = {
    Fence.PARENTHESES: ("(", ")"), Fence.ABSOLUTE: ("abs(", ")"), Fence.FLOOR: ("⌊", "⌋"), Fence.CEILING: ("⌈", "⌉"),
    Fence.NORM: ("‖", "‖"), Fence.BRACKETS: ("[", "]"), Fence.EVALUATED: ("", "|"),
}  # fmt: skip
_ONES = Letter("1", Style.BOLD)  # a matrix of ones, which a number has about it in any case
_RAISED = {"⊤": "ᵀ", "-1": "⁻¹"}


def fraction_text(value: Fraction) -> str:
    """An exact decimal where it is short, else a quotient."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = repr(float(value))
    return decimal if Fraction(decimal) == value and len(decimal) <= 20 else f"{value.numerator}/{value.denominator}"


def text(formula: Formula) -> str:
    """The formula as a line."""
    match parenthesised(formula, strength):
        case Letter(words) | Word(words) | Digits(words) | Mark(words) | Words(words) | Given(words):
            return words
        case Label(parts):
            return " ".join(parts)
        case Number(value):
            return fraction_text(value)
        case Accented(base, accent):
            return f"{text(base)}_{accent}"
        case Scripted(base, below, above):
            return text(base) + _lowered(below) + ("" if above is None else f"^{_raised(above)}")
        case Element(symbol, subscripts):
            return f"{text(symbol)}[{', '.join(map(text, subscripts))}]" if subscripts else text(symbol)
        case Sum(((is_negative, first), *rest)):
            others = "".join(f" {'-' if minus else '+'} {text(addend)}" for minus, addend in rest)
            return f"{'-' if is_negative else ''}{text(first)}{others}"
        case Product() as product:
            return _product(product)
        case Quotient(above, below):
            return text(Product(Fraction(1), (above,), (below,)))
        case Chain(joint, items):
            shown = [item for item in items if joint is not Joint.TIMES or item != _ONES] or items
            return _JOINTS[joint].join(map(text, shown))
        case Prefixed(head, body):
            if isinstance(head, Big):
                return f"{text(head)} {text(body)}" if opens(head) else f"{text(head)}({text(_bare(body))})"
            return f"{text(head)}·{text(body)}"
        case Big(operator, ranges):
            under = ",".join(text(range_.index if isinstance(range_, Range) else range_) for range_ in ranges)
            return f"{_OPERATORS[operator]}_{under if len(under) == 1 else '{' + under + '}'}"
        case Range(index, low, last):
            return f"{text(index)} = {text(low)}..{text(last)}"
        case Power(base, exponent):
            return text(base) + _exponent(exponent)
        case Root(inner):
            return f"sqrt({text(inner)})"
        case Call(name, args, below):
            return f"{name}{_lowered(below)}" + (f"({', '.join(map(text, args))})" if args else "")
        case Fenced(fence, inner):
            opening, closing = _FENCES[fence]
            return f"{opening}{text(inner)}{closing}"
        case Indicator(condition):
            return f"[{text(condition)}]"
        case Cases(rows, otherwise, when):
            said = " else ".join(f"{text(value)} {when} {text(_bracketed(condition))}" for value, condition in rows)
            return f"({said} else {text(otherwise)})"
        case Relation(left, rest):
            return text(left) + "".join(f" {sign.value} {text(side)}" for sign, side in rest)
        case Not(inner):
            return f"not {text(inner)}"
        case Row(items):
            return "".join(map(text, items))
        case _:
            raise TypeError(f"not a formula in text: {type(formula).__name__}")


def strength(formula: Formula) -> Strength:
    """How strongly the text of a formula holds together."""
    match formula:
        case Number(value):
            return Strength.PRODUCT if "/" in fraction_text(value) else Strength.ATOM
        case Sum():
            return Strength.SUM
        case Product() | Quotient():
            return Strength.PRODUCT
        case Chain(joint, _):
            return JOINTS[joint]
        case Prefixed(head, _):
            return Strength.PRODUCT if opens(head) else Strength.ATOM
        case Power():
            return Strength.FACTOR
        case Relation():
            return Strength.RELATED
        case Not():
            return Strength.CONNECTED
        case _:
            return Strength.ATOM


def _product(product: Product) -> str:
    """`1.5·a·b/(c·d)`: a number in front where it is short, else its parts above and below."""
    written = fraction_text(product.number)
    short = "/" not in written and (product.number.numerator != 1 or product.number.denominator == 1)
    above, below = [text(factor) for factor in product.above], [text(factor) for factor in product.below]
    if product.number != 1:
        number = product.number
        above = ([written] if short else [str(number.numerator)] * (number.numerator != 1)) + above
        below = ([] if short else [str(number.denominator)]) + below
    top = "·".join(above) or "1"
    if below and product.above and isinstance(product.above[-1], Prefixed):
        top = f"({top})"  # a sum takes all that follows it
    return f"{top}/{below[0] if len(below) == 1 else '(' + '·'.join(below) + ')'}" if below else top


def _bare(body: Formula) -> Formula:
    """What stands in parentheses anyway."""
    return body.inner if isinstance(body, Fenced) and body.fence is Fence.PARENTHESES else body


def _bracketed(condition: Formula) -> Formula:
    bare = condition.base if isinstance(condition, Scripted) else condition
    return condition if isinstance(bare, Fenced) and bare.fence is Fence.BRACKETS else Fenced(Fence.BRACKETS, condition)


def _lowered(below: Formula | None) -> str:
    if below is None:
        return ""
    lowered = text(below)
    return f"_{lowered if lowered.isalnum() else '{' + lowered + '}'}"


def _raised(above: Formula) -> str:
    raised = text(above)
    return raised if raised.isalnum() else f"({raised})"


def _exponent(exponent: Formula) -> str:
    raised = text(exponent)
    if raised in _RAISED:
        return _RAISED[raised]
    plain = raised.isidentifier() or raised.isdecimal() or raised.startswith("⊙")
    return f"^{raised}" if plain else f"^({raised})"
