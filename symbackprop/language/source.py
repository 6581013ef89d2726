"""Claims and assumptions as they stand in the file: the place of the line, and the text where that can be read."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from symbackprop.language.claim_text import function_names


def assumption_as_written() -> tuple[str, str]:
    """(`file.py:line`, text) of the call of `net.assume`, which calls this; the text is "" where none is at hand."""
    frame = sys._getframe(2)
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == Path(__file__).parent:
        frame = frame.f_back  # out of what wraps the call
    source, line = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)), frame.f_lineno
    found = [ast.get_source_segment(source, call.args[0]) for call in _calls(source, line, "assume") if call.args]
    text = " ".join(found[0].split()) if len(found) == 1 and found[0] else ""
    return f"{Path(frame.f_code.co_filename).name}:{line}", text


def claim_as_written(names: Collection[str]) -> tuple[str, str]:
    """(`file.py:line`, text) of the call of `net.claim`, which calls this. The text is "" where there is none at hand
    (a prompt without lines), or where names stand in it that are not `names` of the network."""
    frame = sys._getframe(2)
    file, line = frame.f_code.co_filename, frame.f_lineno
    lines = linecache.getlines(file, frame.f_globals)
    calls = list(_calls("".join(lines), line, "claim"))
    text = _text("".join(lines), calls[0], names) if len(calls) == 1 else ""
    return f"{Path(file).name}:{line}", text


def _calls(source: str, line: int, method: str) -> Iterator[ast.Call]:
    """The calls of the method that stand in the line."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        is_it = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
        if isinstance(node, ast.Call) and is_it and node.lineno <= line <= (node.end_lineno or node.lineno):
            yield node


def _text(source: str, call: ast.Call, names: Collection[str]) -> str:
    if len(call.args) != 2 or call.keywords:
        return ""  # an Eq, or a text, is quoted as it is
    known = {*names, *function_names()}
    used = {node.id for arg in call.args for node in ast.walk(arg) if isinstance(node, ast.Name)}
    segments = [ast.get_source_segment(source, arg) for arg in call.args]
    if not used <= known or not all(segments):
        return ""
    return " = ".join(" ".join(str(segment).split()) for segment in segments)
