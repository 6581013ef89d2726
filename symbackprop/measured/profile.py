"""A measured step by equation, beside what the equation counts and what the machine does at best."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns
from types import ModuleType
from typing import Any

from symbackprop.cost.bytes_moved import bytes_moved, size
from symbackprop.cost.operations import Count, count_equation
from symbackprop.errors import InvalidSize
from symbackprop.formula.text_tables import text_table
from symbackprop.measured.arguments import step_of
from symbackprop.measured.clocked import ARGUMENTS, REST, STORAGE, Clock, Place, clocked
from symbackprop.measured.machine import Machine
from symbackprop.schedule import ScheduledModule
from symbackprop.terms.program import DType, Equation, Program
from symbackprop.terms.show import Namer, Printer

__all__ = ["Profile", "ProfileRow", "check_all", "check_memory", "profiled"]

_LEAST_ROUNDS, _MOST_ROUNDS, _NANOSECONDS = 5, 200, 400_000_000
_WIDEST = 44  # of an equation in the table
_HEAD = ("", "", "µs", "share", "multiply-adds", "functions", "bytes", "of peak")


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """`label`: the numbers of equations, or what else takes time; `seconds`: the median of the rounds; `peak`: the
    share of the machine's peak, which is the least time for what is counted over the time measured."""

    label: str
    text: str
    seconds: float
    multiply_adds: int = 0
    functions: int = 0
    bytes_moved: int = 0
    peak: float | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A step of a network at sizes: `seconds` without clocks, and its rows."""

    network: str
    sizes: Mapping[str, int]
    seconds: float
    rounds: int
    rows: tuple[ProfileRow, ...]
    machine: Machine

    @property
    def peak(self) -> str:
        """That of the machine, in words."""
        return self.machine.told

    def __str__(self) -> str:
        total = sum(row.seconds for row in self.rows) or 1.0
        at = ", ".join(f"{name} = {size}" for name, size in self.sizes.items())
        lines = [f"a step of {self.network}" + (f" at {at}" if at else "")]
        body = [
            (row.label, row.text, f"{row.seconds * 1e6:,.1f}", f"{row.seconds / total:.0%}",
             *(f"{count:,}" if count else "" for count in (row.multiply_adds, row.functions, row.bytes_moved)),
             "" if row.peak is None else f"{row.peak:.0%}")
            for row in self.rows
        ]  # fmt: skip
        lines += text_table((_HEAD, *body), left=2)
        lines.append(f"a step takes {self.seconds * 1e6:,.1f} µs, the median of {self.rounds}, in float32; "
                     f"by equation {total * 1e6:,.1f} µs")  # fmt: skip
        lines.append(f"peak: {self.peak}")
        return "\n".join(lines)

    def to_json(self) -> str:
        """`as_dict` as text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        rows = [{name: getattr(row, name) for name in ProfileRow.__slots__} for row in self.rows]
        return {"network": self.network, "sizes": dict(self.sizes), "seconds": self.seconds, "rounds": self.rounds,
                "rows": rows, "machine": self.machine.as_dict()}  # fmt: skip


def profiled(
    program: Program, module: ScheduledModule, source: str, sizes: Mapping[str, int], machine: Machine,
    clock: Clock = perf_counter_ns,
) -> Profile:  # fmt: skip
    """The profile of a step of the generated module `source`, whose functions `module` has, at all sizes of `program`.

    The rounds of a step without clocks say how long it takes, those with them how it is divided.
    """
    check_all(program, sizes)
    timed = clocked(program.name, source, clock)
    step = step_of(_plain(program.name, source), program, sizes)
    took = _rounds(step, clock)
    places = timed.timed(_warm(step_of(timed.module, program, sizes)), len(took))
    counts = _counts(program, module, places)
    rows = [_row(place, places[place], *counts[place], sizes, machine) for place in places]
    rows.sort(key=lambda row: (row.label[:1] not in "FB", row.label[:1] == "B", _number(row.label), row.label))
    return Profile(program.name, dict(sizes), median(took) * 1e-9, len(took), tuple(rows), machine)


def check_all(program: Program, sizes: Mapping[str, int]) -> None:
    """InvalidSize for sizes of the program that are not given: none is chosen silently."""
    missing = [name for name in program.dims if name not in sizes]
    if missing:
        raise InvalidSize(
            f"sizes of {program.name}", expected=f"a number for each of {', '.join(program.dims)}",
            found=f"none for {', '.join(missing)}", remedy=f"write {_written(program, sizes)}",
        )  # fmt: skip


def check_memory(program: Program, sizes: Mapping[str, int]) -> None:
    """InvalidSize where the tensors do not fit, before the system finds out."""
    memory, wanted = _memory(), sum(int(size(t).evaluate(lambda dim: sizes[dim.name])) for t in program.tensors)
    if memory is not None and wanted > memory:
        at = ", ".join(f"{name}={size}" for name, size in sizes.items())
        raise InvalidSize(f"sizes of {program.name}", expected=f"tensors of at most {memory:,} bytes, the memory here",
                          found=f"{wanted:,} at {at}", remedy="choose smaller sizes")  # fmt: skip


def _memory() -> int | None:
    """Bytes of the machine, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _written(program: Program, sizes: Mapping[str, int]) -> str:
    return "--dims " + ",".join(f"{name}={sizes.get(name, '…')}" for name in program.dims)


# --- rounds --------------------------------------------------------------------------------------------
def _plain(name: str, source: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(source, f"<profiled {name}>", "exec"), module.__dict__)
    return module


def _warm(step: Callable[[], object]) -> Callable[[], object]:
    """The step, once run: storage is made and pages are there."""
    step()
    step()
    return step


def _rounds(step: Callable[[], object], clock: Clock) -> list[int]:
    """The nanoseconds of rounds of a step, enough of them for a stable median."""
    _warm(step)
    took: list[int] = []
    while len(took) < _LEAST_ROUNDS or (sum(took) < _NANOSECONDS and len(took) < _MOST_ROUNDS):
        begin = clock()
        step()
        took.append(clock() - begin)
    return took


# --- rows ----------------------------------------------------------------------------------------------
_TOLD = {ARGUMENTS: "checks at the door", STORAGE: "arrays to compute in", REST: "calls, the cache, what is returned"}


def _row(
    place: Place, seconds: float, text: str, count: Count, sizes: Mapping[str, int], machine: Machine
) -> ProfileRow:
    polys = (count.multiply_adds, count.functions, count.bytes_moved)
    adds, functions, moved = (int(poly.evaluate(lambda dim: sizes[dim.name])) for poly in polys)
    least = machine.least(adds, moved)
    peak = least / seconds if least and seconds else None
    return ProfileRow(", ".join(place), text, seconds, adds, functions, moved, peak)


def _counts(program: Program, module: ScheduledModule, places: Iterable[Place]) -> dict[Place, tuple[str, Count]]:
    """The first equation of each place as text, and what all of its equations count."""
    found: dict[Place, list[tuple[Equation, Count]]] = {place: [] for place in places}
    parts = [part for part in (module.shared, module.forward, module.backward) if part is not None]
    table = {name: tensor for part in parts for name, tensor in part.program.table.items()}
    integers = {tensor.name for tensor in table.values() if tensor.dtype is DType.INT}
    for part in parts:
        for equation in part.equations:
            place = _home(_labels(equation, part.equations), found)
            if place is not None:
                moved = Count(bytes_moved=bytes_moved(equation, table))
                found[place].append((equation, count_equation(equation, integers) + moved))
    printer = Printer(Namer.of(program.with_(tensors=tuple(table.values()))))
    return {
        place: (_text(place, [equation for equation, _ in each], printer), sum((count for _, count in each), Count()))
        for place, each in found.items()
    }


def _labels(equation: Equation, others: Sequence[Equation]) -> tuple[str, ...]:
    """Its numbers; of what is computed ahead of a loop, which has none, those of the equations that read it."""
    if equation.label:
        return tuple(equation.label.split(", "))
    readers = [other for other in others if equation.target in other.reads() and other.label]
    return tuple(dict.fromkeys(label for reader in readers for label in reader.label.split(", ")))


def _home(labels: tuple[str, ...], places: Iterable[Place]) -> Place | None:
    """The place of these numbers, or of the first of them."""
    homes = [place for place in places if not set(labels).isdisjoint(place)]
    return next((place for place in homes if set(place) == set(labels)), homes[0] if homes else None)


def _text(place: Place, equations: Sequence[Equation], printer: Printer) -> str:
    if not equations:
        return _TOLD.get(place, "")
    text = printer.equation(next((each for each in reversed(equations) if each.label), equations[-1]))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _number(label: str) -> int:
    digits = label.split(",")[0][1:]
    return int(digits) if digits.isdigit() else 0
