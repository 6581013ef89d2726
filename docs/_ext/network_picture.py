"""`{network} NETWORK`: the picture of a network and its δ, as pages of derivations have it.

NETWORK is a file that the page shows, or a network of the zoo. The content is what the picture shows, for those who do
not see it.
"""

from __future__ import annotations

from docutils import nodes
from page_files import made_by, network_of
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import symbackprop
from symbackprop.picture.svg import inside, markers, picture


class NetworkPicture(SphinxDirective):
    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        made_by(self, __file__)
        drawing = symbackprop.derive(network_of(self, self.arguments[0])).picture().drawing
        heads = self.env.temp_data.setdefault("markers", markers())
        self.env.temp_data["markers"] = ""  # the heads of arrows, once for a page
        drawn = heads + inside(drawing, links=False)
        svg = picture(drawing, drawn, role="img", aria_label=" ".join(self.content))
        return [nodes.raw("", f'<div class="network small">{svg}</div>', format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("network", NetworkPicture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
