"""Inlining of adjoints that are not worth an array of their own.

An adjoint is inlined into its readers where it is a constant (δl[n] = 1/N), where it is a multiple of another element
(δa = δb in a residual branch), and where it is the cheap pointwise adjoint of a named part that one equation reads
once. Everything else keeps its equation: a δ is derived once and reused.
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.brackets import collect_all
from symbackprop.terms.domains import whole_definition
from symbackprop.terms.match import value_at
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Add, Apply, Mul, Number, PolyValue, Power, Reduce, Term, subterms


def inline_adjoints(derived: Derived) -> Derived:
    """Readers of inlinable adjoints read what those are made of. (`dead_equations` drops what is no longer read.)"""
    backward = derived.backward
    keep = {adjoint for _, adjoint in backward.wrt}
    reads = _read_counts(backward)
    known: dict[str, Equation] = {}
    out: list[Equation] = []

    def rule(term: Term, _: Ranges) -> Term | None:
        if isinstance(term, Access):
            return value_at(known[term.tensor], term) if term.tensor in known else None
        return None if term.tensors & known.keys() else term

    for equation in backward.equations:  # listed against the forward order: definitions stand before their readers
        done = rewrite_equation(equation, rule)
        if done is not equation:
            done = done.with_rhs(collect_all(done.rhs))
        out.append(done)
        name = done.target
        if name not in keep and whole_definition(backward, name) is not None:
            worth = _worth_inlining(done.rhs, reads.get(name, 0), _is_part(derived, name))
            if worth and name not in done.rhs.tensors:
                known[name] = done
    return replace(derived, backward=backward.with_(equations=tuple(out)))


def _read_counts(program: Program) -> dict[str, int]:
    counts: dict[str, int] = {}
    for equation in program.equations:
        for inner in subterms(equation.rhs):
            if isinstance(inner, Access):
                counts[inner.tensor] = counts.get(inner.tensor, 0) + 1
    return counts


def _is_part(derived: Derived, adjoint: str) -> bool:
    of = derived.backward.table[adjoint].adjoint_of
    return of is not None and derived.forward.table[of].part_of is not None


def _worth_inlining(value: Term, readers: int, is_part: bool) -> bool:
    if not value.tensors:
        return not any(isinstance(inner, Reduce | Apply) for inner in subterms(value))
    match value:
        case Access():
            return True
        case Mul(args) if sum(bool(arg.tensors) for arg in args) == 1 and all(
            isinstance(arg, Access | Number | PolyValue | Power) and (isinstance(arg, Access) or not arg.tensors)
            for arg in args
        ):
            return True
    return is_part and readers == 1 and _is_cheap(value)


def _is_cheap(value: Term) -> bool:
    inner = list(subterms(value))
    return len(inner) <= 9 and all(
        isinstance(term, Access | Number | PolyValue | Add | Mul)
        or (isinstance(term, Power) and term.exponent.denominator == 1 and term.exponent > 0)
        or (isinstance(term, Power) and not term.tensors)
        for term in inner
    )
