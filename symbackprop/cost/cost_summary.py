"""The cost of a derivation beside its alternatives, as polynomials in the sizes.

Rows: forward; backward (given what forward keeps); and two ways to the same gradients without the derivation: central
differences, two evaluations of the loss for each entry of each parameter, and the chain rule without reuse, in which
every gradient expands its δ anew, down to the values that forward keeps.

Work and traffic are those of the equations. Memory is that of the NumPy module as it runs, in float32 and without a
workspace, its arguments excluded: see `numpy.peak_memory`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import sympy

from symbackprop.cost.at_sizes import checked_sizes, told_sizes, with_numbers
from symbackprop.cost.bytes_moved import bytes_moved, size
from symbackprop.cost.operations import Count, count_equation
from symbackprop.formula.html_tables import html_table
from symbackprop.formula.text_tables import text_table
from symbackprop.language.sizes import poly_expression
from symbackprop.numpy.peak_memory import Peaks
from symbackprop.terms.graph import strong_components
from symbackprop.terms.poly import ONE, ZERO
from symbackprop.terms.program import DType, Equation, Program, by_target

__all__ = ["Cost", "CostRow", "measure"]

_COLUMNS = ("multiply_adds", "functions", "bytes_moved", "peak_memory")
_HEAD = ("", *(column.replace("_", " ") for column in _COLUMNS))


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one way of computing costs; every entry is a SymPy expression in the sizes.

    `peak_memory` is the largest of what is held at some moment, a maximum where that depends on the sizes; that of
    backward is of a step, forward and backward in one call (`value_and_grad`).

    `bytes_moved` and `peak_memory` are in bytes, at 4 a number and 8 an integer. `memory` gives the latter, for which
    the module is lowered, when it is asked for.
    """

    name: str
    multiply_adds: sympy.Expr
    functions: sympy.Expr
    bytes_moved: sympy.Expr
    memory: Callable[[], sympy.Expr]

    @property
    def peak_memory(self) -> sympy.Expr:
        """The peak in bytes, computed when it is asked for."""
        return self.memory()

    def at(self, dims: Mapping[str, int]) -> CostRow:
        """The row with numbers for these sizes (see `Cost.at`)."""
        return CostRow(
            self.name, with_numbers(self.multiply_adds, dims), with_numbers(self.functions, dims),
            with_numbers(self.bytes_moved, dims), lambda: with_numbers(self.peak_memory, dims),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a network's loss, or of a layer's outputs, and of its gradients."""

    network: str
    dims: tuple[str, ...]
    forward: CostRow
    backward: CostRow
    central_differences: CostRow
    chain_rule_without_reuse: CostRow

    @property
    def rows(self) -> tuple[CostRow, ...]:
        """The four rows in the order of the table."""
        return self.forward, self.backward, self.central_differences, self.chain_rule_without_reuse

    @property
    def ratio(self) -> sympy.Expr:
        """Multiply-adds of backward over those of forward."""
        return sympy.factor_terms(self.backward.multiply_adds) / sympy.factor_terms(self.forward.multiply_adds)

    def at(self, dims: Mapping[Any, int]) -> Cost:
        """The cost with numbers for these sizes, by their names or by the symbols of `net.dims`:
        `cost(net).at({"H": 5}).forward.multiply_adds`.

        (To SymPy's `subs` a name is a symbol of its own, which no size is.) InvalidSize for a size that the network
        does not have, and for one that is no integer of at least 1.
        """
        sizes = checked_sizes(self.network, dims, self.dims)
        rows = (row.at(sizes) for row in self.rows)
        return Cost(self.network, tuple(name for name in self.dims if name not in sizes), *rows)

    def table(self, dims: Mapping[Any, int] | None = None) -> str:
        """The rows as text: polynomials in the sizes, or a table of numbers where `dims` gives every size. Errors as of
        `at`."""
        found = self.at(dims or {})
        title = f"cost of {self.network}" + (f" at {told_sizes(dims)}" if dims else "")
        if dims and not found.dims:
            return found._numbers(title)
        lines = [title]
        for row in found.rows:
            lines.append(f"{row.name}")
            for column, words in zip(_COLUMNS, _HEAD[1:], strict=True):
                lines.append(f"  {words:13}  {getattr(row, column)}")
        return "\n".join(lines)

    def _numbers(self, title: str) -> str:
        body = [[row.name, *(f"{int(getattr(row, column)):,}" for column in _COLUMNS)] for row in self.rows]
        lines = [title, *text_table((_HEAD, *body))]
        lines.append(f"backward / forward multiply-adds: {float(self.ratio):.2f}")
        return "\n".join(lines)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        rows = [(row.name, *(str(getattr(row, column)).replace("**", "^").replace("*", "·") for column in _COLUMNS))
                for row in self.rows]  # fmt: skip
        return html_table(f"cost of {self.network}", _HEAD, rows)

    def __str__(self) -> str:
        return self.table()


def measure(
    program: Program, forward: Sequence[Equation], backward: Sequence[Equation], peaks: Callable[[], Peaks]
) -> Cost:
    """The cost of `forward`, which gives the loss or outputs, and `backward`, which gives the gradients `program.wrt`.

    Both are in an order in which they can be computed; `program` holds their tensors. `peaks`: of the module.
    """
    tensors = program.table
    gradients = {adjoint for _, adjoint in program.wrt}
    integers = {tensor.name for tensor in program.tensors if tensor.dtype is DType.INT}

    def total(equations: Sequence[Equation]) -> Count:
        counts = (count_equation(e, integers) + Count(bytes_moved=bytes_moved(e, tensors)) for e in equations)
        return sum(counts, Count())

    def row(name: str, count: Count, memory: Callable[[], sympy.Expr]) -> CostRow:
        multiply_adds, functions = poly_expression(count.multiply_adds), poly_expression(count.functions)
        return CostRow(name, multiply_adds, functions, poly_expression(count.bytes_moved), memory)

    run, back = total(forward), total(backward)
    entries = sum((prod(tensors[name].shape, start=ONE) for name, _ in program.wrt), ZERO)
    held = sum((size(tensors[name]) for name in sorted(gradients)), ZERO)
    expanded = _without_reuse(program, backward, total)
    return Cost(
        network=program.name,
        dims=program.dims,
        forward=row("forward", run, lambda: peaks().forward),
        backward=row("backward", back, lambda: peaks().step),
        central_differences=row(
            "central differences",
            run * entries * 2,
            lambda: _beside(peaks().forward, poly_expression(held)),
        ),
        chain_rule_without_reuse=row("chain rule without reuse", expanded, lambda: peaks().step),
    )


def _without_reuse(
    program: Program, backward: Sequence[Equation], total: Callable[[Sequence[Equation]], Count]
) -> Count:
    """The work when each read of a δ computes that δ anew; a recurrence is computed once for each read of it."""
    definitions = by_target(backward)
    place = {name: number for number, name in enumerate(definitions)}
    reads = {
        place[name]: sorted({place[read] for equation in equations for read in equation.reads() if read in place})
        for name, equations in definitions.items()
    }
    names = list(definitions)
    work: dict[int, Count] = {}
    for component in strong_components(range(len(names)), reads):  # what is read comes first
        count = total([equation for member in component for equation in definitions[names[member]]])
        read = (work[read] for member in component for read in reads[member] if read not in component)
        work |= dict.fromkeys(component, sum(read, count))
    return sum((work[place[adjoint]] for _, adjoint in program.wrt if adjoint in place), Count())


def _beside(peak: sympy.Expr, held: sympy.Expr) -> sympy.Expr:
    moments = [moment + held for moment in (peak.args if isinstance(peak, sympy.Max) else [peak])]
    return moments[0] if len(moments) == 1 else sympy.Max(*moments, evaluate=False)
