"""Formulas as one line of text: `z1[n, j] = Σ_i W1[j, i]·x[n, i] + b1[j]`."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.formula import tree
from symbackprop.formula.strength import JOINTS, Strength, opens, parenthesised
from symbackprop.formula.tree import Fence, Formula, Joint, Operator, Style

__all__ = ["fraction_text", "text"]

_JOINTS = {
    Joint.TIMES: "·", Joint.BESIDE: " ", Joint.ELEMENTWISE: " ⊙ ", Joint.DIVIDED: " ⊘ ", Joint.CROSS: " × ",
    Joint.DOT: "·", Joint.COMMA: ",", Joint.LIST: ", ", Joint.IS: "=",
    Joint.NEXT: " ", Joint.THIN: " ", Joint.AND: " and ", Joint.OR: " or ",
}  # fmt: skip
_OPERATORS = {
    Operator.SUM: "Σ", Operator.PRODUCT: "Π", Operator.MAX: "max", Operator.MIN: "min",
    Operator.LOGSUMEXP: "logsumexp",
}  # fmt: skip
_FENCES = {
    Fence.PARENTHESES: ("(", ")"), Fence.ABSOLUTE: ("abs(", ")"), Fence.FLOOR: ("⌊", "⌋"), Fence.CEILING: ("⌈", "⌉"),
    Fence.NORM: ("‖", "‖"), Fence.BRACKETS: ("[", "]"), Fence.EVALUATED: ("", "|"),
    Fence.BRACES: ("{", "}"),
}  # fmt: skip
_ONES = tree.Letter("1", Style.BOLD)  # a matrix of ones, which a number has about it in any case
_RAISED = {"⊤": "ᵀ", "-1": "⁻¹"}


def fraction_text(value: Fraction) -> str:
    """An exact decimal where it is short, else a quotient."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = repr(float(value)) if abs(value) < 10**300 else ""
    exact = len(decimal) in range(1, 21) and Fraction(decimal) == value
    return decimal if exact else f"{value.numerator}/{value.denominator}"


def text(formula: Formula) -> str:  # noqa: C901  a table, a row a kind
    """The formula as a line."""
    if isinstance(formula, tree.Word):  # most of all, a name
        return formula.text
    match parenthesised(formula, strength):
        case tree.Letter(words) | tree.Word(words) | tree.Digits(words):
            return words
        case tree.Mark(words) | tree.Words(words) | tree.Given(words):
            return words
        case tree.Label(parts):
            return " ".join(parts)
        case tree.Number(value):
            return fraction_text(value)
        case tree.Accented(base, accent):
            return f"{text(base)}_{accent}"
        case tree.Scripted(base, below, above):
            return text(base) + _lowered(below) + ("" if above is None else f"^{_raised(above)}")
        case tree.Element(symbol, subscripts):
            return f"{text(symbol)}[{', '.join(map(text, subscripts))}]" if subscripts else text(symbol)
        case tree.Sum(((is_negative, first), *rest)):
            others = "".join(f" {'-' if minus else '+'} {text(addend)}" for minus, addend in rest)
            return f"{'-' if is_negative else ''}{text(first)}{others}"
        case tree.Product() as product:
            return _product(product)
        case tree.Quotient(above, below):
            return text(tree.Product(Fraction(1), (above,), (below,)))
        case tree.Chain(joint, items):
            shown = [item for item in items if joint is not Joint.TIMES or item != _ONES] or items
            return _JOINTS[joint].join(map(text, shown))
        case tree.Prefixed(head, body):
            if isinstance(head, tree.Big):
                return f"{text(head)} {text(body)}" if opens(head) else f"{text(head)}({text(_bare(body))})"
            said = text(body)
            return f"{text(head)}{said[1:]}" if said.startswith("1/") else f"{text(head)}·{said}"  # [c]/u
        case tree.Big(operator, ranges):
            under = ",".join(text(range_.index if isinstance(range_, tree.Range) else range_) for range_ in ranges)
            return f"{_OPERATORS[operator]}_{under if len(under) == 1 else '{' + under + '}'}"
        case tree.Range(index, low, last):
            return f"{text(index)} = {text(low)}..{text(last)}"
        case tree.Power(base, exponent):
            return text(base) + _exponent(exponent)
        case tree.Root(inner):
            return f"sqrt({text(inner)})"
        case tree.Call(name, args, below):
            return f"{name}{_lowered(below)}" + (f"({', '.join(map(text, args))})" if args else "")
        case tree.Fenced(fence, inner):
            opening, closing = _FENCES[fence]
            return f"{opening}{text(inner)}{closing}"
        case tree.Indicator(condition):
            return f"[{text(condition)}]"
        case tree.Cases(rows, otherwise, when):
            said = " else ".join(f"{text(value)} {when} {text(_bracketed(condition))}" for value, condition in rows)
            return f"({said} else {text(otherwise)})"
        case tree.Relation(left, rest):
            return text(left) + "".join(f" {sign.value} {text(side)}" for sign, side in rest)
        case tree.Not(inner):
            return f"not {text(inner)}"
        case tree.Row(items):
            return "".join(map(text, items))
        case _:
            raise TypeError(f"not a formula in text: {type(formula).__name__}")


def strength(formula: Formula) -> Strength:
    """How strongly the text of a formula holds together."""
    if isinstance(formula, tree.Word | tree.Element):
        return Strength.ATOM
    match formula:
        case tree.Number(value):
            return Strength.PRODUCT if "/" in fraction_text(value) else Strength.ATOM
        case tree.Sum():
            return Strength.SUM
        case tree.Product() | tree.Quotient():
            return Strength.PRODUCT
        case tree.Chain(joint, _):
            return JOINTS[joint][0]
        case tree.Prefixed(head, _):
            return Strength.PRODUCT if opens(head) else Strength.ATOM
        case tree.Power():
            return Strength.FACTOR
        case tree.Relation():
            return Strength.RELATED
        case tree.Not():
            return Strength.CONNECTED
        case _:
            return Strength.ATOM


def _product(product: tree.Product) -> str:
    """`1.5·a·b/(c·d)`: a number in front where it is short, else its parts above and below."""
    written = fraction_text(product.number)
    short = "/" not in written and (product.number.numerator != 1 or product.number.denominator == 1)
    above, below = [text(factor) for factor in product.above], [text(factor) for factor in product.below]
    if product.number != 1:
        number = product.number
        above = ([written] if short else [str(number.numerator)] * (number.numerator != 1)) + above
        below = ([] if short else [str(number.denominator)]) + below
    top = "·".join(above) or "1"
    if below and product.above and isinstance(product.above[-1], tree.Prefixed):
        top = f"({top})"  # a sum takes all that follows it
    return f"{top}/{below[0] if len(below) == 1 else '(' + '·'.join(below) + ')'}" if below else top


def _bare(body: Formula) -> Formula:
    """What stands in parentheses anyway."""
    return body.inner if isinstance(body, tree.Fenced) and body.fence is Fence.PARENTHESES else body


def _bracketed(condition: Formula) -> Formula:
    bare = condition.base if isinstance(condition, tree.Scripted) else condition
    has_some = isinstance(bare, tree.Fenced) and bare.fence is Fence.BRACKETS
    return condition if has_some else tree.Fenced(Fence.BRACKETS, condition)


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
