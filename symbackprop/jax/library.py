"""How JAX writes what values are made of: as NumPy does, but that arrays are replaced and not written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from symbackprop.array_text.fragment import Code
from symbackprop.array_text.library import Library
from symbackprop.lower.values import MapOp
from symbackprop.python_text.bracketed import indexed, one_or_several
from symbackprop.python_text.scalars import Naming
from symbackprop.terms.poly import Index
from symbackprop.terms.program import Op


class JaxLibrary(Library):
    prefix: ClassVar[str] = "jnp"
    helpers: ClassVar[dict[MapOp, str]] = {MapOp.LOG_COSH: "log_cosh", MapOp.EXP_NORMALIZED: "exp_normalized"}

    def as_float(self, text: str, name: Naming) -> str:
        """It has no type that would be carried further: inside of `jit` it is no number of Python's."""
        return f"({text})"

    def erf(self, number: str, name: Naming) -> str:
        return f"jax.scipy.special.erf({number})"

    def copied(self, text: str) -> str:
        return text

    def operation(self, op: MapOp, codes: Sequence[Code], axes: tuple[Index, ...]) -> Code:
        match op:
            case MapOp.ERF:
                return Code(f"jax.lax.erf({codes[0].text})", axes=axes, called=True)
            case MapOp.SIGMOID:
                return Code(f"jax.nn.sigmoid({codes[0].text})", axes=axes, called=True)
            case _:
                return super().operation(op, codes, axes)

    def einsum(self, formula: str, codes: Sequence[Code], axes: tuple[Index, ...]) -> Code:
        return self.call("einsum", f'"{formula}"', *(code.text for code in codes), axes=axes)

    def written(self, name: str, part: str, op: Op, value: str, scalar: bool = False) -> str:
        if not part and op is Op.ACCUMULATE:
            return f"{name} += {value}"
        place = part or ("[()]" if scalar else "[:]")
        return f"{name} = {name}.at{place}.{'add' if op is Op.ACCUMULATE else 'set'}({value})"

    def scattered(self, name: str, places: Sequence[str], value: str) -> str:
        return f"{name} = {indexed(f'{name}.at', [one_or_several(places)])}.add({value})"

    def scattered_inside(self, helper: str, name: str, places: str, value: str) -> str:
        return f"{name} = {super().scattered_inside(helper, name, places, value)}"


__all__ = ["JaxLibrary"]
