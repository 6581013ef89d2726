"""The network as a whole: shapes, ranges, reach; the checked program that all later stages take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.errors import (
    DuplicateName,
    IncompleteDefinition,
    InvalidOutput,
    MissingLoss,
    OutOfRange,
    OverlappingDefinitions,
    RankMismatch,
    UndefinedTensor,
    UnprovedDefinition,
    UnreachedParameter,
    UnreachedTensor,
)
from symbackprop.language.declared import Declared, Definition
from symbackprop.language.names import RESERVED
from symbackprop.language.ranges import Pending, Placed, check_reads
from symbackprop.terms.build import NIL, compare, poly_value
from symbackprop.terms.cover import Cover, Gap, Overlap, Unproved, cover
from symbackprop.terms.layer import as_layer, cotangent_name
from symbackprop.terms.poly import Poly
from symbackprop.terms.positive import plainly_nonnegative
from symbackprop.terms.program import Assumption, Equation, Program, Tensor, TensorKind, fresh_name, zeros
from symbackprop.terms.prove import Facts
from symbackprop.terms.term import Axis, Relation, Term

Subject = Callable[[], str]
_DROPPED = "(SymPy drops the branches whose conditions the ranges of their indices rule out)"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: see `Network`. `claimed`: the tensors that claims read, those among them that claims alone read
    too, and what these are made of."""

    name: str
    dims: tuple[str, ...]
    axes: tuple[Axis, ...]
    tensors: tuple[Declared, ...]
    order: tuple[Definition, ...]
    loss: Definition | None
    outputs: tuple[str, ...]
    updates: Mapping[str, tuple[Definition, ...]]
    assumptions: tuple[Assumption, ...]
    facts: tuple[Term, ...]
    pending: tuple[Pending, ...]
    claimed: frozenset[str] = frozenset()

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
        return replace(
            self,
            tensors=tuple(declared for declared in self.tensors if declared.name not in gone),
            order=tuple(definition for definition in self.order if definition.equation.target not in gone),
            pending=tuple(one for one in self.pending if gone.isdisjoint(one.term.tensors)),
        )


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
    facts = Facts.of((), written.facts)
    needs: dict[Poly, None] = {}
    table: dict[str, Tensor] = {}
    for declared in written.tensors:
        if declared.shape is not None:
            table[declared.name] = declared.given()
        else:
            found = cover_of(declared, declared.definitions, facts)
            needs.update(dict.fromkeys(found.needs))
            table[declared.name] = declared.tensor(found.shape, found.origin)
    placed = {name: Placed.of(tensor) for name, tensor in table.items()} if written.pending else {}
    for one in written.pending:
        check_reads(one.term, one.axes, one.conditions, placed, one.subject)
    for name, definitions in written.updates.items():
        needs.update(dict.fromkeys(_check_update(table[name], definitions, facts)))
    _check_outputs(written.outputs, table)
    _check_reach(written, table)
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
        if rank != declared.rank:
            raise RankMismatch(
                text(),
                expected=f"{declared.rank} subscripts of {declared.name}, as in {declared.definitions[0].text()}",
                found=str(rank), remedy="write an index for each axis",
            )  # fmt: skip


# --- definitions ---------------------------------------------------------------------------------------
def cover_of(declared: Declared, definitions: Sequence[Definition], facts: Facts) -> Cover:
    """Origin and shape of an intermediate, whose definitions cover it exactly once."""
    if not definitions:
        raise UndefinedTensor(
            f"tensor {declared.name}", expected="an equation that defines it before its shape is asked for",
            found="none", remedy=f"write {declared.name}[...] = ... first",
        )  # fmt: skip
    found = _covered(declared.name, definitions, facts)
    for place, low in enumerate(found.origin):
        if not facts.nonnegative_too(found.needs).proves(low):
            raise OutOfRange(
                definitions[0].text(), expected=f"{declared.name} to start at 0 or above",
                found=f"axis {place} starts at {low}",
                remedy="shift the subscript, or state net.assume(...) for the sizes",
            )  # fmt: skip
    return found


def _covered(name: str, definitions: Sequence[Definition], facts: Facts) -> Cover:
    equations = [definition.equation for definition in definitions]
    found = _plain_cover(equations) or cover(equations, facts)
    texts = {id(definition.equation): definition.text for definition in definitions}
    match found:
        case Overlap(first, second, position, sizes):
            where = f"{name}{list(position)}{_at(sizes)}"
            twice = "by this equation twice" if first is second else f"by {texts[id(first)]()} as well"
            raise OverlappingDefinitions(
                texts[id(second)](), expected="each element to be defined once", found=f"{where} defined {twice}",
                remedy="let the definitions' ranges share no position",
            )  # fmt: skip
        case Gap(position, sizes):
            raise IncompleteDefinition(
                f"tensor {name}", expected="its definitions to cover it without gaps",
                found=f"none for {name}{list(position)}{_at(sizes)}, among {'; '.join(d.text() for d in definitions)}",
                remedy="define the missing positions, or close the gap in the subscripts",
            )  # fmt: skip
        case Unproved(reason):
            raise UnprovedDefinition(
                f"tensor {name}", expected="definitions that provably cover it exactly once",
                found=f"no proof: {reason}; in {'; '.join(d.text() for d in definitions)}",
                remedy="state what is known of the sizes with net.assume(...) or write simpler subscripts on the left",
            )  # fmt: skip
    return found


def _plain_cover(equations: Sequence[Equation]) -> Cover | None:
    """That of a single T[i, j] = ..., whose ranges are the tensor's, if none of them can be of negative extent."""
    first, axes = equations[0], equations[0].axes
    if len(equations) > 1 or len(axes) != len(first.subscripts):
        return None
    for axis, subscript in zip(axes, first.subscripts, strict=True):
        if not (isinstance(subscript, Poly) and subscript.index == axis.index and plainly_nonnegative(axis.extent)):
            return None
    return Cover(tuple(axis.low for axis in axes), tuple(axis.extent for axis in axes))


def _at(sizes: Mapping[str, int]) -> str:
    return f" (at {', '.join(f'{name} = {value}' for name, value in sizes.items())})" if sizes else ""


def _check_update(buffer: Tensor, definitions: Sequence[Definition], facts: Facts) -> tuple[Poly, ...]:
    """The update covers the whole of the buffer; returns what the sizes must satisfy."""
    found = _covered(buffer.name, definitions, facts)
    known = facts.nonnegative_too(found.needs)
    for place, (low, size) in enumerate(zip(found.origin, found.shape, strict=True)):
        if not (known.proves_zero(low) and known.proves_zero(size - buffer.shape[place])):
            raise IncompleteDefinition(
                definitions[0].text(),
                expected=f"an update of all of {buffer.name}, axis {place} over 0..{buffer.highest[place]}",
                found=f"{low}..{low + size - 1}", remedy="update every element, those that stay with their own value",
            )  # fmt: skip
    return found.needs


# --- outputs and reach ---------------------------------------------------------------------------------
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


def _check_reach(written: Written, table: Mapping[str, Tensor]) -> None:
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
        outputs=written.outputs,
        updates=tuple(updates),
        assumptions=(*written.assumptions, *(door for door in doors if door.condition not in known)),
        indices=written.axes,
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


__all__ = ["Written", "check_network", "cover_of"]
