"""Values of claims at given sizes and data: modulo a prime, in sixty digits, or as floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import mpmath

from symbackprop.claims.ground import Ground
from symbackprop.interpret import Arithmetic, Interpreter, Residues
from symbackprop.interpret.compile import Compiler, Position
from symbackprop.interpret.failures import Degenerate, InterpretationError
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Axis, Term
from symbackprop.verify.data import Data

POLES = (Degenerate, ZeroDivisionError)
FAILURES = (InterpretationError, *POLES)
_TOLERANCE, _ASSUMED = 1e-30, 1e-12  # relative; where values are assumed equal, data are so in 53 bits alone


class Bench:
    """The network, its δ, and any terms in them, at one place. Values are computed when asked for, and kept."""

    def __init__(self, ground: Ground, sizes: Mapping[str, int], data: Data, arithmetic: Arithmetic) -> None:
        self.ground, self.sizes, self.arithmetic = ground, dict(sizes), arithmetic
        forward = Interpreter(ground.derived.forward, sizes, data, arithmetic)
        self.backward = Interpreter(ground.backward, sizes, data, arithmetic, outer=forward)
        assumed = any(fact.axes or fact.condition.tensors for fact in ground.program.assumptions)
        self._tolerance = _ASSUMED if assumed else _TOLERANCE
        self._known: dict[str, dict[Position, Any]] = {}

    def reader(self, tensor: str, rank: int) -> Callable[[Position], Any]:
        """As `interpret.compile.Elements` asks."""
        known = self._known.setdefault(tensor, {})
        self.backward.reader(tensor, rank)  # refuses a wrong number of subscripts

        def read(position: Position) -> Any:
            if position not in known:
                known[position] = self.backward.element(tensor, position)
            return known[position]

        return read

    def positions(self, axes: Sequence[Axis]) -> list[Position]:
        """The values of the axes' indices, the last one running fastest."""
        size = self.backward.size
        return list(product(*(range(size(axis.low), size(axis.high) + 1) for axis in axes)))

    def values(self, term: Term, axes: Sequence[Axis], positions: Sequence[Position]) -> list[Any]:
        """The term's value at each of the positions of its free indices. Raises one of `FAILURES` without one."""
        compiler = Compiler(self.sizes, self.arithmetic, self)
        for axis in axes:
            compiler.slot(axis.index)
        value = compiler.term(term)
        padding = [0] * (len(compiler.slots) - len(axes))
        return [value([*position, *padding]) for position in positions]

    def truth(self, equation: Equation, positions: Sequence[Position]) -> list[Any]:
        """The δ that the claim is about, at these positions."""
        return self.values(equation.lhs, equation.axes, positions)

    def element(self, equation: Equation, position: Position) -> Position:
        """The subscripts of the δ at a position of the claim's indices."""
        compiler = Compiler(self.sizes, self.arithmetic, self)
        for axis in equation.axes:
            compiler.slot(axis.index)
        return compiler.position(equation.subscripts)(list(position))

    def equal(self, left: Any, right: Any) -> bool:
        """Equality with the truth, on the right; where that is no finite number there is nothing to be wrong about."""
        if left == right or (left != left and right != right):
            return True
        if isinstance(self.arithmetic, Residues):
            return False
        if not mpmath.isfinite(right):
            return True
        return bool(abs(left - right) <= self._tolerance * (1 + abs(left) + abs(right)))

    def wrong(self, equation: Equation) -> list[Position]:
        """The positions at which the claim is not true."""
        positions = self.positions(equation.axes)
        claimed = self.values(equation.rhs, equation.axes, positions)
        truth = self.truth(equation, positions)
        return [p for p, c, t in zip(positions, claimed, truth, strict=True) if not self.equal(c, t)]
