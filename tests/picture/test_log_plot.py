"""Curves over a size that doubles: where points stand, and what is not drawn."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from symbackprop.picture.log_plot import Curve, Panel, log_plot

SVG = "{http://www.w3.org/2000/svg}"
ONE = Curve("data", tuple((2**k, 64e6 / 2**k) for k in range(7)))
TWO = Curve("model", ((1, 0.0), (2, 3e6), (4, 4.5e6)))


def drawn(*panels):
    return ElementTree.fromstring(log_plot(panels, "a plot"))


def test_equal_factors_are_equal_distances():
    tree = drawn(Panel("held", "devices", (ONE,), "B"))
    dots = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in tree.iter(f"{SVG}circle")]
    assert len(dots) == 7
    steps = {(round(b[0] - a[0], 0), round(b[1] - a[1], 0)) for a, b in pairwise(dots)}
    assert len(steps) <= 2  # but for rounding
    assert all(x > 0 and y > 0 for x, y in steps)


def test_what_is_nothing_is_not_drawn():
    tree = drawn(Panel("sent", "devices", (TWO,), "B"))
    assert len(list(tree.iter(f"{SVG}circle"))) == 2
    empty = Curve("none", ((1, 0.0),))
    tree = drawn(Panel("sent", "devices", (empty,), "B"))
    assert not list(tree.iter(f"{SVG}circle"))
    assert "nan" not in log_plot([Panel("sent", "devices", (), "B")], "nothing")


def test_marks_names_and_room_for_them():
    long = Curve("model, data = 4096", ((1, 1e4), (2, 3e5), (4, 2e5)))
    tree = drawn(Panel("sent", "devices", (TWO, long), "B"), Panel("held", "devices", (ONE,), "B"))
    said = [text.text for text in tree.iter(f"{SVG}text")]
    for word in (
        "sent",
        "held",
        "devices",
        "data",
        "model",
        "model, data = 4096",
        "1",
        "2",
        "4",
        "64",
        "1 MB",
        "100 kB",
    ):
        assert word in said
    width = float(tree.get("width"))
    for text in tree.iter(f"{SVG}text"):
        if text.get("text-anchor") == "start":
            assert float(text.get("x")) + 6 * len(text.text) < width
    assert tree.find(f"{SVG}title").text == "a plot"


def test_names_stand_apart():
    curves = tuple(Curve(f"c{k}", ((1, 1e3), (2, 1000.0 + k))) for k in range(5))
    tree = drawn(Panel("sent", "devices", curves))
    heights = sorted(float(t.get("y")) for t in tree.iter(f"{SVG}text") if t.get("text-anchor") == "start")
    assert all(b - a >= 14 for a, b in pairwise(heights))


def test_a_file_stands_by_itself():
    text = log_plot([Panel("a < b", "devices", (ONE,), "B")], "x & y")
    assert "var(" not in text
    assert re.findall(r"https?://", text.replace("http://www.w3.org/2000/svg", "")) == []
    rules = ElementTree.fromstring(text).find(f"{SVG}style").text
    light, dark = rules.split("@media (prefers-color-scheme: dark) ")
    selectors = [re.findall(r"([^{}]+)\{[^{}]*\}", part.strip("{}") + "}") for part in (light, dark)]
    assert selectors[0] == selectors[1]
    assert all(selector.startswith(".log-plot ") for rule in selectors[0] for selector in rule.split(", "))


@pytest.mark.parametrize("text", ["1 kB", "10 kB", "1 GB"])
def test_powers_of_ten(text):
    curve = Curve("c", ((1, 1e3), (2, 1e9)))
    assert text in [t.text for t in drawn(Panel("sent", "devices", (curve,), "B")).iter(f"{SVG}text")]
