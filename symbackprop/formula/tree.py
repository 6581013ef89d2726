r"""Formulas as trees: what is read, before it is decided how it is written.

Grammar::

    leaf ::= Letter(name, style)           x, μ, ℒ, 𝟏: a letter (Greek ones as themselves) or a digit in bold
           | Word(text)                    an upright name: score, N_max
           | Label(parts)                  what a name carries in its superscript: (1) q
           | Number(value)                 an exact rational, not negative
           | Digits(text)                  a number as it is written: 0.044715
           | Mark(text)                    a sign for itself: ∞ ∂ ⊤ … ·
           | Words(text)                   running text: if, training
           | Given(latex)                  a symbol in LaTeX that the user of a network chose for a name
    name ::= Scripted(base, below, above) | Accented(base, accent) | leaf
    formula ::= leaf | name
           | Element(symbol, subscripts)   z[n, j]
           | Sum(addends)                  signed: (is negative, formula) each; -x is a sum of one
           | Product(number, above, below) number · above… / below…, where the number is positive
           | Quotient(above, below)        as a fraction
           | Chain(joint, items)           items with one operator between: a ⊙ b, a and b, W x
           | Prefixed(head, body)          what holds for all that follows it: Σ_i …, 1[i < j] …
           | Big(operator, ranges)         the head of a sum, product, maximum, … over ranges
           | Range(index, low, last, end)  of an index; `end` is one behind the last where that reads better
           | Power(base, exponent) | Root(inner)
           | Call(name, args, below)       a function, or an operator with a subscript: max_rows(A)
           | Fenced(fence, inner)          |x|, ⌊N/2⌋, (a - b)
           | Indicator(condition)          1 where the condition holds, 0 elsewhere
           | Cases(rows, otherwise, …)     (value, condition) each
           | Relation(left, rest)          left (sign, right)…: a chain of comparisons, or an equation
           | Not(inner)
           | Row(items)                    side by side with nothing between
           | Loose(is_open)                a parenthesis that may be closed on another line

Trees are only held here. `strength` says which operands need parentheses, `typeset` what print lays out otherwise than
a line of text does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import ClassVar

from symbackprop.phrases import ENGLISH

__all__ = [
    "DOTS", "Accented", "Big", "Call", "Cases", "Chain", "Digits", "Element", "Fence", "Fenced",
    "Formula", "Given", "Indicator", "Joint", "Label", "Letter", "Loose", "Mark", "Not", "Number", "Operator", "Power",
    "Prefixed", "Product", "Quotient", "Range", "Relation", "Root", "Row", "Scripted", "Sign", "Style", "Sum", "Word",
    "Words", "chain", "integer", "is_bracketed", "length", "negative", "times", "within",
]  # fmt: skip


class Style(Enum):
    """Of letters: slanted as variables are, bold, or script."""

    ITALIC = "italic"
    BOLD = "bold"
    SCRIPT = "script"


class Joint(Enum):
    """What stands between the items of a chain, or before a piece of what is broken over lines."""

    TIMES = "times"  # factors of a product of numbers, or what a matrix is scaled by
    BESIDE = "beside"  # factors of a product of matrices
    ELEMENTWISE = "elementwise"
    DIVIDED = "divided elementwise"
    CROSS = "cross"  # sizes of a shape
    DOT = "dot"  # 2 · 10^-5
    COMMA = "comma"  # of subscripts
    LIST = "list"  # of arguments
    IS = "is"  # i=0 below a sum
    NEXT = "next"  # one sum behind another
    THIN = "thin"  # parts of a superscript
    AND = "and"
    OR = "or"
    PLUS = "plus"  # before pieces alone, as in a sum each addend has its sign
    MINUS = "minus"


class Operator(Enum):
    """What reduces over ranges."""

    SUM = "sum"
    PRODUCT = "product"
    MAX = "max"
    MIN = "min"
    LOGSUMEXP = "logsumexp"


class Fence(Enum):
    PARENTHESES = "parentheses"
    ABSOLUTE = "absolute value"
    FLOOR = "floor"
    CEILING = "ceiling"
    NORM = "norm"
    EVALUATED = "evaluated"  # a bar at the right, below which stands where
    BRACKETS = "brackets"  # around a condition: 1 where it holds, 0 elsewhere
    BRACES = "braces"


class Sign(Enum):
    """Of a relation."""

    EQUAL = "="
    NOT_EQUAL = "≠"
    LESS = "<"
    AT_MOST = "≤"
    GREATER = ">"
    AT_LEAST = "≥"
    ADDS = "+="
    EQUIVALENT = "≡"


class Formula:
    """A formula or a part of one."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Letter(Formula):
    name: str
    style: Style = Style.ITALIC


@dataclass(frozen=True, slots=True)
class Word(Formula):
    text: str


@dataclass(frozen=True, slots=True)
class Label(Formula):
    """`parts`: words, and numbers as digits."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number(Formula):
    value: Fraction


@dataclass(frozen=True, slots=True)
class Digits(Formula):
    text: str


@dataclass(frozen=True, slots=True)
class Mark(Formula):
    text: str


@dataclass(frozen=True, slots=True)
class Words(Formula):
    text: str


@dataclass(frozen=True, slots=True)
class Given(Formula):
    latex: str


@dataclass(frozen=True, slots=True)
class Scripted(Formula):
    base: Formula
    below: Formula | None = None
    above: Formula | None = None


@dataclass(frozen=True, slots=True)
class Accented(Formula):
    """`accent`: hat, bar, tilde, dot or vec."""

    base: Formula
    accent: str


@dataclass(frozen=True, slots=True)
class Element(Formula):
    symbol: Formula
    subscripts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Sum(Formula):
    addends: tuple[tuple[bool, Formula], ...]


@dataclass(frozen=True, slots=True)
class Product(Formula):
    number: Fraction
    above: tuple[Formula, ...]
    below: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class Quotient(Formula):
    above: Formula
    below: Formula


@dataclass(frozen=True, slots=True)
class Chain(Formula):
    joint: Joint
    items: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Prefixed(Formula):
    head: Formula
    body: Formula


@dataclass(frozen=True, slots=True)
class Range(Formula):
    index: Formula
    low: Formula
    last: Formula
    end: Formula | None = None


@dataclass(frozen=True, slots=True)
class Big(Formula):
    """`ranges`: their ends, or indices alone where these are known."""

    operator: Operator
    ranges: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Power(Formula):
    base: Formula
    exponent: Formula


@dataclass(frozen=True, slots=True)
class Root(Formula):
    inner: Formula


@dataclass(frozen=True, slots=True)
class Call(Formula):
    name: str
    args: tuple[Formula, ...]
    below: Formula | None = None


@dataclass(frozen=True, slots=True)
class Fenced(Formula):
    fence: Fence
    inner: Formula


@dataclass(frozen=True, slots=True)
class Indicator(Formula):
    condition: Formula


@dataclass(frozen=True, slots=True)
class Cases(Formula):
    """`when`, `else_`: the words before a condition and in place of the last one."""

    rows: tuple[tuple[Formula, Formula], ...]
    otherwise: Formula
    when: str = ENGLISH.when
    else_: str = ENGLISH.otherwise


@dataclass(frozen=True, slots=True)
class Relation(Formula):
    left: Formula
    rest: tuple[tuple[Sign, Formula], ...]


@dataclass(frozen=True, slots=True)
class Not(Formula):
    inner: Formula


@dataclass(frozen=True, slots=True)
class Row(Formula):
    items: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Loose(Formula):
    is_open: bool


DOTS = Mark("…")
_POWERS = frozenset(
    "T exp log sin cos tan asin acos atan sinh cosh tanh erf sqrt rsqrt sigmoid softplus relu abs sign max min sum "
    "product logsumexp softmax mean inverse power arg".split()
)  # what would be read as an exponent, or as a function of it


def is_bracketed(part: str) -> bool:
    """Whether a part of a label stands in parentheses: it would be read as a power, or as a transposition."""
    return part.isdecimal() or part in _POWERS


def integer(value: int) -> Formula:
    """An integer, in a sum of one where it is negative."""
    return Number(Fraction(value)) if value >= 0 else negative(Number(Fraction(-value)))


def negative(inner: Formula) -> Sum:
    return Sum(((True, inner),))


def chain(joint: Joint, items: Iterable[Formula]) -> Formula:
    """The items with their joint between; one alone is itself."""
    first, *rest = items
    return Chain(joint, (first, *rest)) if rest else first


def times(*factors: Formula) -> Formula:
    return chain(Joint.TIMES, factors)


def within(formula: Formula) -> Iterator[Formula]:
    """The formula and all in it, outer ones first."""
    return (each for each in _held(formula) if isinstance(each, Formula))


def length(formula: Formula) -> int:
    """How many letters and digits are read in it; one for a number."""
    held = _held(formula)
    return sum(sum(map(str.isalnum, each)) if isinstance(each, str) else isinstance(each, Fraction) for each in held)


def _held(field: object) -> Iterator[object]:
    """A formula, all in it, and the texts and numbers that these are written by."""
    if isinstance(field, tuple):
        for each in field:
            yield from _held(each)
        return
    yield field
    if isinstance(field, Formula):
        for name in type(field).__match_args__:
            yield from _held(getattr(field, name))
