"""The module cut into blocks and coloured: not a letter is changed, and every block has the right equations."""

import io
import re
import tokenize
from html.parser import HTMLParser
from pathlib import Path

import pytest

from symbackprop.report.code import read_code
from symbackprop.report.highlight import highlighted
from symbackprop.report.listing import listing

MODULES = sorted((Path(__file__).parents[2] / "generated").glob("*.py"))

LOOP = '''\
"""What it is."""
# --- loss and gradients -----------------------------------------------------------------------------------
def forward(params):
    """(loss, cache)."""
    # z_ahead[t, n] = b[n]
    z_ahead = take("z_ahead", (T, N), dtype)
    z_ahead += b

    # (F1) h[0, n] = 0
    h = take("h", (T, N), dtype)
    h[0] = 0
    z = take("z", (T, N), dtype)
    for t in range(1, T + 1):
        # (F2) z[t, n] = z_ahead[t, n] +
        #     h[t - 1, n]
        np.add(z_ahead[t], h[t - 1], out=z[t])
        for k in range(3):
            z[t] += 1

        # (F3) h[t, n] = tanh(z[t, n])
        np.tanh(z[t], out=h[t])
        if t == 1:
            h[t] += 1
    return h
'''


def chunks(source):
    return [chunk for part in read_code(source) for chunk in part.chunks]


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_the_chunks_are_the_module(file):
    source = file.read_text(encoding="utf-8")
    found = chunks(source)
    assert "".join(chunk.text for chunk in found) == source
    for chunk in found:
        own = re.findall(r"^ *# \(([FB]\d+)\)", chunk.text, re.MULTILINE)
        assert len(own) <= 1
        assert list(chunk.labels) == own or not chunk.own
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


class Spans(HTMLParser):
    """The text of highlighted code, and of each kind of element in it."""

    def __init__(self):
        super().__init__()
        self.text, self.kinds, self.open = "", {"i": [], "u": [], "b": []}, []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        if tag in self.kinds:
            self.kinds[tag].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        for tag in self.open:
            if tag in self.kinds:
                self.kinds[tag][-1] += data


@pytest.mark.parametrize("file", MODULES[::5], ids=lambda file: file.stem)
def test_colours_are_pythons(file):
    source = file.read_text(encoding="utf-8")
    spans, inside = Spans(), False
    for part in read_code(source):
        for chunk in part.chunks:
            html, inside = highlighted(chunk.lines, inside)
            spans.feed(html)
    spans.close()
    assert spans.text == source
    assert not inside
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    assert spans.kinds["i"] == [token.string for token in tokens if token.type == tokenize.COMMENT]
    strings = [line for token in tokens if token.type in STRINGS for line in token.string.split("\n") if line]
    assert "".join(spans.kinds["u"]) == "".join(strings)


STRINGS = {tokenize.STRING}


def test_ids_are_unique_and_the_first_is_the_labels():
    keys = [chunk.key for part in listing(read_code(LOOP + LOOP)) for chunk in part.chunks if chunk.key]
    assert keys == ["code-ahead-F2", "code-F1", "code-F2", "code-F3",
                    "code-ahead-F2-2", "code-F1-2", "code-F2-2", "code-F3-2"]  # fmt: skip


def test_line_numbers():
    parts = listing(read_code(LOOP))
    assert [part.first for part in parts] == [1, 2]
    assert sum(part.lines for part in parts) == len(LOOP.splitlines())
