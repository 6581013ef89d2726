"""Named parts of a network, which its picture can fold away: tensors whose names end alike.

A layer called "attention1" leaves its name behind those of its tensors: `Wq_attention1`, `q_attention1`,
`score_attention1`. The longest ending that three tensors share is their part, and its number a larger part: the block
of a stack. A part takes in what lies between its tensors; one that would have to take in another is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from symbackprop.formula.tree import Letter
from symbackprop.picture.network_graph import Edge, Flow, Graph, Node, NodeKind
from symbackprop.terms.graph import ordered_components

__all__ = ["blocks_of", "folded", "parts_of"]

_FEWEST = 3  # tensors that make a part


def parts_of(graph: Graph) -> dict[int, str]:
    """The part of each node that has one, by its place."""
    names = {node.name for node in graph.nodes}
    own = [_own_name(node.name, names) for node in graph.nodes]
    shared = Counter(ending for name in dict.fromkeys(own) for ending in _endings(name))
    found: dict[int, str] = {}
    for place, name in enumerate(own):
        ending = next((ending for ending in _endings(name) if shared[ending] >= _FEWEST), None)
        if ending is not None and graph.nodes[place].kind not in (NodeKind.LOSS, NodeKind.OUTPUT):
            found[place] = ending
    return _closed(found, _Ways(graph))


def blocks_of(graph: Graph, parts: Mapping[int, str]) -> dict[int, str]:
    """The larger parts: those of one number together, be it at the end (`mlp1`) or at the beginning (`0_1a`); with the
    single tensors of that number at their ends, such as a sum behind a block."""
    ways = _Ways(graph)
    blocks = _closed({place: _number(part) for place, part in parts.items()}, ways)
    for place, node in enumerate(graph.nodes):
        block = next((_number(ending) for ending in _endings(node.name)), "")
        if place not in blocks and block in blocks.values() and node.kind not in (NodeKind.LOSS, NodeKind.OUTPUT):
            larger = {**blocks, place: block}
            if _closed(larger, ways) == larger:
                blocks = larger
    return blocks


def folded(graph: Graph, parts: Mapping[int, str]) -> Graph:
    """The graph with a node for each part in the place of the part's own."""
    members: dict[str, list[int]] = {}
    for place, part in parts.items():
        members.setdefault(part, []).append(place)
    nodes: list[Node] = []
    new: dict[int, int] = {}
    for place, node in enumerate(graph.nodes):
        if place not in parts:
            new[place] = len(nodes)
            nodes.append(node)
        elif place not in new:
            part = parts[place]
            new.update(dict.fromkeys(members[part], len(nodes)))
            nodes.append(_part(part, [graph.nodes[member] for member in members[part]]))
    left = [e for e in graph.edges if new[e.source] != new[e.target] or e.source == e.target not in parts]
    return _in_order(nodes, {(new[e.source], new[e.target], e.flow) for e in left})


def _in_order(nodes: Sequence[Node], edges: set[tuple[int, int, Flow]]) -> Graph:
    """The graph with each node before those that read it, as far as there is such an order."""
    readers: dict[int, list[int]] = {place: [] for place in range(len(nodes))}
    for source, target, flow in sorted(edges, key=lambda edge: edge[:2]):
        if flow is Flow.READ:
            readers[source].append(target)
    order = [place for component in ordered_components(range(len(nodes)), readers) for place in component]
    new = {old: place for place, old in enumerate(order)}
    moved = sorted(((new[s], new[t], flow) for s, t, flow in edges), key=lambda edge: (edge[2].value, *edge[:2]))
    return Graph(tuple(nodes[old] for old in order), tuple(Edge(*edge) for edge in moved))


def _part(name: str, nodes: Sequence[Node]) -> Node:
    return Node(
        name,
        NodeKind.PART,
        None,
        Letter("δ") if any(node.delta for node in nodes) else None,
        tuple(label for node in nodes for label in node.forward),
        tuple(label for node in nodes for label in node.backward),
        tuple(node.name for node in nodes),
    )


def _own_name(name: str, names: Collection[str]) -> str:
    """The name without what naming its parts has put behind it: `x_hat_norm1_rsqrt` belongs to `x_hat_norm1`."""
    while (own := name.rpartition("_")[0]) in names:
        name = own
    return name


def _endings(name: str) -> list[str]:
    """What may be a layer's name, the longest first: `q_attention1` ends in `attention1` and in `1`."""
    pieces = name.split("_")
    endings = ["_".join(pieces[cut:]) for cut in range(1, len(pieces))]
    number = re.search(r"(?<=[A-Za-z])\d+$", name)
    if number is not None:
        endings.append(number[0])
    return [ending for ending in endings if ending]


def _number(part: str) -> str:
    last, first = re.search(r"\d+$", part), re.match(r"\d+(?=_)", part)
    return first[0] if first is not None else last[0] if last is not None else part


class _Ways:
    """Which nodes lie on the ways along the readings, as sets in the bits of integers; recurrences aside."""

    def __init__(self, graph: Graph) -> None:
        count = len(graph.nodes)
        self.before, self.behind = [0] * count, [0] * count
        edges = [(e.source, e.target) for e in graph.edges if e.flow is Flow.READ and e.source < e.target]
        for source, target in sorted(edges, key=lambda edge: edge[1]):
            self.before[target] |= self.before[source] | 1 << source
        for source, target in sorted(edges, reverse=True):
            self.behind[source] |= self.behind[target] | 1 << target

    def between(self, members: Sequence[int]) -> set[int]:
        """What is behind one of the members and before another, the members aside."""
        before = behind = own = 0
        for member in members:
            before, behind, own = before | self.before[member], behind | self.behind[member], own | 1 << member
        inside = before & behind & ~own
        return {place for place in range(inside.bit_length()) if inside >> place & 1}


def _closed(parts: Mapping[int, str], ways: _Ways) -> dict[int, str]:
    """The parts with what lies between their nodes; without those between whose nodes others lie, small ones first."""
    kept = dict(parts)
    count = Counter(kept.values())
    for part in sorted(count, key=lambda name: (count[name], len(name), name)):
        members = [place for place, name in kept.items() if name == part]
        between = ways.between(members)
        if len(members) < 2 or any(place in kept for place in between):
            kept = {place: name for place, name in kept.items() if name != part}
        else:
            kept.update(dict.fromkeys(sorted(between), part))
    return kept
