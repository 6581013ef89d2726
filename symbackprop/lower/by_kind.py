"""The evaluator of an equation's terms: by the rules of floats, of integers or of conditions."""

from __future__ import annotations

from symbackprop.lower.condition import evaluate_condition
from symbackprop.lower.evaluator import Evaluator
from symbackprop.lower.expression import evaluate
from symbackprop.lower.integer import evaluate_integer
from symbackprop.lower.values import Kind, Value
from symbackprop.terms.term import Term


class EvaluatorByKind(Evaluator):
    """Makes of each term what the kind that is wanted of it asks for."""

    def evaluated(self, term: Term, kind: Kind) -> Value:
        match kind:
            case Kind.FLOAT:
                return evaluate(self, term)
            case Kind.INT:
                return evaluate_integer(self, term)
            case Kind.BOOL:
                return evaluate_condition(self, term)
