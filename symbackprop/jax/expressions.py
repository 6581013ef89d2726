"""Values to expressions in JAX: those of windows as its own functions write them."""

from __future__ import annotations

from dataclasses import dataclass

from symbackprop.array_text.contractions import scaled
from symbackprop.array_text.expressions import Expressions
from symbackprop.array_text.fragment import Code
from symbackprop.jax.convolutions import convolved, pooled, spread_out
from symbackprop.jax.windows import Convolution, Pooling, Spread, Surroundings, convolution, pooling, spread
from symbackprop.lower.values import Contract, Define, Fold, Value, children_of, inside
from symbackprop.terms.term import Reduction


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

    def _windows(self, value: Value) -> Convolution | Pooling | None:
        if value not in self.windows:
            self.windows[value] = self._found(value)
        return self.windows[value]

    def _found(self, value: Value) -> Convolution | Pooling | None:
        match value:
            case Fold(_, source, bound):
                return pooling(source, bound, self._where)
            case Contract(factors, bound):
                arrays = [factor for factor in factors if factor.axes]
                if len(arrays) == 1:
                    return pooling(arrays[0], bound, self._where)
                return convolution(arrays, bound, self._where)
            case _:
                return None

    @property
    def _where(self) -> Surroundings:
        return Surroundings(self.axes, self.facts, frozenset(self.spelling.traced))

    def spread(self, step: Define) -> Spread | None:
        """What the definition adds up in windows, whose expression the product in it then has."""
        product = next((part for part in inside(step.value) if isinstance(part, Contract)), None)
        if product is None or any(part.axes for part in _above(step.value, product)):
            return None
        arrays = [factor for factor in product.factors if factor.axes]
        for found in spread(step, arrays, product.bound, self.tensors[step.tensor].shape, self._where):
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
