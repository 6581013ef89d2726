"""Outlines tell kinds apart without colour, and hold what is written in them."""

import pytest

from symbackprop.picture.network_graph import NodeKind
from symbackprop.picture.outlines import HEIGHT, outline, right_cell


def ends(stroke):
    return [stroke.start, *(step[-1] for step in stroke.steps)]


@pytest.mark.parametrize("kind", NodeKind)
def test_an_outline_is_as_wide_and_high_as_its_box(kind):
    closed, *more = outline(kind, 90.0)
    assert closed.closed
    assert not any(stroke.closed for stroke in more)
    xs, ys = zip(*ends(closed), strict=True)
    assert (min(xs), max(xs), min(ys), max(ys)) == (0.0, 90.0, 0.0, HEIGHT)


@pytest.mark.parametrize("kind", NodeKind)
def test_the_cell_of_the_delta_is_the_right_end_of_the_outline(kind):
    whole, cell = outline(kind, 90.0)[0], right_cell(kind, 50.0, 90.0)
    assert cell.steps[:-1] == whole.steps[: len(cell.steps) - 1]
    assert min(x for x, _ in ends(cell)) == 50.0


def test_kinds_differ():
    """But for noise, which is dashed, and for an output, which a network has in place of a loss."""
    alike = {NodeKind.NOISE: NodeKind.PARAMETER, NodeKind.OUTPUT: NodeKind.LOSS}
    drawn = {kind: outline(kind, 90.0) for kind in NodeKind if kind not in alike}
    assert len(set(drawn.values())) == len(drawn)
    assert all(outline(kind, 90.0) == drawn[other] for kind, other in alike.items())
