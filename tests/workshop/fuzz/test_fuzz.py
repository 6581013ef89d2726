"""Random networks through every stage, and those that once failed."""

from __future__ import annotations

import importlib
import shutil
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.workshop.fuzz.drawn import VANISHED
from workshop.fuzz.generate import network_of, random_network, random_source
from workshop.fuzz.run import CHUNK, Run, Tally, Task, try_seed
from workshop.fuzz.shrink import shrink
from workshop.fuzz.stages import DEFAULT, LIBRARIES, Outcome, Stage, Verdict, examine


def _is_installed(stage: Stage) -> bool:
    if stage is Stage.C:
        return any(map(shutil.which, ("cc", "gcc", "clang")))
    return stage not in LIBRARIES or find_spec(stage.value) is not None


INSTALLED = tuple(filter(_is_installed, Stage))
REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.py"))


def _vanished(outcome: Outcome) -> bool:
    return outcome.error in {error.__name__ for error in VANISHED}


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_once_failed_passes(path: Path) -> None:
    for seed in range(2):
        outcome = examine(path.read_text(), INSTALLED, seed)
        assert outcome.verdict is Verdict.PASSED, outcome


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_random_networks_pass(first: int) -> None:
    for seed in range(first, first + 10):
        outcome, source = try_seed(seed, DEFAULT)
        assert outcome.verdict is Verdict.PASSED or _vanished(outcome), f"{outcome}\n{source}"


def test_second_derivatives_of_random_networks_pass() -> None:
    for seed in range(100, 110):
        outcome, source = try_seed(seed, (Stage.READ, Stage.DERIVE, Stage.SECOND))
        assert outcome.verdict is Verdict.PASSED or _vanished(outcome), f"{outcome}\n{source}"


def test_readers_of_singular_elements_pass() -> None:
    for seed in range(12):
        source = random_source(seed, {"readers": 1.0})
        outcome = examine(source, (Stage.READ, Stage.DERIVE, Stage.EXACT, Stage.CORNERS), seed)
        assert outcome.verdict is Verdict.PASSED or _vanished(outcome), f"{outcome}\n{source}"


def test_a_guard_that_is_missing_is_found_at_a_corner(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (Path(__file__).parent / "regressions" / "units_off_at_infinite_features.py").read_text()
    module = importlib.import_module("symbackprop.derive.differentiate")
    monkeypatch.setattr(module, "guarded_sweep", lambda forward, sweep, *_: (list(sweep), [], []))
    outcome = examine(source, (Stage.READ, Stage.DERIVE, Stage.EXACT, Stage.CORNERS))
    assert (outcome.stage, outcome.error) == (Stage.CORNERS, "infinite gradient at a corner"), outcome


def test_a_seed_always_gives_the_same_network() -> None:
    network, source = random_network(7)
    assert source == random_source(7)
    again, _ = network_of(source)
    assert again.to_program() == network.to_program()


def test_a_failure_is_shrunk_to_what_matters() -> None:
    source = "net = Network('a')\nx = 1\ny = f(x + g(2)*h(3))\nz[n, m] = y[n, m] + w[m]\nSIZES = {}\n"
    small = shrink(source, lambda text: "h(" in text and "w[" in text, seconds=20)
    assert small.split() == "y = h(1)\nz = w[()]".split() or len(small) < 40


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    stages = (Stage.READ,)
    first = Run(tmp_path, stages, 10.0)
    first._keep(Task(CHUNK * 9, CHUNK, stages, 10.0), Tally(CHUNK, CHUNK, notes=Counter({"a note": 2})), [])
    assert [tally.programs for tally in first.results(0, CHUNK, 1)] == [2 * CHUNK]
    second = Run(tmp_path, stages, 10.0)
    assert second.tally.programs == 2 * CHUNK
    assert second.tally.notes == {"a note": 2}
    assert [task.start for task in second.tasks(0, 2 * CHUNK)] == [CHUNK]
    assert len(second.findings) == len(first.findings)
