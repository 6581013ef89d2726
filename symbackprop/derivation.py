"""What `derive` returns: the equations of a network's gradients, to read, print, and derive again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy

from symbackprop.derive.differentiate import Derived
from symbackprop.errors import InvalidArgument, UnknownTensor
from symbackprop.latex import derivation as latex_derivation
from symbackprop.latex import equation as latex_equation
from symbackprop.latex.names import Names
from symbackprop.latex.sympy_form import SympyForm
from symbackprop.lower.numbering import by_label
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.show import Namer, Printer

CONVENTIONS = "relu'(0) = 0, |·|'(0) = 0; ties of a maximum or minimum share the gradient equally"
_WIDTH = 60  # longer equations do not move the ranges of the others


@dataclass(frozen=True, repr=False)
class DerivedEquation:
    """One equation. `lhs`, `rhs`: SymPy expressions; `op`: "=" or "+=" (added to what the others give)."""

    equation: Equation
    program: Program
    symbols: Mapping[str, Any]

    @property
    def op(self) -> str:
        return self.equation.op.value

    @cached_property
    def lhs(self) -> sympy.Expr:
        return SympyForm(self.program.table, self.symbols).left(self.equation)

    @cached_property
    def rhs(self) -> sympy.Expr:
        return SympyForm(self.program.table, self.symbols).right(self.equation)

    def latex(self) -> str:
        """The equation in LaTeX, without delimiters."""
        return latex_equation(self.equation, self.program.table, Names.of(self.program))

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        text, ranges = self.parts()
        return f"{text}    {ranges}".rstrip()

    def parts(self) -> tuple[str, str]:
        """The equation, and `for` its ranges, as text."""
        printer = Printer(Namer(self.program.table))
        ranges = printer.range_(self.equation)
        return printer.equation(self.equation), f"for {ranges}" if ranges else ""


@dataclass(frozen=True, repr=False)
class Derivation:
    """A network's forward equations and those of its gradients.

    `forward`, `backward`: in the order in which they are computed. `program`: both as one program of equations, which
    `derive`, `generate`, `load` and `verify` accept (see `hessian_vector_product`).
    """

    derived: Derived
    symbols: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.derived.forward.name

    @property
    def program(self) -> Program:
        return self.derived.joint

    @property
    def wrt(self) -> tuple[str, ...]:
        """The names that the loss is differentiated by."""
        return tuple(name for name, _ in self.derived.backward.wrt)

    @cached_property
    def forward(self) -> tuple[DerivedEquation, ...]:
        return self._wrap(by_label(self.derived.forward.equations))

    @cached_property
    def backward(self) -> tuple[DerivedEquation, ...]:
        return self._wrap(by_label(self.derived.backward.equations))

    def delta(self, tensor: object) -> tuple[DerivedEquation, ...]:
        """The equations of δ = ∂loss/∂tensor, whether or not it is inlined into its readers.

        `UnknownTensor` if the loss does not depend on it by way of what is differentiated.
        """
        name = tensor_name(tensor)
        adjoint = self.derived.adjoints.get(name)
        key = adjoint.name if adjoint is not None else ""
        found = self.derived.backward.definitions.get(key) or self.derived.deltas.get(key)
        if found is None:
            known = sorted(self.derived.adjoints)
            raise UnknownTensor(name, expected=f"a tensor with a δ: {', '.join(known)}", found=f"none of {name}")
        return self._wrap(found)

    gradient = delta

    def latex(self, form: str = "index", steps: bool = True) -> str:
        """The derivation as LaTeX, for inclusion in a document that loads amsmath and amssymb.

        `form`: "index"; `steps`: whether each δ is led to by its chain rule.
        """
        if form != "index":
            raise InvalidArgument("latex: form", expected='"index"', found=repr(form),
                                  remedy="the equations are printed with their indices alone")  # fmt: skip
        forward = [e.equation for e in self.forward]
        backward = [e.equation for e in self.backward]
        return latex_derivation(self.program, forward, backward, steps=steps)

    def _repr_latex_(self) -> str:
        rows = [equation.latex() for equation in (*self.forward, *self.backward)]
        return "$\\displaystyle \\begin{array}{l}" + r" \\ ".join(rows) + "\\end{array}$"

    def __repr__(self) -> str:
        return f"<derivation of {self.name}: {len(self.forward)} equations forward, {len(self.backward)} backward>"

    def __str__(self) -> str:
        """Every equation beside its ranges, and the conventions."""
        rows = [equation.parts() for equation in (*self.forward, *self.backward)]
        width = max((len(text) for text, _ in rows if len(text) <= _WIDTH), default=0)
        lines = [f"  {text:{width}}    {ranges}".rstrip() for text, ranges in rows]
        lines.insert(len(self.forward), "backward, d_T standing for δ of T: ∂loss/∂T, which has the shape of T")
        return "\n".join([f"{self.name}: forward", *lines, CONVENTIONS])

    def _wrap(self, equations: tuple[Equation, ...]) -> tuple[DerivedEquation, ...]:
        return tuple(DerivedEquation(equation, self.program, self.symbols) for equation in equations)


def tensor_name(tensor: object) -> str:
    """The name of a tensor given by name or as the object a network hands out."""
    return tensor if isinstance(tensor, str) else str(getattr(tensor, "name", tensor))
