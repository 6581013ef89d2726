"""Code as HTML: coloured as Python's own tokens are, and not a letter changed."""

import io
import tokenize
from html.parser import HTMLParser

import pytest

from symbackprop.report.highlight import highlighted
from symbackprop.report.module_code import read_code

from .sources import MODULES


class Spans(HTMLParser):
    """The text of highlighted code, and of each kind of element in it."""

    def __init__(self):
        super().__init__()
        self.text, self.kinds, self.open = "", {"i": [], "u": [], "b": []}, []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in self.kinds:
            self.kinds[tag].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        for tag in self.open:
            if tag in self.kinds:
                self.kinds[tag][-1] += data


@pytest.mark.parametrize("file", MODULES[::5], ids=lambda file: file.stem)
def test_colours_are_pythons(file):
    source = file.read_text(encoding="utf-8")
    spans, inside = Spans(), False
    for part in read_code(source):
        for chunk in part.chunks:
            html, inside = highlighted(chunk.lines, inside)
            spans.feed(html)
    spans.close()
    assert spans.text == source
    assert not inside
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    assert spans.kinds["i"] == [token.string for token in tokens if token.type == tokenize.COMMENT]
    strings = [line for string in strings_of(source, tokens) for line in string.split("\n") if line]
    assert "".join(spans.kinds["u"]) == "".join(strings)


def strings_of(source, tokens):
    """Every string; what Python 3.12 and later take apart, from its beginning to its end on the same line."""
    lines, begun = source.split("\n"), []
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        if kind == "STRING" and not begun:
            yield token.string
        elif kind == "FSTRING_START":
            begun.append(token.start)
        elif kind == "FSTRING_END":
            row, column = begun.pop()
            assert row == token.end[0]
            if not begun:
                yield lines[row - 1][column : token.end[1]]
