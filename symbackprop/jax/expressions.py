"""Values to expressions in JAX: those of windows as its own functions write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from symbackprop.array_text.contractions import scaled
from symbackprop.array_text.expressions import Expressions
from symbackprop.array_text.fragment import Code, Level
from symbackprop.jax.convolutions import convolved, pooled, spread_out
from symbackprop.jax.windows import Convolution, Pooling, Spread, Surroundings, convolution, pooling, spread
from symbackprop.lower.map_ops import OF_TWO
from symbackprop.lower.values import Contract, Define, Fold, Value, children_of, inside
from symbackprop.python_text.bracketed import call, one_or_several
from symbackprop.terms.conditions import at_least_zero, logic_and
from symbackprop.terms.poly import ONE, Index
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Reduction, Term

_FEW = 9  # positions that are reduced one by one


@dataclass
class JaxExpressions(Expressions):
    def __post_init__(self) -> None:
        super().__post_init__()
        self.windows: dict[Value, Convolution | Pooling | None] = {}

    def _parts(self, value: Value) -> tuple[Value, ...]:
        """Not what windows move along: its expression has no window."""
        return children_of(value) if self._windows(value) is None else ()

    def _make(self, value: Value) -> Code:
        found = self._windows(value)
        if found is None:
            return super()._make(value)
        if value in self.lazy:
            self.lazy |= set(inside(found.moving))
        if isinstance(value, Fold):
            assert isinstance(found, Pooling)
            return pooled(self, found, value.reduction)
        assert isinstance(value, Contract)
        code = pooled(self, found, Reduction.SUM) if isinstance(found, Pooling) else convolved(self, found)
        return scaled(self, value, code)

    def total(self, code: Code, reduction: Reduction, bound: Sequence[Index], counted: bool = False) -> Code:
        """Position by position where these are numbers and few: XLA runs a loop over them 3 to 8 times as slowly."""
        positions = prod((self.axes[axis].extent for axis in bound), start=ONE).constant
        if not bound or positions is None or not 1 <= positions <= _FEW or len(bound) == len(code.axes):
            return super().total(code, reduction, bound, counted)
        text = f"{code.at(Level.ATOM)}.astype({self.spelling.dtype})" if counted else code.text
        places = one_or_several([str(place) for place, axis in enumerate(code.axes) if axis in bound])
        text = call(self.spelling.helper("reduce_few"), f"jnp.{OF_TWO[reduction].value}", text, places)
        return Code(text, axes=tuple(axis for axis in code.axes if axis not in bound), called=True)

    def windows_where(self, value: Value) -> Term | None:
        """The condition under which windows move along what is summed, and without which there is nothing to sum."""
        if not isinstance(value, Contract) or self._windows(value) is not None:
            return None
        extents = (self.axes[index].extent for index in self.axes if index in value.axes or index in value.bound)
        unknown = [extent for extent in dict.fromkeys(extents) if not self.facts.proves(extent - 1)]
        some = logic_and(*(at_least_zero(extent - 1) for extent in unknown))
        return some if unknown and self._found(value, self.facts.assume(some)) is not None else None

    def _windows(self, value: Value) -> Convolution | Pooling | None:
        if value not in self.windows:
            self.windows[value] = self._found(value, self.facts)
        return self.windows[value]

    def _found(self, value: Value, facts: Facts) -> Convolution | Pooling | None:
        where = self._where(facts)
        match value:
            case Fold(_, source, bound):
                return pooling(source, bound, where)
            case Contract(factors, bound):
                arrays = [factor for factor in factors if factor.axes]
                if len(arrays) == 1:
                    return pooling(arrays[0], bound, where)
                return convolution(arrays, bound, where)
            case _:
                return None

    def _where(self, facts: Facts) -> Surroundings:
        return Surroundings(self.axes, facts, frozenset(self.spelling.traced))

    def spread(self, step: Define) -> Spread | None:
        """What the definition adds up in windows, whose expression the product in it then has."""
        product = next((part for part in inside(step.value) if isinstance(part, Contract)), None)
        if product is None or any(part.axes for part in _above(step.value, product)):
            return None
        arrays = [factor for factor in product.factors if factor.axes]
        shape = self.tensors[step.tensor].shape
        for found in spread(step, arrays, product.bound, shape, self._where(self.facts)):
            code = spread_out(self, found)
            if code is not None:
                self.memo[product] = scaled(self, product, code)
                return found
        return None


def _above(top: Value, product: Value) -> list[Value]:
    """What stands in the value beside the product."""
    below = set(inside(product))
    return [part for part in inside(top) if part not in below and product not in inside(part)]


__all__ = ["JaxExpressions"]
