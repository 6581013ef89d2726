"""Contenders timed in turn, each in a process of its own, gradients compared first.

A round asks each contender once, in an order that turns from round to round, for a block of steps; its time is the
median of the block. A block during which other processes had more than `QUIET` of a CPU is measured again, a few times,
and is left out if that does not help; where no block of a contender was quiet all of them stand, and the row says so.
Ratios are of blocks of the same round. With one thread, a machine that is never quiet can be timed by the processor's
clock. Where the system does not tell what others do (/proc/stat of Linux does), every block counts as quiet.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import Any

import numpy as np

from benchmarks.step import Suite

ROOT = Path(__file__).resolve().parents[1]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
QUIET = 0.08  # the share of a CPU that others may have during a block
PAUSE = 0.02  # for the spinning threads of the contender before to go to sleep


class Absent(Exception):
    """A contender that cannot run here: what it needs is not installed, or it does not know the case."""


def machine_seconds() -> float | None:
    """CPU seconds that this machine was not idle, stolen ones included; None where the system does not tell."""
    try:
        fields = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except OSError:
        return None
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def process_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Block:
    """Microseconds of a step: the median of a block, its least; and the CPUs that others had meanwhile."""

    micros: float
    least: float
    others: float

    @property
    def quiet(self) -> bool:
        return self.others <= QUIET


class Contender:
    """The process of a contender, ready to be asked. Raises Absent if it does not start."""

    def __init__(self, suite: str, name: str, case: str, threads: int = 1, dtype: str | None = None) -> None:
        self.name, self.blocks, self.error = name, list[Block](), 0.0
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
        environment |= {"JAX_PLATFORMS": "cpu", "BENCHMARK_THREADS": str(threads)}
        command = [sys.executable, "-m", "benchmarks.contender", suite, name, case]
        if dtype is not None:
            command += ["--dtype", dtype]
        if threads == 1 and hasattr(os, "sched_setaffinity"):
            command += ["--cpu", str(max(os.sched_getaffinity(0)))]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment,
            cwd=ROOT,
        )

    def ask(self, *words: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(*words, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.log.seek(0)
            last = [text for text in self.log.read().splitlines() if text.strip()][-1:]
            raise Absent(f"{self.name}: {(last or ['it ended'])[0][:300]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def arrays(self) -> Mapping[str, np.ndarray] | None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "arrays.npz"
            if not self.ask("arrays", path)["saved"]:
                return None
            with np.load(path) as loaded:
                return dict(loaded)

    def block(self, seconds: float, tries: int, clock: str) -> Block:
        """The first quiet block, or the quietest of so many."""
        best: Block | None = None
        for _ in range(tries):
            sleep(PAUSE)
            before, start = machine_seconds(), perf_counter()
            own = process_seconds(self.process.pid) if before is not None else 0.0
            times = self.ask("time", seconds, clock)["nanoseconds"]
            others = 0.0
            if before is not None:
                own = process_seconds(self.process.pid) - own
                others = max(0.0, (machine_seconds() or 0.0) - before - own) / (perf_counter() - start)
            block = Block(median(times) / 1e3, min(times) / 1e3, others)
            if best is None or block.others < best.others:
                best = block
            if best.quiet:
                break
        assert best is not None
        return best

    def close(self) -> None:
        try:
            self.process.communicate("quit\n", timeout=5)
        except (subprocess.TimeoutExpired, BrokenPipeError, ValueError):
            self.process.kill()
            self.process.wait()
        self.log.close()


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a contender at a case. Times in microseconds; `ratio` to the suite's base, with quartiles."""

    suite: str
    case: str
    contender: str
    threads: int
    micros: float
    least: float
    spread: float  # the blocks' interquartile range by their median
    quiet: int  # blocks of `rounds` that were
    rounds: int
    error: float | None
    ratios: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)  # by contender: quartiles

    def json(self) -> str:
        return json.dumps(asdict(self))


def difference(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> float:
    """The largest over all arrays, each relative to its own largest entry (or a thousandth of the largest of all,
    since some are zero but for rounding); infinite if one is missing or not finite."""
    if set(found) != set(expected):
        return float("inf")
    largest = max(float(np.abs(value).max()) for name, value in expected.items() if name != "loss")
    worst = 0.0
    for name, value in expected.items():
        scale = max(float(np.abs(value).max()), 1e-3 * largest if name != "loss" else 0.0, 1e-300)
        distance = float(np.abs(found[name].reshape(value.shape).astype(np.float64) - value).max()) / scale
        worst = max(worst, distance) if np.isfinite(distance) else float("inf")
    return worst


def suite_of(name: str) -> Suite:
    found: Suite = importlib.import_module(f"benchmarks.{name}").SUITE
    return found


def compared(suite: str, case: str, names: Sequence[str], threads: int) -> list[Contender]:
    """Those contenders that can run, their gradients compared with the reference's; says which cannot, and why."""
    known, ready = suite_of(suite), list[Contender]()
    reference = Contender(suite, known.reference, case, threads, "float64")
    try:
        expected = reference.arrays()
    except Absent as reason:
        raise Absent(f"{case}: no reference, {reason}") from None
    finally:
        reference.close()
    assert expected is not None
    for name in names:
        contender = Contender(suite, name, case, threads)
        try:
            arrays = contender.arrays()
        except Absent as reason:
            print(f"  {case}: without {reason}", file=sys.stderr, flush=True)
            contender.close()
            continue
        contender.error = None if arrays is None else difference(arrays, expected)
        if contender.error is not None and not contender.error <= known.tolerance:
            print(f"  {case}: {name} is WRONG: its gradients differ by {contender.error:.1e}", file=sys.stderr)
        ready.append(contender)
    return ready


@dataclass(frozen=True, slots=True)
class Plan:
    """How a race is run: so many rounds of blocks of so many seconds, each tried so often; ratios also to `beside`."""

    threads: int = 1
    rounds: int = 9
    seconds: float = 0.25
    tries: int = 4
    clock: str = "wall"
    beside: tuple[str, ...] = ()


def race(suite: str, case: str, names: Sequence[str], plan: Plan) -> list[Row]:
    """A row for each contender that can run. Raises Absent if the reference cannot."""
    contenders = compared(suite, case, names, plan.threads)
    for turn in range(plan.rounds):
        order = contenders[turn % len(contenders) :] + contenders[: turn % len(contenders)]
        for contender in order if turn % 2 else order[::-1]:
            contender.blocks.append(contender.block(plan.seconds, plan.tries, plan.clock))
    by_name = {contender.name: contender for contender in contenders}
    others = [by_name[name] for name in dict.fromkeys((suite_of(suite).base, *plan.beside)) if name in by_name]
    rows = [row(suite, case, contender, plan.threads, others) for contender in contenders]
    for contender in contenders:
        contender.close()
    return rows


def row(suite: str, case: str, contender: Contender, threads: int, others: Sequence[Contender]) -> Row:
    blocks = [block for block in contender.blocks if block.quiet] or contender.blocks
    times = [block.micros for block in blocks]
    low, _, high = quartiles(times)
    ratios = {other.name: quartiles(paired(contender.blocks, other.blocks)) for other in others}
    return Row(
        suite, case, contender.name, threads, median(times), min(block.least for block in blocks),
        (high - low) / median(times), sum(block.quiet for block in contender.blocks), len(contender.blocks),
        contender.error, ratios,
    )  # fmt: skip


def paired(ours: Sequence[Block], theirs: Sequence[Block]) -> list[float]:
    """Ratios of the rounds in which both were quiet; of all rounds if there are none."""
    pairs = list(zip(ours, theirs, strict=True))
    both = [pair for pair in pairs if pair[0].quiet and pair[1].quiet] or pairs
    return [one.micros / other.micros for one, other in both]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = quantiles(values, n=4, method="inclusive")
    return low, middle, high
