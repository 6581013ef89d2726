r"""Formulas in MathML Core, which is what browsers draw: https://www.w3.org/TR/mathml-core/.

    a name, a label            one mi, upright; a single letter must be told to be
    a list of subscripts       one mi, in italics, without the space of a list: 𝑛,𝑡′
    bold, script               Unicode's mathematical letters
    a sign behind a break      stands between two operands

Rows of one, and forms and fences that Core takes for granted, are left out: pages hold thousands of formulas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from xml.etree.ElementTree import Element, tostring

from symbackprop.formula import tree
from symbackprop.formula.alphabets import styled
from symbackprop.formula.given import converted, is_letter
from symbackprop.formula.tree import Fence, Formula, Joint, Sign, Style
from symbackprop.formula.typeset import laid_out, scripts

__all__ = ["element", "mathml"]

_LIMITS = ("∑", "∏", "max", "min")  # under which a displayed formula has its range
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "vec": "→"}
_GREEK = {"φ": "ϕ", "ϕ": "φ", "ε": "ϵ"}  # Unicode's names for the forms of these letters are not TeX's
_PRIMES = {"'": "′", "''": "″", "'''": "‴"}
_FENCES = {
    Fence.PARENTHESES: "()", Fence.BRACKETS: "[]", Fence.ABSOLUTE: "||", Fence.FLOOR: "⌊⌋", Fence.CEILING: "⌈⌉",
    Fence.NORM: "‖‖", Fence.EVALUATED: ("", "|"), Fence.BRACES: "{}",
}  # fmt: skip
_SIGNS = {
    Joint.ELEMENTWISE: "⊙", Joint.DIVIDED: "⊘", Joint.CROSS: "×", Joint.DOT: "·", Joint.AND: "∧", Joint.OR: "∨",
    Joint.COMMA: ",", Joint.IS: "=", Joint.PLUS: "+", Joint.MINUS: "−",
}  # fmt: skip
_FUNCTIONS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "product": "∏"}
_OPERATORS = ("max", "min", "product")
_THIN = "\u2009"


def mathml(formula: Formula, display: bool = False, opening: Sign | Joint | None = None) -> str:
    """The text of one `math` element.

    `display`: limits above and below their sums, as in a displayed formula (large sums and full fractions are the style
    sheet's, `math-style: normal`); `opening`: the sign of a relation that stands in front, or how the formula goes on
    from what stands before it on the page. UnknownNotation for a symbol that the user gave which has no MathML.
    """
    return tostring(element(formula, display, opening), encoding="unicode")


def element(formula: Formula, display: bool = False, opening: Sign | Joint | None = None) -> Element:
    """The same as a tree of elements, its root a `math`."""
    begins: list[Element] = []
    if isinstance(opening, Sign):
        begins = [_relation(opening)]
    elif opening in _SIGNS:
        begins = [_leaf("mo", _SIGNS[opening], form="infix", lspace="0", rspace="0.2222em")]
    return _node("math", *begins, *_Writer(display).row(formula))


class _Writer:
    def __init__(self, display: bool) -> None:
        self.display = display

    def one(self, formula: Formula) -> Element:
        """As one element."""
        return _one(self.row(formula))

    def row(self, formula: Formula) -> list[Element]:  # noqa: C901  a table, a row a kind
        """As elements side by side."""
        match laid_out(formula):
            case (tree.Letter() | tree.Word() | tree.Label() | tree.Digits() | tree.Mark() | tree.Words()) as leaf:
                return [_written(leaf)]
            case tree.Given(latex):
                return converted(latex)
            case tree.Accented(base, accent):
                mark = _leaf("mo", _ACCENTS[accent], stretchy="false")
                return [_node("mover", self.one(base), mark, accent="true")]
            case tree.Scripted() as scripted:
                return [self._scripted(*scripts(scripted))]
            case tree.Sum(addends):
                return list(chain.from_iterable(self._addends(addends)))
            case tree.Quotient(above, below):
                return [_node("mfrac", self.one(above), self.one(below))]
            case tree.Chain(joint, items):
                return self._chain(joint, items)
            case tree.Prefixed(head, body):
                between = [_space()] if isinstance(head, tree.Indicator) else []
                return [*self.row(head), *between, *self.row(body)]
            case tree.Root(inner):
                return [_node("msqrt", *self.row(inner))]
            case tree.Call(name, args, below):
                word = _FUNCTIONS.get(name, name)
                function = _leaf("mo", word) if name in _OPERATORS else _name(word)
                lower = function if below is None else _node("msub", function, self.one(below))
                return [lower, _fenced("()", self._chain(Joint.LIST, args))] if args else [lower]
            case tree.Fenced(fence, inner):
                return [_fenced(_FENCES[fence], self.row(inner))]
            case tree.Cases() as cases:
                return [self._cases(cases)]
            case tree.Relation(left, rest):
                sides = ((_relation(sign), *self.row(side)) for sign, side in rest)
                return [*self.row(left), *chain.from_iterable(sides)]
            case tree.Not(inner):
                return [_leaf("mo", "¬"), *self.row(inner)]
            case tree.Row((tree.Scripted(base, below, None), tree.Mark(mark))) if mark in _PRIMES:
                return [self._scripted(base, below, tree.Mark(_PRIMES[mark]))]
            case tree.Row((base, tree.Mark(mark))) if mark in _PRIMES:
                return [_primed(base, self.one(base), _PRIMES[mark])]
            case tree.Row(items):
                return list(chain.from_iterable(map(self.row, items)))
            case tree.Loose(is_open):
                return [_leaf("mo", "(" if is_open else ")", minsize="1.2em", maxsize="1.2em")]
            case _:
                raise TypeError(f"not a formula in print: {type(formula).__name__}")

    def _addends(self, addends: Iterable[tuple[bool, Formula]]) -> Iterator[list[Element]]:
        for place, (minus, addend) in enumerate(addends):
            if minus or place:
                yield [_leaf("mo", "−" if minus else "+")]
            yield self.row(addend)

    def _chain(self, joint: Joint, items: Iterable[Formula]) -> list[Element]:
        found: list[Element] = []
        for place, item in enumerate(items):
            found += [*(_between(joint) if place else ()), *self.row(item)]
        return found

    def _scripted(self, base: Formula, below: Formula | None, above: Formula | None) -> Element:
        limits = isinstance(base, tree.Mark) and base.text in _LIMITS and self.display
        names = ("munder", "mover", "munderover") if limits else ("msub", "msup", "msubsup")
        name = names[2 if below is not None and above is not None else 1 if below is None else 0]
        lower = [] if below is None else [self._subscript(below)]
        return _node(name, self.one(base), *lower, *([] if above is None else [self.one(above)]))

    def _subscript(self, formula: Formula) -> Element:
        """Letters of indices and commas between them are one token: slanted as they are when they stand alone, the
        commas without the space of a list."""
        row = self.row(formula)
        if len(row) > 1 and all(map(_is_listed, row)):
            return _leaf("mi", "".join(styled(item.text or "", "italic") for item in row))
        return _one(row)

    def _cases(self, cases: tree.Cases) -> Element:
        rows = [
            (self.row(value), [_leaf("mtext", f"{cases.when} "), *self.row(condition)])
            for value, condition in cases.rows
        ]
        rows.append((self.row(cases.otherwise), [_leaf("mtext", cases.else_)]))
        lines = [_node("mtr", *(_node("mtd", *cell, **{"class": "l"}) for cell in cells)) for cells in rows]
        return _node("mrow", _leaf("mo", "{"), _node("mtable", *lines))


def _written(leaf: Formula) -> Element:
    match leaf:
        case tree.Letter(name, Style.ITALIC):
            return _leaf("mi", _GREEK.get(name, name))
        case tree.Letter(name, style):
            return _leaf("mn" if name.isdecimal() else "mi", styled(name, style.value))
        case tree.Word(text):
            return _name(text)
        case tree.Label(parts):
            return _name(_THIN.join(f"({part})" if tree.is_bracketed(part) else part for part in parts))
        case tree.Digits(text):
            return _leaf("mn", text)
        case tree.Words(text):
            return _leaf("mtext", text)
        case tree.Mark("+="):
            return _relation(Sign.ADDS)
        case tree.Mark(text):
            return _leaf("mi" if text == "∂" or (len(text) > 1 and text not in _LIMITS) else "mo", text)
        case _:
            raise TypeError(f"not a leaf: {type(leaf).__name__}")


def _primed(base: Formula, written: Element, primes: str) -> Element:
    if isinstance(base, tree.Letter):
        return _leaf("mi", styled(written.text or "", "italic") + primes)
    return _node("msup", written, _leaf("mo", primes))


def _between(joint: Joint) -> list[Element]:
    match joint:
        case Joint.TIMES | Joint.BESIDE | Joint.THIN:
            return [_space()]
        case Joint.LIST:
            return [_leaf("mo", ","), _space()]
        case Joint.NEXT:
            return []
        case _:
            return [_leaf("mo", _SIGNS[joint])]


def _relation(sign: Sign) -> Element:
    spaces = {"lspace": "0.2778em", "rspace": "0.2778em"} if sign is Sign.ADDS else {}
    return _leaf("mo", sign.value, **spaces)


def _fenced(fences: Iterable[str], inside: list[Element]) -> Element:
    opening, closing = (([_leaf("mo", fence)] if fence else []) for fence in fences)
    return _node("mrow", *opening, *inside, *closing)


def _is_listed(item: Element) -> bool:
    text = item.text or ""
    return is_letter(item) or (item.tag == "mo" and text == ",") or (item.tag == "mn" and text.isdecimal())


def _name(text: str) -> Element:
    return _leaf("mi", text, **({"mathvariant": "normal"} if len(text) == 1 else {}))


def _space() -> Element:
    return Element("mspace", width="0.167em")


def _one(row: list[Element]) -> Element:
    return row[0] if len(row) == 1 else _node("mrow", *row)


def _leaf(tag: str, text: str, **attributes: str) -> Element:
    found = Element(tag, attributes)
    found.text = text
    return found


def _node(tag: str, *children: Element, **attributes: str) -> Element:
    found = Element(tag, attributes)
    found.extend(children)
    return found
