r"""Where a long formula may be broken: before the summands of a sum, and between the factors of a product.

A piece that starts with `+` or `-` starts a line as it is; a factor, which starts with `\,`, starts one behind a dot.
A summand that is itself in pieces, and the one behind it, begin with a newline: they start a line of their own.
Parentheses around pieces are `\bigl( … \bigr)`, which unlike `\left( … \right)` may close on another line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from symbackprop.latex.printer import LatexPrinter
from symbackprop.latex.width import visible
from symbackprop.terms.build import neg
from symbackprop.terms.poly import Index
from symbackprop.terms.term import Add, Mul, Number, Power, Reduce, Reduction, Term, Where

__all__ = ["ROOM", "broken", "fill", "pieces"]

ROOM = 40.0  # a part narrower than this is not broken up

Bound = Mapping[Index, str]


def pieces(printer: LatexPrinter, term: Term, bound: Bound) -> tuple[str, ...]:
    """The term in parts between which a line may break; with spaces between them they are the term."""
    whole = printer.term(term, bound)
    if visible(whole) <= ROOM:
        return (whole,)
    match term:
        case Add(args):
            return _sum(printer, printer.ordered(args), bound)
        case Mul(args):
            return _product(printer, args, bound) or (whole,)
        case Reduce(Reduction.SUM, _, _):
            opening, body, inner = printer.opened_sum(term, bound)
            return (opening, *_factor(printer, body, inner, first=True))
        case Where(condition, then, Number(value)) if value == 0:
            first, *others = printer.brackets(condition, bound)
            return (first, *(rf"\, {other}" for other in others), *_factor(printer, then, bound))
        case _:
            return (whole,)


def _sum(printer: LatexPrinter, args: Sequence[tuple[bool, Term]], bound: Bound) -> tuple[str, ...]:
    out: list[str] = []
    broken = False
    for negative, arg in args:
        first, *rest = pieces(printer, neg(arg) if negative else arg, bound)
        apart, broken = "\n" if out and (broken or rest) else "", bool(rest)
        sign = "-" if negative else "+" if out else ""
        out += [f"{apart}{sign} {first}" if out else f"{sign}{first}", *rest]
    return tuple(out)


def _product(printer: LatexPrinter, args: Sequence[Term], bound: Bound) -> tuple[str, ...]:
    """The number and the denominators in front as one fraction, then the factors; a sum over indices goes last."""
    front = [arg for arg in args if isinstance(arg, Number) or (isinstance(arg, Power) and arg.exponent < 0)]
    rest = sorted((arg for arg in args if arg not in front), key=lambda arg: isinstance(arg, Reduce | Where))
    if not rest:
        return ()
    out = [printer.product(front, bound)] if front else []
    if out == ["-1"]:
        out = ["-"]
    for place, arg in enumerate(rest):
        last = place == len(rest) - 1
        out += _factor(printer, arg, bound, first=not out or out == ["-"], bare=last)
    return (f"-{out[1]}", *out[2:]) if out[0] == "-" else tuple(out)


def _factor(printer: LatexPrinter, term: Term, bound: Bound, first: bool = False, bare: bool = True) -> tuple[str, ...]:
    """A factor in pieces, in parentheses where it is a sum (or is not the last one and takes all that follows it)."""
    lead = "" if first else r"\, "
    if isinstance(term, Mul) and bare:
        head, *tail = pieces(printer, term, bound)
        if not head.startswith("-"):
            return (lead + head, *tail)
        inner = [rf"{lead}\bigl( {head}", *tail]
        return (*inner[:-1], rf"{inner[-1]} \bigr)")
    open_ended = isinstance(term, Reduce | Where) and not bare
    if (isinstance(term, Add) or open_ended) and visible(printer.term(term, bound)) > ROOM:
        head, *tail = pieces(printer, term, bound)
        inner = [rf"{lead}\bigl( {head}", *tail]
        return (*inner[:-1], rf"{inner[-1]} \bigr)")
    if isinstance(term, Reduce | Where) and bare:
        head, *tail = pieces(printer, term, bound)
        return (lead + head, *tail)
    return (lead + printer.factor(term, bound),)


def fill(left: str, parts: Sequence[str], room: float) -> list[str]:
    r"""`left` and the parts behind it, on as many lines as it takes.

    >>> fill("a &=", ["bbbb", r"\, cccc", "+ dddd"], 9)
    ['a &= bbbb', '\\cdot cccc', '+ dddd']
    """
    filled = [left]
    for part in parts:
        full = visible(filled[-1]) + visible(part) > room or part.startswith("\n")
        if full and filled[-1] is not left:
            part = part.removeprefix("\n")
            filled.append(r"\cdot " + part.removeprefix(r"\, ") if part.startswith(r"\, ") else part)
        else:
            filled[-1] = f"{filled[-1]} {part.removeprefix(chr(10))}"
    return filled


def broken(text: str, room: float = ROOM) -> list[str]:
    r"""A formula already written, in pieces: split at its operators, and where a part is still too wide, inside its
    outermost parentheses. (Not inside braces: fractions stay whole.)

    >>> broken(r"a \, \left(b + c \odot d\right)", 4)
    ['a', '\\, \\bigl( b', '+ c', '\\odot d \\bigr)']
    """
    if visible(text) <= room:
        return [text]
    parts = _at_operators(text)
    if len(parts) > 1:
        return [piece for part in parts for piece in broken(part, room)]
    span = _parenthesised(text)
    if span is None:
        return [text]
    start, end = span
    first, *rest = broken(text[start + len(_OPEN) : end].strip(), room)
    inner = [rf"{text[:start]}\bigl( {first}", *rest]
    return [*inner[:-1], rf"{inner[-1]} \bigr){text[end + len(_CLOSE) :]}"]


_OPEN, _CLOSE = r"\left(", r"\right)"
_OPERATOR = re.compile(r" (?=(?:\+|-|\\odot|\\oslash|\\land|\\,) )")
_DEPTH = re.compile(r"\\left(?![a-z])|\\right(?![a-z])|\\begin|\\end|(?<!\\)[{}]")
_STEPS = {r"\left": 1, r"\begin": 1, "{": 1, r"\right": -1, r"\end": -1, "}": -1}


def _at_operators(text: str) -> list[str]:
    """The text cut before each operator that stands in no parentheses or braces."""
    starts, depth, done = [0], 0, 0
    for cut in _OPERATOR.finditer(text):
        depth += sum(_STEPS[mark] for mark in _DEPTH.findall(text, done, cut.start()))
        done = cut.start()
        if depth == 0 and cut.start():
            starts.append(cut.end())
    return [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _parenthesised(text: str) -> tuple[int, int] | None:
    r"""Where the widest `\left(` and its `\right)` stand that are in nothing else."""
    spans: list[tuple[int, int]] = []
    depth, start = 0, None
    for mark in _DEPTH.finditer(text):
        if depth == 0 and text.startswith(_OPEN, mark.start()):
            start = mark.start()
        depth += _STEPS[mark[0]]
        if depth == 0 and start is not None:
            if text.startswith(_CLOSE, mark.start()):
                spans.append((start, mark.start()))
            start = None
    return max(spans, key=lambda span: span[1] - span[0], default=None)
