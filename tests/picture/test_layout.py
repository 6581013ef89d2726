"""The layered drawing: nothing overlaps, and each step is as good as another way of computing it says."""

import random
from itertools import pairwise, product

import numpy as np
import pytest
from sklearn.isotonic import isotonic_regression

from symbackprop.picture.layout import _crossings, _layers, _nearest_increasing, _ordered, lay_out


def test_pooling_is_isotonic_regression():
    random.seed(7)
    for size in (1, 2, 5, 31):
        values = [random.uniform(-9, 9) for _ in range(size)]
        weights = [random.uniform(0.1, 5) for _ in range(size)]
        expected = isotonic_regression(values, sample_weight=weights)
        np.testing.assert_allclose(_nearest_increasing(values, weights), expected, atol=1e-12)


def test_crossings_are_counted():
    random.seed(5)
    upper, lower = list(range(7)), list(range(7, 18))
    edges = sorted({(random.choice(upper), random.choice(lower)) for _ in range(29)})
    below = [[target for source, target in edges if source == node] for node in range(18)]
    expected = sum((a < c) != (b < d) and a != c and b != d for i, (a, b) in enumerate(edges) for c, d in edges[:i])
    assert _crossings([upper, lower], below) == expected
    above = [[source for source, target in edges if target == node] for node in range(18)]
    best = _ordered([upper, lower], above, below)
    assert _crossings(best, below) < expected
    assert sorted(best[0]) == upper
    assert sorted(best[1]) == lower


def test_a_crossing_that_need_not_be_is_undone():
    layout = lay_out([(30, 20)] * 4, [(0, 3), (1, 2)])
    (x0, _), (x1, _), (x2, _), (x3, _) = layout.centres
    assert (x0 < x1) == (x3 < x2)


@pytest.mark.parametrize("seed", [2, 3, 5])
def test_nothing_overlaps_and_edges_go_down(seed):
    random.seed(seed)
    count = 37
    sizes = [(random.uniform(20, 160), 28.0) for _ in range(count)]
    edges = [(random.randrange(count), random.randrange(count)) for _ in range(53)]
    layout = lay_out(sizes, edges)
    for node, (x, y) in enumerate(layout.centres):
        assert sizes[node][0] / 2 <= x + 1e-6
        assert x + sizes[node][0] / 2 <= layout.width + 1e-6
        assert y + sizes[node][1] / 2 <= layout.height + 1e-6
        for other, (ox, oy) in enumerate(layout.centres[:node]):
            if oy == y:
                assert abs(ox - x) >= (sizes[node][0] + sizes[other][0]) / 2 + 10
    for (source, target), path in zip(edges, layout.paths, strict=True):
        if source == target:
            assert path == ()
            continue
        assert all(above[1] < below[1] for above, below in pairwise(path))
        upper, lower = min(source, target), max(source, target)
        assert path[0] == (layout.centres[upper][0], layout.centres[upper][1] + 14)
        assert path[-1] == (layout.centres[lower][0], layout.centres[lower][1] - 14)


def test_layers_go_down_and_no_node_moves_to_shorter_edges():
    """Every edge goes down; moving any one node would not make the edges shorter together."""
    random.seed(13)
    for _ in range(20):
        count = random.randrange(2, 9)
        edges = sorted({(a, b) for a, b in product(range(count), repeat=2) if a < b and random.random() < 0.35})
        layer = _layers(count, edges)
        assert all(layer[upper] < layer[lower] for upper, lower in edges)
        assert min(layer) >= 0
        for node in range(count):
            above = [layer[a] for a, b in edges if b == node]
            below = [layer[b] for a, b in edges if a == node]
            allowed = range(max(above, default=-1) + 1, min(below, default=max(layer) + 1))
            lengths = [sum(at - a for a in above) + sum(b - at for b in below) for at in allowed]
            own = sum(layer[node] - a for a in above) + sum(b - layer[node] for b in below)
            assert not lengths or own == min(lengths)


def test_the_same_graph_gives_the_same_drawing_and_none_an_empty_one():
    sizes, edges = [(30.0, 20.0)] * 6, [(0, 3), (1, 2), (2, 5), (0, 5), (4, 4)]
    assert lay_out(sizes, edges) == lay_out(list(sizes), list(edges))
    empty = lay_out([], [])
    assert (empty.centres, empty.paths, empty.width, empty.height) == ((), (), 0.0, 0.0)
