"""Forward mode as a function from programs to programs: the derivative of every tensor along given directions.

With v_w the direction of w, the tangent v_T of any tensor T is its derivative along all of them at once (Griewank and
Walther, "Evaluating Derivatives" (2008), section 3.1). For `T[f(I)] = rhs over I` it is a sum over what rhs reads::

    v_T[f(I)] = Σ_U Σ_R ∂rhs/∂U[g]·v_U[g]        for each read U[g] below the binders R

and the local derivatives are those of the reverse sweep (`reverse.contributions`), which sends them the other way. So
no rule stands here, and what a branch does not read adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from symbackprop.derive.many_directions import along_many
from symbackprop.derive.reverse import Contribution, Helpers, contributions, varied
from symbackprop.derive.tidy import named_axes
from symbackprop.errors import DuplicateName
from symbackprop.terms.build import NIL, UNIT, access, add, mul, reduce
from symbackprop.terms.layer import as_layer, without_cotangents
from symbackprop.terms.needed import restrict
from symbackprop.terms.program import Equation, Op, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import Reduction, Term

__all__ = ["directions", "tangent_program"]


def tangent_program(program: Program, wrt: Sequence[str], many: str = "") -> Program:
    """The program of the derivative along an input `v_<w>` of w's shape for every w of `wrt`.

    Its loss is that of the loss; a layer's outputs are those of the outputs, in their order. The parts of `program` are
    named. `many`: a new size, of so many directions at once; that of a loss is an output then.
    """
    results = program.results
    named = without_cotangents(program).with_(opaque=frozenset())
    inputs = directions(named, wrt)
    taken = {*named.table, *named.dims, *(tensor.name for tensor in inputs)}
    active = varied(named, wrt)
    tangents = {tensor.tangent_of: tensor for tensor in inputs if tensor.tangent_of is not None}
    for tensor in named.tensors:
        wanted = tensor.name in active or tensor.name in results
        if tensor.name not in tangents and wanted:
            tangents[tensor.name] = _tangent(tensor, fresh_name(f"v_{tensor.name}", taken))
    helpers = Helpers(taken)
    added = {equation.target for equation in named.equations if equation.op is Op.ACCUMULATE}
    tensors = {t.name: t for t in (*named.tensors, *tangents.values())}
    equations: list[Equation] = []
    for equation in named.equations:
        equations.append(equation)
        if equation.target in tangents:
            local = contributions(equation, UNIT, active, helpers, equation.target not in added)
            equations += _tangent_equations(equation, tangents, list(local) if equation.target in active else [])
    tensors |= {tensor.name: tensor for tensor in helpers.tensors}
    whole = named.with_(
        name=f"{program.name}_jacobian_vector_product",
        tensors=tuple(tensors.values()),
        equations=tuple(named_axes(equation, tensors, named.indices) for equation in (*equations, *helpers.equations)),
        loss=None,
        outputs=(),
        updates=(),
        wrt=(),
        default_wrt=(),
    )
    found = tuple(tangents[name].name for name in results)
    if many:
        whole = along_many(whole, many, [tensor.name for tensor in tangents.values()])
    if program.cotangents or many:
        return as_layer(restrict(whole, found).with_(outputs=found))
    return restrict(whole, found).with_(loss=found[0])


def directions(program: Program, wrt: Sequence[str]) -> list[Tensor]:
    """An input `v_<w>` for every w: raises DuplicateName where the network has that name itself."""
    taken = {*program.table, *program.dims}
    out = []
    for name in wrt:
        tensor, wanted = program.table[name], f"v_{name}"
        other = program.table.get(wanted)
        if wanted in taken and (other is None or other.tangent_of is None):
            raise DuplicateName(
                f"{'size' if other is None else 'tensor'} {wanted!r}", expected="a name of its own",
                found=f"that of the direction of {name}, an argument of the product's module",
                remedy=f"call it {wanted}_",
            )  # fmt: skip
        out.append(replace(_tangent(tensor, fresh_name(wanted, taken)), kind=TensorKind.INPUT,
                           note=f"direction of {name}"))  # fmt: skip
    return out


def _tangent(tensor: Tensor, name: str) -> Tensor:
    return Tensor(name, TensorKind.INTERMEDIATE, tensor.shape, tensor.origin, axes=tensor.axes, tangent_of=tensor.name)


def _tangent_equations(
    equation: Equation, tangents: dict[str, Tensor], found: Sequence[Contribution]
) -> Iterator[Equation]:
    """That of the target's tangent, from the local derivatives; 0 where nothing that varies is read."""
    name = tangents[equation.target].name
    if found:
        first, own = found[0], len(equation.axes)
        value = add(*(_along(c, own, tangents) for c in found))
        yield Equation(name, first.place, first.axes[:own], value, equation.op)
    elif equation.op is Op.ASSIGN:
        yield replace(equation, target=name, rhs=NIL, number=None)


def _along(c: Contribution, own: int, tangents: dict[str, Tensor]) -> Term:
    return reduce(Reduction.SUM, c.axes[own:], mul(c.value, access(tangents[c.target].name, c.subscripts)))
