"""Second order: the gradient's inner product with a direction, as a program to differentiate once more.

With g = ∂L/∂w, the gradient of g·v by w is the Hessian-vector product H·v (Pearlmutter, "Fast exact multiplication by
the Hessian", 1994, by reverse over reverse).
"""

from __future__ import annotations

from dataclasses import replace

from symbackprop.derive.differentiate import Derived
from symbackprop.terms.build import access, add, fresh_index, mul, reduce
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import Reduction, Term


def directional_program(derived: Derived) -> Program:
    """The program whose loss is Σ_w <∂L/∂w, v_w>, with an input `v_<w>` of w's shape for every differentiated w."""
    joint = derived.joint
    taken = set(joint.table) | set(joint.dims)
    inputs: list[Tensor] = []
    products: list[Term] = []
    for name, adjoint in derived.backward.wrt:
        tensor = joint.table[name]
        direction = fresh_name(f"v_{name}", taken)
        note = f"direction of {name}"
        inputs.append(Tensor(direction, TensorKind.INPUT, tensor.shape, tensor.origin, axes=tensor.axes, note=note))
        indices = [fresh_index(f"~{place}") for place in range(tensor.rank)]
        positions = [Poly.of(index) for index in indices]
        axes = [tensor.axis(place, index) for place, index in enumerate(indices)]
        products.append(reduce(Reduction.SUM, axes, mul(access(adjoint, positions), access(direction, positions))))
    loss = fresh_name("directional_derivative", taken)
    scalar = Tensor(loss, TensorKind.INTERMEDIATE, (), (), note="the gradient along the direction")
    equation = Equation(loss, (), (), add(*products))
    return replace(
        joint,
        name=f"{joint.name}_hessian_vector_product",
        tensors=joint.tensors + tuple(inputs) + (scalar,),
        equations=(*joint.equations, equation),
        loss=loss,
        outputs=(),
        updates=(),
        wrt=(),
    )
