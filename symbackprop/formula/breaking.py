r"""Where a long formula may be broken: before the addends of a sum, and between the factors of a product.

Parentheses around what is broken are `Loose`: unlike others they may close on another line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.formula import tree
from symbackprop.formula.strength import opens
from symbackprop.formula.tree import Fence, Formula, Joint
from symbackprop.formula.typeset import laid_out
from symbackprop.formula.width import SIGN, SPACES, width

__all__ = ["ROOM", "Piece", "fill", "fine", "pieces", "total"]

ROOM = 40.0  # a part narrower than this is not broken up


_BREAKING = (Joint.TIMES, Joint.BESIDE, Joint.ELEMENTWISE, Joint.DIVIDED, Joint.AND, Joint.OR)


@dataclass(frozen=True, slots=True)
class Piece:
    """`join`: what stands before it, TIMES before a factor of any kind, nothing before the first; `apart`: whether it
    starts a line of its own: it is an addend in several pieces, or stands behind such a one."""

    formula: Formula
    join: Joint | None = None
    apart: bool = False

    @property
    def width(self) -> float:
        return (0.0 if self.join is None else SPACES.get(self.join, SIGN)) + width(self.formula)


def pieces(formula: Formula) -> tuple[Piece, ...]:
    """The formula in parts between which a line may break; joined they are the formula."""
    if width(formula) <= ROOM:
        return (Piece(formula),)
    match formula if isinstance(formula, tree.Product) else laid_out(formula):
        case tree.Sum(addends):
            return tuple(_addends(addends))
        case tree.Product(number, (_, *_) as above, below):
            front = [tree.Product(number, (), below)] if below or number != 1 else []
            chain = tree.times(*front, *above)
            return pieces(chain) if front or len(above) > 1 else (Piece(formula),)
        case tree.Chain(joint, items) if joint in _BREAKING:
            return _chained(joint, (pieces(item) for item in items))
        case tree.Prefixed(tree.Indicator(), _) as guarded:
            return tuple(_guarded(guarded))
        case tree.Prefixed(head, body) if opens(head) and not isinstance(head, tree.Call):
            return (Piece(head), *pieces(body))
        case tree.Fenced(Fence.PARENTHESES, inner):
            return _opened(formula, (tree.Loose(True),), inner, tree.Loose(False))
        case tree.Call(name, (inner,), below):
            return _opened(formula, (tree.Call(name, (), below), tree.Loose(True)), inner, tree.Loose(False))
        case tree.Scripted(tree.Fenced(Fence.PARENTHESES, inner), below, above):
            return _opened(formula, (tree.Loose(True),), inner, tree.Scripted(tree.Loose(False), below, above))
        case _:
            return (Piece(formula),)


def fine(formula: Formula) -> tuple[Piece, ...]:
    """The formula in its smallest parts between which a line may break with nothing opened; a sum over indices stays
    with its first factor."""
    match laid_out(formula):
        case tree.Sum(((minus, first), *rest)):
            head, *tail = fine(first)
            begin = Piece(tree.negative(head.formula)) if minus else head
            behind = [_behind(Joint.MINUS if sign else Joint.PLUS, fine(addend)) for sign, addend in rest]
            return (begin, *tail, *(piece for addend in behind for piece in addend))
        case tree.Chain(joint, items) if joint in _BREAKING:
            return _chained(joint, (fine(item) for item in items))
        case tree.Prefixed(tree.Indicator() as head, body):
            return (Piece(head), *_behind(Joint.TIMES, fine(body)))
        case tree.Prefixed(head, body) if opens(head):
            inner, *others = fine(body)
            return (Piece(tree.Prefixed(head, inner.formula)), *others)
        case tree.Row((tree.Loose() as opening, inner)):
            return _around((opening,), fine(inner), ())
        case tree.Row((inner, tree.Loose() as closing)):
            return _around((), fine(inner), (closing,))
        case _:
            return (Piece(formula),)


def total(parts: Sequence[Piece]) -> float:
    """The width of the pieces on one line."""
    return sum(part.width for part in parts)


def fill(left: float, parts: Sequence[Piece], room: float) -> list[tuple[Piece, ...]]:
    """The parts on as many lines as it takes, the first of them behind something `left` wide.

    >>> from symbackprop.formula.tree import Joint, Word
    >>> [len(line) for line in fill(4.0, [Piece(Word("bbbb")), Piece(Word("cccc"), Joint.TIMES)], 10)]
    [1, 1]
    """
    lines: list[list[Piece]] = [[]]
    at = left
    for part in parts:
        if lines[-1] and (at + part.width > room or part.apart):
            lines.append([])
            at = 0.0
        lines[-1].append(part)
        at += part.width
    return [tuple(line) for line in lines]


def _addends(addends: Iterable[tuple[bool, Formula]]) -> Iterator[Piece]:
    """A summand that is itself in pieces, and the one behind it, stand apart."""
    broken = begun = False
    for minus, addend in addends:
        first, *rest = pieces(addend)
        apart, broken = begun and (broken or bool(rest)), bool(rest)
        if begun:
            yield replace(first, join=Joint.MINUS if minus else Joint.PLUS, apart=apart)
        else:
            yield replace(first, formula=tree.negative(first.formula)) if minus else first
        yield from rest
        begun = True


def _guarded(formula: Formula) -> Iterator[Piece]:
    """All guards in front, then what they guard."""
    join: Joint | None = None
    while isinstance(formula, tree.Prefixed) and isinstance(formula.head, tree.Indicator):
        yield Piece(formula.head, join)
        formula, join = laid_out(formula.body) if isinstance(formula.body, tree.Prefixed) else formula.body, Joint.TIMES
    yield from _behind(join, pieces(formula))


def _chained(joint: Joint, items: Iterable[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    first, *rest = items
    join = Joint.TIMES if joint is Joint.BESIDE else joint
    return (*first, *(piece for item in rest for piece in _behind(join, item)))


def _behind(join: Joint | None, parts: Sequence[Piece]) -> tuple[Piece, ...]:
    first, *rest = parts
    return (replace(first, join=join), *rest)


def _opened(whole: Formula, before: tuple[Formula, ...], inner: Formula, after: Formula) -> tuple[Piece, ...]:
    """What stands in parentheses, broken; the whole where nothing is, since loose parentheses do not grow."""
    parts = pieces(inner)
    return _around(before, parts, (after,)) if len(parts) > 1 else (Piece(whole),)


def _around(before: tuple[Formula, ...], parts: Sequence[Piece], after: tuple[Formula, ...]) -> tuple[Piece, ...]:
    """The pieces with something at their ends."""
    first, *rest = parts
    *most, last = (replace(first, formula=tree.Row((*before, first.formula))), *rest)
    return (*most, replace(last, formula=tree.Row((last.formula, *after))))
