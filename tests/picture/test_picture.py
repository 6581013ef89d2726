"""`Derivation.picture`: what one asks for, in a notebook and in a document."""

import xml.etree.ElementTree as ElementTree

import pytest

from symbackprop import Network, Sum, derive, errors, zoo
from symbackprop.phrases import ENGLISH
from symbackprop.picture.views import title_of
from tests.processes import said_elsewhere


def test_it_shows_itself():
    picture = derive(zoo.load("mlp")).picture()
    assert repr(picture) == "<picture of mlp, every tensor: 12 nodes>"
    assert picture._repr_svg_() == picture.svg
    assert ElementTree.fromstring(picture.svg).get("viewBox")
    assert r"\begin{tikzpicture}" in picture.tikz


@pytest.mark.parametrize("name", ["mlp", "gpt2"])
def test_every_view_that_it_names(name):
    derivation = derive(zoo.load(name))
    first = derivation.picture()
    assert first.view in first.views
    assert all(title_of(view, ENGLISH) for view in first.views)
    sizes = [len(derivation.picture(view).drawing.boxes) for view in first.views]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)


def test_a_view_that_there_is_not():
    with pytest.raises(errors.InvalidArgument, match=r'view of mlp.*"all" or "bare".*blocks'):
        derive(zoo.load("mlp")).picture("blocks")


def test_a_layer_has_a_picture():
    net = Network("layer")
    N, D = net.dims("N D")
    n, i = net.indices(n=N, i=D)
    x, w, y = net.input("x", (N, D)), net.parameter("w", (D,)), net.tensor("y")
    y[n] = Sum(w[i] * x[n, i], i)
    net.output(y)
    (output,) = ElementTree.fromstring(derive(net).picture().svg).findall(".//*[@class='node output']")
    assert "".join(output.itertext()).endswith("ȳ")  # with its cotangent


def test_the_same_everywhere(tmp_path):
    code = (
        "import symbackprop; from symbackprop import zoo; picture = symbackprop.derive(zoo.load('vae')).picture(); "
        "print(picture.svg + picture.tikz, end='')"
    )
    picture = derive(zoo.load("vae")).picture()
    assert said_elsewhere(code, folder=tmp_path) == picture.svg + picture.tikz
