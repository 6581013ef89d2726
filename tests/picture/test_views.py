"""Of the pictures of a network the first that is shown is one that can be taken in."""

import pytest

from symbackprop import derive, zoo
from symbackprop.phrases import ENGLISH
from symbackprop.picture.drawing import draw
from symbackprop.picture.network_graph import NodeKind, graph_of
from symbackprop.picture.views import title_of, views


def test_a_stack_is_shown_by_its_parts(deep):
    found = views(deep)
    assert [view.key for view in found] == ["all", "parts", "blocks"]
    (shown,) = [view for view in found if view.shown]
    assert len(shown.graph.nodes) <= 45
    sizes = [len(view.graph.nodes) for view in found]
    assert sizes == sorted(sizes, reverse=True)
    assert len({title_of(view.key, ENGLISH) for view in found}) == len(found)


@pytest.mark.parametrize("name", ["mlp", "gcn"])
def test_a_small_network_is_shown_whole(name):
    graph = graph_of(derive(zoo.load(name)).scheduled)
    whole, bare = views(graph)
    assert (whole.key, whole.shown, whole.graph) == ("all", True, graph)
    assert (bare.key, bare.shown) == ("bare", False)
    assert len(bare.graph.nodes) == sum(node.kind is not NodeKind.PARAMETER for node in graph.nodes)
    assert 0 < draw(bare.graph).width <= draw(whole.graph).width
