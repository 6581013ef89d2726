"""The module cut into blocks: not a letter is changed, and every block has the right equations."""

import re

import pytest

from symbackprop.report.module_code import read_code, read_plain

from .sources import LOOP, MODULES


def chunks(source):
    return [chunk for part in read_code(source) for chunk in part.chunks]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_the_chunks_are_the_module(file):
    source = file.read_text(encoding="utf-8")
    found = chunks(source)
    assert "".join(chunk.text for chunk in found) == source
    for chunk in found:
        own = re.findall(r"^ *# \(([FB]\d+(?:, [FB]\d+)*)\)", chunk.text, re.MULTILINE)
        assert len(own) <= 1
        assert ", ".join(chunk.labels) == "".join(own) or not chunk.own
        if own:  # the comment is the first line, and some statement follows
            assert chunk.text.lstrip().startswith(f"# ({own[0]})")
            assert any(line.strip() and not line.lstrip().startswith("#") for line in chunk.lines)


def test_a_loop():
    found = [(chunk.labels, chunk.own, chunk.text) for chunk in chunks(LOOP) if chunk.labels]
    ahead, first, second, third = found
    assert ahead[:2] == (("F2",), False)  # belongs to what reads it
    assert first[2].endswith("h[0] = 0\n")  # the loop's own arrays and its head are not of F1
    assert second[2].endswith("z[t] += 1\n")
    assert "#     h[t - 1, n]\n" in second[2]
    assert third[2].endswith("h[t] += 1\n")  # a branch without blocks of its own is part of the block
    assert [found[0] for found in found] == [("F2",), ("F1",), ("F2",), ("F3",)]


def test_the_plain_style_has_its_numbers_behind_the_statements():
    source = "import numpy as np\n\n\nh = np.zeros((T, N))  # (F1)\nz = (\n    x\n    @ W\n)  # (F2)\nreturn z\n"
    (part,) = read_plain(source)
    assert "".join(chunk.text for chunk in part.chunks) == source
    found = {chunk.labels[0]: chunk.text for chunk in part.chunks if chunk.labels}
    assert found == {"F1": "h = np.zeros((T, N))  # (F1)\n", "F2": "z = (\n    x\n    @ W\n)  # (F2)\n"}
