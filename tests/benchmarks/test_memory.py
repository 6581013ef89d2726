"""Fresh processes: what they measure of a module that imports NumPy alone, and of what does not run."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import memory
from benchmarks.workloads import SUITE

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells what is resident")


def test_a_generated_module_and_an_expert_are_measured():
    with memory.prepared("mlp-small") as arguments:
        for name in ("generated", "numpy-expert"):
            found = memory.fresh(arguments[name], 1)
            assert 0 < found["ready"] < found["first"]
            assert 0 <= found["grown"] < found["peak"]
            gradients = sum(value.size for value in SUITE.make("mlp-small")[0].values()) * 4
            counted = memory.fresh(arguments[name], 1, "--count")["arrays"]
            assert gradients < counted < 10 * gradients


def test_sizes_that_no_array_tells_are_given():
    with memory.prepared("gpt-block") as arguments:
        assert memory.fresh(arguments["generated"], 1, "--steps", "1")["first"] > 0


def test_who_does_not_run_is_named(capsys):
    assert memory.fresh(["no.such.module", "build", "tiny", "arrays.npz"], 1) is None
    assert "without no.such.module" in capsys.readouterr().err


def test_the_fresh_process_imports_no_more_than_numpy():
    source = memory.FRESH.read_text(encoding="utf-8")
    assert "import symbackprop" not in source
    assert "from benchmarks" not in source
