"""The network as a whole: shapes, ranges, reach; the checked program that all later stages take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import Expr

from symbackprop.errors import (
    DuplicateName,
    IncompleteDefinition,
    InvalidOutput,
    MissingLoss,
    UndefinedTensor,
    UnreachedParameter,
    UnreachedTensor,
)
from symbackprop.language.book import Book
from symbackprop.language.claims import Claim
from symbackprop.language.coverage import covered
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.names import RESERVED
from symbackprop.language.ranges import check_reads
from symbackprop.terms.build import NIL, compare, poly_value
from symbackprop.terms.layer import as_layer, cotangent_name
from symbackprop.terms.namer import Letters
from symbackprop.terms.poly import Poly
from symbackprop.terms.program import Assumption, Program, Tensor, TensorKind, fresh_name, zeros
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Relation

_DROPPED = "(SymPy drops the branches whose conditions the ranges of their indices rule out)"


@dataclass(slots=True)
class Written:
    """What is written of a network: what is declared, all equations in their order, and which of them say the loss and
    the buffers' next values. `said`: the loss as it was assigned. `claimed`: the tensors that claims read, those among
    them that claims alone read too, and what these are made of. `notation` and `descriptions`, by their
    language, are for display."""

    book: Book
    order: list[Definition] = field(default_factory=list)
    loss: Definition | None = None
    said: Expr | None = None
    outputs: list[str] = field(default_factory=list)
    updates: dict[str, list[Definition]] = field(default_factory=dict)
    assumptions: list[Assumption] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    claimed: frozenset[str] = frozenset()
    notation: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.book.network.name

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(map(str, self.book.sizes.dims))

    @property
    def tensors(self) -> tuple[Declared, ...]:
        return tuple(self.book.tensors.values())

    @property
    def definitions(self) -> dict[str, list[Definition]]:
        return {declared.name: declared.definitions for declared in self.tensors}

    @property
    def differentiated(self) -> list[Definition]:
        """The loss, or the outputs of a layer."""
        return [self.loss] if self.loss else [d for name in self.outputs for d in self.definitions[name]]

    @property
    def reached(self) -> set[str]:
        """What the loss, an output or a buffer's next value needs."""
        updates = [definition for found in self.updates.values() for definition in found]
        outputs = [definition for name in self.outputs for definition in self.definitions[name]]
        roots = [*self.differentiated, *updates, *outputs]
        return _reached(roots, self.definitions) | set(self.updates) | set(self.outputs)

    def needed_for(self, names: Iterable[str]) -> set[str]:
        """The tensors of those names, and what their equations read."""
        known = [name for name in names if name in self.definitions]
        return {*known, *_reached([d for name in known for d in self.definitions[name]], self.definitions)}

    def without_auxiliaries(self, kept: Iterable[str]) -> Written:
        """Without the tensors that claims alone read, but for those that `kept` need."""
        parameters = {declared.name for declared in self.tensors if declared.kind is TensorKind.PARAMETER}
        gone = self.needed_for(self.claimed) - self.reached - self.needed_for(kept) - parameters
        book = replace(
            self.book,
            tensors={name: declared for name, declared in self.book.tensors.items() if name not in gone},
            pending=[one for one in self.book.pending if gone.isdisjoint(one.term.tensors)],
        )
        order = [definition for definition in self.order if definition.equation.target not in gone]
        return replace(self, book=book, order=order)


def check_network(written: Written, needs_loss: bool = True) -> Program:
    """The program, or the first thing that is wrong with the network. `needs_loss`: whether it is to be differentiated:
    one that has outputs alone is a layer then (`terms.layer`)."""
    if written.loss is None and not written.outputs and needs_loss:
        raise MissingLoss(
            f"network {written.name!r}", expected="a loss, or the outputs of a layer", found="neither",
            remedy="assign net.loss = ..., or say net.output(...)",
        )  # fmt: skip
    for declared in written.tensors:
        _check_defined(declared)
    facts = Facts.of((), written.book.facts)
    needs: dict[Poly, None] = {}
    table: dict[str, Tensor] = {}
    letters = Letters.of((), written.book.ranges.values())
    for declared in written.tensors:
        if declared.shape is not None:
            table[declared.name] = declared.given(letters)
        else:
            found = written.book.cover(declared)
            needs.update(dict.fromkeys(found.needs))
            table[declared.name] = declared.tensor(found.shape, found.origin, letters)
    for one in written.book.pending:
        check_reads(one.term, one.axes, one.conditions, table, one.subject)
    for name, definitions in written.updates.items():
        needs.update(dict.fromkeys(_check_update(table[name], definitions, facts)))
    _check_outputs(written.outputs, table)
    _check_reach(written)
    program = _program(written, table, facts, needs)
    if written.loss is not None or not needs_loss:
        return program
    _check_cotangents(written)
    return as_layer(program)


def _check_defined(declared: Declared) -> None:
    if declared.kind is TensorKind.INTERMEDIATE and not declared.definitions:
        reader = f"; it is read in {declared.ranks_read[0][1]()}" if declared.ranks_read else ""
        raise UndefinedTensor(
            f"tensor {declared.name}", expected="an equation that defines it", found=f"none{reader}",
            remedy=f"write {declared.name}[...] = ..., or remove it",
        )  # fmt: skip
    for rank, text in declared.ranks_read:
        declared.check_rank(rank, text)


# --- updates, outputs and reach -------------------------------------------------------------------------
def _check_update(buffer: Tensor, definitions: Sequence[Definition], facts: Facts) -> tuple[Poly, ...]:
    """The update covers the whole of the buffer; returns what the sizes must satisfy."""
    found = covered(buffer.name, definitions, facts)
    known = facts.nonnegative_too(found.needs)
    for place, (low, size) in enumerate(zip(found.origin, found.shape, strict=True)):
        if not (known.proves_zero(low) and known.proves_zero(size - buffer.shape[place])):
            raise IncompleteDefinition(
                definitions[0].text(),
                expected=f"an update of all of {buffer.name}, axis {place} over 0..{buffer.highest[place]}",
                found=f"{low}..{low + size - 1}", remedy="update every element, those that stay with their own value",
            )  # fmt: skip
    return found.needs


def _check_outputs(outputs: Iterable[str], table: Mapping[str, Tensor]) -> None:
    for name in outputs:
        for place, low in enumerate(table[name].origin):
            if low.terms:
                raise InvalidOutput(
                    f"output {name}", expected="a tensor that starts at 0", found=f"axis {place} starts at {low}",
                    remedy="define a tensor with shifted subscripts and return that",
                )  # fmt: skip


def _check_cotangents(written: Written) -> None:
    """The names of a layer's cotangents are free: they are arguments of its backward pass."""
    taken = {**dict.fromkeys(written.dims, "size"), **{declared.name: "tensor" for declared in written.tensors}}
    for output in written.outputs:
        name = cotangent_name(output)
        if name in taken:
            raise DuplicateName(
                f"{taken[name]} {name!r}", expected="a name of its own",
                found=f"that of the cotangent of the output {output}, an argument of the layer's backward pass",
                remedy=f"call it {name}_, or give the network a loss",
            )  # fmt: skip


def _check_reach(written: Written) -> None:
    differentiated = _reached(written.differentiated, written.definitions)
    aim = "the loss" if written.loss else "an output"
    reached = written.reached | written.needed_for(written.claimed)
    for declared in written.tensors:
        name = declared.name
        if declared.kind is TensorKind.PARAMETER and name not in differentiated:
            raise UnreachedParameter(
                f"parameter {name}", expected=f"{aim} to depend on it", found="no equation that leads there",
                remedy=f"remove it, or use it in what {aim} is computed from {_DROPPED}",
            )  # fmt: skip
        if name not in reached:
            what = "tensor" if declared.kind is TensorKind.INTERMEDIATE else declared.kind.value
            raise UnreachedTensor(
                f"{what} {name}", expected="a way from it to the loss, an output, a buffer or a claim", found="none",
                remedy=f"remove it, use it or return it with net.output({name})"
                if what == "tensor"
                else f"remove it or use it {_DROPPED}",
            )  # fmt: skip


def _reached(roots: Iterable[Definition], definitions: Mapping[str, Sequence[Definition]]) -> set[str]:
    reached: set[str] = set()
    stack = list(roots)
    while stack:
        for name in stack.pop().mentions:
            if name not in reached:
                reached.add(name)
                stack.extend(definitions[name])
    return reached


# --- the program ---------------------------------------------------------------------------------------
def _program(written: Written, table: dict[str, Tensor], facts: Facts, needs: Iterable[Poly]) -> Program:
    taken = {*written.dims, *table, *RESERVED}
    loss = fresh_name("loss", taken) if written.loss else None
    added = [Tensor(loss, TensorKind.INTERMEDIATE, (), ())] if loss else []
    targets = {id(written.loss): loss} if loss else {}
    updates: list[tuple[str, str]] = []
    for name, definitions in written.updates.items():
        buffer, following = table[name], fresh_name(f"next_{name}", taken)
        added.append(Tensor(following, TensorKind.INTERMEDIATE, buffer.shape, zeros(buffer.rank), axes=buffer.axes))
        targets.update({id(definition): following for definition in definitions})
        updates.append((name, following))
    tensors = {**table, **{tensor.name: tensor for tensor in added}}
    equations = tuple(
        replace(definition.equation, target=targets.get(id(definition), definition.equation.target))
        for definition in written.order
    )
    doors = _necessary(needs, facts)
    known = {assumption.condition for assumption in written.assumptions}
    return Program(
        name=written.name,
        dims=written.dims,
        tensors=tuple(tensors.values()),
        equations=equations,
        loss=loss,
        outputs=tuple(written.outputs),
        updates=tuple(updates),
        assumptions=(*written.assumptions, *(door for door in doors if door.condition not in known)),
        indices=tuple(written.book.ranges.values()),
        notation=tuple(written.notation.items()),
        descriptions=tuple(written.descriptions.items()),
    )


def _necessary(needs: Iterable[Poly], facts: Facts) -> list[Assumption]:
    """Extents must not be negative: as assumptions on the sizes, without those that follow from later ones (an
    extent computed from another usually asks for more)."""
    kept: list[Poly] = []
    for need in reversed(list(needs)):
        known = facts.nonnegative_too(kept)
        named = {dim for fact in known.nonnegative for dim in fact.dims()}
        if not named.issuperset(need.dims()) or not known.proves(need):
            kept.append(need)
    return [Assumption((), compare(Relation.GE, poly_value(need), NIL)) for need in reversed(kept)]
