"""Symbols in a picture are the letters of their LaTeX."""

import xml.etree.ElementTree as ElementTree

import pytest

from symbackprop.report.symbols import symbol


@pytest.mark.parametrize(
    ("latex", "plain"),
    [(r"\delta^{z^{(1)}}", "δz(1)"), (r"\hat{x}", "x\u0302"), (r"\partial\mathcal{L}/\partial W", "∂ℒ/∂W"),
     (r"\mathrm{log\_z}", "log_z"), (r"\frac{a}{b}", "a/b"), (r"{W_{q}}", "Wq")],
)  # fmt: skip
def test_symbols(latex, plain):
    found = symbol(latex)
    assert found.plain == plain
    assert found.width > 0
    tree = ElementTree.fromstring(f"<text>{found.markup}</text>")
    assert "".join(tree.itertext()) == plain
    shifts = [float(node.get("dy", 0)) for node in tree.iter()]
    assert abs(sum(shifts)) < 20
