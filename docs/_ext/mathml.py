"""Mathematics in LaTeX, written as the MathML that pages of derivations have, so that the site needs no renderer."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, tostring

from docutils import nodes
from sphinx.application import Sphinx

from symbackprop.formula.given import converted

_TAG = re.compile(r"\\tag\{(?P<tag>[^{}]*)\}\s*$")


def written(latex: str, display: bool) -> str:
    """One `math` element. UnknownNotation for a command that has no MathML."""
    attributes = {"display": "block"} if display else {}
    root = Element("math", attributes)
    root.extend(converted(latex))
    return tostring(root, encoding="unicode")


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
