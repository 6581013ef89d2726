r"""LaTeX to MathML: latex2mathml's element trees, put right for MathML Core, which is what browsers draw.

    \operatorname{diag}, \mathrm{log\_z}   a letter at a time            -> one mi, upright
    \mathbf{1}, \mathbb{1}                 mathvariant, unknown to Core   -> Unicode's mathematical letters
    \mathrel{{+}{=}}                       rows inside a mo               -> one mo
    + x behind a line break                a sign in front of its operand -> a sign between two
    rows of one, forms and fences that Core takes for granted             -> left out, since pages hold thousands

Core: https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import unescape
from xml.etree.ElementTree import Element, tostring

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

from symbackprop.errors import UnknownNotation
from symbackprop.report.alphabets import styled

__all__ = ["element", "inline", "whole_pieces"]

_REFUSALS = tuple(
    found for found in vars(exceptions).values() if isinstance(found, type) and issubclass(found, Exception)
)
_KEPT = ("form", "accent", "width", "lspace", "rspace", "minsize", "maxsize", "stretchy")
_NEGATIVE = re.compile("negative(very)*(thin|medium|thick)mathspace")
_SIGNS = frozenset("+−±=≡≔≈≤≥<>≠∝⊙⊗⋅·×∗→")  # that stand between two operands
_ACCENTS = frozenset("^~¯˙¨→")
_ROWS = ("mrow", "math", "msqrt", "mtd")  # whose children stand side by side
_SPACE = "0.2222em"  # around a sign between two operands
_UPRIGHT = re.compile(r"\\(?:mathrm|operatorname\*?)\s*\{((?:[^{}\\]|\\.|\{\})*)\}")


@lru_cache(maxsize=16384)
def inline(latex: str, display: bool = False, continues: bool = False) -> str:
    """The text of one `math` element.

    `display`: limits above and below their sums, as in a displayed formula; `continues`: it goes on from what stands
    before it on the page, so that a sign at its beginning stands between two operands. UnknownNotation for a command
    that the converter has no symbol for.
    """
    math = Element("math", {"displaystyle": "true"} if display else {})
    root = element(latex, display)
    math.extend([root] if _is_fenced(root) else root)
    if continues and len(math) and math[0].tag == "mo" and (math[0].text or "") in _SIGNS:
        math[0].attrib.update(form="infix", lspace="0", rspace=_SPACE)
    return tostring(math, encoding="unicode")


def element(latex: str, display: bool = False) -> Element:
    """The tree of what `latex` says, its root a `mrow`."""
    prepared = _UPRIGHT.sub(lambda match: rf"\text{{{_upright(match[1])}}}", latex).replace(":=", r"\coloneqq ")
    try:
        root = convert_to_element(prepared, display="block" if display else "inline")
    except _REFUSALS as error:
        raise UnknownNotation(latex, expected="mathematics in LaTeX", found=type(error).__name__) from error
    _tidy(root, latex)
    for node in root.iter():
        _leave_out(node)
    root.tag = "mrow"
    return root


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


def _upright(name: str) -> str:
    r"""What stands in `\mathrm{…}` as plain letters: `log\_z` is `log_z`, and `\delta{}` is δ."""
    plain = re.sub(r"\\([_ &%#$])", r"\1", name)
    plain = re.sub(r"\\[A-Za-z]+ ?", lambda found: "".join(element(found[0].strip()).itertext()), plain)
    return plain.replace("{}", "")


# --- one element, its children first --------------------------------------------------------------------
def _tidy(node: Element, latex: str) -> None:
    for child in node:
        _tidy(child, latex)
    node.tail = None
    node.text = text = unescape(node.text or "")  # the converter writes characters as entities
    variant = node.attrib.get("mathvariant", "")
    if "\\" in text:
        raise UnknownNotation(latex, expected="commands that have a symbol", found=text)
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
    if node.tag == "mtext" and text.replace("_", "a").isalnum():  # a name, not words
        node.tag = "mi"
        if len(text) == 1:
            node.attrib["mathvariant"] = "normal"
    if node.tag == "mo" and text == "∂":
        node.tag = "mi"
    if node.tag == "mi" and text in ("′", "¬"):
        node.tag = "mo"
    if node.text == "+=":
        node.attrib.update(lspace="0.2778em", rspace="0.2778em")
    if node.tag in _ROWS:
        node[:] = _opened(node)
    for place, child in enumerate(node):
        if child.tag == "mrow" and len(child) == 1 and node.tag not in _ROWS:
            node[place] = child[0]


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


def _leave_out(node: Element) -> None:
    """Attributes, and the fences of `\\left.`, that change nothing."""
    ends = {id(child): place for place, child in ((0, node[0]), (-1, node[-1]))} if len(node) > 1 else {}
    plain = all(child.tag in ("mi", "mn", "mo") for child in node)
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
