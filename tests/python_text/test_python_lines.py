"""Python on one line where it fits, else on several that say the same."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from symbackprop.python_text.python_lines import (
    WIDTH,
    call_lines,
    collection_lines,
    names_text,
    prose_lines,
    table_lines,
    unpacking,
)

COUNTS = [1, 3, 20, 60]


def same(lines: list[str], statement: str, indent: int = 0) -> None:
    assert all(len(line) <= WIDTH for line in lines)
    assert (len(lines) == 1) == (indent + len(statement) <= WIDTH)
    assert ast.dump(ast.parse(dedent("\n".join(lines)))) == ast.dump(ast.parse(statement))


@pytest.mark.parametrize("count", COUNTS)
def test_the_same_statement(count: int) -> None:
    items = [f"argument_{place}" for place in range(count)]
    same(call_lines("function", items, "x = ", 0), f"x = function({', '.join(items)})")
    same(unpacking(items, "value"), f"{', '.join(items)}{',' * (count == 1)} = value", indent=4)
    same(collection_lines(items, "x = ", "()"), f"x = ({', '.join(items)}{',' * (count == 1)})")
    same(collection_lines(items, "x = ", "[]"), f"x = [{', '.join(items)}]")
    entries = [f'"{item}": {item}' for item in items]
    same(table_lines(entries, "x = "), f"x = {{{', '.join(entries)}}}")
    same(collection_lines(entries, "x = ", "{}"), f"x = {{{', '.join(entries)}}}")
    assert eval(names_text(items)) == tuple(items)


def test_a_table_has_a_line_for_each_item() -> None:
    assert len(table_lines([f'"{place}": {place}' for place in range(60)], "x = ")) == 62


def test_prose() -> None:
    text = " ".join(["some", "words"] * 50)
    lines = prose_lines(text, "# ", "#     ")
    assert all(len(line) <= WIDTH for line in lines)
    assert " ".join(line.removeprefix("#").strip() for line in lines) == text
    assert [line.startswith("#     ") for line in lines] == [False] + [True] * (len(lines) - 1)
