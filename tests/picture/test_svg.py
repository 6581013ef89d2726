"""SVG: well formed, with the labels of the equations; a file needs nothing beside it."""

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from symbackprop import derive, zoo
from symbackprop.picture import svg
from symbackprop.picture.drawing import draw
from symbackprop.picture.network_graph import NodeKind, graph_of
from symbackprop.picture.svg import inside, markers, number, sample, standalone, style
from symbackprop.picture.views import views

SVG = "{http://www.w3.org/2000/svg}"


def test_the_drawing_is_well_formed_and_bears_the_labels(deep):
    for view in views(deep):
        text = inside(draw(view.graph))
        tree = ElementTree.fromstring(f"<svg>{text}</svg>")
        borne = {label for node in tree.iter() for label in node.get("data-l", "").split()}
        if view.key != "bare":
            assert {f"F{n}" for n in range(1, 20)} <= borne
        assert "nan" not in text


@pytest.mark.parametrize("name", ["mlp", "lstm", "vae"])
def test_cells_lead_to_their_equations(name):
    derivation = derive(zoo.load(name))
    drawing = draw(graph_of(derivation.scheduled))
    labels = {equation.label for equation in (*derivation.forward, *derivation.backward)}
    targets = re.findall(r'<a [^>]*href="#([^"]+)"', inside(drawing))
    assert targets
    assert set(targets) <= labels
    assert "<a" not in inside(drawing, links=False)


def test_a_file_stands_by_itself():
    """No variable of a page, no address, no colour that a program might not know; both schemes have all rules."""
    text = derive(zoo.load("vae")).picture().svg
    tree = ElementTree.fromstring(text)
    rules = tree.find(f"{SVG}style").text
    assert "var(" not in text
    assert re.findall(r"https?://", text.replace("http://www.w3.org/2000/svg", "")) == []
    light, dark = rules.split("@media (prefers-color-scheme: dark) ")
    selectors = [re.findall(r"([^{}]+)\{[^{}]*\}", part.strip("{}") + "}") for part in (light, dark)]
    assert selectors[0] == selectors[1]
    assert len(selectors[0]) >= 14
    for target in re.findall(r"url\(#([\w-]+)\)", rules):
        assert tree.find(f".//*[@id='{target}']") is not None
    assert tree.find(f"{SVG}title").text


def test_rules_touch_pictures_alone():
    """A notebook has other drawings and the reader's own rules beside the picture."""
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", style()) for part in rule.split(",")]
    assert all(selector.startswith((".net-picture ", "#net-arrow")) for selector in selectors)
    assert re.findall(r'id="([\w-]+)"', markers()) == ["net-arrow", "net-arrow-delta"]


def test_what_a_name_holds_cannot_end_the_picture():
    drawing = draw(graph_of(derive(zoo.load("mlp")).scheduled))
    text = standalone(drawing, "a </title><script> & more")
    assert ElementTree.fromstring(text).find(f"{SVG}title").text == "a </title><script> & more"


def test_every_svg_element_is_written_in_one_place():
    """Of a picture of a network, and of the site's panels: an element in the size of what is drawn."""
    root = Path(svg.__file__).parents[2]
    sources = [*(root / "symbackprop").rglob("*.py"), *(root / "templates" / "report").glob("graph.html.j2"),
               *(root / "docs" / "_ext").iterdir()]  # fmt: skip
    writes = {source.name: source.read_text(encoding="utf-8") for source in sources if source.is_file()}
    found = {name: re.findall(r"<svg[^>]*viewBox=.0 0 \{", text) for name, text in writes.items()}
    assert {name: len(each) for name, each in found.items() if each} == {"svg.py": 1}
    assert svg.element((3.2, 4), "<g/>", class_="a", aria_label='u < "v"', hidden=True, id=False) == (
        '<svg class="a" aria-label="u &lt; &quot;v&quot;" hidden viewBox="0 0 3 4" width="3" height="4"><g/></svg>'
    )


def test_numbers_are_short():
    assert [number(value) for value in (3.0, 2.25, -0.04, 10.96)] == ["3", "2.2", "0", "11"]
    assert {sample(kind) for kind in NodeKind if kind is NodeKind.BUFFER} == {
        '<g class="node buffer"><path class="box" d="M0 0H34V18H0ZM4 0V18M30 0V18"/></g>'
    }
