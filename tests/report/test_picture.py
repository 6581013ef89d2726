"""The network's graph, its parts, and the drawing: what it shows is what the programs say, and nothing overlaps."""

import random
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import numpy as np
import pytest
from sklearn.isotonic import isotonic_regression

from symbackprop import derive, zoo
from symbackprop.formula.tree import Given, Letter, Mark, Row
from symbackprop.latex.names import LOSS, adjoint, identifier
from symbackprop.report.graph import Flow, NodeKind, graph_of
from symbackprop.report.layout import _crossings, _nearest_increasing, _ordered, lay_out
from symbackprop.report.parts import blocks_of, folded, parts_of
from symbackprop.report.picture import _curve, draw
from symbackprop.report.pictures import pictures
from symbackprop.report.symbols import symbol
from symbackprop.terms.graph import strong_components
from symbackprop.zoo.gpt2 import gpt2


@pytest.fixture(scope="module")
def deep():
    """A GPT of two blocks."""
    return graph_of(derive(gpt2(layers=2)).scheduled)


@pytest.mark.parametrize("name", ["mlp", "lstm", "gcn", "vae"])
def test_the_graph_is_the_programs(name):
    scheduled = derive(zoo.load(name)).scheduled
    derived, graph = scheduled.derived, graph_of(scheduled)
    names = [node.name for node in graph.nodes]
    reads = {(names[e.source], names[e.target]) for e in graph.edges if e.flow is Flow.READ}
    assert reads == {(read, e.target) for e in derived.forward.equations for read in e.reads()}
    labels = {label for node in graph.nodes for label in node.forward}
    assert labels == {equation.label for equation in derived.forward.equations}
    adjoint = {tensor.name: tensor.adjoint_of for tensor in derived.backward.tensors if tensor.adjoint_of in names}
    for node in graph.nodes:
        own = {e.label for e in derived.backward.equations if adjoint.get(e.target) == node.name}
        assert set(node.backward) == own
        assert bool(node.delta) == bool(own)
    direct = {(adjoint[r], adjoint[e.target]) for e in derived.backward.equations for r in e.reads()
              if r in adjoint and e.target in adjoint}  # fmt: skip
    flows = {(names[e.source], names[e.target]) for e in graph.edges if e.flow is Flow.DELTA}
    assert direct <= flows
    assert {target for _, target in flows} == set(adjoint.values()) - {derived.forward.loss}


def test_recurrences_alone_go_against_the_order():
    graph = graph_of(derive(zoo.load("lstm")).scheduled)
    names = [node.name for node in graph.nodes]
    against = {(names[e.source], names[e.target]) for e in graph.edges if e.flow is Flow.READ and e.source >= e.target}
    assert against == {("h", "z"), ("c", "c")}


def test_parts_of_a_stack(deep):
    parts = parts_of(deep)
    assert {"attention1", "mlp_norm2", "hidden2", "final"} <= set(parts.values())
    blocks = blocks_of(deep, parts)
    assert set(blocks.values()) == {"1", "2", "final"}
    small = folded(deep, blocks)
    folded_nodes = [node for node in small.nodes if node.kind is NodeKind.PART]
    assert [node.name for node in folded_nodes] == ["1", "2", "final"]
    kept = {node.name for node in small.nodes} | {name for node in folded_nodes for name in node.members}
    assert kept >= {node.name for node in deep.nodes}
    labels = sorted(label for node in small.nodes for label in node.forward)
    assert labels == sorted(label for node in deep.nodes for label in node.forward)


@pytest.mark.parametrize("name", ["gru_seq2seq", "unet"])
def test_folding_makes_no_new_way_round(name):
    graph = graph_of(derive(zoo.load(name)).scheduled)
    own = rounds(graph)
    for names in (parts_of(graph), blocks_of(graph, parts_of(graph))):
        for members in rounds(folded(graph, names)):
            assert any(members <= ring | set(names.values()) for ring in own)


def rounds(graph):
    """The sets of nodes that read each other."""
    reads = {place: [e.target for e in graph.edges if e.flow is Flow.READ and e.source == place]
             for place in range(len(graph.nodes))}  # fmt: skip
    components = strong_components(range(len(graph.nodes)), reads)
    return [{graph.nodes[place].name for place in component} for component in components if len(component) > 1]


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


def test_the_drawing_is_well_formed_and_bears_the_labels(deep):
    for view in pictures(deep):
        tree = ElementTree.fromstring(f"<svg>{view.svg}</svg>")
        borne = {label for node in tree.iter() for label in node.get("data-l", "").split()}
        if view.key != "bare":
            assert {f"F{n}" for n in range(1, 20)} <= borne
        assert "nan" not in view.svg
    assert [view.key for view in pictures(deep)] == ["all", "parts", "blocks"]
    (shown,) = [view for view in pictures(deep) if view.shown]
    assert shown.tensors <= 45
    assert draw(deep) == draw(deep)


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
