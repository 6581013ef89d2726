"""Central differences with an error estimate, kinks recognised.

    D(h) = (L(x + h) - L(x - h)) / 2h,      R(h) = (4 D(h) - D(2h)) / 3,      e(h) = |R(h) - D(h)| + 4 ε_L / h

ε_L is the loss's own rounding error, measured. The step starts at ε^(1/3) max(1, |x|) and is varied where the estimate
is poor; the value with the smallest estimate counts. (Press et al., Numerical Recipes, section 5.7; the extrapolation
is L. F. Richardson's.)

A gradient passes if it lies within the estimate. Where it does not, the loss may have a corner: then the slopes on its
two sides disagree by as much at small steps as at large ones, and the gradient must lie between them (KINK), else it
is wrong (FAIL). Where rounding hides a difference that could matter the entry is NOISY.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symbackprop.verify.data import Data
from symbackprop.verify.evaluators import Evaluator
from symbackprop.verify.verification import Row, Verdict

_EPSILON = float(np.finfo(np.float64).eps)
_STEP = _EPSILON ** (1 / 3)
_SCALES = (1.0, 30.0, 0.1, 0.01)  # of the step, in the order they are tried
_RELATIVE = 1e-7  # what an estimate itself is trusted to
_ENOUGH = 5  # wrong entries of one tensor, after which the rest of it is left
_POOR = 1e-3  # an estimate worse than this part of the value shows nothing
_ORDER = {Verdict.PASS: 0, Verdict.KINK: 1, Verdict.NOISY: 2, Verdict.FAIL: 3, Verdict.UNCHECKED: 4}


def check_numeric(
    evaluator: Evaluator, data: Data, names: Sequence[str], seed: int = 0, most: int = 400
) -> tuple[Row, ...]:
    """A row for each of `names` (each an array in `data`): every entry up to `most` in all, beyond that a random
    choice from each tensor in proportion, 16 at least."""
    gradients = evaluator.gradients(data)
    noise = _loss_noise(evaluator, data, names, seed)
    rng = np.random.default_rng([seed, 0xD1FF])
    rows = []
    for name in names:
        if gradients[name].shape != data[name].shape:
            note = f"the gradient has shape {gradients[name].shape}, its tensor {data[name].shape}"
            rows.append(Row(name, "numeric", Verdict.FAIL, note=note))
            continue
        chosen = _chosen(data[name].shape, most, sum(data[other].size for other in names), rng)
        entries: list[Row] = []
        for index in chosen:
            entries.append(_check_entry(evaluator, data, name, index, gradients[name], noise))
            if sum(entry.verdict is Verdict.FAIL for entry in entries) == _ENOUGH:
                break
        rows.append(_together(name, entries, data[name].size))
    return tuple(rows)


def _chosen(shape: tuple[int, ...], most: int, total: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Every index of a small tensor; of a large one a share of `most`, at least 16."""
    indices = list(np.ndindex(*shape))
    share = max(16, most * len(indices) // max(1, total))
    if total <= most or len(indices) <= share:
        return indices
    return [indices[place] for place in sorted(rng.choice(len(indices), size=share, replace=False))]


def _together(name: str, entries: Sequence[Row], size: int) -> Row:
    """The row of a tensor: that of its worst entry, with the verdict on all of them."""
    if not entries:
        return Row(name, "numeric", Verdict.PASS, note="no entries")
    worst = max(entries, key=_badness)
    counts = {v: sum(e.verdict is v for e in entries) for v in Verdict}
    verdict = worst.verdict
    if verdict is Verdict.NOISY and counts[Verdict.PASS] + counts[Verdict.KINK] > 0:
        verdict = Verdict.PASS
    notes = [f"{counts[v]} {v.value}" for v in (Verdict.FAIL, Verdict.KINK, Verdict.NOISY) if counts[v]]
    if len(entries) < size:
        notes.append(f"{len(entries)} of {size} entries sampled")
    return replace(worst, verdict=verdict, entries=len(entries), note=", ".join(notes))


def _badness(entry: Row) -> tuple[int, float]:
    return _ORDER[entry.verdict], math.inf if entry.error is None or math.isnan(entry.error) else entry.error


def _check_entry(
    evaluator: Evaluator, data: Data, name: str, index: tuple[int, ...], gradient: np.ndarray[Any, Any], noise: float
) -> Row:
    """The row of one entry."""
    analytic = float(gradient[index])
    along = _line(evaluator, data, name, index)
    unit = _STEP * max(1.0, abs(float(data[name][index])))
    floor = noise / unit
    best: tuple[float, float, float] | None = None  # error, value, step
    for scale in _SCALES:
        step = unit * scale
        value, error = _richardson(along, step, noise)
        if error == error and (best is None or error < best[0]):
            best = error, value, step
        if best is not None and _settled(analytic, best[1], best[0], floor):
            break
    if best is None:
        nowhere = Verdict.FAIL if not math.isfinite(analytic) else Verdict.NOISY
        return Row(name, "numeric", nowhere, 1, index, analytic, math.nan, math.nan, unit)
    error, value, step = best
    passed = _settled(analytic, value, error, floor)
    passed = passed or _settled(analytic, value, error, max(floor, _typical_slope(along, unit)))
    verdict = Verdict.PASS if passed else _judge(along, unit, analytic, value, error, noise)
    return Row(name, "numeric", verdict, 1, index, analytic, value, abs(analytic - value), step)


def _settled(analytic: float, value: float, error: float, floor: float) -> bool:
    """Whether the estimate is good, and the gradient lies within it."""
    scale = max(abs(analytic), abs(value))
    return error <= max(_POOR * scale, 8 * floor) and abs(analytic - value) <= 3 * error + _RELATIVE * scale


def _typical_slope(along: Callable[[float], float], unit: float) -> float:
    """A millionth of the loss's slope over a long way: an error below it is small although the slope here is zero."""
    way = 1e4 * unit
    slope = abs(along(way) - along(-way)) / (2 * way)
    return 1e-6 * slope if math.isfinite(slope) else 0.0


def _judge(
    along: Callable[[float], float], unit: float, analytic: float, value: float, error: float, noise: float
) -> Verdict:
    """Corner, noise, or a wrong gradient."""
    if not math.isfinite(analytic):
        return Verdict.FAIL
    at = along(0.0)
    gaps, slopes = [], (0.0, 0.0)
    for step in (unit * 30, unit, unit / 30):
        slopes = (along(step) - at) / step, (at - along(-step)) / step
        gaps.append((abs(slopes[0] - slopes[1]), 4 * noise / step))
    corner = all(gap > 4 * rounding and gap > _POOR * max(map(abs, slopes)) for gap, rounding in gaps)
    corner = corner and gaps[0][0] < 3 * gaps[-1][0]  # a smooth curve's gap shrinks with the step, 900-fold here
    if corner:
        slack = gaps[-1][1] + 1e-4 * max(map(abs, slopes))
        return Verdict.KINK if min(slopes) - slack <= analytic <= max(slopes) + slack else Verdict.FAIL
    if abs(analytic - value) <= 3 * error and error > _POOR * max(abs(analytic), abs(value)):
        return Verdict.NOISY
    return Verdict.FAIL


def _richardson(along: Callable[[float], float], step: float, noise: float) -> tuple[float, float]:
    """(extrapolated slope, error estimate); NaN where the loss is not finite."""
    near = (along(step) - along(-step)) / (2 * step)
    far = (along(2 * step) - along(-2 * step)) / (4 * step)
    value = (4 * near - far) / 3
    return value, abs(value - near) + 4 * noise / step


def _line(evaluator: Evaluator, data: Data, name: str, index: tuple[int, ...]) -> Callable[[float], float]:
    """The loss as a function of an increment of one entry."""

    def along(increment: float) -> float:
        moved = np.array(data[name], dtype=np.float64)
        moved[index] += increment
        with np.errstate(all="ignore"):
            return evaluator.loss({**data, name: moved})

    return along


def _loss_noise(evaluator: Evaluator, data: Data, names: Sequence[str], seed: int) -> float:
    """Rounding error of the loss: its scatter as everything moves by an ulp or so."""
    rng = np.random.default_rng([seed, 0x0153])
    losses = []
    for _ in range(4):
        moved = {name: data[name] * (1 + _EPSILON * rng.uniform(-1, 1, data[name].shape)) for name in names}
        losses.append(evaluator.loss({**data, **moved}))
    finite = [loss for loss in losses if math.isfinite(loss)]
    scatter = max(finite) - min(finite) if finite else 0.0
    return scatter + _EPSILON * max(map(abs, finite), default=1.0)
