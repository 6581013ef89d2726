"""The page has every view of the picture, one of them shown, and a legend for the kinds that there are."""

import xml.etree.ElementTree as ElementTree

from symbackprop import derive, zoo
from symbackprop.phrases import ENGLISH
from symbackprop.picture.network_graph import graph_of
from symbackprop.picture.views import title_of, views
from symbackprop.report.picture_html import legend, pictures


def test_every_view_is_there_and_one_is_shown():
    graph = graph_of(derive(zoo.load("wavenet")).scheduled)
    found = pictures(graph)
    assert [(one.key, one.title, one.tensors) for one in found] == [
        (view.key, title_of(view.key, ENGLISH), len(view.graph.nodes)) for view in views(graph)
    ]
    assert sum(one.shown for one in found) == 1
    for one in found:
        svg = ElementTree.fromstring(str(one.svg).replace('" hidden role', '" hidden="" role', 1))
        assert svg.attrib.keys() == {"class", "id", "role", "aria-label", "viewBox", "width", "height"} | (
            set() if one.shown else {"hidden"}
        )
        assert (svg.get("id"), svg.get("aria-label")) == (f"picture-{one.key}", one.title)
        assert svg.get("viewBox") == f"0 0 {svg.get('width')} {svg.get('height')}"


def test_the_legend_names_the_kinds_that_there_are():
    graph = graph_of(derive(zoo.load("vae")).scheduled)
    found = dict(legend(graph))
    assert found.keys() == {node.kind.value for node in graph.nodes}
    assert found["noise"].startswith('<g class="node noise"><path class="box"')
