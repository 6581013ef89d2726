r"""Formulas in LaTeX with every place where a column may need to break them, for the macros of `templates/latex`.

    \sbpb{+}  \sbpt  \sbpl{,}            a place before a sign, at a product's thin space, behind a comma
    \sbph{head}{body}                    a head, as that of a sum, which stays with what begins the body
    \sbpa{+}                             a place where a line starts if any does
    \sbpo( … \sbpc)                      parentheses, which grow unless what is in them is broken
    \sbpg{…}                             a group: broken where it does not fit on a line by itself, and not elsewhere
    \sbpq{fraction}{line}                a quotient, which is written in a line where it does not fit
    \sbps{…}                             what has no place to break, and is set smaller where it does not fit
    \sbpcases{…}                         a choice, whose rows are broken where it does not fit

TeX decides, which knows the width of the column.
"""

from __future__ import annotations

from collections.abc import Sequence

from symbackprop.formula import tree
from symbackprop.formula.breaking import Piece
from symbackprop.formula.latex import FENCES, JOINTS, SIGNS, latex
from symbackprop.formula.strength import Strength
from symbackprop.formula.tree import Fence, Formula, Joint
from symbackprop.formula.typeset import laid_out, strength
from symbackprop.formula.width import width

__all__ = ["ATOM", "breakable", "chained"]

ATOM = 12.0  # a part narrower than this fits wherever there is a column at all

_BREAKING = (
    Joint.TIMES, Joint.BESIDE, Joint.ELEMENTWISE, Joint.DIVIDED, Joint.CROSS, Joint.AND, Joint.OR, Joint.LIST,
)  # fmt: skip
_NEXT = r"\sbpcr "  # between the rows of a choice


def chained(parts: Sequence[Piece]) -> str:
    """The pieces of a right side."""
    first, *rest = parts
    opening = _join(first) + breakable(first.formula)
    if not rest:
        return opening
    if rest[0].join is None:
        return _join(first) + _headed(breakable(first.formula), chained(rest))
    return f"{opening} {chained(rest)}"


def _headed(head: str, body: str) -> str:
    return rf"\sbph{{{head}}}{{{body}}}"


def _join(part: Piece) -> str:
    if part.join is None:
        return ""
    if part.apart:
        return rf"\sbpa{{{JOINTS[part.join].strip()}}} "
    return _joint(part.join)


def _joint(joint: Joint) -> str:
    if joint in (Joint.TIMES, Joint.BESIDE):
        return r"\sbpt "
    if joint is Joint.LIST:
        return rf"\sbpl{{{JOINTS[joint].strip()}}} "
    return rf"\sbpb{{{JOINTS[joint].strip()}}} "


def breakable(formula: Formula) -> str:
    """The formula as one group, or as it is where it is short or has parentheses that others close."""
    loose = _loose(formula)
    if loose is None and width(formula) <= ATOM:
        return latex(formula)
    opened = _opened(formula)
    if loose:
        return opened
    return rf"\sbpg{{{opened}}}" if opened else rf"\sbps{{{latex(formula)}}}"


def _loose(formula: Formula) -> int | None:
    """How many more of its loose parentheses open than close; None where it has none."""
    found = [part for part in tree.within(formula) if isinstance(part, tree.Loose)]
    return sum(1 if part.is_open else -1 for part in found) if found else None


def _opened(formula: Formula) -> str:
    """The formula with its places to break; nothing where it has none."""
    match laid_out(formula):
        case tree.Loose(is_open):
            return r"\sbpo(" if is_open else r"\sbpc)"
        case tree.Sum(((is_negative, first), *rest)):
            joints = [Joint.MINUS if minus else Joint.PLUS for minus, _ in rest]
            others = [f"{_joint(joint)}{breakable(addend)}" for joint, (_, addend) in zip(joints, rest, strict=True)]
            begin = _headed("-", breakable(first)) if is_negative else breakable(first)
            return " ".join([begin, *others])
        case tree.Chain(joint, items) if joint in _BREAKING:
            return f" {_joint(joint)}".join(map(breakable, items))
        case tree.Prefixed(tree.Indicator() as head, body):
            return rf"{breakable(head)} \sbpt {breakable(body)}"
        case tree.Prefixed(head, body):
            return _headed(latex(head), breakable(body))
        case tree.Fenced(fence, inner):
            return _fenced(fence, breakable(inner))
        case tree.Call(name, args, below) if args:
            inside = f" {_joint(Joint.LIST)}".join(map(breakable, args))
            return _headed(latex(tree.Call(name, (), below)), _fenced(Fence.PARENTHESES, inside))
        case tree.Quotient(above, below):
            line = rf"{breakable(_enclosed(above))} \sbpb{{/}} {breakable(_enclosed(below))}"
            return rf"\sbpq{{{latex(formula)}}}{{{line}}}"
        case tree.Scripted(base, below, above) if isinstance(base, tree.Fenced | tree.Loose | tree.Call):
            scripts = [f"{mark}{{{latex(part)}}}" for mark, part in (("_", below), ("^", above)) if part is not None]
            return _opened(base) + "".join(scripts)
        case tree.Cases(rows, otherwise, when, else_):
            lines = [rf"\sbpcase{{{breakable(value)}}}{{{when}}}{{{breakable(said)}}}" for value, said in rows]
            lines.append(rf"\sbpelse{{{breakable(otherwise)}}}{{{else_}}}")
            return rf"\sbpcases{{{_NEXT.join(lines)}}}"
        case tree.Relation(left, rest):
            return breakable(left) + "".join(rf" \sbpb{{{SIGNS[sign]}}} {breakable(side)}" for sign, side in rest)
        case tree.Not(inner):
            return _headed(r"\lnot ", breakable(inner))
        case tree.Row((first, second, *others)) if _is_head(first, second, others):
            return _headed(latex(first), " ".join(map(breakable, (second, *others))))
        case tree.Row(items):
            return "".join(f"{breakable(item)} " for item in items).strip()
        case _:
            return ""


def _is_head(first: Formula, second: Formula, others: Sequence[Formula]) -> bool:
    """Whether what is in parentheses behind a name, or alone behind a letter, stays with what stands before it."""
    is_name = not any(isinstance(part, tree.Loose) for part in tree.within(first))
    return (is_name and isinstance(second, tree.Fenced)) or (isinstance(first, tree.Letter) and not others)


def _enclosed(formula: Formula) -> Formula:
    """Above or below a stroke."""
    return formula if strength(formula) >= Strength.FACTOR else tree.Fenced(Fence.PARENTHESES, formula)


def _fenced(fence: Fence, inside: str) -> str:
    opening, closing = FENCES[fence]
    return rf"\sbpo{opening} {inside} \sbpc{closing}"
