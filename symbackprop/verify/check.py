"""Verification of one network: every method, one report.

exact    the derived programs against forward mode, modulo a prime (`exact`), at several sizes
module   the generated module's values and gradients against the interpreter's, on the same data (`modules`)
numeric  the generated module's gradients against central differences of its own loss (`numeric`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from symbackprop.errors import InvalidArgument
from symbackprop.terms.program import Program, TensorKind
from symbackprop.terms.term import Apply, Function, accesses, subterms
from symbackprop.verify.data import Data, finite_data
from symbackprop.verify.evaluators import ModuleEvaluator
from symbackprop.verify.exact import DerivedPrograms, Difference, ExactResult, check_everywhere
from symbackprop.verify.modules import module_rows
from symbackprop.verify.numeric import check_numeric
from symbackprop.verify.report import Report, Row, Verdict
from symbackprop.verify.sizes import check_sizes, choose_sizes, work

METHODS = ("exact", "module", "numeric")
_TOO_MUCH = 3_000_000  # work beyond which the exact check moves to smaller sizes


def verify_program(
    program: Program,
    derived: DerivedPrograms,
    module: ModuleType,
    dims: Mapping[str, int] | None = None,
    method: str = "all",
    seed: int = 0,
) -> Report:
    """Checks every gradient of `derived` and of the generated `module`.

    `dims`: the sizes to check at; small ones are chosen where None. `method`: "all" or one of `METHODS`. Raises
    `InvalidArgument` for another method, `InvalidSize` or `UnknownSymbol` for impossible sizes and `UnmetAssumption`
    where no data meet the network's assumptions.
    """
    if method not in ("all", *METHODS):
        raise InvalidArgument(f"method {method!r}", expected=f"all, {', '.join(METHODS)}", found=method)
    chosen = METHODS if method == "all" else (method,)
    sizes = check_sizes(program, dims) if dims is not None else choose_sizes(program, seed)
    rows: list[Row] = []
    used: list[Mapping[str, int]] = [sizes]
    if "exact" in chosen:
        small = sizes if dims is not None and work(program, sizes) <= _TOO_MUCH else None
        results = check_everywhere(program, derived, small, seed)
        for result in results:
            if result.sizes not in used:
                used.append(dict(result.sizes))
        rows += exact_rows(results)
    notes: list[str] = []
    if "module" in chosen or "numeric" in chosen:
        data = finite_data(program, sizes, seed)
        evaluator = ModuleEvaluator(module, program, sizes)
        if data is None:
            notes.append("no data were found at which the loss is finite: only the exact check was made")
        else:
            if "module" in chosen:
                rows += module_rows(program, derived, evaluator, sizes, data)
            if "numeric" in chosen:
                rows += numeric_rows(program, derived, evaluator, data, seed)
    order = {name: place for place, (name, _) in enumerate(derived.backward.wrt)}
    rows.sort(key=lambda row: order.get(row.tensor, -1))
    return Report(program.name, tuple(rows), tuple(used), seed, tuple(notes))


# --- rows ----------------------------------------------------------------------------------------------
def exact_rows(results: Sequence[ExactResult]) -> list[Row]:
    """A row for each tensor over all the sizes; one more for each value that the derivation changed."""
    rows: list[Row] = []
    wrong: dict[tuple[str, bool], tuple[Difference, ExactResult]] = {}
    for result in results:
        for difference in result.differences:
            wrong.setdefault((difference.tensor, difference.gradient), (difference, result))
    for (tensor, gradient), (difference, result) in wrong.items():
        if not gradient:
            rows.append(_failure(difference, result, f"the value of {tensor} differs from the network's"))
    blocked = bool(rows)
    for tensor in dict.fromkeys(name for result in results for name in result.entries):
        found = wrong.get((tensor, True))
        if found is not None:
            rows.append(_failure(*found, "its gradient differs from forward mode"))
        elif blocked:
            rows.append(Row(tensor, "exact", Verdict.UNCHECKED, note="a value it depends on is wrong"))
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
    program: Program, derived: DerivedPrograms, evaluator: ModuleEvaluator, data: Data, seed: int
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
    return [*rows, *check_numeric(evaluator, data, names, seed)] if names else rows


def _unchecked(name: str, note: str) -> Row:
    return Row(name, "numeric", Verdict.UNCHECKED, note=note)


def behind_stop_gradient(program: Program) -> frozenset[str]:
    """The tensors that some stop_gradient's argument depends on."""
    reached: set[str] = set()
    waiting = [
        read.tensor
        for equation in program.equations
        for term in subterms(equation.rhs)
        if isinstance(term, Apply) and term.function is Function.STOP_GRADIENT
        for read in accesses(term)
    ]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            for equation in program.definitions.get(name, ()):
                waiting.extend(equation.reads())
    return frozenset(reached)
