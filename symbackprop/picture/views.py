"""The pictures of one network, from every tensor to its blocks alone, of which the reader chooses."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.phrases import Phrases
from symbackprop.picture.named_parts import blocks_of, folded, parts_of
from symbackprop.picture.network_graph import Graph, NodeKind, restricted

__all__ = ["View", "title_of", "views"]

_MANY, _FEWER = 24, 0.75  # nodes from which parts are folded, and how many must be left at most for it to be worth it
_FIRST = 45  # nodes that are shown without being asked for


@dataclass(frozen=True, slots=True)
class View:
    """`key`: "all", "bare", "parts" or "blocks"; `shown`: whether it is the one that a reader sees first."""

    key: str
    graph: Graph
    shown: bool


def title_of(key: str, words: Phrases) -> str:
    """What a view shows."""
    return {
        "all": words.every_tensor,
        "bare": words.without_parameters,
        "parts": words.parts_folded,
        "blocks": words.blocks_folded,
    }[key]


def views(graph: Graph) -> tuple[View, ...]:
    """The pictures, that with the most first."""
    found: list[tuple[str, Graph]] = [("all", graph)]
    kept = [place for place, node in enumerate(graph.nodes) if node.kind is not NodeKind.PARAMETER]
    bare = restricted(graph, kept)
    if len(bare.nodes) < len(graph.nodes):
        found.append(("bare", bare))
    if len(graph.nodes) > _MANY:
        parts = parts_of(graph)
        for key, names in (("parts", parts), ("blocks", blocks_of(graph, parts))):
            small = folded(graph, names)
            if len(small.nodes) <= _FEWER * len(found[-1][1].nodes):
                found.append((key, small))
    if len(found) > 3:  # every tensor is in the first, parts and blocks are in the others
        found = [one for one in found if one[0] != "bare"]
    first = next((key for key, one in found if len(one.nodes) <= _FIRST), found[-1][0])
    return tuple(View(key, one, key == first) for key, one in found)
