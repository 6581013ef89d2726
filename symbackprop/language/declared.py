"""What a network knows of its tensors while it is being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Add, Basic, Idx, Integer

from symbackprop.errors import RankMismatch
from symbackprop.language.symbols import TensorSymbol
from symbackprop.language.told import Subject
from symbackprop.terms.namer import Letters
from symbackprop.terms.poly import Index, Poly
from symbackprop.terms.program import DType, Equation, Initializer, Noise, Tensor, TensorKind, zeros
from symbackprop.terms.term import Axis

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
    """A tensor. `shape` is None for an intermediate, whose definitions say it; `axes` are the index names seen,
    `nearly` those seen shifted, as in `h[t - 1]`, or where its shape was not known yet."""

    symbol: TensorSymbol
    kind: TensorKind
    shape: tuple[Poly, ...] | None = None
    dtype: DType = DType.FLOAT
    high: Poly | None = None
    initializer: Initializer | None = None
    noise: Noise | None = None
    axes: dict[int, str] = field(default_factory=dict)
    nearly: dict[int, str] = field(default_factory=dict)
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
        self.see_nearly(subscripts)

    def see_nearly(self, subscripts: tuple[Basic, ...]) -> None:
        """Remember of each subscript that is an index and a number the name of the index."""
        for place, subscript in enumerate(subscripts):
            match (subscript, *subscript.args) if isinstance(subscript, Add) else (subscript,):
                case (Idx() as index,) | (_, Integer(), Idx() as index) | (_, Idx() as index, Integer()):
                    self.nearly.setdefault(place, index.name)

    def axis_names(self, rank: int, extents: Sequence[Axis] = (), letters: Letters | None = None) -> tuple[str, ...]:
        """A name for each axis, all different. `extents`: where the axes begin and end, if that is known, for which
        `letters` have a name that runs over no other range."""
        names = {place: name for place, name in self.axes.items() if place < rank}
        if letters is not None:
            names = {place: name for place, name in names.items() if letters.fit(name, extents[place])}
        for place in range(rank):
            if place in names:
                continue
            near = [name for name in [self.nearly.get(place)] if name is not None]
            if letters is not None:
                near = [name for name in near if letters.fit(name, extents[place])]
            others = LETTERS if letters is None else letters.others(extents[place])
            used = set(names.values())
            names[place] = next((name for name in (*near, *others) if name not in used), f"i{place}")
        return tuple(names[place] for place in range(rank))

    def given(self, letters: Letters | None = None) -> Tensor:
        """The tensor of the program, for one whose shape was declared."""
        assert self.shape is not None
        return self.tensor(self.shape, zeros(len(self.shape)), letters)

    def tensor(self, shape: tuple[Poly, ...], origin: tuple[Poly, ...], letters: Letters | None = None) -> Tensor:
        """`letters`: those of the network, for the axes that have no name."""
        extents = [Axis(Index("i"), low, low + size - 1) for low, size in zip(origin, shape, strict=True)]
        return Tensor(
            name=self.name,
            kind=self.kind,
            shape=shape,
            origin=origin,
            dtype=self.dtype,
            axes=self.axis_names(len(shape), extents, letters),
            high=self.high,
            initializer=self.initializer,
            noise=self.noise,
        )
