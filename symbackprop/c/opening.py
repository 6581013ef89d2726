"""What opening nests is about: names of its own, tensors and variables that are made, the loops around."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence

from symbackprop.c.nests import Nest, Statement, Store
from symbackprop.c.of_integers import of_integers
from symbackprop.lower.by_kind import EvaluatorByKind
from symbackprop.lower.context import Context
from symbackprop.lower.substitution import with_polynomials
from symbackprop.lower.value_walks import rebuilt
from symbackprop.lower.values import (
    Contract,
    Define,
    Deviation,
    Fold,
    Function,
    Kind,
    Map,
    MapOp,
    Scalar,
    Value,
    children_of,
    with_children,
)
from symbackprop.terms.build import NIL
from symbackprop.terms.poly import ZERO, Atom, Index, Poly
from symbackprop.terms.program import DType, Program, Tensor, TensorKind, fresh_name
from symbackprop.terms.term import CONDITIONS, Axis, Term
from symbackprop.terms.wild import Known

_KINDS = {Kind.FLOAT: DType.FLOAT, Kind.INT: DType.INT, Kind.BOOL: DType.INT}


def renamed(top: Value, places: Mapping[Atom, Poly], new: frozenset[Index]) -> Value:
    """The value with other indices in the place of axes, but for those that a reduction inside has for itself."""

    def own(value: Value) -> frozenset[Atom]:
        return frozenset(places.keys() & value.bound if isinstance(value, Contract | Fold | Deviation) else ())

    def changed(value: Value, children: tuple[Value, ...]) -> Value:
        if not own(value):
            return with_polynomials(value, children, places, new)
        left = {index: poly for index, poly in places.items() if index not in own(value)}
        return with_children(value, tuple(renamed(child, left, new) for child in children_of(value)))

    return rebuilt(top, changed, lambda value: () if own(value) else children_of(value))


class Opening(ABC):
    """The state of opening the nests of a function."""

    def __init__(self, function: Function, program: Program) -> None:
        self.function, self.context = function, Context(program, (), Known())
        self.made: dict[str, Tensor] = {}
        self.locals: set[str] = set()
        self.taken = {*function.taken, *function.tensors, *program.table}
        self.variables: list[Axis] = []  # of the loops around
        self.nests = 0

    @abstractmethod
    def define(self, step: Define) -> list[Statement]:
        """The statements of a step."""

    @abstractmethod
    def summed_outside(self, step: Define) -> list[Statement] | None:
        """Those of a sum that is better outside of what it adds to; None where it is not."""

    # --- names -------------------------------------------------------------------------------------
    def tensor(self, wanted: str, shape: Sequence[Poly], kind: Kind = Kind.FLOAT) -> Tensor:
        name = fresh_name(wanted, self.taken)
        self.made[name] = Tensor(name, TensorKind.INTERMEDIATE, tuple(shape), (ZERO,) * len(shape), _KINDS[kind])
        return self.made[name]

    def local(self, wanted: str, kind: Kind = Kind.FLOAT) -> Tensor:
        tensor = self.tensor(wanted, (), kind)
        self.locals.add(tensor.name)
        return tensor

    def forget(self, known: Collection[str]) -> None:
        """All that was made but what is known."""
        for name in self.made.keys() - known:
            del self.made[name]
            self.locals.discard(name)

    def index(self, like: Index) -> Index:
        """One of its own, by which no two nests are mixed up."""
        self.nests += 1
        return Index(f"{like.name.partition('@')[0]}@{self.nests}", 0, like.fresh)

    def tensors(self, name: str) -> Tensor:
        return self.made[name] if name in self.made else self.function.tensors[name]

    # --- values of loops' variables --------------------------------------------------------------------
    def evaluator(self) -> EvaluatorByKind:
        """Of terms in which the variables of the loops around stand."""
        return EvaluatorByKind(self.context, self.variables)

    def scalar(self, term: Term) -> Value:
        return self.evaluator().operand(term)

    def children(self, value: Value) -> tuple[Value, ...]:
        """The values directly inside; numbers in which a loop's variable stands as integers, and conditions as masks,
        where these are wanted."""
        if not isinstance(value, Map):
            return children_of(value)
        wanted = len(value.args) if of_integers(value) else int(value.op is MapOp.SELECT)
        return tuple(
            self.whole(child.term) if place < wanted and isinstance(child, Scalar) and child.term.free else child
            for place, child in enumerate(value.args)
        )

    def whole(self, term: Term) -> Value:
        """The value of an integer, or of a condition."""
        evaluator = self.evaluator()
        return evaluator.mask(term) if isinstance(term, CONDITIONS) else evaluator.integer(term)

    def clear(self, tensor: Tensor) -> list[Statement]:
        axes = [Axis(self.index(Index("i")), ZERO, extent - 1) for extent in tensor.shape]
        store = Store(tensor.name, tuple(Poly.of(axis.index) for axis in axes), Scalar(NIL))
        return nested(axes, [[] for _ in axes] + [[store]])


def nested(axes: Sequence[Axis], statements: Sequence[Sequence[Statement]]) -> list[Statement]:
    """`statements`: those of each depth, from outside all nests to inside all."""
    body = list(statements[-1])
    for axis, outer in zip(reversed(axes), reversed(statements[:-1]), strict=True):
        body = [*outer, Nest(axis, tuple(body))]
    return body


__all__ = ["Opening", "nested", "renamed"]
