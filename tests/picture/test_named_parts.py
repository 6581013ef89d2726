"""Named parts of a network, and what is left when they are folded away."""

import pytest

from symbackprop import derive, zoo
from symbackprop.picture.named_parts import blocks_of, folded, parts_of
from symbackprop.picture.network_graph import Flow, NodeKind, graph_of
from symbackprop.terms.graph import strong_components


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
