r"""A derivation in LaTeX: the equations as given, the conventions, and each δ with the chain rule that leads to it.

    definition    δ^T ≡ ∂L/∂T
    chain rule    δ^T_I = Σ over the tensors R that read T, Σ_J δ^R_J ∂R_J/∂T_I
    result        the equation of the derived program

The derivative is taken over the equations as they stand, so that every named tensor is an atom of the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symbackprop.latex.equations import align, fill, lines, row
from symbackprop.latex.names import Names
from symbackprop.latex.printer import LatexPrinter
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor
from symbackprop.terms.term import Access

__all__ = ["CONVENTIONS", "derivation"]

CONVENTIONS = (
    r"The gradient of the loss by a tensor has that tensor's shape; "
    r"$\delta^{T} \equiv \partial \mathcal{L}/\partial T$. "
    r"At a kink, $\mathrm{relu}'(0) = 0$ and $|\cdot|'(0) = 0$; ties of $\max$ and $\min$ share the gradient equally. "
    r"$[\,\cdot\,]$ is 1 where its condition holds and 0 elsewhere."
)


def derivation(program: Program, forward: Sequence[Equation], backward: Sequence[Equation], steps: bool = True) -> str:
    """The forward equations, the conventions and the backward equations; `program` holds the tensors of both.

    Needs amsmath and amssymb where it is included.
    """
    printer = LatexPrinter(program.table, Names.of(program))
    readers = _readers(forward, program.loss)
    parts = [
        f"% The gradients of {program.name}; needs amsmath and amssymb.\n",
        "\\subsection*{Forward}\n",
        align([row(equation, printer, f"F{place}") for place, equation in enumerate(forward, 1)]),
        "\\subsection*{Conventions}\n",
        f"{CONVENTIONS}\n",
        "\\subsection*{Backward}\n",
    ]
    rows: list[str] = []
    explained: set[str] = set()
    for place, equation in enumerate(backward, 1):
        tensor = program.table[equation.target]
        if steps and tensor.adjoint_of in program.table and tensor.name not in explained:
            explained.add(tensor.name)
            rule = _chain_rule(equation, program, readers, printer)
            if rule:
                parts += [align(rows), align([rule], numbered=False)]
                rows = []
        rows.append(row(equation, printer, f"B{place}"))
    return "\n".join(part for part in [*parts, align(rows)] if part)


def _readers(forward: Sequence[Equation], loss: str | None) -> dict[str, list[str]]:
    """The tensors that read a tensor on a way to the loss, in the order of the equations."""
    reads: dict[str, set[str]] = {}
    for equation in forward:
        reads.setdefault(equation.target, set()).update(equation.reads())
    needed = {loss} if loss else set()
    waiting = list(needed)
    while waiting:
        found = reads.get(waiting.pop(), set()) - needed
        needed |= found
        waiting += sorted(found)
    readers: dict[str, list[str]] = {}
    for target, names in reads.items():
        for name in sorted(names) if target in needed else ():
            readers.setdefault(name, []).append(target)
    return readers


def _chain_rule(equation: Equation, program: Program, readers: Mapping[str, list[str]], printer: LatexPrinter) -> str:
    r"""The lines `δ^T_I &\equiv ∂L/∂T_I = Σ_R Σ_J δ^R_J ∂R_J/∂T_I`; empty where they would say nothing."""
    adjoint = program.table[equation.target]
    assert adjoint.adjoint_of is not None
    of = program.table[adjoint.adjoint_of]
    own = _axis_names(of, ())
    below = _element(of.name, own, printer)
    quotient = rf"\frac{{\partial {printer.names.loss}}}{{\partial {below}}}"
    direct = rf"\left.{quotient}\right|_{{\text{{direct}}}}"
    chain = [
        direct if name == program.loss else _addend(program.table[name], own, below, program, printer)
        for name in readers.get(of.name, ())
    ]
    is_quotient = adjoint.name in printer.names.gradients
    left = f"{quotient} &" if is_quotient else rf"{_element(adjoint.name, own, printer)} &\equiv {quotient}"
    if chain in ([], [direct]):
        return "" if is_quotient else left
    first, *rest = fill(f"{left} =", [chain[0], *(f"+ {addend}" for addend in chain[1:])])
    return lines(first, rest)


def _addend(reader: Tensor, own: Sequence[str], below: str, program: Program, printer: LatexPrinter) -> str:
    r"""`Σ_J δ^R_J ∂R_J/∂T_I` for one reader, whether the program computes its δ or has inlined it."""
    axes = _axis_names(reader, own)
    indices = ",".join(printer.index(Index(axis), {}) for axis in axes)
    computed = next((tensor.name for tensor in program.tensors if tensor.adjoint_of == reader.name), None)
    if computed is not None:
        delta = _element(computed, axes, printer)
    else:
        delta = rf"\delta^{{{printer.names.symbols[reader.name]}}}" + (f"_{{{indices}}}" if axes else "")
    partial = rf"\frac{{\partial {_element(reader.name, axes, printer)}}}{{\partial {below}}}"
    return (rf"\sum_{{{indices}}} " if axes else "") + rf"{delta} \, {partial}"


def _element(name: str, axes: Sequence[str], printer: LatexPrinter) -> str:
    return printer.access(Access(name, tuple(Poly.of(Index(axis)) for axis in axes)), {})


def _axis_names(tensor: Tensor, taken: Sequence[str]) -> tuple[str, ...]:
    """An index name for each axis, none of them in `taken` nor used twice."""
    names: list[str] = []
    letters = iter("ijklmnpqrstuvw" * (tensor.rank + 1))
    for place in range(tensor.rank):
        name = (tensor.axes[place] if place < len(tensor.axes) else "") or next(letters)
        while name in taken or name in names:
            name += "'"
        names.append(name)
    return tuple(names)
