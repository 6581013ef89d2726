"""Stable forms across equations: `p[n, k] = e[n, k]/s[n]` where e holds exp(u) and s its sum is a softmax of u.

What is recognised while an equation is read is recognised here as well where an element stands for the value that its
tensor's only equation defines: a LogSumExp subtracted under `exp`, a sum of exponentials in a denominator, a softmax or
sigmoid under `log`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from symbackprop.language import stable
from symbackprop.language.match import instantiate
from symbackprop.terms import build
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Tensor, TensorKind
from symbackprop.terms.term import (
    Access,
    Add,
    Apply,
    Function,
    Mul,
    Power,
    Reduce,
    Reduction,
    Subscript,
    Term,
    subterms,
)

_WORTH_SEEING = (Function.EXP, Function.EXP_NORMALIZED, Function.SIGMOID)


def stable_across(
    equations: Sequence[Equation], table: Mapping[str, Tensor], apart: Collection[str] = ()
) -> tuple[Equation, ...]:
    """The equations with those forms; softmaxes, then logarithms (which may be of softmaxes), then the
    exponentials of differences with those. `apart`: tensors that are not looked through."""
    for functions in ((Function.EXP,), (Function.LOG, Function.LOG1P), (Function.EXP,)):
        definitions = _simple_definitions(equations, table)
        definitions = {name: equation for name, equation in definitions.items() if name not in apart}
        if not definitions:
            return tuple(equations)
        rewriter = _Rewriter(definitions, functions)
        equations = [replace(e, rhs=rewriter.rewrite(e.rhs)) if rewriter.concerns(e.rhs) else e for e in equations]
    return tuple(equations)


def _simple_definitions(equations: Sequence[Equation], table: Mapping[str, Tensor]) -> dict[str, Equation]:
    """`T[i, j] = ...` with plain distinct subscripts, the only one of T, whose value is worth seeing through."""
    found: dict[str, Equation] = {}
    several: set[str] = set()
    for equation in equations:
        if equation.target in found or equation.target in several:
            several.add(equation.target)
            found.pop(equation.target, None)
            continue
        several.add(equation.target)
        plain = [s.index for s in equation.subscripts if isinstance(s, Poly) and s.index is not None]
        if len(set(plain)) == len(equation.subscripts) and _worth_seeing(equation.rhs):
            found[equation.target] = equation
    return {
        name: e
        for name, e in found.items()
        if name in table and table[name].kind is TensorKind.INTERMEDIATE and name not in e.rhs.tensors
    }


def _worth_seeing(rhs: Term) -> bool:
    match rhs:
        case Apply(function, _):
            return function in _WORTH_SEEING
        case Reduce(Reduction.LOGSUMEXP | Reduction.SUM, _, _):
            return True
        case Add(args) if build.UNIT in args:
            return len(args) == 2
        case Mul(args):
            return any(isinstance(arg, Apply) and arg.function in _WORTH_SEEING for arg in args)
        case _:
            return False


class _Rewriter:
    def __init__(self, definitions: Mapping[str, Equation], functions: tuple[Function, ...]) -> None:
        self.definitions, self.functions = definitions, functions
        self.quotients = Function.EXP in functions

    def view(self, term: Term) -> Term:
        """What an element stands for, or the term itself."""
        if not isinstance(term, Access) or term.tensor not in self.definitions:
            return term
        equation = self.definitions[term.tensor]
        mapping: dict[Index, Subscript] = {}
        for own, subscript in zip(equation.subscripts, term.subscripts, strict=True):
            if isinstance(own, Poly) and own.index is not None:  # as all are: see _simple_definitions
                mapping[own.index] = subscript
        found = instantiate(equation.rhs, mapping)
        return term if found is None else found

    def concerns(self, term: Term) -> bool:
        """Whether anything in the term could change."""
        if self.definitions.keys().isdisjoint(term.tensors):
            return False
        return any(
            (isinstance(inner, Apply) and inner.function in self.functions)
            or (self.quotients and isinstance(inner, Power) and inner.exponent < 0)
            for inner in subterms(term)
        )

    def rewrite(self, term: Term, around: tuple[Index, ...] = ()) -> Term:
        """The term with stable forms. Bound indices are opened on the way, so that nothing is captured."""
        match term:
            case Reduce(reduction, _, _):
                axes, body = build.open_reduce(term, taken=around)
                inside = (*around, *(axis.index for axis in axes), *body.free)
                new = self.rewrite(body, inside)
                return term if new is body else build.reduce(reduction, axes, new)
            case Access():
                return term
        new = build.map_children(term, lambda child: self.rewrite(child, (*around, *term.free)))
        match new:
            case Apply(Function.EXP, (argument,)) if self.quotients:
                return stable.exponential(argument, self.view)
            case Apply(Function.LOG, (argument,)) if not self.quotients:
                return self._kept_if_plain(stable.logarithm(argument, self.view), new)
            case Apply(Function.LOG1P, (argument,)) if not self.quotients:
                return self._kept_if_plain(stable.logarithm(build.add(1, argument), self.view), new)
            case Mul() | Power() if self.quotients:
                return stable.product_of([new], self.view)
        return new

    @staticmethod
    def _kept_if_plain(found: Term, old: Term) -> Term:
        plain = isinstance(found, Apply) and found.function in (Function.LOG, Function.LOG1P)
        return old if plain else found
