"""What a network knows of its tensors while it is being written."""

from __future__ import annotations

from dataclasses import dataclass, field

from sympy import Basic, Idx

from symbackprop.errors import RankMismatch
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import Subject
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import DType, Equation, Initializer, Noise, Tensor, TensorKind, zeros

LETTERS = "ijklmnopqrstuvwabcdefgh"  # for axes without a name


@dataclass(frozen=True, slots=True)
class Definition:
    """An equation with what the user wrote, for messages, and the tensors that stood in it: the term may need fewer
    (0·u is 0), but what was written is no mistake."""

    equation: Equation
    text: Subject
    mentions: frozenset[str] = frozenset()


@dataclass(slots=True)
class Declared:
    """A tensor. `shape` is None for an intermediate, whose definitions say it; `axes` are the index names seen."""

    symbol: TensorSymbol
    kind: TensorKind
    shape: tuple[Poly, ...] | None = None
    dtype: DType = DType.FLOAT
    high: Poly | None = None
    initializer: Initializer | None = None
    noise: Noise | None = None
    axes: dict[int, str] = field(default_factory=dict)
    definitions: list[Definition] = field(default_factory=list)
    ranks_read: list[tuple[int, Subject]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.symbol.name  # type: ignore[no-any-return]

    @property
    def rank(self) -> int | None:
        """Where it is known."""
        if self.shape is not None:
            return len(self.shape)
        return len(self.definitions[0].equation.subscripts) if self.definitions else None

    def check_rank(self, found: int, subject: Subject) -> None:
        """RankMismatch for another number of subscripts than it has axes, where that is known."""
        if self.rank is None or self.rank == found:
            return
        axes = f" ({', '.join(map(str, self.shape))})" if self.shape else ""
        like = f", as in {self.definitions[0].text().partition(' = ')[0]}" if self.definitions else ""
        raise RankMismatch(
            subject(), expected=f"{self.rank} subscripts of {self.name}{axes}{like}", found=str(found),
            remedy="write an index for each axis",
        )  # fmt: skip

    def see_axes(self, subscripts: tuple[Basic, ...]) -> None:
        """Remember which index names stand alone in the subscripts: each name for one axis, each axis's first."""
        for place, subscript in enumerate(subscripts):
            if place not in self.axes and isinstance(subscript, Idx) and subscript.name not in self.axes.values():
                self.axes[place] = subscript.name

    def axis_names(self, rank: int) -> tuple[str, ...]:
        """A name for each axis, all different."""
        names = {place: name for place, name in self.axes.items() if place < rank}
        for place in range(rank):
            if place not in names:
                used = set(names.values())
                names[place] = next((c for c in LETTERS if c not in used), f"i{place}")
        return tuple(names[place] for place in range(rank))

    def given(self) -> Tensor:
        """The tensor of the program, for one whose shape was declared."""
        assert self.shape is not None
        return self.tensor(self.shape, zeros(len(self.shape)))

    def tensor(self, shape: tuple[Poly, ...], origin: tuple[Poly, ...]) -> Tensor:
        return Tensor(
            name=self.name,
            kind=self.kind,
            shape=shape,
            origin=origin,
            dtype=self.dtype,
            axes=self.axis_names(len(shape)),
            high=self.high,
            initializer=self.initializer,
            noise=self.noise,
        )
