"""The network's graph: what it shows is what the programs say."""

import pytest

from symbackprop import derive, zoo
from symbackprop.picture.network_graph import Edge, Flow, Graph, graph_of, restricted


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


def test_some_of_the_nodes_keep_their_edges():
    graph = graph_of(derive(zoo.load("mlp")).scheduled)
    keep = [place for place in range(len(graph.nodes)) if place % 3]
    small = restricted(graph, keep)
    assert [node.name for node in small.nodes] == [graph.nodes[place].name for place in keep]
    named = [{(g.nodes[e.source].name, g.nodes[e.target].name, e.flow) for e in g.edges} for g in (graph, small)]
    left = {node.name for node in small.nodes}
    assert named[1] == {edge for edge in named[0] if {edge[0], edge[1]} <= left}
    assert restricted(graph, []) == Graph((), ())
    assert Edge(0, 0, Flow.READ) not in graph.edges
