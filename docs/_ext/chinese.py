"""The Chinese page: it says that it is Chinese, and a line's end in its source is no space between Chinese letters.

Browsers choose the font, and screen readers the voice, by what `lang` says.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

PAGE = "zh"
_PUNCTUATION = re.compile("[\u3001-\u303f\uff00-\uffef]")  # which brings its own space
_LETTER = re.compile("[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")


def joined(app: Sphinx, tree: nodes.document) -> None:
    if app.env.docname == PAGE:
        for paragraph in tree.findall(nodes.paragraph):
            texts = list(paragraph.findall(nodes.Text))
            for before, text, after in zip(texts, texts[1:], texts[2:], strict=False):
                last, first = before[-1:], after[:1]
                if text == "\n" and (_PUNCTUATION.match(last) or (_LETTER.match(last) and _LETTER.match(first))):
                    text.parent.remove(text)


def in_its_language(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    if page == PAGE:
        context["language"] = "zh-Hans"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", joined)
    app.connect("html-page-context", in_its_language)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
