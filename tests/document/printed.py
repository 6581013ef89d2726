"""What mathematicians mind in print, asked of the trees of formulas: a list of complaints, empty where all is well.

Letters are compared as text, so that a prime or a number makes another letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element as Markup

from symbackprop.document.model import Document
from symbackprop.document.model import Formula as Printed
from symbackprop.formula import tree
from symbackprop.formula.mathml import element
from symbackprop.formula.text import text
from symbackprop.formula.tree import (
    Big,
    Chain,
    Element,
    Formula,
    Joint,
    Loose,
    Number,
    Prefixed,
    Product,
    Range,
    Scripted,
    within,
)

FUNCTIONS = frozenset(
    "exp log sin cos tan asin acos atan sinh cosh tanh erf sqrt rsqrt sigmoid softplus relu abs sign max min sum "
    "product logsumexp log_sigmoid mean inverse power arg part shared hat".split()
)  # names of functions, and of places in a formula: none is a symbol's in a textbook


def parts(formula: Formula) -> Iterator[Formula]:
    """What stands in it."""
    return (part for name in type(formula).__match_args__ for part in _formulas(getattr(formula, name)))


def _formulas(held: object) -> Iterator[Formula]:
    match held:
        case Formula():
            yield held
        case tuple():
            for each in held:
                yield from _formulas(each)


def sides(printed: Printed) -> Iterator[Formula]:
    """The left side and the pieces of all right sides, those of the matrix form too."""
    yield printed.left
    for step in printed.steps:
        for piece in step.pieces:
            yield piece.formula
    if isinstance(printed.matrix, Printed):
        yield from sides(printed.matrix)


def ranges(document: Document) -> Iterator[tuple[str, Range]]:
    """Every range that a formula gives to a letter."""
    for printed in document.formulas():
        for part in (*printed.ranges, *sides(printed)):
            for each in within(part):
                if isinstance(each, Range):
                    yield text(each.index), each


# --- letters -------------------------------------------------------------------------------------------
def letters_of_two_ranges(document: Document) -> list[str]:
    """Letters that run over one size here and over another there; `t < T` beside `1 ≤ t ≤ T` is one range."""
    over: dict[str, dict[str, str]] = {}
    for letter, each in ranges(document):
        if text(each.low) != text(each.last):
            over.setdefault(letter, {}).setdefault(_growing(each.last), f"{text(each)}")
    return [f"{letter}: {', '.join(found.values())}" for letter, found in over.items() if len(found) > 1]


def _growing(last: Formula) -> str:
    """The end of a range without the number in it."""
    match last:
        case tree.Sum(addends):
            return " ".join(("-" if minus else "+") + text(each) for minus, each in addends if not _is_number(each))
        case Number():
            return text(last)
        case _:
            return "+" + text(last)


def _is_number(formula: Formula) -> bool:
    return isinstance(formula, Number)


def clashing_letters(printed: Printed) -> list[str]:
    """Letters bound by a sum that stand outside it too."""
    free = {text(each.index) for each in printed.ranges if isinstance(each, Range)}
    free |= set(_subscript_letters(printed.left))
    out: list[str] = []
    for step in printed.steps:
        bound: list[set[str]] = [set()]  # of what is open, the innermost last
        for piece in step.pieces:
            if piece.join in (Joint.PLUS, Joint.MINUS):
                bound[-1] = set()
            for part in _without_loose(piece.formula):
                around = free.union(*bound)
                match part:
                    case Loose(True):
                        bound.append(set())
                    case Loose(False):
                        bound.pop()
                    case Big():
                        bound[-1] |= _bound(part, around, out)
                    case _:
                        _clashes(part, around, out)
    if isinstance(printed.matrix, Printed):
        out += clashing_letters(printed.matrix)
    return out


def _without_loose(formula: Formula) -> Iterator[Formula]:
    """The parts of a piece, with the parentheses that close in another."""
    match formula:
        case tree.Row(items) if any(isinstance(each, Loose | tree.Row | Scripted) for each in items):
            for item in items:
                yield from _without_loose(item)
        case Scripted(Loose() as closing, _, _):
            yield closing
        case tree.Sum(((True, inner),)):
            yield from _without_loose(inner)
        case _:
            yield formula


def clashing_in(relation: tree.Relation) -> list[str]:
    """The same of an equation that is no part of a document."""
    out: list[str] = []
    _clashes(relation, set(_subscript_letters(relation.left)), out)
    return out


def _clashes(formula: Formula, around: set[str], out: list[str]) -> None:
    match formula:
        case Prefixed(Big() as head, body):
            _clashes(body, around | _bound(head, around, out), out)
        case _:
            for part in parts(formula):
                _clashes(part, around, out)


def _bound(head: Big, around: set[str], out: list[str]) -> set[str]:
    letters = [text(each.index if isinstance(each, Range) else each) for each in head.ranges]
    out += [f"{letter} in {text(head)}" for letter in letters if letter in around]
    return set(letters)


def _subscript_letters(formula: Formula) -> Iterator[str]:
    for each in within(formula):
        if isinstance(each, Element):
            for subscript in each.subscripts:
                yield from re.findall(r"[^\W\d]\w*'*", text(subscript))


# --- numbers -------------------------------------------------------------------------------------------
def odd_products(formula: Formula) -> list[str]:
    """A number beside a number, a 1 beside what it multiplies, a product in parentheses in a product."""
    out: list[str] = []
    for each in within(formula):
        match each:
            case Product(number, above, below):
                factors = [*above, *below]
                if any(isinstance(factor, Number) for factor in factors) and (number != 1 or len(above) > 1):
                    out.append(text(each))
                closed = [factor for factor in above[:-1] if _is_product(factor)]
                if closed or (any(map(_is_product, below)) and (len(below) > 1 or number.denominator > 1)):
                    out.append(text(each))
            case Chain(Joint.TIMES, items):
                numbers = [item for item in items if isinstance(item, Number)]
                if len(numbers) > 1 or any(item.value == 1 for item in numbers):
                    out.append(text(each))
            case tree.Sum(addends) if any(isinstance(addend, tree.Sum) for _, addend in addends):
                out.append(text(each))
    return out


def _is_product(factor: Formula) -> bool:
    return isinstance(factor, Product) and not (isinstance(factor.above[-1:], tuple) and _opens(factor))


def _opens(product: Product) -> bool:
    return bool(product.above) and isinstance(product.above[-1], Prefixed)


# --- symbols -------------------------------------------------------------------------------------------
def read_as_powers(formula: Formula) -> list[str]:
    """Symbols whose superscript names a function, as u^exp."""
    return [
        text(each)
        for each in within(formula)
        if isinstance(each, Scripted) and isinstance(each.above, tree.Label) and FUNCTIONS & set(each.above.parts)
    ]


# --- pages ---------------------------------------------------------------------------------------------
def odd_markup(formula: Formula) -> list[str]:
    """What is odd in MathML: a number beside a number, a 1 or a number in parentheses beside what it multiplies, a
    product in parentheses, and primes that are not those of the formula."""
    root = element(formula)
    out: list[str] = []
    for node in root.iter():
        items = list(node) if node.tag in ("math", "mrow") else []
        for place, (one, other) in enumerate(pairwise(items)):
            if one.tag != "mn":
                continue
            inside = _in_parentheses(items[place + 1 :])
            is_product = bool(inside) and not any(each.text in _LOOSE for each in inside)
            if other.tag == "mn" or (one.text == "1" and other.tag not in ("mo", "mspace", "mtext")) or is_product:
                out.append("".join(node.itertext()))
    primes = sum({"′": 1, "″": 2, "‴": 3}.get(letter, 0) for letter in "".join(root.itertext()))
    whole = not any(isinstance(part, Loose) for part in within(formula))  # else it is no text by itself
    if whole and primes != text(formula).count("'"):
        out.append(f"{primes} primes in {text(formula)}")
    return out


_LOOSE = ("+", "−", "=", "≠", "<", "≤", ">", "≥", ",", "∧", "∨", "if", "·", "/")


def _in_parentheses(items: Sequence[Markup]) -> list[Markup]:
    """What stands in the parentheses that the items begin with."""
    if items and items[0].tag == "mrow":
        items = list(items[0])
    if not items or items[0].text != "(":
        return []
    end = next((place for place, item in enumerate(items) if item.text == ")"), len(items))
    return list(items[1:end])


# --- code ----------------------------------------------------------------------------------------------
def numbers_by_function(source: str) -> list[tuple[str, list[str]]]:
    """The numbers of equations in the comments of each function of a module, in their order."""
    functions = [part.partition("(") for part in re.split(r"^def ", source, flags=re.MULTILINE)[1:]]
    return [(name, re.findall(r"# \(([FB]\d+)\)", body)) for name, _, body in functions]


def comments(source: str) -> list[tuple[str, str]]:
    """The equations in the comments of a module, each with its number, on one line."""
    found = re.findall(r"^ *# \(([FB]\d+)\) (.*(?:\n *#  .*)*)", source, re.MULTILINE)
    return [(label, re.sub(r"\n *# +", " ", said)) for label, said in found]


def odd_text(comment: str) -> list[str]:
    """A 1 that multiplies, and a product in parentheses in a product."""
    return re.findall(r"(?<![\w.^])1·|·1(?![\w.^])|·\([^()+\- ]*·[^()+\- ]*\)", comment)
