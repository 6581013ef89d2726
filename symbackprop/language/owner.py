"""What a declared symbol asks of the network that owns it (or of a program, which is complete): see `symbols`."""

from __future__ import annotations

from typing import Any, Protocol

from sympy import Basic, Expr, Symbol


class Owner(Protocol):
    """The owner of tensors. A `symbol` is one of its own."""

    @property
    def name(self) -> str: ...

    def _define(self, symbol: Symbol, subscripts: tuple[Basic, ...], value: Any) -> None:
        """`symbol[subscripts] = value`."""

    def _shape_of(self, symbol: Symbol) -> tuple[Expr, ...]:
        """The extents, as far as the equations so far define them."""

    def _rank_of(self, symbol: Symbol) -> int | None:
        """How many axes, where that is known yet."""

    def _indices_of(self, symbol: Symbol) -> tuple[str, ...]:
        """An index for each axis, by its name."""
