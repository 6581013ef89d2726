"""Curves stay where their points are."""

import math
import random
from itertools import pairwise

import pytest

from symbackprop.picture.curves import corner, polygon, side_loop, through


def test_curves_stay_between_their_points():
    """The control points of each stretch, so that the curve itself does."""
    random.seed(11)
    heights = [0.0, 30.0, 60.0, 900.0, 930.0, 960.0]
    for _ in range(20):
        points = [(random.uniform(0, 300), y) for y in heights]
        curve = through(points)
        assert curve.start == points[0]
        assert len(curve.steps) == len(points) - 1
        for ((x, y), (to_x, to_y)), ((x1, y1), (x2, y2), end) in zip(pairwise(points), curve.steps, strict=True):
            assert end == (to_x, to_y)
            low, high = min(x, to_x) - 1e-9, max(x, to_x) + 1e-9
            assert low <= x1 <= high
            assert low <= x2 <= high
            assert y - 1e-9 <= y1 <= y2 + 1e-9 <= to_y + 2e-9


def test_a_straight_way_is_one_line():
    assert through([(5.0, 0.0), (5.0, 30.0), (5.2, 60.0), (5.0, 90.0)]).steps == (((5.0, 90.0),),)


def test_a_corner_is_a_quarter_of_a_circle():
    """Every point of it, at the distance of the radius from the middle (0, 0)."""
    start, radius = (0.0, -14.0), 14.0
    first, second, end = corner(start, (14.0, -14.0), (14.0, 0.0))
    for step in range(11):
        t = step / 10
        weights = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        points = (start, first, second, end)
        at = [sum(w * point[axis] for w, point in zip(weights, points, strict=True)) for axis in (0, 1)]
        assert math.hypot(*at) == pytest.approx(radius, rel=4e-4)


def test_loops_and_polygons():
    loop = side_loop((10.0, 7.0), (10.0, -7.0), -16.0)
    assert loop.steps == (((-6.0, 7.0), (-6.0, -7.0), (10.0, -7.0)),)
    assert polygon((0.0, 0.0), (1.0, 0.0)).closed
