"""What the statements of a function use at every call, made once for a dtype and sizes: arrays, views, numbers.

    storage   ::= name = take("name", shape, dtype)
    view      ::= name = an expression over storage that shares its memory, never a single element, which NumPy copies
    positions ::= name = np.arange(…)
    number    ::= name = np.array(expression, dtype), since a ufunc takes an array sooner than a number of Python's

Statements name them; a function of its own makes them, in this order, and the workspace keeps what it made.
"""

from __future__ import annotations

import re

from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Buffer
from symbackprop.numpy.python_lines import call_lines
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.scalars import poly_text
from symbackprop.terms.poly import Poly
from symbackprop.terms.positive import plainly_nonnegative

_DTYPE = {Kind.INT: "np.intp", Kind.BOOL: "bool"}
_FORMS = {".T": "T", "[:, None]": "column"}  # of views, with names that say as much


class Bound:
    """Of one function. `names`: as they stand in the function that makes all this; `takes`: whether a statement wants
    more storage at each call."""

    def __init__(self, names: Scope) -> None:
        self.names = names
        self.takes = False
        self._made: dict[str, str] = {}  # the name of each, with what makes it
        self._storage: set[Buffer] = set()

    # --- what there is -----------------------------------------------------------------------------
    def storage(self, buffer: Buffer) -> str:
        """The name of the buffer, which is an array then."""
        self._storage.add(buffer)
        return self._taken(self.names.of(buffer.name), buffer)

    def copy(self, buffer: Buffer) -> str:
        """The name of an array for a copy of the buffer."""
        return self._taken(self.names.called(f"<copy of {buffer.name}>", f"{buffer.name}_copy"), buffer)

    def _taken(self, name: str, buffer: Buffer) -> str:
        dtype = _DTYPE.get(buffer.kind) or self.names.of("dtype")
        shape = tuple_text([self._extent(extent) for extent in buffer.shape])
        self._made[name] = f'{self.names.local("take")}("{name}", {shape}, {dtype})'
        return name

    def _extent(self, extent: Poly) -> str:
        """No less than 0, under conditions that do not hold too."""
        text = poly_text(extent, self.names)
        return text if plainly_nonnegative(extent) else f"{self.names.module('max')}({text}, 0)"

    def take(self) -> str:
        """The variable that gives more storage."""
        self.takes = True
        return self.names.local("take")

    def holds(self, buffer: Buffer) -> bool:
        """Whether it is storage of the function's own."""
        return buffer in self._storage

    # each takes an expression and the names that it asks for
    def view(self, buffer: Buffer, text: str, used: set[str]) -> str:
        """The name of a view of that storage."""
        name = self.names.of(buffer.name)
        form = _FORMS.get(text.removeprefix(name), "view")
        return name if text == name else self._named(f"{name}_{form}", text, used)

    def positions(self, text: str, used: set[str]) -> str:
        return self._named("positions", text, used)

    def number(self, text: str, used: set[str], kind: Kind) -> str:
        plain = re.fullmatch(r"-?[\w.]+", text) and len(text) < 12
        wanted = f"number_{text.replace('-', 'minus_').replace('.', '_')}" if plain else "number"
        return self._named(wanted, f"np.array({text}, {_DTYPE.get(kind) or self.names.of('dtype')})", used)

    def _named(self, wanted: str, text: str, used: set[str]) -> str:
        self.names.used |= used
        name = self.names.called(f"<{text}>", wanted)
        self._made[name] = text
        return name

    # --- as text -----------------------------------------------------------------------------------
    @property
    def made(self) -> list[str]:
        """The names, those that a view is of before it."""
        return list(self._made)

    def lines(self, indent: int = 1) -> list[str]:
        return [line for name, text in self._made.items() for line in _line(name, text, indent)]


def _line(name: str, text: str, indent: int) -> list[str]:
    function, opening, rest = text.partition("(")
    if opening and text.endswith(")"):
        return call_lines(function, rest[:-1].split(", "), f"{name} = ", indent)
    return [f"{'    ' * indent}{name} = {text}"]


__all__ = ["Bound"]
