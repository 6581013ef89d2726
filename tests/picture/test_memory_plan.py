"""A plan of work memory as a picture: each box where its buffer lies and when, the lines at what is in use."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from functools import lru_cache
from itertools import pairwise

import pytest

from symbackprop import zoo
from symbackprop.c.memory import Buffer, Plan
from symbackprop.picture.memory_plan import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, memory_picture
from symbackprop.sources import at_sizes, c_kit, program_of
from symbackprop.verify.prime_sizes import choose_sizes

SMALL = Plan((Buffer("a", 5, 0, 1, 0), Buffer("b", 7, 1, 2, 5), Buffer("long_name", 3, 2, 4, 0)), 12, 12)
AT = (("F1", "F1"), ("F2", "F3"), ("B1", "B1"), ("B1", "B2"))


@lru_cache
def plans(name):
    net = zoo.load(name)
    return c_kit(at_sizes(net, choose_sizes(program_of(net))))[0].memory


def drawn(plan, at, labels=None):
    return ElementTree.fromstring(memory_picture(plan, at, "a plan", labels or {}))


def boxes(tree):
    """(x, y, width, height) by the names that are told."""
    found = {}
    for group in tree.iter("g"):
        rect = group.find("rect")
        found[group.find("title").text.split(":")[0]] = tuple(
            float(rect.get(key)) for key in ("x", "y", "width", "height")
        )
    return found


def heights(path):
    """The numbers of lines that go across, by their heights."""
    return [float(y) for y in re.findall(r"[ML]\S+ (\S+?)H", path.get("d"))]


def test_a_small_plan():
    tree = drawn(SMALL, AT, {"b": ("F2", "F3")})
    column, row = (
        (WIDTH - LEFT - RIGHT) / 4,
        (HEIGHT - TOP - BOTTOM) / 12,
    )  # columns begin at 0, 1, 2, 3, 5: in use alike
    found = boxes(tree)
    assert found["a"] == pytest.approx((LEFT, TOP + 7 * row, 2 * column, 5 * row), abs=0.11)
    assert found["b"] == pytest.approx((LEFT + column, TOP, 2 * column, 7 * row), abs=0.11)
    assert found["long_name"] == pytest.approx((LEFT + 2 * column, TOP + 9 * row, 2 * column, 3 * row), abs=0.11)
    told = [title.text for title in tree.iter("title")]
    assert told == ["a: 5 numbers at 0, from F1 to F3", "b: 7 numbers at 5, from F2 to B1",
                    "long_name: 3 numbers at 0, from B1 to the end"]  # fmt: skip
    assert [group.get("class") for group in tree.iter("g")] == ["fore", "fore", "back"]
    assert [group.get("data-l") for group in tree.iter("g")] == [None, "F2 F3", None]
    lines = {path.get("class"): heights(path) for path in tree.iter("path")}
    assert lines["bound"] == pytest.approx([TOP], abs=0.11)
    assert lines["live"] == pytest.approx([TOP + (12 - live) * row for live in (5, 12, 10, 3)], abs=0.11)
    said = [text.text for text in tree.iter("text")]
    assert {"a", "b", "long_name", "F1", "F2", "B1", "0", "10"} <= set(said)


def test_what_lives_after_the_call():
    """What is kept lives longer than what the last statement touches: a column of its own."""
    plan = Plan((Buffer("kept", 4, 0, 2, 0), Buffer("last", 2, 1, 1, 4)), 6, 6)
    tree = drawn(plan, (("F1", "F1"), ("B1", "B1")))
    said = [text.text for text in tree.iter("text")]
    assert {"F1", "B1", "the end"} <= set(said)
    assert tree.find(".//title").text == "kept: 4 numbers at 0, from F1 to the end"


@pytest.mark.parametrize("name", ["mlp", "lstm", "lenet", "gpt2", "ctc_speech", "deep_mlp", "resnet"])
def test_boxes_do_not_overlap(name):
    for _, plan, at in plans(name):
        tree = drawn(plan, at)
        found = boxes(tree)
        assert found.keys() == {buffer.name for buffer in plan.buffers}
        places = sorted(found.values())
        for one in places:
            assert LEFT - 0.06 <= one[0]
            assert one[0] + one[2] <= WIDTH - RIGHT + 0.11
            assert one[1] >= TOP - 0.06
            assert one[1] + one[3] <= HEIGHT - BOTTOM + 0.61
            for other in places:
                across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
                down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
                assert one is other or across < 0.2 or down < 0.7  # but for rounding, and the least height
        (bound,) = (heights(path) for path in tree.iter("path") if path.get("class") == "bound")
        (live,) = (heights(path) for path in tree.iter("path") if path.get("class") == "live")
        assert bound[0] == min(live)
        most = max(sum(b.size for b in plan.buffers if b.first <= at <= b.last) for at in range(len(at) + 1))
        assert bound[0] == pytest.approx(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * most / plan.size, abs=0.06)


@pytest.mark.parametrize("name", ["lstm", "gpt2", "ctc_speech"])
def test_marks_have_room(name):
    """A letter is about 7 pixels wide."""
    for _, plan, at in plans(name):
        texts = [text for text in drawn(plan, at).iter("text") if text.get("class") == "mark"]
        below = sorted((float(text.get("x")), text.text) for text in texts if text.get("text-anchor") == "start")
        assert below
        assert all(x + 7 * len(label) <= following for (x, label), (following, _) in pairwise(below))
        beside = sorted(float(text.get("y")) for text in texts if text.get("text-anchor") == "end")
        assert 2 <= len(beside) <= 8
        assert all(low + 12 < high for low, high in pairwise(beside))


def test_a_name_stands_where_it_fits():
    narrow = Plan(tuple(Buffer(f"buffer_{place}", 10, place, place, 0) for place in range(20)), 10, 10)
    at = (("F1", "F1"),) * 20
    assert not [text for text in drawn(narrow, at).iter("text") if text.get("class") == "name"]


@pytest.mark.parametrize(("most", "marks"), [(1, ["0", "1"]), (6, list("0123456")), (7, ["0", "2", "4", "6"]),
                                             (2500, ["0", "500", "1 k", "1500", "2 k", "2500"])])  # fmt: skip
def test_offsets_are_round(most, marks):
    plan = Plan((Buffer("a", most, 0, 0, 0),), most, most)
    texts = [text.text for text in drawn(plan, (("F1", "F1"),)).iter("text") if text.get("text-anchor") == "end"]
    assert texts == marks
