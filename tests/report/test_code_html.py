"""Blocks as elements of the page: their ids, and the numbers of their lines."""

from symbackprop.report.code_html import listing
from symbackprop.report.module_code import read_code

from .sources import LOOP


def test_ids_are_unique_and_the_first_is_the_labels():
    keys = [chunk.key for part in listing(read_code(LOOP + LOOP)) for chunk in part.chunks if chunk.key]
    assert keys == ["code-ahead-F2", "code-F1", "code-F2", "code-F3",
                    "code-ahead-F2-2", "code-F1-2", "code-F2-2", "code-F3-2"]  # fmt: skip


def test_line_numbers():
    parts = listing(read_code(LOOP))
    assert [part.first for part in parts] == [1, 2]
    assert sum(part.lines for part in parts) == len(LOOP.splitlines())
