"""What the statements of a function use at every call, made once for a dtype and sizes: arrays, views, numbers.

    storage   ::= names = take(shape, dtype, name=(first, last), ...)      the moments that each is in use from and to
                | name = another, in whose place it is
    view      ::= name = an expression over storage that shares its memory, never a single element, which NumPy copies
    positions ::= name = np.arange(…)
    number    ::= name = np.array(expression, dtype), since a ufunc takes an array sooner than a number of Python's

Statements name them; a function of its own makes them, in this order, and the workspace keeps what it made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from symbackprop.lower.values import Kind
from symbackprop.numpy.array import Buffer
from symbackprop.numpy.helpers import Helper
from symbackprop.numpy.lifetimes import Life
from symbackprop.python_text.bracketed import tuple_text
from symbackprop.python_text.identifiers import Scope
from symbackprop.python_text.python_lines import WIDTH, call_lines
from symbackprop.python_text.scalars import poly_text
from symbackprop.terms.poly import Poly
from symbackprop.terms.positive import plainly_nonnegative

_DTYPE = {Kind.INT: "np.intp", Kind.BOOL: "bool"}
_FORMS = {".T": "T", "[:, None]": "column"}  # of views, with names that say as much


class Bound:
    """Of one function. `names`: as they stand in the function that makes all this; `lives`, `places`: of its storage,
    see `Lives`; without, `take` is called with the name alone; `takes`: whether a statement wants more storage at each
    call."""

    def __init__(
        self, names: Scope, lives: Mapping[Buffer, Life] | None = None, places: Mapping[Buffer, Buffer] | None = None
    ) -> None:
        self.names, self.lives, self.places = names, lives, {} if places is None else places
        self.takes = False
        self._storage: dict[Buffer, None] = {}
        self._taken: dict[str, dict[str, str]] = {}  # by shape and dtype: the name of each, with when it is in use
        self._made: dict[str, str] = {}  # the name of each of the others, with what makes it

    # --- what there is -----------------------------------------------------------------------------
    def storage(self, buffer: Buffer) -> str:
        """The name of the buffer, which is an array then."""
        name = self.names.of(buffer.name)
        if buffer not in self._storage:
            self._storage[buffer] = None
            if buffer not in self.places:
                self._take(name, buffer, None if self.lives is None else self.lives[buffer])
        return name

    def copy(self, buffer: Buffer, life: Life) -> str:
        """The name of an array for a copy of the buffer."""
        name = self.names.called(f"<copy of {buffer.name}>", f"{buffer.name}_copy")
        self._take(name, buffer, life)
        return name

    def _take(self, name: str, buffer: Buffer, life: Life | None) -> None:
        dtype = _DTYPE.get(buffer.kind) or self.names.of("dtype")
        shape = tuple_text([self._extent(extent) for extent in buffer.shape])
        self._taken.setdefault(f"{shape}, {dtype}", {})[name] = "" if life is None else _life_text(name, life)

    def _extent(self, extent: Poly) -> str:
        """No less than 0, under conditions that do not hold too."""
        text = poly_text(extent, self.names)
        return text if plainly_nonnegative(extent) else f"{self.names.module('max')}({text}, 0)"

    def take(self) -> str:
        """The variable of what gives more storage."""
        self.takes = True
        return self.names.local("take")

    def holds(self, buffer: Buffer) -> bool:
        """Whether it is storage of the function's own."""
        return buffer in self._storage

    # each takes an expression and the names that it asks for
    def view(self, buffer: Buffer, text: str, used: set[str]) -> str:
        """The name of a view of that storage."""
        name = self.names.of(buffer.name)
        form = "blocks" if Helper.BLOCKS.value in text else _FORMS.get(text.removeprefix(name), "view")
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
        """The names."""
        others = [self.names.of(buffer.name) for buffer in self._storage if buffer in self.places]
        return [*(name for names in self._taken.values() for name in names), *others, *self._made]

    def lines(self, indent: int = 1) -> list[str]:
        """Storage, what is in the place of other storage, and what is made of it."""
        lines: list[str] = []
        for asked, lives in self._taken.items():
            if self.lives is None:
                lines += [line for name in lives for line in _line(name, f'{self._local()}("{name}", {asked})', indent)]
            else:
                lines += _filled(list(lives.items()), f"{self._local()}({asked}, {{}})", indent)
        pairs = [(buffer, self._place(buffer)) for buffer in self._storage if buffer in self.places]
        lines += _filled([(self.names.of(one.name), self.names.of(other.name)) for one, other in pairs], "{}", indent)
        return lines + [line for name, text in self._made.items() for line in _line(name, text, indent)]

    def _local(self) -> str:
        return self.names.local("take")

    def _place(self, buffer: Buffer) -> Buffer:
        while buffer in self.places:
            buffer = self.places[buffer]
        return buffer


def _life_text(name: str, life: Life) -> str:
    moments = [life.first, life.last] if life.predicted == life.last else [life.first, life.predicted, life.last]
    return f"{name}=({', '.join(map(str, moments))})"


def _filled(items: Sequence[tuple[str, str]], form: str, indent: int) -> list[str]:
    """`a, b = of a, of b`, the right side in the form, for as many as a line holds."""
    lines: list[str] = []
    names: list[str] = []
    values: list[str] = []
    for name, value in items:
        longer = _assigned([*names, name], form.format(", ".join([*values, value])), indent)
        if names and len(longer) > WIDTH:
            lines.append(_assigned(names, form.format(", ".join(values)), indent))
            names, values = [], []
        names.append(name)
        values.append(value)
    return [*lines, _assigned(names, form.format(", ".join(values)), indent)] if names else lines


def _assigned(names: Sequence[str], value: str, indent: int) -> str:
    return f"{'    ' * indent}{', '.join(names)} = {value}"


def _line(name: str, text: str, indent: int) -> list[str]:
    function, opening, rest = text.partition("(")
    if opening and text.endswith(")"):
        return call_lines(function, rest[:-1].split(", "), f"{name} = ", indent)
    return [f"{'    ' * indent}{name} = {text}"]


__all__ = ["Bound"]
