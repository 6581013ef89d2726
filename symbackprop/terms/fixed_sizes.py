"""A program with numbers in the place of some of its sizes, as if it had been written so.

Extents, subscripts, ranges and numbers made of these sizes are computed; conditions that they decide are decided, and
what then ranges over nothing is left out, as reading leaves it out: the passes that follow meet numbers alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from symbackprop.terms.binders import map_children, open_reduce, reduce
from symbackprop.terms.decided import decided
from symbackprop.terms.leaves import FALSE, NIL, TRUE, UNIT, poly_value
from symbackprop.terms.poly import Atom, Dim, Poly
from symbackprop.terms.program import Assumption, Equation, Program, Tensor
from symbackprop.terms.rewrite import Ranges, ranges_of
from symbackprop.terms.term import Access, Axis, Compare, PolyValue, Reduce, Reduction, Subscript, Term

__all__ = ["Sizes", "fixed_sizes"]

_OVER_NOTHING = {Reduction.SUM: NIL, Reduction.PRODUCT: UNIT}


def fixed_sizes(program: Program, sizes: Mapping[str, int]) -> Program:
    """The program with these of its sizes as numbers, at which it must have a value (see `feasible`).

    >>> from symbackprop import Network, Sum
    >>> from symbackprop.terms.show import show
    >>> net = Network("walk")
    >>> N, K = net.dims("N K")
    >>> x, w, (n, k) = net.input("x", (N,)), net.parameter("w", (K,)), net.indices(n=N - K + 1, k=K)
    >>> net.loss = Sum(w[k] * x[n + k], n, k) / N
    >>> print(show(fixed_sizes(net.to_program(), {"N": 5, "K": 2}).equations[0]))
    loss = (Σ_{i,j} w[i]·x[i + j])/5
    """
    if not sizes:
        return program
    put = Sizes({Dim(name): Poly.of(size) for name, size in sizes.items()})
    equations = tuple(map(put.equation, program.equations))
    somewhere = {equation.target for equation in equations if not _is_empty(equation.axes)}
    facts = (put.assumption(fact) for fact in program.assumptions)
    return program.with_(
        dims=tuple(name for name in program.dims if name not in sizes),
        fixed=(*program.fixed, *((name, size) for name in program.dims if (size := sizes.get(name)) is not None)),
        tensors=tuple(map(put.tensor, program.tensors)),
        # of a tensor without elements an equation is left, so that it is defined
        equations=tuple(e for e in equations if e.target not in somewhere or not _is_empty(e.axes)),
        assumptions=tuple(fact for fact in facts if fact.condition is not TRUE and not _is_empty(fact.axes)),
        indices=tuple(map(put.axis, program.indices)),
        notation=tuple((name, latex) for name, latex in program.notation if name not in sizes),
    )


def _is_empty(axes: Iterable[Axis]) -> bool:
    return any(axis.extent.constant is not None and axis.extent.constant <= 0 for axis in axes)


class Sizes:
    """Puts numbers, or other polynomials, for sizes."""

    def __init__(self, numbers: Mapping[Atom, Poly]) -> None:
        self.numbers = numbers

    def poly(self, poly: Poly) -> Poly:
        return poly.substitute(self.numbers)

    def axis(self, axis: Axis) -> Axis:
        return Axis(axis.index, self.poly(axis.low), self.poly(axis.high))

    def tensor(self, tensor: Tensor) -> Tensor:
        start, noise = tensor.initializer, tensor.noise
        if start is not None and start.argument is not None:
            start = replace(start, argument=self.term(start.argument, {}))
        if noise is not None:
            noise = replace(noise, arguments=tuple(self.term(each, {}) for each in noise.arguments))
        return replace(
            tensor,
            shape=tuple(map(self.poly, tensor.shape)),
            origin=tuple(map(self.poly, tensor.origin)),
            high=None if tensor.high is None else self.poly(tensor.high),
            initializer=start,
            noise=noise,
        )

    def equation(self, equation: Equation) -> Equation:
        axes = tuple(map(self.axis, equation.axes))
        ranges = ranges_of(axes)
        subscripts = tuple(self.subscript(each, ranges) for each in equation.subscripts)
        return replace(equation, axes=axes, subscripts=subscripts, rhs=self.term(equation.rhs, ranges))

    def assumption(self, fact: Assumption) -> Assumption:
        axes = tuple(map(self.axis, fact.axes))
        return replace(fact, axes=axes, condition=self.term(fact.condition, ranges_of(axes)))

    def subscript(self, subscript: Subscript, ranges: Ranges) -> Subscript:
        if isinstance(subscript, Poly):
            return self.poly(subscript)
        found = self.term(subscript, ranges)
        assert isinstance(found, Access)
        return found

    def term(self, term: Term, ranges: Ranges) -> Term:
        """Each object of the same scope once; inside a reduction its indices are free, with their axes in `ranges`."""
        done: dict[Term, Term] = {}

        def visit(term: Term) -> Term:
            if term not in done:
                done[term] = fixed(term)
            return done[term]

        def fixed(term: Term) -> Term:
            match term:
                case PolyValue(poly):
                    return poly_value(self.poly(poly))
                case Access(tensor, subscripts):
                    return Access(tensor, tuple(self.subscript(s, ranges) for s in subscripts))
                case Reduce():
                    return self.reduction(term, ranges)
                case _:
                    return self.known(map_children(term, visit), ranges)

        return visit(term)

    def reduction(self, term: Reduce, ranges: Ranges) -> Term:
        opened, body = open_reduce(term, taken=ranges)
        axes = list(map(self.axis, opened))
        if term.reduction in _OVER_NOTHING and _is_empty(axes):
            return _OVER_NOTHING[term.reduction]
        return reduce(term.reduction, axes, self.term(body, {**ranges, **ranges_of(axes)}))

    @staticmethod
    def known(term: Term, ranges: Ranges) -> Term:
        """What the ranges decide of a condition."""
        if not isinstance(term, Compare) or _is_empty(ranges.values()):
            return term
        holds = decided(term, ranges)
        return term if holds is None else TRUE if holds else FALSE
