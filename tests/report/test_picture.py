"""The drawing: well formed, with the labels of the equations, its curves between their points."""

import random
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from symbackprop.report.picture import _curve, draw
from symbackprop.report.pictures import pictures


def test_the_drawing_is_well_formed_and_bears_the_labels(deep):
    for view in pictures(deep):
        tree = ElementTree.fromstring(f"<svg>{view.svg}</svg>")
        borne = {label for node in tree.iter() for label in node.get("data-l", "").split()}
        if view.key != "bare":
            assert {f"F{n}" for n in range(1, 20)} <= borne
        assert "nan" not in view.svg
    assert draw(deep) == draw(deep)


def test_curves_stay_between_their_points():
    """The control points of each stretch, so that the curve itself does."""
    random.seed(11)
    heights = [0.0, 30.0, 60.0, 900.0, 930.0, 960.0]
    for _ in range(20):
        points = [(random.uniform(0, 300), y) for y in heights]
        curve = _curve(points)
        stretches = re.findall(r"C(\S+) (\S+) (\S+) (\S+) (\S+) (\S+?)(?=C|$)", curve)
        assert len(stretches) == len(points) - 1
        for ((x, y), (to_x, to_y)), numbers in zip(pairwise(points), stretches, strict=True):
            x1, y1, x2, y2, end_x, end_y = map(float, numbers)
            assert (end_x, end_y) == pytest.approx((to_x, to_y), abs=0.06)
            low, high = min(x, to_x) - 0.1, max(x, to_x) + 0.1
            assert low <= x1 <= high
            assert low <= x2 <= high
            assert y - 0.1 <= y1 <= y2 + 0.1 <= to_y + 0.2
