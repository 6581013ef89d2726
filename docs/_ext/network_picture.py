"""`{network} NETWORK`: the picture of a network and its δ, as pages of derivations have it.

NETWORK is a file that the page shows, or a network of the zoo. The content is what the picture shows, for those who do
not see it.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from docutils import nodes
from page_files import made_by, network_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import symbackprop
from symbackprop.report.network_graph import graph_of
from symbackprop.report.pictures import pictures

MARKERS = Path(__file__).resolve().parent / "markers.svg"


class NetworkPicture(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        made_by(self, __file__)
        derivation = symbackprop.derive(network_of(self, self.arguments[0]))
        picture = next(one for one in pictures(graph_of(derivation.scheduled)) if one.shown)
        inside = re.sub(r"</?a\b[^>]*>", "", str(picture.svg))
        drawn = self.env.temp_data.setdefault("markers", MARKERS.read_text(encoding="utf-8").strip())
        self.env.temp_data["markers"] = ""  # the heads of arrows, once for a page
        words = escape(" ".join(self.content))
        html = (
            f'<div class="network small"><svg class="picture" viewBox="0 0 {picture.width} {picture.height}" '
            f'width="{picture.width}" role="img" aria-label="{words}">{drawn}{inside}</svg></div>'
        )
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("network", NetworkPicture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
