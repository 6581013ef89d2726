"""Programs: tensors and the equations that define them. Forward, backward and second order are all of this form.

Grammar::

    program  ::= tensors, equations, loss?, cotangents, outputs, updates, assumptions
    equation ::= target[subscripts] (= | +=) rhs    over axes
    tensor   ::= name, kind, shape, origin, dtype, ...

An equation holds for every position of its axes (free indices, `Axis.index.level == 0`); its subscripts and rhs use
no other free index. Equations are facts, not steps: their order in a program is only the order of reading; what must
be computed before what is found by the stage `schedule`. A tensor is defined either by `=` equations whose boxes cover
it exactly once, or by any number of `+=` equations that add to zero (and at most one `=` that covers it whole). `=` and
`+=` of one tensor are all complete before any element is read, except as a recurrence's order demands otherwise:
element by element, a position is read only when every equation instance that writes it has been computed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property, lru_cache

from symbackprop.terms.graph import strong_components
from symbackprop.terms.interning import ByIdentity
from symbackprop.terms.poly import ZERO, Index, Poly
from symbackprop.terms.term import Access, Axis, Subscript, Term


class TensorKind(ByIdentity):
    INPUT = "input"
    PARAMETER = "parameter"
    RANDOM = "random"
    BUFFER = "buffer"
    COTANGENT = "cotangent"  # of a layer's output, given to backward alone
    INTERMEDIATE = "intermediate"


GIVEN = tuple(kind for kind in TensorKind if kind is not TensorKind.INTERMEDIATE)


class DType(ByIdentity):
    FLOAT = "float"
    INT = "int"


class Op(ByIdentity):
    ASSIGN = "="
    ACCUMULATE = "+="


class Distribution(Enum):
    BERNOULLI = "bernoulli"
    NORMAL = "normal"
    UNIFORM = "uniform"


@dataclass(frozen=True, slots=True)
class Noise:
    """What a random tensor is drawn from; arguments are terms in sizes: (p,), (mean, std) or (low, high)."""

    distribution: Distribution
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Initializer:
    """How a parameter or buffer starts: a scheme's name ("zeros", "glorot_uniform", ...), or a normal's standard
    deviation as a term in the sizes (`name` "normal" with `argument`), or a constant (`name` "constant")."""

    name: str
    argument: Term | None = None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: its positions along axis d are origin[d] .. origin[d] + shape[d] - 1.

    `axes`: an index name for each axis, for display. `high`: the exclusive bound of an int input's values.
    `adjoint_of`: the tensor whose adjoint (∂loss/∂tensor) this is; `tangent_of`: the one whose derivative along the
    given directions it is, or the direction itself; `part_of`: the one in whose equation it stood before it had a name.
    `note`: what it is, in words, for display.
    """

    name: str
    kind: TensorKind
    shape: tuple[Poly, ...]
    origin: tuple[Poly, ...]
    dtype: DType = DType.FLOAT
    axes: tuple[str, ...] = ()
    high: Poly | None = None
    initializer: Initializer | None = None
    noise: Noise | None = None
    adjoint_of: str | None = None
    tangent_of: str | None = None
    part_of: str | None = None
    note: str = ""

    def __hash__(self) -> int:
        return hash(self.name)  # which all but says it, and is quick

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def highest(self) -> tuple[Poly, ...]:
        """The last position along each axis."""
        return highest(self.origin, self.shape)

    def axis(self, place: int, index: Index) -> Axis:
        """`index` running over the whole of axis `place`."""
        return Axis(index, self.origin[place], self.highest[place])


@lru_cache(maxsize=4096)
def highest(origin: tuple[Poly, ...], shape: tuple[Poly, ...]) -> tuple[Poly, ...]:
    """The last position along each axis."""
    return tuple(first + size - 1 for first, size in zip(origin, shape, strict=True))


class Way(ByIdentity):
    FORWARD = "F"
    BACKWARD = "B"


@dataclass(frozen=True, slots=True)
class EquationNumber:
    """The place of an equation among those of its way, from 1. `others`: the places of those that it computes too."""

    way: Way
    place: int
    others: tuple[int, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """As `F3`, of each equation that it computes."""
        places = sorted((self.place, *self.others)) if self.others else (self.place,)
        return tuple([f"{self.way.value}{place}" for place in places])

    def __str__(self) -> str:
        return ", ".join(self.labels)

    def computing(self, other: EquationNumber) -> EquationNumber:
        """The number of an equation that computes another one too."""
        return replace(self, others=(*self.others, other.place, *other.others))


@dataclass(frozen=True, slots=True)
class Equation:
    """target[subscripts] (= | +=) rhs over axes. `number`: its place in the derivation, which is printed as its
    `label` (`F3`, `B2`), the same everywhere."""

    target: str
    subscripts: tuple[Subscript, ...]
    axes: tuple[Axis, ...]
    rhs: Term
    op: Op = Op.ASSIGN
    number: EquationNumber | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        return hash((self.target, self.rhs))

    @property
    def label(self) -> str:
        return "" if self.number is None else str(self.number)

    @property
    def lhs(self) -> Access:
        return Access(self.target, self.subscripts)

    def with_rhs(self, rhs: Term) -> Equation:
        """The same with another right-hand side."""
        if rhs is self.rhs:
            return self
        return Equation(self.target, self.subscripts, self.axes, rhs, self.op, self.number)

    def reads(self) -> frozenset[str]:
        """The tensors it needs, those of gathering left subscripts included."""
        read = self.rhs.tensors
        for subscript in self.subscripts:
            if not isinstance(subscript, Poly):
                read = read | subscript.tensors
        return read


@dataclass(frozen=True, slots=True)
class Assumption:
    """A fact for every position of its axes (none for a relation between sizes). `text`: as it was written; `place`:
    where, as `file.py:12`."""

    axes: tuple[Axis, ...]
    condition: Term
    text: str = field(default="", compare=False)
    place: str = field(default="", compare=False)


@dataclass(frozen=True)
class Program:
    """Tensors and equations. `loss` names a tensor of rank 0, which is differentiated; `cotangents`, of a layer, pairs
    each output with the tensor that its cotangent is given as, and the loss is their inner product, which
    nothing computes (see `terms.layer`); `updates` pairs a buffer with the tensor that holds its next value;
    `dims` lists the symbolic sizes in order of declaration; `indices` the user's index names with the ranges
    they were declared with, `notation` the LaTeX chosen for names (both for display); `wrt` the differentiated
    tensors with their adjoints, if derived; `default_wrt` those to differentiate by where nothing else is said,
    if not every parameter; `opaque` the intermediates that are read by the equations that name them alone,
    since their δ is asked for: no stable form sees through one, and none is read in place of an equal value;
    `fixed` the sizes that were symbolic in the network and are numbers here;
    `descriptions` is what its author says of it, each text with the name of its language, "" for any.
    """

    name: str
    dims: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    equations: tuple[Equation, ...]
    loss: str | None = None
    cotangents: tuple[tuple[str, str], ...] = ()
    outputs: tuple[str, ...] = ()
    updates: tuple[tuple[str, str], ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    indices: tuple[Axis, ...] = ()
    wrt: tuple[tuple[str, str], ...] = ()
    default_wrt: tuple[str, ...] = ()
    opaque: frozenset[str] = frozenset()
    fixed: tuple[tuple[str, int], ...] = ()
    source: str = field(default="", compare=False)
    notation: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    descriptions: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @cached_property
    def table(self) -> dict[str, Tensor]:
        return {tensor.name: tensor for tensor in self.tensors}

    @cached_property
    def definitions(self) -> dict[str, tuple[Equation, ...]]:
        """The equations of each tensor that has any."""
        return by_target(self.equations)

    @property
    def results(self) -> tuple[str, ...]:
        """What the forward pass is for: the loss, or a layer's outputs."""
        if self.cotangents:
            return tuple(output for output, _ in self.cotangents)
        return () if self.loss is None else (self.loss,)

    @property
    def computed(self) -> tuple[Equation, ...]:
        """The equations without that of a layer's inner product, which is there to be differentiated alone."""
        if not self.cotangents:
            return self.equations
        return tuple(equation for equation in self.equations if equation.target != self.loss)

    @cached_property
    def held(self) -> dict[str, tuple[Equation, ...]]:
        """The definitions of what is computed: whose values other equations may read."""
        return by_target(self.computed)

    @property
    def inner_product(self) -> Equation | None:
        """Of a layer, the equation of its loss."""
        return self.definitions[self.loss][0] if self.cotangents and self.loss in self.definitions else None

    @property
    def by_default(self) -> tuple[str, ...]:
        """What it is differentiated by where nothing else is said: every parameter, or its `default_wrt`."""
        return self.default_wrt or tuple(tensor.name for tensor in self.of_kind(TensorKind.PARAMETER))

    def of_kind(self, *kinds: TensorKind) -> tuple[Tensor, ...]:
        return tuple(tensor for tensor in self.tensors if tensor.kind in kinds)

    def with_(self, **changes: object) -> Program:
        return replace(self, **changes)  # type: ignore[arg-type]


def by_target(equations: Iterable[Equation]) -> dict[str, tuple[Equation, ...]]:
    """The equations of each tensor, in their order."""
    out: dict[str, list[Equation]] = {}
    for equation in equations:
        out.setdefault(equation.target, []).append(equation)
    return {name: tuple(group) for name, group in out.items()}


def recurrent_tensors(equations: Sequence[Equation]) -> frozenset[str]:
    """The tensors that depend on themselves, if only in a roundabout way."""
    last = {equation.target: place for place, equation in enumerate(equations)}
    if all(last.get(name, -1) < place for place, equation in enumerate(equations) for name in equation.reads()):
        return frozenset()  # each reads what is complete before it
    components = strong_components(range(len(equations)), tensor_graph(equations))
    return frozenset(equations[node].target for c in components if len(c) > 1 for node in c if node >= 0)


def tensor_graph(equations: Sequence[Equation], given: Container[str] = ()) -> dict[int, list[int]]:
    """Edges from each equation, as its place, to its tensor and on to those that read it. A tensor that is not given is
    a negative node, so that it is passed as soon as it is complete."""
    names = dict.fromkeys(equation.target for equation in equations if equation.target not in given)
    number = {name: place - len(names) for place, name in enumerate(names)}
    edges: dict[int, list[int]] = {node: [] for node in number.values()}
    for place, equation in enumerate(equations):
        edges[place] = [number[equation.target]] if equation.target in number else []
        for name in sorted(equation.reads()):
            if name in number:
                edges[number[name]].append(place)
    return edges


def zeros(rank: int) -> tuple[Poly, ...]:
    return (ZERO,) * rank


def fresh_name(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with the first number behind it that is free; the name is added to `taken`. (Of very many names the
    numbers are bisected, as if they had no gaps.)"""
    name = wanted
    if name in taken:
        last, number = 1, 2
        while f"{wanted}_{number}" in taken:
            last, number = number, number + max(1, number // 16)
        while number - last > 1:
            middle = (last + number) // 2
            last, number = (middle, number) if f"{wanted}_{middle}" in taken else (last, middle)
        name = f"{wanted}_{number}"
    taken.add(name)
    return name
