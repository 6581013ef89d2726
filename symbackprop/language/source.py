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
    place, texts, _ = _call("assume")
    return place, texts[0] if texts else ""


def claim_as_written(names: Collection[str]) -> tuple[str, str]:
    """(`file.py:line`, text) of the call of `net.claim`, which calls this. The text is "" where there is none at hand
    (a prompt without lines), where names stand in it that are not `names` of the network, and of an Eq or a text, which
    are quoted as they are."""
    place, texts, used = _call("claim")
    return place, " = ".join(texts) if len(texts) == 2 and used <= {*names, *function_names()} else ""


def _call(method: str) -> tuple[str, list[str], set[str]]:
    """(place, the texts of the arguments, the names in them) of the method's call by whoever is outside this folder; no
    texts where it is not the one call of its line, has keywords or cannot be read."""
    frame = sys._getframe(1)
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == Path(__file__).parent:
        frame = frame.f_back
    source, line = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals)), frame.f_lineno
    calls = [call for call in _calls(source, line, method) if not call.keywords]
    arguments = calls[0].args if len(calls) == 1 else []
    texts = [" ".join((ast.get_source_segment(source, each) or "").split()) for each in arguments]
    used = {node.id for each in arguments for node in ast.walk(each) if isinstance(node, ast.Name)}
    return f"{Path(frame.f_code.co_filename).name}:{line}", texts if all(texts) else [], used


def _calls(source: str, line: int, method: str) -> Iterator[ast.Call]:
    """The calls of the method that stand in the line."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr)) if attr == method:
                if node.lineno <= line <= (node.end_lineno or node.lineno):
                    yield node
