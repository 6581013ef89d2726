"""Verification: exact checks modulo a prime, central differences, and the report."""

from symbackprop.verify.evaluators import ModuleEvaluator, PlainEvaluator, StepEvaluator
from symbackprop.verify.exact import check_everywhere, check_exact
from symbackprop.verify.methods import verify_program
from symbackprop.verify.numeric import check_numeric
from symbackprop.verify.verification import Report, Row, Verdict

__all__ = [
    "ModuleEvaluator",
    "PlainEvaluator",
    "Report",
    "Row",
    "StepEvaluator",
    "Verdict",
    "check_everywhere",
    "check_exact",
    "check_numeric",
    "verify_program",
]
