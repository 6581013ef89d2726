r"""How wide a formula will be in print, near enough to know where to break it. The unit is a letter of mathematics,
some 5.3 pt.

Fractions are as wide as the wider of their parts, scripts are set smaller, and a subscript stands below a superscript.
The sums and limits are those of displayed formulas.
"""

from __future__ import annotations

import re
import unicodedata

from symbackprop.formula import tree
from symbackprop.formula.tree import Fence, Formula, Joint
from symbackprop.formula.typeset import laid_out, scripts

__all__ = ["GAP", "RELATION", "SIGN", "SPACES", "THIN", "is_wide", "letters", "width"]

SIGN, RELATION, THIN = 2.0, 2.5, 0.35  # an operator or a relation with the space around it, and the space of factors
GAP = 4.0  # between a formula and what is said behind it
_SCRIPT = 0.8
_BAR, _ROOT, _FENCE, _BRACE, _FUNCTION = 0.5, 1.5, 0.7, 1.0, 0.5
_WIDE = 1.9  # a Chinese letter
_LARGE = {"∑": 2.7, "∏": 2.4}  # their limits stand below and above
SPACES = {
    Joint.TIMES: THIN, Joint.BESIDE: THIN, Joint.ELEMENTWISE: SIGN, Joint.DIVIDED: SIGN, Joint.CROSS: SIGN,
    Joint.DOT: SIGN, Joint.AND: SIGN, Joint.OR: SIGN, Joint.COMMA: 0.7, Joint.LIST: 0.7 + THIN, Joint.IS: RELATION,
    Joint.NEXT: 0.0, Joint.THIN: THIN,
}  # fmt: skip
_IN_SCRIPT = {SIGN: 1.2, RELATION: 1.3}  # where operators have no space around them
_NARROW = re.compile(r"[,|()\[\]'.]")
_COMMAND = re.compile(r"\\[A-Za-z]+|[{}_^\\\s]")


def width(formula: Formula) -> float:
    """The width of a formula by itself."""
    return _width(formula, in_script=False)


def letters(text: str) -> float:
    """The width of letters and digits side by side."""
    return sum(
        0.0 if letter.isspace() else 0.7 if _NARROW.match(letter) else _WIDE if is_wide(letter) else 1.0
        for letter in text
    )


def is_wide(letter: str) -> bool:
    """Whether it is a letter or a mark of Chinese, which are as wide as they are high."""
    return unicodedata.east_asian_width(letter) in "WF"


def _width(formula: Formula, in_script: bool) -> float:  # noqa: C901  a table, a row a kind
    def sized(space: float) -> float:
        return _IN_SCRIPT.get(space, space) if in_script else space

    def inside(item: Formula) -> float:
        return _width(item, in_script)

    match laid_out(formula):
        case tree.Letter():
            return 1.0
        case tree.Mark(text) if text in ("max", "min"):
            return len(text) + 0.5
        case tree.Word(text) | tree.Digits(text) | tree.Words(text) | tree.Mark(text):
            return letters(text)
        case tree.Given(latex):
            return letters(_COMMAND.sub(lambda found: "x" if len(found[0]) > 1 else "", latex))
        case tree.Label(parts):
            shown = [f"({part})" if tree.is_bracketed(part) else part for part in parts]
            return sum(map(letters, shown)) + THIN * (len(parts) - 1)
        case tree.Accented(base, _):
            return inside(base)
        case tree.Scripted() as scripted:
            base, below, above = scripts(scripted)
            lower, upper = (0.0 if part is None else _SCRIPT * _width(part, True) for part in (below, above))
            if isinstance(base, tree.Mark) and base.text in _LARGE:
                return max(_LARGE[base.text], lower, upper) + 0.3
            return inside(base) + max(lower, upper)
        case tree.Sum(addends):
            between = sized(SIGN) * (len(addends) - 1 + addends[0][0])
            return between + sum(inside(addend) for _, addend in addends)
        case tree.Quotient(above, below):
            return max(inside(above), inside(below)) + _BAR
        case tree.Chain(joint, items):
            return sum(map(inside, items)) + sized(SPACES[joint]) * (len(items) - 1)
        case tree.Prefixed(head, body):
            return inside(head) + (THIN if isinstance(head, tree.Indicator) else 0.0) + inside(body)
        case tree.Root(inner):
            return inside(inner) + _ROOT
        case tree.Call(name, args, below):
            listed = sum(map(inside, args)) + SPACES[Joint.LIST] * (len(args) - 1) + 2 * _FENCE if args else 0.0
            return letters(name) + _FUNCTION + listed + (0.0 if below is None else _SCRIPT * _width(below, True))
        case tree.Fenced(fence, inner):
            return inside(inner) + (2 * _FENCE if fence is not Fence.NORM else 2.0)
        case tree.Cases(rows, otherwise, when, else_):
            values = [(inside(value), letters(when) + inside(condition)) for value, condition in rows]
            values.append((inside(otherwise), letters(else_)))
            return _BRACE + max(value for value, _ in values) + GAP / 2 + max(said for _, said in values)
        case tree.Relation(left, rest):
            return inside(left) + sum(sized(RELATION) + inside(side) for _, side in rest)
        case tree.Not(inner):
            return 1.0 + inside(inner)
        case tree.Row(items):
            return sum(map(inside, items))
        case tree.Loose():
            return _FENCE
        case _:
            raise TypeError(f"not a formula in print: {type(formula).__name__}")
