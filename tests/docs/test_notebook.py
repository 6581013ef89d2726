"""The notebook of the documentation shows what its cells give, run in order, without Jupyter and in IPython."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebook_runner", Path(__file__).with_name("notebook.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUNNER = _runner()
NOTEBOOK = json.loads(RUNNER.NOTEBOOK.read_text(encoding="utf-8"))
CELLS = RUNNER.code_cells(NOTEBOOK)


def test_the_notebook_shows_what_its_cells_give() -> None:
    """Every cell is run twice, and shows the same the second time."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate(CELLS, 1):
        source = RUNNER.text_of(cell["source"])
        for _ in range(2):
            found = RUNNER.run_cell(source, names, number)
            assert list(map(RUNNER.told, found)) == list(map(RUNNER.told, cell["outputs"])), source


def test_only_the_cell_that_says_so_fails() -> None:
    for cell in CELLS:
        failed = any(output["output_type"] == "error" for output in cell["outputs"])
        assert failed == ("raises-exception" in cell["metadata"].get("tags", []))


def test_tables_have_no_colours_and_nothing_from_elsewhere() -> None:
    shown = [output["data"] for cell in CELLS for output in cell["outputs"] if "data" in output]
    tables = [data["text/html"] for data in shown if "text/html" in data]
    assert len(tables) == 6
    for table in tables:
        assert "<table" in table
        for word in ("color", "http://", "https://", "<script", "<link", "<style"):
            assert word not in table.replace("http://www.w3.org/1998/Math/MathML", "")


def test_in_ipython(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("IPython", reason="what IPython shows needs IPython")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    errors: list[list[str]] = []
    shell._showtraceback = lambda kind, error, lines: errors.append(lines)
    for cell in CELLS:
        outputs = {each["output_type"]: each for each in cell["outputs"]}
        run = shell.run_cell(RUNNER.text_of(cell["source"]), store_history=True, silent=False)
        if "error" in outputs:
            assert errors.pop() == outputs["error"]["traceback"]
        else:
            assert run.success
            assert not errors
        if run.result is not None:
            shown, _ = shell.display_formatter.format(run.result)
            kept = {"data": shown, "output_type": "execute_result"}
            assert RUNNER.told(kept) == RUNNER.told(outputs["execute_result"])
