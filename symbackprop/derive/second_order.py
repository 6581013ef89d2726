"""Second order: the gradient's inner product with a direction, as a program to differentiate once more.

With g = ∂L/∂w, the gradient of g·v by w is the Hessian-vector product H·v (Pearlmutter, "Fast exact multiplication by
the Hessian", 1994, by reverse over reverse), and that by v is g itself. Of a layer, L is the inner product of its
outputs with their cotangents, which are inputs here as the directions are.
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.derive.forward_mode import directions
from symbackprop.terms.build import add
from symbackprop.terms.layer import inner_product
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, fresh_name


def directional_program(derived: Derived, gradient: bool = False) -> Program:
    """The program whose loss is Σ_w <∂L/∂w, v_w>, with an input `v_<w>` of w's shape for every differentiated w.

    By default it is differentiated by every w; with `gradient` by the directions too, which gives ∂L/∂w.
    """
    joint, pairs = derived.joint, derived.backward.wrt
    inputs = directions(joint, [name for name, _ in pairs])
    products = [
        inner_product(joint.table[name], adjoint, direction.name)
        for (name, adjoint), direction in zip(pairs, inputs, strict=True)
    ]
    loss = fresh_name("directional_derivative", {*joint.table, *joint.dims, *(tensor.name for tensor in inputs)})
    scalar = Tensor(loss, TensorKind.INTERMEDIATE, (), (), note="the gradient along the direction")
    equation = Equation(loss, (), (), add(*products))
    given = [name for name, _ in pairs if joint.table[name].kind is not TensorKind.INTERMEDIATE]
    return replace(
        joint,
        name=f"{joint.name}_hessian_vector_product",
        tensors=(*map(_given_forward, joint.tensors), *inputs, scalar),
        equations=(*joint.equations, equation),
        loss=loss,
        cotangents=(),
        outputs=(),
        updates=(),
        wrt=(),
        default_wrt=(*given, *(tensor.name for tensor in inputs if gradient)),
    )


def _given_forward(tensor: Tensor) -> Tensor:
    return replace(tensor, kind=TensorKind.INPUT) if tensor.kind is TensorKind.COTANGENT else tensor
