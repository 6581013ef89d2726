"""Of the pictures of a network the first that is shown is one that can be taken in."""

import pytest

from symbackprop import derive, zoo
from symbackprop.report.network_graph import NodeKind, graph_of
from symbackprop.report.pictures import pictures


def test_a_stack_is_shown_by_its_parts(deep):
    found = pictures(deep)
    assert [view.key for view in found] == ["all", "parts", "blocks"]
    (shown,) = [view for view in found if view.shown]
    assert shown.tensors <= 45
    assert [view.tensors for view in found] == sorted((view.tensors for view in found), reverse=True)


@pytest.mark.parametrize("name", ["mlp", "gcn"])
def test_a_small_network_is_shown_whole(name):
    graph = graph_of(derive(zoo.load(name)).scheduled)
    whole, bare = pictures(graph)
    assert (whole.key, whole.shown, whole.tensors) == ("all", True, len(graph.nodes))
    assert (bare.key, bare.shown) == ("bare", False)
    assert bare.tensors == sum(node.kind is not NodeKind.PARAMETER for node in graph.nodes)
    assert 0 < bare.width <= whole.width
