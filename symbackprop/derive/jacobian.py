"""The derivative of one tensor by another, J[k…, i…] = ∂A[i…]/∂B[k…], as equations.

It is the adjoint of B for the loss A[i…], for every i at once. The adjoints of the loss Σ_i A[i]·e[i] are linear in the
cotangent e; with [i = p] for e[i], and p as further axes of every tensor that depends on e, each is the derivative by
its tensor of A[p]. What is optimised is the sweep with e, so that no passes of their own are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.build import compare, fresh_index, guarded, poly_value
from symbackprop.terms.graph import reached
from symbackprop.terms.layer import as_layer
from symbackprop.terms.leaves import subscript_value
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, Tensor, fresh_name
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.term import Access, Axis, Relation, Term


def with_cotangent(program: Program, of: str) -> Program:
    """The program as a layer that gives the tensor `of`: differentiated is the inner product with its cotangent."""
    return as_layer(program.with_(outputs=(of,), updates=()))


def jacobian(layer: Program, derived: Derived, by: str, taken: set[str]) -> tuple[dict[str, str], Program]:
    """(the names of ∂A/∂B and of the ∂A/∂T on the way there, by B and T; a program of their equations, which read the
    tensors of the network). `layer`: gives A alone; `derived`: of it, by `by`; `taken`: names that are in use, to which
    those of the new tensors are added."""
    ((of, cotangent),), own = layer.cotangents, derived.forward.definitions.keys() - layer.table.keys()
    backward = derived.backward
    equations = [e for e in derived.forward.equations if e.target in own] + list(backward.equations)
    table = {**derived.forward.table, **backward.table}
    depending = {cotangent, dict(backward.wrt)[by]}  # and all whose values depend on them
    lifted = reached(depending, lambda name: (e.target for e in equations if name in e.reads()))
    names = {name: fresh_name(name, taken) for name in dict.fromkeys(e.target for e in equations)}
    tensor = layer.table[of]
    axes = tuple(tensor.axis(place, fresh_index(f"~p{place}")) for place in range(tensor.rank))
    shape, origin = tensor.shape, tensor.origin
    letters = [name if name not in {n for t in names for n in table[t].axes} else "" for name in tensor.axes]

    def moved(name: str) -> Tensor:
        old = table[name]
        if name not in lifted:
            return replace(old, name=names[name], adjoint_of=None)
        known = old.axes or ("",) * old.rank
        return replace(old, name=names[name], shape=(*old.shape, *shape), origin=(*old.origin, *origin),
                       axes=(*known, *(letters or ("",) * tensor.rank)), adjoint_of=None)  # fmt: skip

    program = layer.with_(
        tensors=tuple(moved(name) for name in names),
        equations=tuple(_lifted(equation, names, lifted, axes, cotangent) for equation in equations),
    )
    found = {at: names[name] for name in names if name in lifted and (at := table[name].adjoint_of) in layer.table}
    return found, program


def _lifted(
    equation: Equation, names: dict[str, str], lifted: set[str], axes: Sequence[Axis], cotangent: str
) -> Equation:
    here = tuple(Poly.of(axis.index) for axis in axes)

    def rule(term: Term, _: Ranges) -> Term | None:
        match term:
            case Access(tensor, subscripts) if tensor == cotangent:
                pairs = zip(map(subscript_value, subscripts), map(poly_value, here), strict=True)
                met = [compare(Relation.EQ, number, place) for number, place in pairs]
                return guarded(met, poly_value(1))
            case Access(tensor, subscripts) if tensor in names:
                return Access(names[tensor], (*subscripts, *here) if tensor in lifted else subscripts)
            case _:
                return None

    extended = rewrite_equation(equation, rule)
    if equation.target not in lifted:
        return replace(extended, target=names[equation.target])
    return replace(
        extended, target=names[equation.target], subscripts=(*equation.subscripts, *here), axes=(*equation.axes, *axes)
    )
