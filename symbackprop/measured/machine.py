"""What this machine does at best, measured once: NumPy's products, its operations on elements, and its calls.

Times are kept as curves: pairs (entries, seconds) of a kind of statement, from few entries, where the call is all, to
many, which no cache holds. Between two points a curve goes straight in logarithms, beyond the last in proportion. They
are kept in the user's cache folder ($XDG_CACHE_HOME, or ~/.cache), under a name that changes with whatever changes
them: the processor, how many of its cores may be used, NumPy, and what limits its threads.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np

from symbackprop.resources import cache_folder

__all__ = ["Curve", "Machine", "cache_file", "keep", "kept"]

Curve = tuple[tuple[int, float], ...]
_FORMAT = 4  # of what is kept
_CACHED = 131_072  # entries of which some cache holds three arrays
_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Machine:
    """`curves`: seconds of a call on so many entries, in float32, by kind; `products`: of a matrix product of m × k and
    k × n, at all triples of `sides`, n fastest; `costs`: seconds of what has one price, such as a view."""

    sides: tuple[int, ...]
    products: tuple[float, ...]
    curves: Mapping[str, Curve]
    costs: Mapping[str, float]

    def seconds(self, kind: str, entries: float) -> float:
        """Of one call."""
        return at(self.curves[kind], entries)

    def product(self, m: int, k: int, n: int) -> float:
        """Seconds of a matrix product: between the measured ones in the logarithms of all three sides."""
        rows, inner, columns = (_between(self.sides, side) for side in (m, k, n))
        count, total = len(self.sides), 0.0
        for (i, p), (j, q), (l, r) in product(rows, inner, columns):
            if weight := p * q * r:
                total += weight * log(self.products[(i * count + j) * count + l])
        beyond = 1.0
        for side in (m, k, n):
            beyond *= max(1.0, side / self.sides[-1])
        return exp(total) * beyond

    def hot(self, kind: str, entries: float) -> float:
        """Seconds of one call whose arrays lie in a cache."""
        most = max(count for count, _ in self.curves[kind] if count <= _CACHED)
        return self.seconds(kind, entries) if entries <= most else self.seconds(kind, most) * entries / most

    def cold(self, working: float) -> float:
        """Seconds that a byte takes beyond those, which has been used before so many others."""
        entries = max(working / 12, 1.0)
        beyond = self.seconds("add", entries) / entries - self._swiftest
        return max(0.0, beyond) / 12 if entries > _CACHED else 0.0

    @cached_property
    def _swiftest(self) -> float:
        """Seconds of an addition where caches serve it."""
        return min(seconds / entries for entries, seconds in self.curves["add"] if entries >= min(_CACHED, 1024))

    @cached_property
    def multiply_adds(self) -> float:
        """A second, at the best of the products."""
        triples = product(self.sides, repeat=3)
        return max(m * k * n / seconds for (m, k, n), seconds in zip(triples, self.products, strict=True))

    @cached_property
    def bytes_moved(self) -> float:
        """A second, at the best of additions: two read, one written."""
        return max(12 * entries / seconds for entries, seconds in self.curves["add"])

    def least(self, multiply_adds: int, bytes_moved: int) -> float:
        """The seconds in which these could be done at best (a roofline: Williams, Waterman and Patterson, 2009)."""
        return max(multiply_adds / self.multiply_adds, bytes_moved / self.bytes_moved)

    @property
    def told(self) -> str:
        """The peak in words."""
        return f"{self.multiply_adds / 1e9:,.1f} G multiply-adds/s, {self.bytes_moved / 1e9:,.1f} GB/s"

    # --- as data -----------------------------------------------------------------------------------
    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"format": _FORMAT, "sides": list(self.sides), "products": list(self.products),
                "curves": {kind: [list(point) for point in curve] for kind, curve in self.curves.items()},
                "costs": dict(self.costs)}  # fmt: skip

    @staticmethod
    def of(data: Any) -> Machine | None:
        """What `as_dict` gave; None for what it did not give."""
        try:
            if data["format"] != _FORMAT:
                return None
            curves = {kind: tuple((int(n), float(s)) for n, s in curve) for kind, curve in data["curves"].items()}
            costs = {kind: float(cost) for kind, cost in data["costs"].items()}
            made = Machine(tuple(map(int, data["sides"])), tuple(map(float, data["products"])), curves, costs)
        except (TypeError, KeyError, ValueError, AttributeError):
            return None
        times = [*made.products, *costs.values(), *(seconds for curve in curves.values() for _, seconds in curve)]
        whole = len(made.products) == len(made.sides) ** 3 and "add" in curves and all(curves.values())
        return made if whole and all(time > 0 for time in times) else None


def at(curve: Curve, entries: float) -> float:
    """The seconds of the curve there."""
    first, last = curve[0], curve[-1]
    if entries <= first[0]:
        return first[1]
    if entries >= last[0]:
        return last[1] * entries / last[0]
    (low, high) = _between(tuple(point[0] for point in curve), entries)
    return exp(sum(weight * log(curve[place][1]) for place, weight in (low, high)))


def _between(points: tuple[int, ...], value: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two neighbours, as places with weights that add to 1."""
    value = min(max(value, points[0]), points[-1])
    place = max(1, bisect_left(points, value))
    low, high = log(points[place - 1]), log(points[place])
    weight = (log(value) - low) / (high - low)
    return (place - 1, 1 - weight), (place, weight)


# --- the cache -----------------------------------------------------------------------------------------
def cache_file() -> Path | None:
    """Where the machine's measurements are kept; None where there is no such place."""
    folder = cache_folder()
    if folder is None:
        return None
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [os.environ.get(name, "") for name in _LIMITS]
    key = repr((_FORMAT, np.__version__, platform.platform(), platform.node(), _processor(), cores, limits))
    return folder / f"machine-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}.json"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith("model name")), platform.processor())


def kept(file: Path | None) -> Machine | None:
    """What the file holds, if it does."""
    if file is None:
        return None
    try:
        return Machine.of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def keep(machine: Machine, file: Path | None) -> bool:
    """Whether the file holds it now: replaced as a whole, or left as it is where it cannot be written."""
    if file is None:
        return False
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as new:
                json.dump(machine.as_dict(), new)
            os.replace(name, file)
        except OSError:
            os.unlink(name)
            raise
    except OSError:
        return False
    return True
