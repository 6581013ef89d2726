"""The program of `predict`: what the outputs need, with noise replaced by its mean."""

from __future__ import annotations

from fractions import Fraction

from symbackprop.terms.build import add, mul
from symbackprop.terms.needed import restrict
from symbackprop.terms.program import Distribution, Noise, Program, TensorKind
from symbackprop.terms.rewrite import Ranges, rewrite_program
from symbackprop.terms.term import Access, Term


def mean(noise: Noise) -> Term:
    """The expected value of one element."""
    match noise.distribution, noise.arguments:
        case (Distribution.BERNOULLI, (p,)):
            return p
        case (Distribution.NORMAL, (centre, _)):
            return centre
        case (Distribution.UNIFORM, (low, high)):
            return mul(Fraction(1, 2), add(low, high))
        case _:
            raise TypeError(f"no mean for {noise}")


def predict_program(program: Program) -> Program:
    """The equations that the outputs need and the data those read."""
    means = {tensor.name: mean(tensor.noise) for tensor in program.tensors if tensor.noise is not None}

    def rule(term: Term, _: Ranges) -> Term | None:
        if isinstance(term, Access) and term.tensor in means:
            return means[term.tensor]
        return None if term.tensors & means.keys() else term

    cut = restrict(rewrite_program(restrict(program, program.outputs), rule), program.outputs)
    read = frozenset().union(*(equation.reads() for equation in cut.equations), program.outputs)
    tensors = tuple(t for t in cut.tensors if t.kind is TensorKind.INTERMEDIATE or t.name in read)
    return cut.with_(tensors=tensors, loss=None, cotangents=(), updates=(), assumptions=program.assumptions)
