"""A layer as a network with a loss: the inner product of its outputs with their cotangents.

    loss = Σ_y Σ_i d_y[i]·y[i]          so that          ∂loss/∂w = Σ_y Σ_i d_y[i]·∂y[i]/∂w

is the product of the cotangents d_y with the layer's Jacobian (its vector-Jacobian product, the pullback), and δ of an
output is its cotangent and what those add that read it further. So a layer is derived, printed, claimed about, checked
and counted as a network with a loss is. What is apart: the cotangents are given to the backward pass, and the inner
product itself is never computed.

Source: Griewank and Walther, "Evaluating Derivatives" (2008), section 3.2, where y's cotangent is written ȳ.
"""

from __future__ import annotations

from symbackprop.terms.build import access, add, fresh_index, mul, reduce
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Equation, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import Reduction, Term

__all__ = ["as_layer", "cotangent_name", "inner_product", "without_cotangents"]


def cotangent_name(output: str) -> str:
    """What the cotangent of an output is called, as an argument too."""
    return f"d_{output}"


def as_layer(program: Program) -> Program:
    """The program, which has outputs and no loss, with their inner product with cotangents as its loss. It is one of
    several that the δ pass through: by default it is differentiated by the float inputs as well.

    The names of the cotangents are to be free (`cotangent_name`); a number is put behind one that is not.
    """
    taken = {*program.table, *program.dims}
    cotangents: list[Tensor] = []
    products: list[Term] = []
    for name in program.outputs:
        tensor = program.table[name]
        wanted = fresh_name(cotangent_name(name), taken)
        given = Tensor(wanted, TensorKind.COTANGENT, tensor.shape, tensor.origin, axes=tensor.axes)
        cotangents.append(given)
        products.append(inner_product(tensor, name, given.name))
    loss = fresh_name("loss", taken)
    equation = Equation(loss, (), (), add(*products))
    leaves = (*program.of_kind(TensorKind.PARAMETER), *program.of_kind(TensorKind.INPUT))
    floats = [tensor for tensor in leaves if tensor.dtype is DType.FLOAT]
    return program.with_(
        tensors=(*program.tensors, *cotangents, Tensor(loss, TensorKind.INTERMEDIATE, (), ())),
        equations=(*program.equations, equation),
        loss=loss,
        cotangents=tuple(zip(program.outputs, (tensor.name for tensor in cotangents), strict=True)),
        default_wrt=tuple(tensor.name for tensor in floats),
    )


def without_cotangents(program: Program) -> Program:
    """The program without the inner product of a layer."""
    if not program.cotangents:
        return program
    gone = {program.loss, *(given for _, given in program.cotangents)}
    return program.with_(
        tensors=tuple(tensor for tensor in program.tensors if tensor.name not in gone),
        equations=program.computed,
        loss=None,
        cotangents=(),
    )


def inner_product(over: Tensor, left: str, right: str) -> Term:
    """Σ_i left[i]·right[i] over all positions of `over`."""
    indices = [fresh_index(f"~{place}") for place in range(over.rank)]
    positions = [Poly.of(index) for index in indices]
    axes = [over.axis(place, index) for place, index in enumerate(indices)]
    return reduce(Reduction.SUM, axes, mul(access(left, positions), access(right, positions)))
