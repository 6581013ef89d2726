"""A docstring as a title and blocks."""

import pytest

from symbackprop import Network, derive, zoo
from symbackprop.document.described import described
from symbackprop.document.latex_document import fragment
from symbackprop.document.model import Code, Document, Paragraph, Verbatim
from symbackprop.errors import InvalidArgument
from symbackprop.phrases import ENGLISH, language_of

CHINESE = language_of("zh")
TEXT = """A fit of a line.

    y = w x
      + b

Words over
two lines.
Source: somebody, `a_b`.
"""


def test_title_paragraphs_and_formulas():
    program = zoo.load("mlp").to_program().with_(descriptions=(("", TEXT),))
    assert described(program) == (
        "A fit of a line",
        (Verbatim(("y = w x", "  + b")), Paragraph(("Words over two lines. Source: somebody, ", Code("a_b"), "."))),
    )
    assert described(program.with_(descriptions=())) == ("Gradients of mlp", ())
    spaced = TEXT.replace("\n\n", "\n      \n")  # as editors leave it
    assert described(program.with_(descriptions=(("", spaced),))) == described(program)


def test_one_description_for_each_language():
    said = "直线拟合。\n\n数据，\n其斜率与\n截距 b\n未知。"
    program = zoo.load("mlp").to_program().with_(descriptions=(("zh", said),))
    chinese = ("直线拟合", (Paragraph(("数据，其斜率与截距 b 未知。",)),))
    assert described(program, CHINESE) == chinese
    assert described(program) == chinese  # there is no other
    both = program.with_(descriptions=(("en", "A line."), ("zh", "直线。")))
    assert [described(both, words)[0] for words in (ENGLISH, CHINESE)] == ["A line", "直线"]


def _about(name, words):
    title, about = described(zoo.load(name).to_program(), words)
    return Document(name, (), title, about=about, words=words)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_letter_of_the_zoo_is_printed(words):
    for name in zoo.names():
        written = fragment(_about(name, words))
        assert r"\langle" not in written  # what stands for a letter that is not known


def test_every_network_of_the_zoo_says_what_it_is():
    for name in zoo.names():
        title, about = described(zoo.load(name).to_program())
        assert title == zoo.summary(name).removesuffix(".")
        assert any(isinstance(block, Verbatim) for block in about)
        assert [type(block) for block in described(zoo.load(name).to_program(), CHINESE)[1]] == list(map(type, about))


def test_a_description_reaches_the_document():
    net = Network(
        "line",
        description="""
        A line.

            y = w x
    """,
    )
    n = net.index("n", 3)
    w, y = net.parameter("w", (3,)), net.tensor("y")
    y[n] = w[n] ** 2
    net.output(y)
    assert net.description == "A line.\n\n    y = w x"
    assert derive(net).document().title == "A line"
    with pytest.raises(InvalidArgument, match="expected words, such as a docstring, or a dict of them by language"):
        net.description = {"en": 3}
    with pytest.raises(InvalidArgument, match='expected "en" or "zh", found \'fr\''):
        net.description = {"fr": "Une droite."}
    net.description = ""
    assert derive(net).document().title == "Gradients of line"
    assert derive(net).document(title="T").title == "T"
