"""The example learns: `mlp` to what it promises, `lenet` in a short run."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

FILE = Path(__file__).parents[2] / "examples" / "train_digits.py"


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("train_digits", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "epochs", "target"), [("mlp", 60, 0.97), ("lenet", 3, 0.93)])
def test_it_learns(example, name, epochs, target):
    lines = []
    assert example.train(name, seed=0, epochs=epochs, report=lines.append) > target
    assert "test accuracy" in lines[-1]
