"""The plans of memory on the page: what it takes beside the least, as memory.txt has it, and each buffer in a table."""

import re

import pytest

import symbackprop
from symbackprop import Network, zoo
from symbackprop.c.memory_text import memory_text
from symbackprop.pipeline import generate_files
from symbackprop.report.memory_html import memory_views

from .test_c_code import in_c
from .test_page import Tree


@pytest.mark.parametrize("name", ["mlp", "lstm", "crf", "vae"])
def test_it_says_what_the_file_says(name):
    text = in_c(zoo.load(name))
    told = memory_text(name, text.kit.memory)
    plans = re.findall(r"^[A-Z].*: (\d+) numbers; (\d+) are in use at once", told, re.MULTILINE)
    rows = [re.split(r" {2,}", line.strip()) for line in told.splitlines() if line.startswith("  ")]
    views = memory_views(text)
    assert [re.search(r": ([\d,]+) numbers", view.caption)[1].replace(",", "") for view in views] == [
        size for size, _ in plans
    ]
    for view, (size, live) in zip(views, plans, strict=True):
        assert f"{4 * int(size):,} bytes" in view.caption
        if size == live:
            assert "no plan can be smaller" in view.caption
        else:
            assert f" {int(live):,} numbers are in use" in view.caption
            assert f"{100 * (int(size) / int(live) - 1):.1f} % more" in view.caption
    shown = [(name, *(cell.replace(",", "") for cell in cells)) for view in views for name, *cells in view.rows]
    assert shown == [tuple(cell.strip("()") for cell in row) for row in rows if row[0] != "buffer"]


def test_boxes_are_lit_with_their_equations():
    (step, _) = memory_views(in_c(zoo.load("lstm")))
    lit = dict(re.findall(r'data-l="([^"]*)"><title>(\w+):', step.svg))
    by_name = {name: labels for labels, name in lit.items()}
    assert by_name["h"] == "F2 F10"  # its beginning, and each step
    assert by_name["d_z_ahead_2"] == "B6 B9"  # who reads what is computed ahead of a loop


def test_labels_are_of_the_page():
    """Where equations have other numbers at these sizes."""
    net = zoo.load("neural_ode")
    labels = set(re.findall(r'class="eq[^"]*" id="(\w+)"', symbackprop.report(net)))
    for view in memory_views(in_c(net, H=1)):
        assert {label for some in re.findall(r'data-l="([^"]*)"', view.svg) for label in some.split()} <= labels


def test_what_takes_no_memory():
    net = Network("bare")
    w = net.parameter("w", ())
    net.loss = w**2
    assert "buffer" in generate_files(net)["memory.txt"]
    assert memory_views(in_c(net)) == ()
    tree = Tree(symbackprop.report(net, backend="c"))
    assert "memory" not in tree.ids


def test_the_page_has_them(made):
    tree = Tree(made("mlp", True).html)
    assert "#memory" in [attrs.get("href") for _, attrs in tree.elements]
    assert "Forward and backward: " in tree.texts["memory"]
    assert "Predict: " in tree.texts["memory"]
    assert "memory" not in Tree(made("mlp").html).ids
