"""A drawing has every node and edge of its graph, apart from one another, and each text has room."""

import pytest

from symbackprop import derive, zoo
from symbackprop.formula.tree import Letter, Mark
from symbackprop.picture.drawing import draw
from symbackprop.picture.network_graph import Flow, NodeKind, graph_of
from symbackprop.picture.outlines import HEIGHT
from symbackprop.picture.svg_symbols import symbol


@pytest.mark.parametrize("name", ["mlp", "lstm", "vae", "lstm_classifier"])
def test_all_of_the_graph_is_drawn(name):
    graph = graph_of(derive(zoo.load(name)).scheduled)
    drawing = draw(graph)
    assert [box.node for box in drawing.boxes] == list(graph.nodes)
    assert [arrow.flow for arrow in drawing.arrows] == [edge.flow for edge in graph.edges]
    for edge, arrow in zip(graph.edges, drawing.arrows, strict=True):
        source, target = drawing.boxes[edge.source], drawing.boxes[edge.target]
        for box, (x, y) in ((source, arrow.stroke.start), (target, arrow.stroke.steps[-1][-1])):
            assert box.x - 8 <= x <= box.x + box.width + 8
            assert box.y - 0.1 <= y <= box.y + HEIGHT + 0.1
    for place, box in enumerate(drawing.boxes):
        assert 0 <= box.x
        assert box.x + box.width <= drawing.width
        assert box.y + HEIGHT <= drawing.height
        for other in drawing.boxes[:place]:
            apart = abs(box.y - other.y) >= HEIGHT or box.x + box.width < other.x or other.x + other.width < box.x
            assert apart, (box.node.name, other.node.name)
    assert draw(graph) == drawing


def test_a_long_delta_is_the_sign_alone():
    drawing = draw(graph_of(derive(zoo.load("lstm_classifier")).scheduled))
    assert all(symbol(box.delta).width <= 80 for box in drawing.boxes if box.delta is not None)
    found = {box.node.name: box.delta for box in drawing.boxes}
    assert found["input_gate_forwards1"] == Letter("δ")
    assert found["U_forwards1"] == Mark("∇")
    assert found["m"] not in (Letter("δ"), Mark("∇"), None)


def test_many_nodes_have_short_gradients(deep):
    given = {box.delta for box in draw(deep).boxes if box.node.kind is NodeKind.PARAMETER}
    assert given == {Mark("∇")}


def test_a_recurrence_goes_against_the_order():
    drawing = draw(graph_of(derive(zoo.load("lstm")).scheduled))
    assert sum(arrow.against for arrow in drawing.arrows if arrow.flow is Flow.READ) == 2
