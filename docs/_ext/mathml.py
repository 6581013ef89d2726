"""Mathematics in LaTeX, written as the MathML that pages of derivations have, so that the site needs no renderer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, tostring

from docutils import nodes
from sphinx.application import Sphinx

from symbackprop.formula.given import converted

_ALIGNED = re.compile(r"(\\(?:begin|end))\{aligned\}")  # which the converter knows as align*
_UNDER = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
_ROWS = {"math", "mrow", "mstyle", "msqrt", "mtd"}  # whose children stand side by side, however many
_APART = {"mo", "mrow", "mspace", "mtext", "mtr", "mtd"}  # what stands apart by itself
_TAG = re.compile(r"\\tag\{(?P<tag>[^{}]*)\}\s*$")


def written(latex: str, display: bool) -> str:
    """One `math` element. UnknownNotation for a command that has no MathML."""
    attributes = {"display": "block"} if display else {}
    root = Element("math", attributes)
    root.extend(converted(_ALIGNED.sub(r"\1{align*}", latex)))
    for node in root.iter():
        if node.tag in _UNDER and node[0].text in ("∑", "∏"):  # whose limits stand under and over it in a display
            node.tag = _UNDER[node.tag]
    for row in root.iter():
        if row.tag in _ROWS:
            row[:] = _spaced(list(row))
    return tostring(root, encoding="unicode")


def _spaced(row: list[Element]) -> Iterator[Element]:
    """The names of functions set apart from letters beside them: log p, and y log p."""
    for before, node in zip([None, *row], row, strict=False):
        if before is not None and not {before.tag, node.tag} & _APART and (_is_name(before) or _is_name(node)):
            yield Element("mspace", {"width": "0.167em"})
        yield node


def _is_name(node: Element) -> bool:
    """Whether it is the name of a function, with an index or without."""
    inner = node[0] if node.tag in (*_UNDER, *_UNDER.values()) else node
    return inner.tag == "mi" and len(inner.text or "") > 1 and (inner.text or "").isascii()


def inline(self: Any, node: nodes.math) -> None:
    self.body.append(written(node.astext(), display=False))
    raise nodes.SkipNode


def block(self: Any, node: nodes.math_block) -> None:
    """A displayed formula, which scrolls where it is too wide, and its number, which is its place too, beside it."""
    text = node.astext().strip()
    found = _TAG.search(text)
    number = place = ""
    if found:
        place = f' id="{found["tag"]}"'
        text, number = text[: found.start()].strip(), f'<span class="tag">({found["tag"]})</span>'
    self.body.append(f'<div class="math-block"{place}>{written(text, display=True)}{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
