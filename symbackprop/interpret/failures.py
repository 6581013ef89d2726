"""What can go wrong while a program is interpreted. Each names the element and the equation."""

from __future__ import annotations

from symbackprop.errors import SymbackpropError


class InterpretationError(SymbackpropError):
    """A program that has no value at the given sizes and data."""


class OutsideTensor(InterpretationError):
    """An element outside its tensor's range was read or written."""


class UndefinedElement(InterpretationError):
    """An element was read that no equation defines."""


class DefinedTwice(InterpretationError):
    """Two equation instances assign one element."""


class CyclicElement(InterpretationError):
    """An element depends on itself."""


class MissingValue(InterpretationError):
    """No data were given for a tensor, or data of another shape."""


class Degenerate(ArithmeticError):
    """The data drawn hit a pole (a division by zero modulo p); other data will do."""
