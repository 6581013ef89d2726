"""The picture of a network as one asks for it: `Derivation.picture`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symbackprop.errors import InvalidArgument
from symbackprop.phrases import ENGLISH
from symbackprop.picture.drawing import Drawing, draw
from symbackprop.picture.network_graph import graph_of
from symbackprop.picture.svg import standalone
from symbackprop.picture.tikz import fitted
from symbackprop.picture.views import View, title_of, views
from symbackprop.schedule import ScheduledDerivation

__all__ = ["Picture", "picture_of"]


@dataclass(frozen=True, repr=False)
class Picture:
    """The tensors of a network, who reads them, and the way of the δ back. It shows itself in a notebook.

    `svg`: the text of an SVG file, which is dark where its reader prefers that. `tikz`: the same for LaTeX, where the
    package tikz is loaded, no wider than a line. `view`: "all" its tensors, "bare" of parameters, its "parts" or its
    "blocks" folded; `views`: those that the network has.
    """

    name: str
    view: str
    views: tuple[str, ...]
    drawing: Drawing

    @cached_property
    def svg(self) -> str:
        return standalone(self.drawing, ENGLISH.network_and_delta.text(name=self.name))

    @cached_property
    def tikz(self) -> str:
        return fitted(self.drawing)

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<picture of {self.name}, {title_of(self.view, ENGLISH)}: {len(self.drawing.boxes)} nodes>"


def picture_of(scheduled: ScheduledDerivation, view: str | None = None) -> Picture:
    """The picture in one of the views, by default in the one that can be taken in.

    InvalidArgument for a view that the network does not have.
    """
    found = views(graph_of(scheduled))
    name = scheduled.derived.forward.name
    chosen = _chosen(found, view, name)
    return Picture(name, chosen.key, tuple(one.key for one in found), draw(chosen.graph))


def _chosen(found: tuple[View, ...], view: str | None, name: str) -> View:
    for one in found:
        if one.shown if view is None else one.key == view:
            return one
    expected = " or ".join(f'"{one.key}"' for one in found)
    raise InvalidArgument(f"view of {name}", expected=expected, found=repr(view))
