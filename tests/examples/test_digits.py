"""The example learns: `mlp` to what it promises, `lenet` in a short run."""

import importlib
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module("train_digits")
    for name in ("modules", "train_digits"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("name", "epochs", "target"), [("mlp", 60, 0.97), ("lenet", 3, 0.93)])
def test_it_learns(example, name, epochs, target):
    lines = []
    assert example.train(name, seed=0, epochs=epochs, report=lines.append) > target
    assert "test accuracy" in lines[-1]
