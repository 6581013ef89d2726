"""Runs many seeds over any number of processes, resumably, and keeps what it finds."""

from __future__ import annotations

import gc
import json
import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from workshop.fuzz.contractions import random_contractions
from workshop.fuzz.generate import random_source
from workshop.fuzz.shrink import shrink
from workshop.fuzz.stages import DEFAULT, Outcome, Stage, TooSlow, Verdict, examine

MAKERS: dict[str, Callable[[int], str]] = {"language": random_source, "contractions": random_contractions}
CHUNK = 50  # seeds that a process takes at a time
CHUNKS_PER_PROCESS = 20  # then a fresh one takes over, so that caches do not grow for ever


@dataclass(frozen=True, slots=True)
class Finding:
    """A network that did not pass."""

    seed: int
    verdict: str
    stage: str
    error: str
    message: str
    source: str

    @property
    def signature(self) -> tuple[str, str, str]:
        return self.verdict, self.stage, self.error


@dataclass(slots=True)
class Tally:
    """Counts of a chunk of seeds, or of a whole run."""

    programs: int = 0
    passed: int = 0
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.programs += other.programs
        self.passed += other.passed
        self.refused += other.refused
        self.failed += other.failed
        self.seconds += other.seconds
        self.notes += other.notes


@dataclass(frozen=True, slots=True)
class Task:
    """Seeds start .. start + count - 1 through the stages, each in at most `timeout` seconds."""

    start: int
    count: int
    stages: tuple[Stage, ...]
    timeout: float
    maker: str = "language"


def try_seed(
    seed: int, stages: Sequence[Stage] = DEFAULT, timeout: float = 20.0, maker: str = "language"
) -> tuple[Outcome, str]:
    """(what became of the seed's network, its source)."""
    source = MAKERS[maker](seed)
    return timed(source, stages, seed, timeout), source


def timed(source: str, stages: Sequence[Stage], seed: int, timeout: float) -> Outcome:
    """`examine` within so many seconds of computation (on the main thread of a POSIX process; else without a limit)."""
    if not hasattr(signal, "SIGVTALRM"):
        return examine(source, stages, seed)

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"longer than {timeout:g} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, timeout, 0.5)  # again and again: a weak reference's callback swallows it
    try:
        return examine(source, stages, seed)
    except TooSlow as error:  # raised between two stages
        return Outcome(Verdict.FAILED, Stage.READ, "TooSlow", str(error))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def run_task(task: Task) -> tuple[Task, Tally, list[Finding]]:
    tally, findings = Tally(), []
    begun = time.perf_counter()
    gc.collect()
    gc.disable()  # terms live in weak tables and die by count; the collector's rounds cost a sixth of the time
    for seed in range(task.start, task.start + task.count):
        outcome, source = try_seed(seed, task.stages, task.timeout, task.maker)
        tally.programs += 1
        tally.passed += outcome.verdict is Verdict.PASSED
        tally.refused += outcome.verdict is Verdict.REFUSED
        tally.failed += outcome.verdict is Verdict.FAILED
        tally.notes.update(outcome.notes)
        if outcome.verdict is not Verdict.PASSED:
            findings.append(
                Finding(seed, outcome.verdict.value, outcome.stage.value, outcome.error, outcome.message, source)
            )
    gc.enable()
    tally.seconds = time.perf_counter() - begun
    return task, tally, findings


class Run:
    """A run and its folder: `progress.jsonl` (a line per chunk done), `findings.jsonl` (a line per network)."""

    def __init__(self, folder: Path, stages: Sequence[Stage], timeout: float, maker: str = "language") -> None:
        self.folder, self.stages, self.timeout, self.maker = folder, tuple(stages), timeout, maker
        self.tally = Tally()
        self.findings: list[Finding] = []
        folder.mkdir(parents=True, exist_ok=True)
        self._done = self._resume()

    def _resume(self) -> set[int]:
        done = set()
        for line in _lines(self.folder / "progress.jsonl"):
            same = (
                line["stages"] == [stage.value for stage in self.stages] and line.get("maker", "language") == self.maker
            )
            if same and line["tally"]["programs"] == CHUNK:
                done.add(line["start"])
                counts = line["tally"]
                self.tally.add(Tally(**{**counts, "notes": Counter(counts["notes"])}))
        starts = {seed for start in done for seed in range(start, start + CHUNK)}
        self.findings = [Finding(**line) for line in _lines(self.folder / "findings.jsonl") if line["seed"] in starts]
        return done

    def tasks(self, seed: int, count: int) -> Iterator[Task]:
        for start in range(seed, seed + count, CHUNK):
            if start not in self._done:
                yield Task(start, min(CHUNK, seed + count - start), self.stages, self.timeout, self.maker)

    def results(self, seed: int, count: int, processes: int) -> Iterator[Tally]:
        """Runs what is not done yet; yields the whole tally after each chunk."""
        tasks = list(self.tasks(seed, count))
        if processes == 1:
            for task in tasks:
                self._keep(*run_task(task))
                yield self.tally
            return
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes, maxtasksperchild=CHUNKS_PER_PROCESS) as pool:
            for result in pool.imap_unordered(run_task, tasks):
                self._keep(*result)
                yield self.tally

    def _keep(self, task: Task, tally: Tally, findings: list[Finding]) -> None:
        with (self.folder / "findings.jsonl").open("a") as file:
            for finding in findings:
                file.write(json.dumps(asdict(finding)) + "\n")
        with (self.folder / "progress.jsonl").open("a") as file:
            stages = [stage.value for stage in task.stages]
            counts = {**asdict(replace(tally, notes=Counter())), "notes": dict(tally.notes)}  # asdict breaks Counters
            line = {"start": task.start, "stages": stages, "maker": task.maker, "tally": counts}
            file.write(json.dumps(line) + "\n")
        self.tally.add(tally)
        self.findings += findings

    def by_signature(self) -> list[list[Finding]]:
        """Findings that look alike together, the most frequent first, the shortest source first in each."""
        groups: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in self.findings:
            groups.setdefault(finding.signature, []).append(finding)
        for group in groups.values():
            group.sort(key=lambda finding: (len(finding.source), finding.seed))
        return sorted(groups.values(), key=lambda group: -len(group))


def shrunk(finding: Finding, stages: Sequence[Stage], seconds: float, timeout: float = 20.0) -> str:
    """The finding's source, made smaller while it fails in the same way."""
    first = Outcome(Verdict(finding.verdict), Stage(finding.stage), finding.error)
    needed = [stage for stage in stages if list(Stage).index(stage) <= list(Stage).index(first.stage)]
    kept = [stage for stage in needed if stage in (Stage.READ, Stage.DERIVE, first.stage)]
    if not timed(finding.source, kept, finding.seed, timeout).same_as(first):
        kept = needed
    return shrink(finding.source, lambda source: timed(source, kept, finding.seed, timeout).same_as(first), seconds)


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line]
