"""The examples in C, where there is a compiler: the digits are learnt, and what is timed computes the same."""

import importlib
import sys
from pathlib import Path

import pytest

from symbackprop.c.compiled_cache import VARIABLE
from symbackprop.c.compiler import found_compiler
from symbackprop.errors import CompilerNotFound

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module
    for name in ("modules", "train_digits", "digits_in_c", "latency_beside_pytorch"):
        sys.modules.pop(name, None)


@pytest.fixture
def _compiler():
    try:
        found_compiler()
    except CompilerNotFound as missing:
        pytest.skip(str(missing))


@pytest.mark.usefixtures("_compiler")
def test_the_digits_are_learnt(example):
    pytest.importorskip("sklearn")
    lines = []
    assert example("digits_in_c").train(epochs=2, report=lines.append) > 0.85
    assert "test accuracy" in lines[-1]


@pytest.mark.usefixtures("_compiler")
def test_what_is_timed(example, capsys):
    """All that are there, which are compared before."""
    found = example("latency_beside_pytorch").main(calls=20)
    assert {"NumPy", "C"} <= set(found)
    assert all(0 < time < 1 for time in found.values())
    assert capsys.readouterr().out.startswith("NumPy")


def test_without_a_compiler(example, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setattr(sys, "argv", ["digits_in_c.py"])
    assert example("digits_in_c").main() == 0
    assert "no-such-compiler" in capsys.readouterr().err
    assert "C" not in example("latency_beside_pytorch").main(calls=20)
    assert "skipped: C compiler" in capsys.readouterr().out
