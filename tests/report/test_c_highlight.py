"""C as HTML: coloured as a lexer of C tells its tokens apart, and not a letter changed."""

import re

import pytest
from pygments.lexers.c_cpp import CLexer
from pygments.token import Comment, Keyword, String

from symbackprop import zoo
from symbackprop.report.c_code import read_c
from symbackprop.report.c_highlight import highlighted_c

from .test_c_code import in_c
from .test_highlight import Spans

TYPES = {"int32_t", "int64_t", "uint32_t", "uint64_t", "size_t"}
DIRECTIVE = re.compile(r"^ *#(?:.*\\\n)*.*\n", re.MULTILINE)  # of which the lexer makes one token


def spans_of(pieces, labels):
    spans, inside, highlight = Spans(), False, highlighted_c(labels)
    for lines in pieces:
        html, inside = highlight(lines, inside)
        spans.feed(html)
    spans.close()
    assert not inside
    return spans


@pytest.mark.parametrize("name", ["lstm", "lenet", "resnet"])
def test_colours_are_those_of_c(name):
    text = in_c(zoo.load(name))
    source = text.kit.header + text.kit.source
    whole = spans_of((chunk.lines for part in read_c(text) for chunk in part.chunks), text.labels)
    assert whole.text == source
    directives = ["".join(found.split()) for found in re.findall(r"^ *# *[a-z]+", source, re.MULTILINE)]
    assert [word.strip() for word in whole.kinds["b"] if "#" in word] == directives
    included = re.findall(r"#include (<\w+\.h>)", source)
    assert [word for word in whole.kinds["u"] if word.startswith("<")] == included

    plain = DIRECTIVE.sub("", source)
    spans = spans_of([plain.removesuffix("\n").split("\n")], text.labels)
    tokens = [(kind, value) for kind, value in CLexer().get_tokens(plain) if value.strip()]
    assert spans.kinds["b"] == [value for kind, value in tokens if kind in Keyword or value in TYPES]
    assert "".join(spans.kinds["u"]) == "".join(value for kind, value in tokens if kind in String)
    comments = [line.strip() for kind, value in tokens if kind in Comment for line in value.split("\n") if line]
    assert [line.strip() for line in spans.kinds["i"]] == comments


def test_a_number_leads_to_its_equation():
    highlight = highlighted_c({"F1": "F1", "B2": "B1", "B3": ""})
    line = '    /* (F1, B2, B3) a[n] = "<b>" */ x = 1; /* (F1) */'
    assert highlight([line], False) == (
        '    <i>/* (<a class="tag" href="#F1">F1</a>, <a class="tag" href="#B1">B2</a>, B3) a[n] = "&lt;b&gt;" */</i>'
        " x = 1; <i>/* (F1) */</i>\n",
        False,
    )


def test_a_comment_over_lines():
    highlight = highlighted_c({"F1": "F1"})
    first, inside = highlight(["x; /* a", " for"], False)
    assert (first, inside) == ("x; <i>/* a</i>\n<i> for</i>\n", True)
    assert highlight(["int b */ for"], True) == ("<i>int b */</i> <b>for</b>\n", False)
