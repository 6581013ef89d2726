"""Looking through an element at the equation that defines its tensor: where e[n, k] = exp(u[n, k]) is the only
equation of e, e[n, label[n]] stands for exp(u[n, label[n]])."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from symbackprop.stable.matching import instantiate
from symbackprop.terms import build
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Equation, Op, Program, TensorKind
from symbackprop.terms.term import Access, Add, Apply, Function, Mul, Reduce, Reduction, Subscript, Term

View = Callable[[Term], Term]
_WORTH_SEEING = (Function.EXP, Function.EXP_NORMALIZED, Function.SIGMOID)


def as_is(term: Term) -> Term:
    """The view that looks through nothing."""
    return term


@dataclass(frozen=True, slots=True)
class Sight:
    """The view through the tensors of `definitions`, each by its only equation."""

    definitions: Mapping[str, Equation]

    @staticmethod
    def of(program: Program) -> Sight:
        """Through every intermediate with one equation T[i, j] = ... whose value is worth seeing, no opaque one."""
        found: dict[str, Equation] = {}
        for name, equations in program.definitions.items():
            plain = program.table[name].kind is TensorKind.INTERMEDIATE and name not in program.opaque
            if plain and len(equations) == 1 and _tells(equations[0]):
                found[name] = equations[0]
        return Sight(found)

    def __call__(self, term: Term) -> Term:
        """What an element stands for, or the term itself."""
        if not isinstance(term, Access) or term.tensor not in self.definitions:
            return term
        equation = self.definitions[term.tensor]
        mapping: dict[Index, Subscript] = {}
        for own, subscript in zip(equation.subscripts, term.subscripts, strict=True):
            if isinstance(own, Poly) and own.index is not None:  # as all are: see `_tells`
                mapping[own.index] = subscript
        found = instantiate(equation.rhs, mapping)
        return term if found is None else found


def _tells(equation: Equation) -> bool:
    """Whether the equation says by itself what every element is, and that is worth seeing."""
    plain = [s.index for s in equation.subscripts if isinstance(s, Poly) and s.index is not None]
    whole = equation.op is Op.ASSIGN and len(set(plain)) == len(equation.subscripts)
    return whole and equation.target not in equation.rhs.tensors and _worth_seeing(equation.rhs)


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
