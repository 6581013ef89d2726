"""Random networks over the whole language, made through its public surface."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workshop.fuzz.blocks import Blocks
from workshop.fuzz.expressions import Expressions
from workshop.fuzz.reads import Reader, element
from workshop.fuzz.shared import Shared
from workshop.fuzz.sizes import Index
from workshop.fuzz.writer import Kind, TensorInfo, Writer

if TYPE_CHECKING:
    from symbackprop.language import Network

BLOCKS: dict[str, float] = {
    "pointwise": 3.0, "contraction": 4.0, "softmax": 1.5, "entropy": 0.6, "window": 1.5, "flat": 1.5,
    "boxes": 1.5, "recurrence": 2.0, "readers": 1.5, "edges": 1.2, "tree": 0.8,
    "shared": 0.8,
}  # fmt: skip


LAYERS = 0.2  # of the networks are layers: outputs and no loss


def random_source(seed: int, blocks: Mapping[str, float] = BLOCKS) -> str:
    """The source text of a random network: a Python file that leaves `net`, and `SIZES` for a trial run.

    `blocks`: how often each is drawn.
    """
    rng = random.Random(seed)
    writer = Writer(rng, f"fuzz_{seed}")
    reader = Reader(writer, invent=rng.choice((0.2, 0.4, 0.4, 0.6)))
    maker = Shared(writer, reader, Expressions(writer, reader))
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        writer.new_dim()
    for _ in range(rng.choices((1, 2, 3, 4, 5), (40, 33, 18, 6, 3))[0]):
        getattr(maker, writer.weighted(blocks))()
        writer.pending.clear()
    if writer.chance(0.12):
        _update(writer, maker)
    if not any(info.kind is Kind.PARAMETER for info in writer.tensors.values()) or writer.chance(0.1):
        indices = maker.some_indices(1)
        parameter = reader.invented(indices, Kind.PARAMETER)
        value = reader.read(parameter, indices)
        assert value is not None
        maker.plain(indices, value)
    _finish(writer, random.Random(f"layer {seed}").random() < LAYERS)
    return writer.source()


def network_of(source: str) -> tuple[Network, dict[str, int]]:
    """The network that a source text makes, and its sizes for the trial run."""
    names: dict[str, Any] = {"__name__": "fuzzed"}
    exec(compile(source, "<fuzzed>", "exec"), names)
    return names["net"], names["SIZES"]


def random_network(seed: int) -> tuple[Network, str]:
    """A random network and the source text that makes it."""
    source = random_source(seed)
    return network_of(source)[0], source


# --- the end of a network ------------------------------------------------------------------------------
def _update(writer: Writer, blocks: Blocks) -> None:
    """A running average of something."""
    indices = blocks.some_indices(blocks.rng.choice((0, 1, 1)))
    value = blocks.expressions.expression(indices, 1)
    buffer = writer.leaf(Kind.BUFFER, tuple(index.base for index in indices))
    place = element(buffer, [index.name for index in indices])
    target = place if indices else f"{buffer.name}[()]"
    writer.equations.append(f"net.update({target}, 0.9*{place} + ({value.text})/10)")
    buffer.reads |= writer.tensors_in(value.text) | {buffer.name}


def _over(writer: Writer, info: TensorInfo) -> tuple[Index, ...]:
    """An index for each axis of the tensor."""
    out: list[Index] = []
    for size, origin in zip(info.shape, info.origin, strict=True):
        out.append(writer.index(size, origin, origin, avoid=tuple(out)))
    return tuple(out)


def _finish(writer: Writer, layer: bool) -> None:
    """Outputs, and a loss that reaches every parameter and, with the outputs and updates, every tensor; of a layer more
    outputs instead."""
    rng = writer.rng
    computed = [
        info.name for info in writer.tensors.values() if info.kind is Kind.INTERMEDIATE and not any(info.origin)
    ]
    outputs: list[str] = []
    if computed and writer.chance(0.6):
        outputs = rng.sample(computed, min(len(computed), rng.choice((1, 1, 2, 3))))
    roots: list[str] = []
    reached: set[str] = set()

    def take(name: str) -> None:
        roots.append(name)
        reached.update(_reached(writer, [name]))

    read = writer.read_names()
    for name in [name for name in writer.tensors if name not in read and name not in outputs]:
        take(name)
    for info in list(writer.tensors.values()):
        if info.kind is Kind.PARAMETER and info.name not in reached:
            readers = [n for n in outputs if info.name in _reached(writer, [n])]
            take(readers[0] if readers else info.name)
    elsewhere = outputs + [n for info in writer.tensors.values() if info.kind is Kind.BUFFER for n in info.reads]
    for name in reversed(writer.tensors):
        if name not in reached and name not in _reached(writer, elsewhere):
            take(name)
    for name in outputs:
        if name not in roots and (not roots or writer.chance(0.6)):
            take(name)
    if layer:
        _leave(writer, [*outputs, *(name for name in roots if name not in outputs)], computed)
        return
    parts = [_consumed(writer, writer.tensors[name]) for name in dict.fromkeys(roots)]
    rng.shuffle(parts)
    loss = " + ".join(parts)
    if writer.chance(0.15):
        shapes = ("log(1 + exp(({})/10))", "tanh({0}) + ({0})/10", "sqrt(({})**2 + 1)", "exp(({})/20)")
        loss = rng.choice(shapes).format(loss)
    writer.equations.append(f"net.loss = {loss}")
    if outputs:
        writer.equations.append(f"net.output({', '.join(outputs)})")
    if writer.chance(0.1):
        _relate_sizes(writer)


def _leave(writer: Writer, wanted: list[str], computed: list[str]) -> None:
    """Outputs of a layer, through which all of them are reached: those that can be, and a sum of the others."""
    outputs = [name for name in wanted if name in computed and name not in writer.hidden]
    rest = [name for name in wanted if name not in outputs]
    if rest or not outputs:
        total = writer.intermediate((), 0.0, 0.0)
        writer.define(total, [], " + ".join(_consumed(writer, writer.tensors[name]) for name in rest) or "0")
        outputs.append(total.name)
    writer.equations.append(f"net.output({', '.join(outputs)})")


def _reached(writer: Writer, names: list[str]) -> set[str]:
    """All that the tensors are computed from, and themselves."""
    reached: set[str] = set()
    stack = list(names)
    while stack:
        name = stack.pop()
        if name not in reached:
            reached.add(name)
            if writer.tensors[name].kind is Kind.INTERMEDIATE:
                stack.extend(writer.tensors[name].reads)
    return reached


def _relate_sizes(writer: Writer) -> None:
    """A relation that holds between the trial sizes."""
    sizes = sorted(writer.dims, key=lambda size: size.value)
    if len(sizes) > 1:
        writer.assume(f"Le({sizes[0].text}, {sizes[-1].text})")


def _consumed(writer: Writer, info: TensorInfo) -> str:
    """A scalar that depends on every element of the tensor."""
    indices = _over(writer, info)
    read = element(info, [index.name for index in indices])
    if info.name in writer.hidden:
        read = f"exp({read})"
    if info.kind is Kind.LABEL:
        read = f"sin({read})"
    rng = writer.rng
    over = ", ".join(index.name for index in indices)
    if not indices:
        return rng.choice((read, f"{read}**2", f"sin({read})"))
    count = max(1, info.elements)
    some = all(index.surely_some for index in indices)
    weight = writer.weighted(
        {"square": 3, "plain": 2, "weighted": 3, "mean": 1.5, "log": 0.7, "max": 0.7, "slice": 0.7}
    )
    match weight:
        case "square":
            return f"Sum({read}**2, {over})/{count}"
        case "weighted":
            waves = " + ".join(f"{place + 1}*{index.name}" for place, index in enumerate(indices))
            return f"Sum({read}*cos({waves}), {over})"
        case "mean" if some:
            return f"Mean({read}*({read} + 1), {over})"
        case "log" if some:
            return f"LogSumExp({read}, {over})"
        case "max" if some:
            return f"ReduceMax({read}, {over})"
        case "slice" if len(indices) > 1:
            outer, inner = indices[0].name, ", ".join(index.name for index in indices[1:])
            return f"Sum(Sum({read}, {inner})**2, {outer})/{count}"
        case _:
            return f"Sum({read}, {over})"


__all__ = ["network_of", "random_network", "random_source"]
