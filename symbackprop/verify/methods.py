"""Verification of one network: every method, one report.

exact    the derived programs against forward mode, modulo a prime (`exact`), at several sizes
module   the generated module's values and gradients against the interpreter's, on the same data (`modules`), that they
         are finite where a branch that is not taken is not (`corners`), and at sizes of powers of two and of 1 in
         float32 and float64 (`strides`)
numeric  the generated module's gradients against central differences of its own loss (`numeric`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from symbackprop.errors import InvalidArgument
from symbackprop.stable import stable_forms
from symbackprop.terms.needed import behind_stop_gradient
from symbackprop.terms.program import Program, TensorKind
from symbackprop.verify.asked import asked_seed, asked_sizes, check_sizes, check_work
from symbackprop.verify.corners import corner_rows
from symbackprop.verify.data import Data, draw, finite_data
from symbackprop.verify.evaluators import ModuleEvaluator
from symbackprop.verify.exact import DerivedPrograms, Difference, ExactResult, check_everywhere
from symbackprop.verify.feasible_sizes import feasible_sizes
from symbackprop.verify.modules import module_rows
from symbackprop.verify.numeric import check_numeric
from symbackprop.verify.prime_sizes import aligned_sizes
from symbackprop.verify.strides import stride_rows
from symbackprop.verify.verification import Report, Row, Verdict
from symbackprop.verify.work import work

METHODS = ("exact", "module", "numeric")
_EXACT_WORK = 400_000  # work beyond which the exact check moves to smaller sizes,
_MODULE_WORK = 100_000  # and the comparison with sixty digits, which are slower
_ALIGNED_WORK = 20_000  # at each of the sizes that are powers of two
_INTERPRETED = 500_000  # of networks that have no smaller sizes
_MOST_ENTRIES, _NUMERIC_WORK = 400, 40_000_000  # entries that central differences look at, less of a large network


def verify_program(
    program: Program,
    derived: DerivedPrograms,
    module: ModuleType,
    dims: Mapping[str, int] | None = None,
    method: str = "all",
    seed: int = 0,
    kind: type[ModuleEvaluator] = ModuleEvaluator,
) -> Report:
    """Checks every gradient of `derived` and of the generated `module`, which is of that `kind`.

    `dims`: the sizes to check at; small ones are chosen for the others. `method`: "all" or one of `METHODS`. Raises
    `InvalidArgument` for another method or seed, `InvalidSize` or `UnknownSymbol` for impossible sizes and
    `UnmetAssumption` where no data meet the network's assumptions.
    """
    if method not in ("all", *METHODS):
        raise InvalidArgument("verify: method", expected=f"all, {', '.join(METHODS)}", found=repr(method))
    dims, seed = asked_sizes(dims), asked_seed(seed)
    chosen = METHODS if method == "all" else (method,)
    whole = dims is not None and set(program.dims) <= set(dims)
    sizes = check_sizes(program, dims) if dims is not None and whole else feasible_sizes(program, seed, given=dims)
    check_work(program, sizes, _NUMERIC_WORK)
    if chosen != ("numeric",) and work(program, sizes) > _INTERPRETED:
        check_work(program, feasible_sizes(program, seed), _INTERPRETED)
    draw(program, sizes, seed)  # raises where nothing meets what is assumed
    checks = _Checks(program, derived, module, sizes, dims, seed, kind, work(program, sizes), [sizes])
    rows = [row for name in chosen for row in checks.rows(name)]
    order = {name: place for place, (name, _) in enumerate(derived.backward.wrt)}
    rows.sort(key=lambda row: order.get(row.tensor, -1))
    notes = tuple(dict.fromkeys(checks.notes))
    return Report(program.name, tuple(rows), tuple(checks.used), seed, notes, tuple(checks.aligned))


@dataclass(slots=True)
class _Checks:
    """The methods by name, at the sizes asked for or, where the interpreter would take too long, at small ones."""

    program: Program
    derived: DerivedPrograms
    module: ModuleType
    sizes: dict[str, int]
    given: Mapping[str, int] | None
    seed: int
    kind: type[ModuleEvaluator]
    work: int
    used: list[Mapping[str, int]]
    aligned: list[Mapping[str, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def rows(self, method: str) -> list[Row]:
        match method:
            case "exact":
                here = self.sizes if self.given is not None and self.work <= _EXACT_WORK else None
                results = check_everywhere(self.program, self.derived, here, self.seed)
                for result in results:
                    self._use(result.sizes)
                return exact_rows(results, [name for name, _ in self.derived.backward.wrt])
            case "module":
                sizes = self._within(_MODULE_WORK)
                self._use(sizes)
                evaluator = self.kind(self.module, self.program, sizes)
                data = self._data(sizes, evaluator)
                rows = [] if data is None else module_rows(self.program, self.derived, evaluator, sizes, data)
                wrong = corner_rows(self.program, self.derived, evaluator, sizes, self.seed)
                rows = [row for row in rows if row.tensor not in {other.tensor for other in wrong}]
                told = {row.tensor for row in (*rows, *wrong) if row.verdict is Verdict.FAIL}
                return [*rows, *wrong, *self._aligned(told)]
            case _:
                evaluator = self.kind(self.module, self.program, self.sizes)
                data = self._data(self.sizes, evaluator)
                most = min(_MOST_ENTRIES, _NUMERIC_WORK // max(1, self.work))  # not by the clock: runs repeat
                if data is None:
                    return []
                return numeric_rows(self.program, self.derived, evaluator, data, self.seed, most)

    def _aligned(self, told: set[str]) -> list[Row]:
        """What is wrong at strides of powers of two and of 1, in float32 or float64: a row for each tensor that was not
        told of before. `aligned`: the sizes seen."""
        rows: dict[str, Row] = {}
        for sizes in aligned_sizes(self.program, self.seed, _ALIGNED_WORK, self.given):
            found = stride_rows(self.program, self.derived, self.module, sizes, self.seed, self.kind)
            if found is not None:
                self.aligned.append(sizes)
                rows = {row.tensor: row for row in found if row.tensor not in told} | rows
        return list(rows.values())

    def _within(self, most: int) -> dict[str, int]:
        if self.work <= most:
            return self.sizes
        self.notes.append("the interpreter would take too long at these sizes: smaller ones for what needs it")
        return feasible_sizes(self.program, self.seed)

    def _use(self, sizes: Mapping[str, int]) -> None:
        if sizes not in self.used:
            self.used.append(dict(sizes))

    def _data(self, sizes: Mapping[str, int], evaluator: ModuleEvaluator) -> Data | None:
        """Data with a finite loss by the interpreter, which the module cannot talk out of it, where that is quick."""
        loss = evaluator.loss if work(self.program, sizes) > _EXACT_WORK else None
        data = finite_data(stable_forms(self.program), sizes, self.seed, loss)
        if data is None:
            what = "outputs are" if self.program.cotangents else "loss is"
            self.notes.append(f"no data were found at which the {what} finite: only the exact check was made")
        return data


# --- rows ----------------------------------------------------------------------------------------------
def exact_rows(results: Sequence[ExactResult], names: Sequence[str]) -> list[Row]:
    """A row for each of `names` over all the sizes; one more for each value that the derivation changed."""
    rows: list[Row] = []
    wrong: dict[tuple[str, bool], tuple[Difference, ExactResult]] = {}
    for result in results:
        for difference in result.differences:
            wrong.setdefault((difference.tensor, difference.gradient), (difference, result))
    for (tensor, gradient), (difference, result) in wrong.items():
        if not gradient:
            rows.append(_failure(difference, result, f"the value of {tensor} differs from the network's"))
    blocked = bool(rows)
    for tensor in names:
        found = wrong.get((tensor, True))
        if found is not None:
            rows.append(_failure(*found, "its gradient differs from forward mode"))
        elif blocked:
            rows.append(Row(tensor, "exact", Verdict.UNCHECKED, note="a value it depends on is wrong"))
        elif not any(tensor in result.entries for result in results):
            rows.append(Row(tensor, "exact", Verdict.UNCHECKED, note="all data drawn hit a pole of the network"))
        else:
            precise = any(result.method == "precise" for result in results)
            note = "shown in 60 digits, since residues could not decide" if precise else ""
            entries = sum(result.entries.get(tensor, 0) for result in results)
            rows.append(Row(tensor, "exact", Verdict.PASS, entries, error=0.0, note=note))
    return rows


def _failure(difference: Difference, result: ExactResult, note: str) -> Row:
    if difference.failure:
        return Row(difference.tensor, "exact", Verdict.FAIL, note=difference.failure)
    at = ", ".join(f"{name}={value}" for name, value in result.sizes.items())
    scale = "" if result.method == "precise" else " (numbers modulo p)"
    return Row(
        difference.tensor, "exact", Verdict.FAIL, 1, difference.index, difference.derived, difference.truth,
        abs(difference.derived - difference.truth), note=f"{note} at {at}{scale}",
    )  # fmt: skip


def numeric_rows(
    program: Program, derived: DerivedPrograms, evaluator: ModuleEvaluator, data: Data, seed: int, most: int
) -> list[Row]:
    """Central differences for what can be moved; the rest is named, with the reason."""
    stopped = behind_stop_gradient(program)
    names, rows = [], []
    for name, _ in derived.backward.wrt:
        if name in stopped:
            rows.append(_unchecked(name, "stop_gradient makes its gradient differ from the slope of the loss"))
        elif program.table[name].kind is TensorKind.INTERMEDIATE:
            rows.append(_unchecked(name, "an intermediate cannot be moved by itself"))
        else:
            names.append(name)
    return [*rows, *check_numeric(evaluator, data, names, seed, most)] if names else rows


def _unchecked(name: str, note: str) -> Row:
    return Row(name, "numeric", Verdict.UNCHECKED, note=note)
