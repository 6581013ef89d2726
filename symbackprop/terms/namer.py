"""Names for bound indices: a reduction's own, as a reader is shown them."""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.term import Access, Reduce, Term, accesses

__all__ = ["Namer", "Names"]

Names = Mapping[Index, str]


class Namer:
    """Chooses names for bound indices: that of the axis they run along, else any letter not in use.

    `tensors` gives the axis names; without it bound indices are i, j, k, ... as they come.
    """

    def __init__(self, tensors: Mapping[str, Tensor] | None = None) -> None:
        self.tensors = tensors or {}

    def names(self, term: Reduce, outer: Names, taken: set[str]) -> dict[Index, str]:
        """The names inside the reduction; none is in `taken` (which should hold every free name in sight), and none of
        the names that the free indices of its body have."""
        out = dict(outer)
        used = set(taken) | {outer.get(index, index.name) for index in term.free}
        for axis in term.axes:
            name = self._choose(term.body, axis.index, used)
            used.add(name)
            out[axis.index] = name
        return out

    def _choose(self, body: Term, index: Index, used: set[str]) -> str:
        wanted = [name for access in accesses(body) for name in self._axis_names(access, index)]
        for name in wanted:
            if name not in used:
                return name
        base = wanted[0] if wanted else ""
        for name in (f"{base}'", f"{base}''") if base else ():
            if name not in used:
                return name
        letters = "ijklmnopqrstuvwabcdefgh"
        others: list[str] = [*letters, *(f"{letter}{number}" for number in range(1, 100) for letter in "ijk")]
        return next(name for name in others if name not in used)

    def _axis_names(self, access: Access, index: Index) -> list[str]:
        tensor = self.tensors.get(access.tensor)
        if tensor is None or not tensor.axes:
            return []
        return [
            name
            for name, subscript in zip(tensor.axes, access.subscripts, strict=False)
            if name and isinstance(subscript, Poly) and subscript.index == index
        ]
