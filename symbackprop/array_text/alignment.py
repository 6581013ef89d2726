"""The axes of one statement: in which order the dimensions of its arrays stand, and how long they are.

An `Alignment` is what the parts of an expression are written against (`reads`, `contractions`), each taking it as an
argument; `expressions` writes all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symbackprop.array_text.fragment import Code
from symbackprop.array_text.library import Library
from symbackprop.array_text.spelling import Spelling
from symbackprop.lower.values import Read, Value, inside
from symbackprop.terms.build import poly_value
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import Tensor
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Reduction


@dataclass
class Alignment(ABC):
    """`axes` of the statement; `loops`: the ranges of the variables around it; `facts`: what is known where it is;
    `values`: what the statement is made of."""

    spelling: Spelling
    tensors: Mapping[str, Tensor]
    axes: Mapping[Index, Axis]
    loops: Mapping[Index, Axis]
    facts: Facts
    values: Sequence[Value]

    def __post_init__(self) -> None:
        self.places = {index: place for place, index in enumerate(self.axes)}
        self.names = _dimension_names(self.values, self.tensors)

    @property
    def library(self) -> Library:
        return self.spelling.library

    def over(self, code: Code, layout: Sequence[Index]) -> Code:
        """As it broadcasts against arrays with these axes."""
        return self.library.over(code, layout)

    def total(self, code: Code, reduction: Reduction, bound: Sequence[Index], counted: bool = False) -> Code:
        """A reduction of the code over some of its axes; `counted`: of truth values, which are counted."""
        if not bound:
            return code
        places = [place for place, axis in enumerate(code.axes) if axis in bound]
        axes = tuple(axis for axis in code.axes if axis not in bound)
        some = all(self.facts.proves(self.axes[axis].extent - 1) for axis in bound)
        more = [self.library.counted(self.spelling.dtype)] if counted else []
        return self.library.reduced(reduction, code, places, axes, some, *more)

    @abstractmethod
    def code(self, value: Value) -> Code:
        """The value's expression."""

    def dimension(self, index: Index) -> str:
        """The name of a tensor's dimension that the axis runs along, or nothing."""
        return self.names.get(index, "")

    def rank(self, index: Index) -> int:
        return self.places[index]

    def prefer(self, axes: Iterable[Index]) -> None:
        """From here on these axes come first, in this order."""
        self.places = {index: place for place, index in enumerate(dict.fromkeys((*axes, *self.axes)))}

    def also(self, axis: Axis) -> None:
        """An axis that parts of the statement have and the equation does not."""
        self.axes = {**self.axes, axis.index: axis}
        self.places.setdefault(axis.index, len(self.places))

    def ordered(self, axes: Iterable[Index]) -> tuple[Index, ...]:
        return tuple(sorted(axes, key=self.rank))

    def layout(self, codes: Iterable[Code]) -> tuple[Index, ...]:
        """The axes of all of them: as one that has them all has them, else in the order of the equation."""
        codes = list(codes)
        union = {axis for code in codes for axis in code.axes}
        return next((code.axes for code in codes if len(code.axes) == len(union)), None) or self.ordered(union)

    def shape(self, layout: Iterable[Index]) -> str:
        return self.spelling.shape((self.axes[index].extent for index in layout), self.facts)

    def count(self, index: Index) -> Code:
        """How many positions an axis has."""
        extent = self.axes[index].extent
        if not self.facts.proves(extent):
            return Code(self.spelling.extent(extent, self.facts), plain=True)
        return self.spelling.scalar(poly_value(extent))

    def filled(self, code: Code, layout: tuple[Index, ...]) -> Code:
        """With a dimension of its full length for each axis."""
        if set(code.axes) == set(layout) and not code.plain:
            return self.library.exactly(code, layout)
        if code.plain:
            return Code(self.library.full(self.shape(layout), code.text, self.spelling.dtype), axes=layout, called=True)
        return self.library.broadcast(self.library.over(code, layout).text, self.shape(layout), layout)


def _dimension_names(values: Sequence[Value], tensors: Mapping[str, Tensor]) -> dict[Index, str]:
    """For each axis that stands alone in a subscript, the name of the dimension there."""
    out: dict[Index, str] = {}
    for value in values:
        for part in inside(value):
            if isinstance(part, Read):
                for subscript, name in zip(part.subscripts, tensors[part.tensor].axes, strict=False):
                    if isinstance(subscript, Poly) and len(subscript.indices()) == 1:
                        out.setdefault(subscript.indices()[0], name)
    return out
