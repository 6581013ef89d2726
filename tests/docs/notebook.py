"""Runs the cells of a notebook as Jupyter does, without it; `python tests/docs/notebook.py` writes what they show into
`docs/notebook.ipynb`."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import re
import sys
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"
KINDS = {"text/html": "_repr_html_", "text/latex": "_repr_latex_", "text/markdown": "_repr_markdown_"}
Output = dict[str, Any]


class Printer:
    """What `_repr_pretty_` writes to."""

    def __init__(self) -> None:
        self.found = ""

    def text(self, text: str) -> None:
        self.found += text


def bundle(value: object) -> dict[str, str]:
    """What is shown of a value, by kind."""
    printer = Printer()
    pretty = getattr(value, "_repr_pretty_", None)
    if pretty is not None:
        pretty(printer, False)
    shown = {"text/plain": printer.found or repr(value)}
    shown |= {kind: getattr(value, method)() for kind, method in KINDS.items() if hasattr(type(value), method)}
    return shown


def run_cell(source: str, names: dict[str, Any], number: int) -> list[Output]:
    """The outputs of one cell: what it prints, the value of its last line, an error."""
    filename = f"<cell {number}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    tree, printed, outputs = ast.parse(source), io.StringIO(), list[Output]()
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value, error = None, None
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(tree, filename, "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), filename, "eval"), names)
        except Exception as caught:
            error = caught
    if printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": printed.getvalue()})
    if value is not None:
        outputs.append(
            {"data": bundle(value), "execution_count": number, "metadata": {}, "output_type": "execute_result"}
        )
    if error is not None:
        error.__traceback__ = error.__traceback__.tb_next if error.__traceback__ else None  # without this file
        lines = error._render_traceback_()  # type: ignore[attr-defined]
        outputs.append(
            {"ename": type(error).__name__, "evalue": str(error), "output_type": "error", "traceback": lines}
        )
    return outputs


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text_of(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def told(output: Output) -> dict[str, str]:
    """What an output says, by kind, without digits that depend on the machine."""
    match output["output_type"]:
        case "stream":
            found = {"stdout": text_of(output["text"])}
        case "error":
            found = {"error": "\n".join(output["traceback"])}
        case _:
            found = {kind: text_of(text) for kind, text in output["data"].items()}
    machine = r"-?\d+\.\d+(e[-+]\d+)?|\[\d+(, \d+)*\]"  # digits, and where the largest error is
    return {kind: re.sub(r"  +", " ", re.sub(machine, "#", text)) for kind, text in found.items()}


def main() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(code_cells(notebook), 1):
        cell["outputs"], cell["execution_count"] = run_cell(text_of(cell["source"]), names, number), number
    NOTEBOOK.write_text(json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
