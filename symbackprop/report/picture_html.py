"""The pictures of a network as the page has them, of which its reader chooses one, and what their outlines mean."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.picture.drawing import draw
from symbackprop.picture.network_graph import Graph, NodeKind, kind_words
from symbackprop.picture.svg import inside, picture, sample
from symbackprop.picture.views import title_of, views

__all__ = ["PictureView", "legend", "pictures"]


@dataclass(frozen=True, slots=True)
class PictureView:
    """`key`, `title`: which picture; `shown`: whether it is the one that a reader sees first."""

    key: str
    title: str
    svg: Markup
    tensors: int
    shown: bool


def pictures(graph: Graph, words: Phrases = ENGLISH) -> tuple[PictureView, ...]:
    """The pictures, that with the most first."""
    found: list[PictureView] = []
    for view in views(graph):
        drawing = draw(view.graph, words)
        title, id_ = title_of(view.key, words), f"picture-{view.key}"
        svg = picture(
            drawing, inside(drawing, words), id=id_, hidden=not view.shown, role="group", aria_label=title
        )  # fmt: skip
        found.append(PictureView(view.key, title, Markup(svg), len(view.graph.nodes), view.shown))
    return tuple(found)


def legend(graph: Graph, words: Phrases = ENGLISH) -> list[tuple[str, Markup]]:
    """What the outlines in the picture mean, for the kinds of tensors that there are."""
    kinds = {node.kind for node in graph.nodes}
    return [(kind_words(kind, words), Markup(sample(kind))) for kind in NodeKind if kind in kinds]
