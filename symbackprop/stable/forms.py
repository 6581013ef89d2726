"""The pass: every term in its stable form, innermost first, then the forms that show only across equations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from symbackprop.stable.logarithms import logarithm
from symbackprop.stable.quotients import stable_product
from symbackprop.stable.row import first_answer
from symbackprop.stable.seeing import Sight, View, as_is
from symbackprop.stable.sums import EXPONENTIALS, SUMS
from symbackprop.terms import build
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.term import Access, Add, Apply, Function, Mul, Power, Reduce, Term, Where, subterms

_EVERY = frozenset({Function.EXP, Function.LOG, Function.LOG1P})
# Across equations: softmaxes first, then logarithms (which may be of softmaxes), then the exponentials of differences
# with those.
_ROUNDS = (frozenset({Function.EXP}), frozenset({Function.LOG, Function.LOG1P}), frozenset({Function.EXP}))


def stable_forms(program: Program) -> Program:
    """The program with the same values and gradients, its equations and assumptions in stable forms."""
    rewriter = _Rewriter(as_is, _EVERY)
    facts = tuple(replace(fact, condition=rewriter.rewrite(fact.condition)) for fact in program.assumptions)
    equations = tuple(map(stable_equation, program.equations))
    program = program.with_(equations=equations, assumptions=facts)
    for functions in _ROUNDS:
        sight = Sight.of(program)
        if sight.definitions:
            across = _Rewriter(sight, functions)
            program = program.with_(equations=tuple(across.equation(e) for e in program.equations))
    return program


def stable_equation(equation: Equation) -> Equation:
    """The equation in the stable forms that show in itself."""
    return _Rewriter(as_is, _EVERY).equation(equation)


@dataclass(frozen=True, slots=True)
class _Rewriter:
    """Tries the rules for `functions` on every term: with EXP those for quotients as well."""

    view: View
    functions: frozenset[Function]
    _known: dict[Term, Term] = field(default_factory=dict, compare=False)  # a term may stand in many places

    def equation(self, equation: Equation) -> Equation:
        if not self._concerns(equation.rhs):
            return equation
        return equation.with_rhs(self.rewrite(equation.rhs, tuple(axis.index for axis in equation.axes)))

    def _concerns(self, term: Term) -> bool:
        """Whether anything in the term could change."""
        if isinstance(self.view, Sight) and self.view.definitions.keys().isdisjoint(term.tensors):
            return False
        return any(
            (isinstance(inner, Apply) and (inner.function in self.functions or inner.function is Function.SIGMOID))
            or (self._quotients and isinstance(inner, Power) and inner.exponent < 0)
            for inner in subterms(term)
        )

    @property
    def _quotients(self) -> bool:
        return Function.EXP in self.functions

    def rewrite(self, term: Term, around: tuple[Index, ...] = ()) -> Term:
        """The term with stable forms. Bound indices are opened on the way, so that nothing is captured."""
        found = self._known.get(term)
        if found is None:
            found = self._known[term] = self._rewritten(term, around)
        return found

    def _rewritten(self, term: Term, around: tuple[Index, ...]) -> Term:
        match term:
            case Reduce(reduction, _, _):
                axes, body = build.open_reduce(term, taken=around)
                inside = (*around, *(axis.index for axis in axes), *body.free)
                new = self.rewrite(body, inside)
                return term if new is body else build.reduce(reduction, axes, new)
            case Access():
                return term
            case Mul(args):
                # A power by itself: what stands beside it in the product decides on its stable form.
                inner = [self._factor(arg, (*around, *term.free)) for arg in args]
                return self._tried(build.mul(*inner) if inner != list(args) else term)
            case Power():
                return self._tried(self._factor(term, (*around, *term.free)))
        return self._tried(build.map_children(term, lambda child: self.rewrite(child, (*around, *term.free))))

    def _factor(self, term: Term, around: tuple[Index, ...]) -> Term:
        if isinstance(term, Power):
            return build.power(self._factor(term.base, around), term.exponent)
        return self.rewrite(term, around)

    def _tried(self, term: Term) -> Term:
        match term:
            case Add(args) if self.view is as_is:
                return first_answer(SUMS, args, self.view, term)
            case Apply(Function.EXP, (argument,)) if self._quotients:
                return first_answer(EXPONENTIALS, argument, self.view, term)
            case Apply(Function.LOG, (argument,)) if Function.LOG in self.functions:
                return self._kept_if_plain(logarithm(argument, self.view), term)
            case Apply(Function.LOG1P, (argument,)) if Function.LOG1P in self.functions:
                return self._kept_if_plain(logarithm(build.add(1, argument), self.view), term)
            case Mul() | Power() | Where(otherwise=build.NIL) if self._quotients:  # a guard may be a sum's mask as well
                return stable_product(term, self.view)
        return term

    def _kept_if_plain(self, found: Term, old: Term) -> Term:
        if self.view is as_is and isinstance(old, Apply) and old.function is Function.LOG:
            return found
        plain = isinstance(found, Apply) and found.function in (Function.LOG, Function.LOG1P)
        return old if plain else found
