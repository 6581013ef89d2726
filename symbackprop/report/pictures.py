"""The pictures of one network, from every tensor to its blocks alone, of which the reader chooses."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from symbackprop.report.named_parts import blocks_of, folded, parts_of
from symbackprop.report.network_graph import Graph, NodeKind, restricted
from symbackprop.report.picture import draw

__all__ = ["PictureView", "pictures"]

_MANY, _FEWER = 24, 0.75  # nodes from which parts are folded, and how many must be left at most for it to be worth it
_FIRST = 45  # nodes that are shown without being asked for


@dataclass(frozen=True, slots=True)
class PictureView:
    """`key`, `title`: which picture; `shown`: whether it is the one that a reader sees first."""

    key: str
    title: str
    svg: Markup
    width: int
    height: int
    tensors: int
    shown: bool


def pictures(graph: Graph) -> tuple[PictureView, ...]:
    """The pictures, that with the most first."""
    found: list[tuple[str, str, Graph]] = [("all", "every tensor", graph)]
    kept = [place for place, node in enumerate(graph.nodes) if node.kind is not NodeKind.PARAMETER]
    bare = restricted(graph, kept)
    if len(bare.nodes) < len(graph.nodes):
        found.append(("bare", "without parameters", bare))
    if len(graph.nodes) > _MANY:
        parts = parts_of(graph)
        named = (("parts", "parts folded", parts), ("blocks", "blocks folded", blocks_of(graph, parts)))
        for key, title, names in named:
            small = folded(graph, names)
            if len(small.nodes) <= _FEWER * len(found[-1][2].nodes):
                found.append((key, title, small))
    if len(found) > 3:  # every tensor is in the first, parts and blocks are in the others
        found = [one for one in found if one[0] != "bare"]
    first = next((key for key, _, one in found if len(one.nodes) <= _FIRST), found[-1][0])
    views: list[PictureView] = []
    for key, title, one in found:
        picture = draw(one)
        size = round(picture.width), round(picture.height)
        views.append(PictureView(key, title, Markup(picture.svg), *size, len(one.nodes), key == first))
    return tuple(views)
