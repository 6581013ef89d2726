"""Roots of products of rows and columns are products of roots, of which there are fewer.

    S[v, u] = A[v, u]/√(d[v]·d[u])     becomes     r[v] = 1/√d[v],   S[v, u] = A[v, u]·r[v]·r[u]

Where each factor is an element of a tensor over fewer axes, which is known to be above zero, a power that is no whole
number is taken of that tensor, and nothing of the size of the product. Gradients are found before: this is about how
values are computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from symbackprop.terms.build import mul, power
from symbackprop.terms.domains import whole_definition
from symbackprop.terms.held_values import held_by
from symbackprop.terms.match import value_at
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Program, Tensor, fresh_name
from symbackprop.terms.rewrite import Ranges, rewrite_equation
from symbackprop.terms.sign import is_positive, signs_of
from symbackprop.terms.term import Access, Axis, Mul, Power, Term, subterms


def roots_apart(program: Program, wanted: Collection[str]) -> Program:
    """The program with roots of factors in the place of roots of products; `wanted`: tensors that are needed for
    themselves."""
    if not any(_is_root(part) for one in program.equations for part in subterms(one.rhs)):
        return program
    return _Apart(program, frozenset(wanted) | program.opaque).result()


def _is_root(term: Term) -> bool:
    return isinstance(term, Power) and term.exponent.denominator != 1


class _Apart:
    """`roots`: the tensors of roots, by what they are taken of; `inlined`: equations that their one reader computes."""

    def __init__(self, program: Program, wanted: frozenset[str]) -> None:
        self.program, self.wanted = program, wanted
        self.signs = signs_of(program.equations, program.tensors)
        reads = (part.tensor for one in program.equations for part in subterms(one.rhs) if isinstance(part, Access))
        self.count = Counter(reads)
        self.taken = {tensor.name for tensor in program.tensors} | set(program.dims)
        self.taken |= {axis.index.name for axis in program.indices}
        self.roots: dict[Power, tuple[Tensor, Equation]] = {}
        self.inlined: dict[str, Equation] = {}

    def result(self) -> Program:
        equations: list[Equation] = []
        for equation in self.program.equations:
            known = len(self.roots)
            changed = self._numbered(rewrite_equation(equation, self._apart), equation)
            equations += [root for _, root in [*self.roots.values()][known:]]
            if changed is not equation and isinstance(changed.rhs, Mul) and self._for_one_reader(equation.target):
                self.inlined[equation.target] = changed
            equations.append(changed)
        if not self.roots:
            return self.program
        kept = tuple(equation for equation in equations if equation.target not in self.inlined)
        tensors = [tensor for tensor in self.program.tensors if tensor.name not in self.inlined]
        return self.program.with_(tensors=(*tensors, *(root for root, _ in self.roots.values())), equations=kept)

    def _numbered(self, changed: Equation, before: Equation) -> Equation:
        """With the numbers of the equations that it computes now."""
        for name in sorted(before.rhs.tensors & self.inlined.keys()):
            other = self.inlined[name].number
            if changed.number is not None and other is not None:
                changed = replace(changed, number=changed.number.computing(other))
        return changed

    def _for_one_reader(self, name: str) -> bool:
        """Whether one equation defines the tensor, and one element by element reads it."""
        return name not in self.wanted and self.count[name] == 1 and whole_definition(self.program, name) is not None

    def _apart(self, term: Term, _: Ranges) -> Term | None:
        """A root of a product as a product of roots, and what reads the like of it."""
        if isinstance(term, Access) and term.tensor in self.inlined:
            return value_at(self.inlined[term.tensor], term)
        if not isinstance(term, Power) or not _is_root(term):
            return None
        product, held = self._product(term.base)
        elements = [arg for arg in product.args if isinstance(arg, Access)] if product is not None else []
        if product is None or len(elements) < len(product.args):
            return None
        if not all(self._is_smaller(element, product) for element in elements):
            return None
        if held is not None:
            self.inlined[held.target] = held
        return mul(*(self._root(element, term) for element in elements))

    def _product(self, base: Term) -> tuple[Mul | None, Equation | None]:
        """The product that the base is or reads, and the equation that it is computed by for that alone."""
        if isinstance(base, Mul):
            return base, None
        if isinstance(base, Access) and self._for_one_reader(base.tensor):
            held = whole_definition(self.program, base.tensor)
            value = None if held is None else value_at(held, base)
            if isinstance(value, Mul):
                return value, held
        return None, None

    def _is_smaller(self, element: Access, product: Mul) -> bool:
        """Whether it is known to be above zero, of a tensor over fewer axes than the product."""
        plain = [subscript.index if isinstance(subscript, Poly) else None for subscript in element.subscripts]
        each_once = None not in plain and len(set(plain)) == len(plain)
        return each_once and element.free < product.free and is_positive(element, self.signs)

    def _root(self, element: Access, term: Power) -> Term:
        """The element's root, from a tensor of all roots."""
        tensor = self.program.table[element.tensor]
        names = tensor.axes or tuple(f"{tensor.name}_{place}" for place in range(tensor.rank))
        axes = [Axis(Index(name), *_ends(tensor, place)) for place, name in enumerate(names)]
        whole = power(Access(tensor.name, tuple(Poly.of(axis.index) for axis in axes)), term.exponent)
        assert isinstance(whole, Power)
        if whole not in self.roots:
            suffix = "rsqrt" if term.exponent < 0 else "root"
            self.roots[whole] = held_by(
                fresh_name(f"{tensor.name}_{suffix}", self.taken), whole, axes, names, tensor.name
            )
        return Access(self.roots[whole][0].name, element.subscripts)


def _ends(tensor: Tensor, place: int) -> tuple[Poly, Poly]:
    return tensor.origin[place], tensor.highest[place]


__all__ = ["roots_apart"]
