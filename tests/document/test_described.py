"""A docstring as a title and blocks."""

from symbackprop import Network, derive, zoo
from symbackprop.document.described import described
from symbackprop.document.model import Paragraph, Verbatim

TEXT = """A fit of a line.

    y = w x
      + b

Words over
two lines.
Source: somebody.
"""


def test_title_paragraphs_and_formulas():
    program = zoo.load("mlp").to_program().with_(description=TEXT)
    assert described(program) == (
        "A fit of a line",
        (Verbatim(("y = w x", "  + b")), Paragraph(("Words over two lines. Source: somebody.",))),
    )
    assert described(program.with_(description="")) == ("Gradients of mlp", ())
    spaced = TEXT.replace("\n\n", "\n      \n")  # as editors leave it
    assert described(program.with_(description=spaced)) == described(program.with_(description=TEXT))


def test_every_network_of_the_zoo_says_what_it_is():
    for name in zoo.names():
        title, about = described(zoo.load(name).to_program())
        assert title == zoo.summary(name).removesuffix(".")
        assert any(isinstance(block, Verbatim) for block in about)


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
    net.description = ""
    assert derive(net).document().title == "Gradients of line"
    assert derive(net).document(title="T").title == "T"
