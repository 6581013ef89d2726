"""Symbols given in LaTeX become MathML of Core: the letters that they show, no attribute that Core does not know."""

from xml.etree.ElementTree import tostring

import pytest

from symbackprop.errors import UnknownNotation
from symbackprop.formula.alphabets import styled
from symbackprop.formula.given import converted

SHOWN = {
    r"\alpha": "α",
    r"\mathrm{diag}": "diag",
    r"\operatorname{diag}": "diag",
    r"\mathbf{W}": styled("W", "bold"),
    r"\mathbb{1}": styled("1", "double-struck"),
    r"\mathcal{L}": styled("L", "script"),
    r"\hat{x}_i": "x^i",
    r"x^{(1)}_{n}": "x" + "n(1)",
    r"\frac{a}{b}": "ab",
    r"\partial L": "∂L",
    r"\left( x \right)": "(x)",
    r"a := b": "a≔b",
}
CORE = {"math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msub", "msup", "msubsup", "mfrac", "msqrt", "mroot",
        "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded"}  # fmt: skip
KNOWN = {"form", "accent", "width", "lspace", "rspace", "minsize", "maxsize", "stretchy", "class", "mathvariant"}


def parts(latex):
    return [node for found in converted(latex) for node in found.iter()]


@pytest.mark.parametrize("latex", SHOWN)
def test_it_shows_the_letters(latex):
    assert "".join(node.text or "" for node in parts(latex)) == SHOWN[latex]
    for node in parts(latex):
        assert node.tag in CORE
        assert set(node.attrib) <= KNOWN
        assert node.attrib.get("mathvariant", "normal") == "normal"
        assert node.tail is None


def test_a_word_is_one_token():
    for latex in (r"\mathrm{diag}", r"\operatorname{diag}"):
        (word,) = converted(latex)
        assert (word.tag, word.text) == ("mi", "diag")
    (letter,) = converted(r"\mathrm{d}")
    assert (letter.tag, letter.text) == ("mtext", "d")  # else a single letter slants
    assert not converted("d")[0].attrib


@pytest.mark.parametrize(
    ("latex", "stretch"),
    [
        (r"W^{(1)}_{j}", "false"),
        (r"(s, 0)", "false"),
        (r"\left(1 - a\right)", "false"),
        (r"\left(\frac{a}{b}\right)", None),
    ],
)
def test_parentheses_stretch_only_where_there_is_something_to_stretch_to(latex, stretch):
    """Browsers leave room beside those that may, in the font that pages carry."""
    fences = [node for part in converted(latex) for node in part.iter("mo") if node.text in ("(", ")")]
    assert [node.get("stretchy") for node in fences] == [stretch, stretch]


def test_each_answer_is_a_new_one():
    one, other = converted(r"\hat{y}"), converted(r"\hat{y}")
    assert list(map(tostring, one)) == list(map(tostring, other))
    one[0].set("class", "changed")
    assert "class" not in converted(r"\hat{y}")[0].attrib


@pytest.mark.parametrize("latex", [r"\nosuchsymbol", r"\left( x", "x^"])
def test_what_is_no_mathematics_is_refused(latex):
    with pytest.raises(UnknownNotation):
        converted(latex)
