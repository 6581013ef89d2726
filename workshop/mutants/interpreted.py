"""The interpreter in place of a generated module, for programs that are not generated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from symbackprop.interpret import Interpreter
from symbackprop.terms.program import Program
from symbackprop.verify.data import Data
from symbackprop.verify.exact import DerivedPrograms


class InterpretedEvaluator:
    """Loss and gradients of derived programs as they stand (a `verify.evaluators.Evaluator`)."""

    def __init__(self, program: Program, derived: DerivedPrograms, sizes: Mapping[str, int]) -> None:
        self.program, self.derived, self.sizes = program, derived, sizes

    def loss(self, data: Data) -> float:
        return float(Interpreter(self.program, self.sizes, data).loss())

    def gradients(self, data: Data) -> dict[str, np.ndarray[Any, Any]]:
        forward = Interpreter(self.derived.forward, self.sizes, data)
        backward = Interpreter(self.derived.backward, self.sizes, data, outer=forward)
        return {name: backward.array(adjoint) for name, adjoint in self.derived.backward.wrt}
