"""The plot of what each device sends and holds: the points are those of the cost."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from symbackprop import cost, zoo
from symbackprop.errors import InvalidSize
from symbackprop.picture import device_plot as drawing
from symbackprop.picture.device_plot import device_plot

SIZES = {"N": 64, "D": 784, "H": 128, "C": 10}


@pytest.fixture(scope="module")
def mlp():
    return cost(zoo.load("mlp"), shard={"n": "data", "j": "model"})


def panels(monkeypatch, *arguments):
    found = []
    monkeypatch.setattr(drawing, "log_plot", lambda made, title: found.append((made, title)) or "")
    device_plot(*arguments)
    return found[0]


def test_points_are_the_costs(mlp, monkeypatch):
    (sent, held), title = panels(monkeypatch, mlp, {**SIZES, "model": 2})
    assert "mlp" in title
    assert [curve.name for curve in sent.curves] == ["data, model = 2", "model, data = 1"]
    assert [count for count, _ in sent.curves[0].points] == [1, 2, 4, 8, 16, 32, 64]
    assert [count for count, _ in held.curves[1].points] == [1, 2, 4, 8, 16, 32, 64, 128]
    for place, (data, model) in enumerate(((1, 2), (2, 2), (4, 2))):
        found = mlp.at({**SIZES, "data": data, "model": model})
        assert sent.curves[0].points[place] == (data, float(found.bytes_sent))
        assert held.curves[0].points[place] == (data, float(found.memory.total))


def test_sizes_that_no_power_of_two_divides_have_one_point(mlp, monkeypatch):
    (sent, _), _ = panels(monkeypatch, mlp, {**SIZES, "N": 63})
    assert [count for count, _ in sent.curves[0].points] == [1]


def test_a_file(mlp):
    tree = ElementTree.fromstring(device_plot(mlp, SIZES))
    assert len(list(tree.iter("{http://www.w3.org/2000/svg}circle"))) == 7 + 8 + 7 + 8 - 2  # none where nothing is sent
    assert "每个设备发送" in device_plot(mlp, SIZES, "zh")


def test_refusals(mlp):
    with pytest.raises(InvalidSize, match="none for D, C"):
        device_plot(mlp, {"N": 4, "H": 2})
    with pytest.raises(InvalidSize, match="found Q"):
        device_plot(mlp, {**SIZES, "Q": 2})
    with pytest.raises(InvalidSize, match="a multiple of 3"):
        device_plot(mlp, {**SIZES, "model": 3})
