"""docs/reference/layers.md has a row for every layer and loss, with its signature and the lines that it takes."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from symbackprop import layers, losses

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "layers.md").read_text(encoding="utf-8")
ROWS = {
    re.match(r"\| `(\w+)", line).group(1): [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]  # type: ignore
    for line in PAGE.splitlines()
    if line.startswith("| `")
}
PUBLIC: dict[str, Callable[..., Any]] = {
    name: getattr(module, name) for module in (layers, losses) for name in module.__all__
}


def signature_of(function: Callable[..., Any]) -> str:
    """As a call, without annotations: `dense(x, units, bias=True)`."""
    parts = []
    for parameter in inspect.signature(function).parameters.values():
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = parameter.default
        value = "" if default is parameter.empty else f"={getattr(default, '__name__', None) or repr(default)}"
        parts.append(f"{stars}{parameter.name}{value}")
    return f"{function.__name__}({', '.join(parts)})"


def lines_of(function: FunctionType) -> int:
    """Lines of code of a function and of the private ones of its file that it comes to use: no blank lines, comments
    or docstrings."""
    text = Path(inspect.getfile(inspect.unwrap(function))).read_text(encoding="utf-8")
    defined = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    used, waiting = set(), [function.__name__]
    while waiting:
        name = waiting.pop()
        if name in defined and name not in used and (name == function.__name__ or name.startswith("_")):
            used.add(name)
            waiting += [node.id for node in ast.walk(defined[name]) if isinstance(node, ast.Name)]
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        for line in range(token.start[0], token.end[0] + 1)
    }
    total = 0
    for name in used:
        node = defined[name]
        own = set(range(node.lineno, (node.end_lineno or 0) + 1)) & code
        for inner in ast.walk(node):
            documented = isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None
            if documented:
                docstring = inner.body[0]
                own -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
        total += len(own)
    return total


def test_every_name_has_its_row_and_no_other_does() -> None:
    assert set(ROWS) == set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_the_row(name: str) -> None:
    """| `signature` | equation | source | where PyTorch differs | lines |"""
    signature, equation, source, differs, lines = ROWS[name]
    assert signature == f"`{signature_of(PUBLIC[name])}`"
    assert equation
    assert source
    assert differs
    assert lines == str(lines_of(PUBLIC[name]))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PUBLIC)
def test_the_docstring_cites_what_the_row_cites(name: str) -> None:
    """The years of the sources are those of the docstring, where it names any."""
    documented = re.findall(r"\((\d{4})\)", PUBLIC[name].__doc__ or "")
    if documented:
        assert set(re.findall(r"\b(?:19|20)\d\d\b", ROWS[name][2])) == set(documented)
