"""Values of claims at given sizes and data: modulo a prime, in sixty digits, or as floats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from symbackprop.claims.ground import Ground
from symbackprop.interpret import Arithmetic, Interpreter, Residues
from symbackprop.interpret.compile import Compiler, Position
from symbackprop.interpret.failures import Degenerate, OutsideTensor, UndefinedElement
from symbackprop.terms.program import Equation
from symbackprop.terms.term import Axis, Term
from symbackprop.verify.data import Data
from symbackprop.verify.exact import near

POLES = (Degenerate, ZeroDivisionError)
FAILURES = (OutsideTensor, UndefinedElement, *POLES)  # what a claim may do; anything else is a fault of ours
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
        self._wrong: dict[Equation, tuple[Position, ...]] = {}

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
        return list(self.backward.positions(axes))

    def evaluator(self, term: Term, axes: Sequence[Axis]) -> Callable[[Position], Any]:
        """The term's value as a function of its free indices, which raises one of `FAILURES` where it has none."""
        return Compiler(self.sizes, self.arithmetic, self).over(axes, term)

    def values(self, term: Term, axes: Sequence[Axis], positions: Sequence[Position]) -> list[Any]:
        """The term's value at each of the positions."""
        value = self.evaluator(term, axes)
        return [value(position) for position in positions]

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
        return not isinstance(self.arithmetic, Residues) and self.near(left, right)

    def near(self, left: Any, right: Any) -> bool:
        """Equality of real numbers up to rounding."""
        return near(left, right, self._tolerance)

    def wrong(self, equation: Equation) -> tuple[Position, ...]:
        """The positions at which the claim is not true."""
        if equation not in self._wrong:
            self._wrong[equation] = tuple(self._differing(equation))
        return self._wrong[equation]

    def is_false(self, equation: Equation) -> bool:
        """Whether the claim is not true at some position."""
        return next(self._differing(equation), None) is not None

    def _differing(self, equation: Equation) -> Iterator[Position]:
        claimed = self.evaluator(equation.rhs, equation.axes)
        truth = self.evaluator(equation.lhs, equation.axes)
        return (p for p in self.positions(equation.axes) if not self.equal(claimed(p), truth(p)))
