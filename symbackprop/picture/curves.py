"""Strokes, of which all drawings consist, and smooth ones through given points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from symbackprop.picture.layout import Point

__all__ = ["Stroke", "corner", "polygon", "side_loop", "through"]

_QUARTER = 0.5523  # of the radius: how far the control points of a quarter of a circle are from its ends


@dataclass(frozen=True, slots=True)
class Stroke:
    """From `start` by `steps`: one point each for a line, three for a cubic curve (two control points, the end)."""

    start: Point
    steps: tuple[tuple[Point, ...], ...]
    closed: bool = False


def polygon(*points: Point, closed: bool = True) -> Stroke:
    return Stroke(points[0], tuple((point,) for point in points[1:]), closed)


def corner(before: Point, at: Point, end: Point) -> tuple[Point, ...]:
    """A quarter of a circle from `before` to `end`, whose tangents meet `at`."""

    def towards(a: Point, b: Point) -> Point:
        return a[0] + _QUARTER * (b[0] - a[0]), a[1] + _QUARTER * (b[1] - a[1])

    return towards(before, at), towards(end, at), end


def through(points: Sequence[Point]) -> Stroke:
    """A smooth curve through the points, upright at its ends, that never leaves the strip between two neighbours, its
    slopes being harmonic means: F. N. Fritsch, J. Butland, A method for constructing local monotone piecewise cubic
    interpolants, SIAM Journal on Scientific and Statistical Computing 5 (1984)."""
    points = _needed(points)
    secants = [(x - before_x) / (y - before_y) for (before_x, before_y), (x, y) in pairwise(points)]
    inner = [2 * a * b / (a + b) if a * b > 0 else 0.0 for a, b in pairwise(secants)]
    slopes = [0.0, *inner, 0.0]
    steps: list[tuple[Point, ...]] = []
    for place, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if abs(to_x - x) < 0.5 and not slopes[place] and not slopes[place + 1]:
            steps.append(((x, to_y),))
            continue
        rise = (to_y - y) / (2 if place in (0, len(points) - 2) else 3)
        first = x + slopes[place] * rise, y + rise
        second = to_x - slopes[place + 1] * rise, to_y - rise
        steps.append((first, second, (to_x, to_y)))
    return Stroke(points[0], tuple(steps))


def _needed(points: Sequence[Point]) -> list[Point]:
    """The points without those inside a straight stretch."""
    inner = [
        here
        for before, here, after in zip(points, points[1:], points[2:], strict=False)
        if abs(here[0] - before[0]) > 0.5 or abs(here[0] - after[0]) > 0.5
    ]
    return [points[0], *inner, points[-1]]


def side_loop(start: Point, end: Point, reach: float) -> Stroke:
    """Out to the side by `reach`, and back."""
    out = start[0] + reach
    return Stroke(start, (((out, start[1]), (out, end[1]), end),))
