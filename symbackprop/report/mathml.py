r"""LaTeX to MathML: latex2mathml's element trees, put right for MathML Core, which is what browsers draw.

    \operatorname{diag}, \mathrm{log\_z}   a letter at a time            -> one mi, upright
    x^{(1)\,\mathrm{erf}}                  a token for each part         -> one label
    x_{n,t'}                                a row of letters and commas   -> one mi, in italics
    \mathbf{1}, \mathbb{1}                 mathvariant, unknown to Core   -> Unicode's mathematical letters
    \mathrel{{+}{=}}                       rows inside a mo               -> one mo
    + x behind a line break                a sign in front of its operand -> a sign between two
    rows of one, forms and fences that Core takes for granted             -> left out, since pages hold thousands

Names and labels are put in behind the conversion, so that formulas which differ in them alone are converted once.
Core: https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element, fromstring, tostring

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

from symbackprop.errors import UnknownNotation
from symbackprop.report.alphabets import styled

__all__ = ["element", "factors", "inline", "whole_pieces"]

_REFUSALS = tuple(
    found for found in vars(exceptions).values() if isinstance(found, type) and issubclass(found, Exception)
)
_KEPT = ("form", "accent", "width", "lspace", "rspace", "minsize", "maxsize", "stretchy")
_NEGATIVE = re.compile("negative(very)*(thin|medium|thick)mathspace")
_SIGNS = frozenset("+−±=≡≔≈≤≥<>≠∝⊙⊗⋅·×∗→")  # that stand between two operands
_ACCENTS = frozenset("^~¯˙¨→")
_LIMITS = ("max", "min", "lim", "sup", "inf", "argmax", "argmin")  # under which a displayed formula has its range
_PRIMES = ("′", "″", "‴")
_ROWS = ("mrow", "math", "msqrt", "mtd")  # whose children stand side by side
_WITH_SUBSCRIPT = ("msub", "msubsup", "munder", "munderover")
_SPACE = "0.2222em"  # around a sign between two operands
_THIN = "\u2009"
_FIRST_HOLE = 0xE000  # of Unicode's private use area: where a name will stand
_NAME = r"\\(?:mathrm|operatorname\*?)\s*\{(?:[^{}\\]|\\.|\{\})*\}"
_NUMBER = r"(?<=[{,])\([1-9][0-9]*\)(?=\}|\\,)"
_LABEL = re.compile(rf"(?:{_NAME}|{_NUMBER})(?:\\,(?:{_NAME}|\([1-9][0-9]*\)(?=\}}|\\,)))*")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}]")
_OPENING = {"{": 1, "}": -1, r"\left": 1, r"\right": -1, r"\begin": 1, r"\end": -1}
_HOLE = re.compile(r"<mtext>([\ue000-\uf8ff])</mtext>")


@lru_cache(maxsize=32768)
def inline(latex: str, display: bool = False, continues: bool = False) -> str:
    """The text of one `math` element.

    `display`: limits above and below their sums, as in a displayed formula (large sums and full fractions are the style
    sheet's, `math-style: normal`); `continues`: it goes on from what stands
    before it on the page, so that a sign at its beginning stands between two operands. UnknownNotation for a command
    that the converter has no symbol for.
    """
    names: list[str] = []

    def hole(found: re.Match[str]) -> str:
        names.append(_plain(found[0]))
        return rf"\text{{{chr(_FIRST_HOLE + len(names) - 1)}}}"

    text = _with_holes(_LABEL.sub(hole, latex), display, continues, latex)
    return _HOLE.sub(lambda found: _named(names[ord(found[1]) - _FIRST_HOLE]), text)


def element(latex: str) -> Element:
    """The tree of what `latex` says, its root a `math`."""
    return fromstring(inline(latex))


def _with_holes(latex: str, display: bool, continues: bool, whole: str) -> str:
    """`inline` for LaTeX whose names are holes; `whole`: what it comes from, for the message of an error."""
    try:
        return _converted(latex, display, continues)
    except _REFUSALS as error:
        raise UnknownNotation(whole, expected="mathematics in LaTeX", found=type(error).__name__) from error
    except _UnknownCommand as error:
        raise UnknownNotation(whole, expected="commands that have a symbol", found=str(error)) from error


class _UnknownCommand(Exception):
    """A command that the converter leaves as it stands."""


@lru_cache(maxsize=32768)
def _converted(latex: str, display: bool, continues: bool) -> str:
    root = convert_to_element(latex.replace(":=", r"\coloneqq "), display="block" if display else "inline")
    _tidy(root)
    if display:
        for node in root.iter("msub"):
            if node[0].tag == "mo" and node[0].text in _LIMITS:
                node.tag = "munder"
    for node in root.iter():
        _leave_out(node)
    math = Element("math")
    root.tag = "mrow"
    math.extend([root] if _is_fenced(root) else root)
    if continues and len(math) and math[0].tag == "mo" and (math[0].text or "") in _SIGNS:
        math[0].attrib.update(form="infix", lspace="0", rspace=_SPACE)
    return tostring(math, encoding="unicode")


def _named(text: str) -> str:
    """A name or a label, upright, which a single letter must be told to be."""
    variant = ' mathvariant="normal"' if len(text) == 1 else ""
    return f"<mi{variant}>{escape(text, quote=False)}</mi>"


def _plain(label: str) -> str:
    r"""A label as plain text: `\mathrm{log\_z}` is `log_z`, `(1)\,\mathrm{erf}` has a thin space, `\delta{}` is δ."""
    text = re.sub(r"\\(?:mathrm|operatorname\*?)\s*\{((?:[^{}\\]|\\.|\{\})*)\}", r"\1", label)
    text = re.sub(r"\\([_ &%#$])", r"\1", text.replace(r"\,", _THIN))
    text = re.sub(r"\\[A-Za-z]+ ?", lambda found: "".join(element(found[0].strip()).itertext()), text)
    return text.replace("{}", "")


def whole_pieces(pieces: Sequence[str]) -> tuple[str, ...]:
    r"""The pieces, those between a `\left` or an open brace and its end put together.

    >>> whole_pieces((r"\left( a", r"+ b \right)", "+ c"))
    ('\\left( a + b \\right)', '+ c')
    """
    whole: list[str] = []
    held = ""
    for piece in pieces:
        held = f"{held} {piece}" if held else piece
        bare = re.sub(r"\\[\\{}]", "", held)
        closed = len(re.findall(r"\\left\b", bare)) == len(re.findall(r"\\right\b", bare))
        if closed and bare.count("{") == bare.count("}") and bare.count(r"\begin") == bare.count(r"\end"):
            whole.append(held)
            held = ""
    return (*whole, held) if held else tuple(whole)


def factors(piece: str) -> tuple[str, ...]:
    r"""The piece, broken where a thin space stands between factors and no fence or brace is open.

    >>> factors(r"\sum_{n} a_{n} \, \left(b \, c\right) \, d")
    ('\\sum_{n} a_{n}', '\\left(b \\, c\\right)', 'd')
    """
    found, depth, start = list[str](), 0, 0
    for token in _TOKEN.finditer(piece):
        depth += _OPENING.get(token[0], 0)
        if token[0] == r"\," and not depth:
            found.append(piece[start : token.start()].strip())
            start = token.end()
    return tuple(part for part in (*found, piece[start:].strip()) if part)


# --- one element, its children first --------------------------------------------------------------------
def _tidy(node: Element) -> None:
    for child in node:
        _tidy(child)
    node.tail = None
    node.text = text = unescape(node.text or "")  # the converter writes characters as entities
    variant = node.attrib.get("mathvariant", "")
    if "\\" in text:
        raise _UnknownCommand(text)
    match node.tag:
        case "mo" | "mi" if len(node):  # rows inside an operator, as \mathrel gives
            node.text = "".join(node.itertext())
            node[:] = []
            node.tag = "mo"
        case "mi" | "mo" | "mn" | "mtext" if variant not in ("", "normal"):
            node.text = styled(text, variant)
        case "mspace":
            node.attrib["width"] = _NEGATIVE.sub("-0.167em", node.attrib.get("width", "0"))
        case "mover" if node[1].tag == "mo" and node[1].text in _ACCENTS:
            node.attrib["accent"] = "true"
            node[1].attrib["stretchy"] = "false"
        case "mtd" if node.attrib.get("columnalign") == "left":
            node.attrib["class"] = "l"  # Core leaves alignment to the style sheet
    if node.tag == "mo" and text == "∂":
        node.tag = "mi"
    if node.tag == "mi" and text in (*_PRIMES, "¬"):
        node.tag = "mo"
    if node.tag == "msup" and _is_letter(node[0]) and node[1].text in _PRIMES:
        letter = f"{styled(node[0].text or '', 'italic')}{node[1].text}"
        node.tag, node.text = "mi", letter
        node[:] = []
    if node.text == "+=":
        node.attrib.update(lspace="0.2778em", rspace="0.2778em")
    if node.tag in _ROWS:
        node[:] = _opened(node)
    for place, child in enumerate(node):
        if child.tag == "mrow" and len(child) == 1 and node.tag not in _ROWS:
            node[place] = child[0]
        elif child.tag == "mrow" and place == 1 and node.tag in _WITH_SUBSCRIPT and _is_list(child):
            node[place] = _in_italics(child)


def _opened(row: Element) -> Iterable[Element]:
    """The children of a row, with rows inside it opened that say nothing."""
    for child in row:
        if child.tag == "mrow" and not _is_fenced(child):
            yield from child
        elif child.tag != "mo" or child.text or child.attrib.get("form"):
            yield child


def _is_fenced(row: Element) -> bool:
    """Whether a fence stands in it, which stretches over this row alone."""
    return any(child.tag == "mo" and child.attrib.get("form") in ("prefix", "postfix") for child in row)


def _is_list(row: Element) -> bool:
    """Whether it is the letters of indices and commas between them."""
    return len(row) > 1 and all(
        _is_letter(child) or (child.tag == "mo" and child.text == ",") or (child.tag == "mn" and not child.attrib)
        for child in row
    )


def _is_letter(node: Element) -> bool:
    text = node.text or ""
    letter = unicodedata.normalize("NFKC", text.rstrip("′″‴"))
    return node.tag == "mi" and not node.attrib and len(letter) == 1 and letter.isalpha()


def _in_italics(row: Element) -> Element:
    """One token: the letters slanted as they are when they stand alone, the commas without the space of a list."""
    token = Element("mi")
    token.text = "".join(styled(child.text or "", "italic") for child in row)
    return token


def _leave_out(node: Element) -> None:
    """Attributes, and the fences of `\\left.`, that change nothing."""
    ends = {id(child): place for place, child in ((0, node[0]), (-1, node[-1]))} if len(node) > 1 else {}
    plain = node.tag in _ROWS and all(child.tag in ("mi", "mn", "mo") for child in node)
    for child in node:
        given = child.attrib
        if (given.get("form"), ends.get(id(child))) in (("prefix", 0), ("postfix", -1)):
            del given["form"]
        stretches = given.get("stretchy") == "true" and given.get("fence") == "true"
        if stretches or (plain and given.get("stretchy") == "false" and node.tag != "mover"):
            del given["stretchy"]
        for name in [name for name in given if name not in _KEPT and name != "class"]:
            if not (name == "mathvariant" and len(child.text or "") == 1 and given[name] == "normal"):
                del given[name]
    node[:] = [child for child in node if child.tag != "mo" or child.text]
