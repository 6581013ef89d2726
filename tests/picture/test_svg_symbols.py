"""Symbols in a picture are the letters of their LaTeX."""

import xml.etree.ElementTree as ElementTree

import pytest

from symbackprop.formula.tree import Given, Letter, Mark, Row
from symbackprop.latex.printed_names import LOSS, adjoint, identifier
from symbackprop.picture.svg_symbols import symbol


@pytest.mark.parametrize(
    ("formula", "plain"),
    [(adjoint(identifier("z1")), "δz(1)"), (identifier("x_hat"), "x\u0302"),
      (Row((Mark("∂"), LOSS, Mark("/"), Mark("∂"), Letter("W"))), "∂ℒ/∂W"), (identifier("log_z"), "log_z"),
      (Given(r"\hat{x}"), "x\u0302"), (Given(r"\mathrm{log\_z}"), "log_z"), (Given(r"\frac{a}{b}"), "a/b"),
      (Given(r"{W_{q}}"), "Wq")],
)  # fmt: skip
def test_symbols(formula, plain):
    found = symbol(formula)
    assert found.plain == plain
    assert found.width > 0
    tree = ElementTree.fromstring(f"<text>{found.markup}</text>")
    assert "".join(tree.itertext()) == plain
    shifts = [float(node.get("dy", 0)) for node in tree.iter()]
    assert abs(sum(shifts)) < 20
