"""A sum with a diagonal is named where it is a factor, so that the diagonal is added to what is there.

    S[v, u] = w[v, u]·(A[v, u] + [u = v])     becomes     B[v, u] = A[v, u] + [u = v],   S[v, u] = w[v, u]·B[v, u]

A definition's own masks become additions to the elements that they are about (`lower/equality.py`), which a factor has
none of. The product is not taken apart: 0·w is no 0 where w is infinite.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from symbackprop.terms.build import NIL
from symbackprop.terms.held_values import held_by
from symbackprop.terms.poly import Index
from symbackprop.terms.products import addends, factors
from symbackprop.terms.program import Equation, Op, Program, Tensor, fresh_name
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Add, Compare, Mul, PolyValue, Relation, Term, Where


def diagonals_apart(program: Program) -> Program:
    """The program with names for sums with diagonals that are factors of whole equations, or of what these add up."""
    taken = {tensor.name for tensor in program.tensors} | set(program.dims)
    taken |= {axis.index.name for axis in program.indices}
    equations: list[Equation] = []
    tensors: list[Tensor] = []
    for equation in program.equations:
        if equation.op is Op.ASSIGN:
            for part in _with_diagonals(equation):
                axes = tuple(axis for axis in equation.axes if axis.index in part.free)
                names = [axis.index.name for axis in axes]
                name = fresh_name(f"{equation.target}_factor", taken)
                tensor, definition = held_by(name, part, axes, names, equation.target)
                tensors.append(tensor)
                equations.append(definition)
                equation = _reading(equation, part, definition)
        equations.append(equation)
    return program.with_(tensors=(*program.tensors, *tensors), equations=tuple(equations)) if tensors else program


def _with_diagonals(equation: Equation) -> list[Term]:
    own = {axis.index for axis in equation.axes}
    products = [term for term in addends(equation.rhs) if isinstance(term, Mul)]
    found = [
        factor
        for product in products for factor in factors(product)
        if isinstance(factor, Add) and any(_on_diagonal(term, own) for term in factor.args)
    ]  # fmt: skip
    return list(dict.fromkeys(found))


def _on_diagonal(term: Term, own: Set[Index]) -> bool:
    """Whether it is 0 but where axes are equal, or one as far from the other as a number says."""
    match term:
        case Where(Compare(Relation.EQ, PolyValue(poly), other), _, otherwise) if otherwise is NIL:
            return len(poly.indices()) > 1 and own >= {*poly.indices()} and not other.free
        case _:
            return False


def _reading(equation: Equation, part: Term, held: Equation) -> Equation:
    """The equation that reads the part."""

    def rule(term: Term, _: Ranges) -> Term | None:
        return held.lhs if term is part else None

    return replace(rewrite_equation(equation, rule), number=equation.number)


__all__ = ["diagonals_apart"]
