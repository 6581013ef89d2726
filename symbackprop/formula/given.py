r"""Symbols that a user gave in LaTeX, as MathML: latex2mathml's element trees, put right for MathML Core.

    \operatorname{diag}, \mathrm{log\_z}   a letter at a time            -> one mi, upright
    \mathbf{1}, \mathbb{1}                 mathvariant, unknown to Core   -> Unicode's mathematical letters
    rows of one, forms and fences that Core takes for granted             -> left out

Core: https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from html import unescape
from itertools import groupby
from xml.etree.ElementTree import Element

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

from symbackprop.errors import UnknownNotation
from symbackprop.formula.alphabets import styled

__all__ = ["converted", "is_letter"]

_REFUSALS = tuple(
    found for found in vars(exceptions).values() if isinstance(found, type) and issubclass(found, Exception)
)
_KEPT = ("form", "accent", "width", "lspace", "rspace", "minsize", "maxsize", "stretchy")
_ONE_LETTER = re.compile(r"\\mathrm\s*(\{[A-Za-z]\})")  # which the converter slants
_ACCENTS = frozenset("^~¯˙¨→")
_PRIMES = ("′", "″", "‴")
_ROWS = ("mrow", "math", "msqrt", "mtd")  # whose children stand side by side


def converted(latex: str) -> list[Element]:
    """The elements, side by side. UnknownNotation for a command that the converter has no symbol for."""
    return [deepcopy(found) for found in _converted(latex)]


@lru_cache(maxsize=4096)
def _converted(latex: str) -> tuple[Element, ...]:
    try:
        root = convert_to_element(_ONE_LETTER.sub(r"\\text\1", latex.replace(":=", r"\coloneqq ")))
        _tidy(root)
    except _REFUSALS as error:
        raise UnknownNotation(latex, expected="mathematics in LaTeX", found=type(error).__name__) from error
    except _UnknownCommand as error:
        raise UnknownNotation(latex, expected="commands that have a symbol", found=str(error)) from error
    for node in root.iter():
        _leave_out(node)
    root.tag = "mrow"
    return (root,) if _is_fenced(root) else tuple(root)


class _UnknownCommand(Exception):
    """A command that the converter leaves as it stands."""


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
        case "mspace" if node.get("width", "").startswith("negative"):
            node.attrib["width"] = "-0.167em"
        case "mover" if node[1].tag == "mo" and node[1].text in _ACCENTS:
            node.attrib["accent"] = "true"
            node[1].attrib["stretchy"] = "false"
        case "mtd" if node.attrib.get("columnalign") == "left":
            node.attrib["class"] = "l"  # Core leaves alignment to the style sheet
    if node.tag == "mo" and (text == "∂" or (text.isalpha() and len(text) > 1)):
        node.tag = "mi"
    if node.tag == "mi" and text in (*_PRIMES, "¬"):
        node.tag = "mo"
    if node.tag == "msup" and is_letter(node[0]) and node[1].text in _PRIMES:
        letter = f"{styled(node[0].text or '', 'italic')}{node[1].text}"
        node.tag, node.text = "mi", letter
        node[:] = []
    if node.tag in _ROWS:
        node[:] = _words(_opened(node))
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


def _words(row: Iterable[Element]) -> Iterator[Element]:
    """Upright letters side by side as one token."""
    for is_upright, found in groupby(row, _is_upright):
        items = list(found)
        if is_upright and len(items) > 1:
            items[0].text = "".join(item.text or "" for item in items)
            items[0].attrib.pop("mathvariant", None)
            yield items[0]
        else:
            yield from items


def _is_upright(node: Element) -> bool:
    return node.tag == "mi" and (node.get("mathvariant") == "normal" or len(node.text or "") > 1)


def _is_fenced(row: Element) -> bool:
    """Whether a fence stands in it, which stretches over this row alone."""
    return any(child.tag == "mo" and child.attrib.get("form") in ("prefix", "postfix") for child in row)


def is_letter(node: Element) -> bool:
    """Whether it is one slanted letter, with primes or without."""
    text = node.text or ""
    letter = unicodedata.normalize("NFKC", text.rstrip("′″‴"))
    return node.tag == "mi" and not node.attrib and len(letter) == 1 and letter.isalpha()


def _leave_out(node: Element) -> None:
    """Attributes, and the fences of `\\left.`, that change nothing."""
    ends = {id(child): place for place, child in ((0, node[0]), (-1, node[-1]))} if len(node) > 1 else {}
    plain = node.tag in _ROWS and all(child.tag in ("mi", "mn", "mo") for child in node)
    for child in node:
        given = child.attrib
        if (given.get("form"), ends.get(id(child))) in (("prefix", 0), ("postfix", -1)):
            del given["form"]
        if plain and "stretchy" in given:
            given["stretchy"] = "false"  # around letters there is nothing to stretch to, and browsers leave room for it
        elif given.get("stretchy") == "true" and given.get("fence") == "true":
            del given["stretchy"]
        for name in [name for name in given if name not in _KEPT and name != "class"]:
            if not (name == "mathvariant" and len(child.text or "") == 1 and given[name] == "normal"):
                del given[name]
    node[:] = [child for child in node if child.tag != "mo" or child.text]
