"""An interpreter on one region after another: values of integer inputs are chosen, as the signs of `Regions` are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symbackprop.interpret.compile import Position
from symbackprop.interpret.field import PRIME
from symbackprop.interpret.interpreter import Code, Interpreter
from symbackprop.interpret.ordered_residues import Regions
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.term import Where

__all__ = ["Walked"]


class Walked(Interpreter):
    """An interpreter of `Regions`; the elements of `chosen` tensors are chosen among their values. Code is kept from
    walk to walk, and where it writes unless values decide that."""

    def __init__(self, *args: Any, chosen: Mapping[str, tuple[int, ...]], **keywords: Any) -> None:
        super().__init__(*args, **keywords)
        self.chosen = chosen
        self._codes: dict[int, Code] = {}
        self._decided = [name for name, each in self.program.definitions.items() if not all(map(_by_indices, each))]

    def forget(self) -> None:
        """What was computed on the region before."""
        for name in self.program.definitions:
            self._known.get(name, {}).clear()
        for name in self._decided:
            self._writers.pop(name, None)

    def _given_reader(self, tensor: Tensor) -> Callable[[Position], Any]:
        options = self.chosen.get(tensor.name)
        if options is None:
            return super()._given_reader(tensor)
        arithmetic = self.arithmetic
        assert isinstance(arithmetic, Regions)

        def read(position: Position) -> Any:
            if not self._inside(tensor, position):
                raise self._outside(tensor, position)
            return arithmetic.integer((tensor.name, position), options) % PRIME

        return read

    def _code(self, equation: Equation) -> Code:
        found = self._codes.get(id(equation))
        if found is None:
            found = self._codes[id(equation)] = super()._code(equation)
        return found


def _by_indices(equation: Equation) -> bool:
    """Whether indices alone decide where an equation writes."""
    guarded = isinstance(equation.rhs, Where) and bool(equation.rhs.condition.tensors)
    return not guarded and all(isinstance(subscript, Poly) for subscript in equation.subscripts)
