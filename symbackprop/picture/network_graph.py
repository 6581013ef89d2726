"""The network as a graph: its tensors, what reads them, and the way of the δ against the readings.

Grammar::

    graph ::= nodes, edges
    node  ::= kind, symbol, delta?, labels of the equations that define it, labels of those of its δ
    edge  ::= source -> target, READ: target's equation reads source; or DELTA: δ of target's equation reads δ of source

Nodes stand in an order in which they can be computed, each input before the first that reads it; an edge that goes
against the order is a recurrence's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from symbackprop.formula.tree import Formula, Mark, Row
from symbackprop.latex.printed_names import Names
from symbackprop.phrases import Phrases
from symbackprop.schedule import ScheduledDerivation
from symbackprop.terms.program import Equation, TensorKind

__all__ = ["Edge", "Flow", "Graph", "Node", "NodeKind", "graph_of", "kind_words", "restricted"]


class NodeKind(Enum):
    INPUT = "input"
    PARAMETER = "parameter"
    NOISE = "noise"
    BUFFER = "buffer"
    INTERMEDIATE = "intermediate"
    LOSS = "loss"
    OUTPUT = "output"  # of a layer, which has no loss
    PART = "part"  # several nodes, folded into one


def kind_words(kind: NodeKind, words: Phrases) -> str:
    """What a kind is called."""
    match kind:
        case NodeKind.INPUT:
            return words.input
        case NodeKind.PARAMETER:
            return words.parameter
        case NodeKind.NOISE:
            return words.kind_noise
        case NodeKind.BUFFER:
            return words.kind_buffer
        case NodeKind.INTERMEDIATE:
            return words.intermediate
        case NodeKind.LOSS:
            return words.kind_loss
        case NodeKind.OUTPUT:
            return words.output
        case NodeKind.PART:
            return words.kind_part


class Flow(Enum):
    READ = "read"
    DELTA = "delta"


@dataclass(frozen=True, slots=True)
class Node:
    """A tensor. `symbol`, `delta`: how they are written; None for a part, and where the gradients need no δ of it;
    `forward`, `backward`: labels of equations; `members`: the names of what is folded into it."""

    name: str
    kind: NodeKind
    symbol: Formula | None
    delta: Formula | None = None
    forward: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """From one place among the nodes to another."""

    source: int
    target: int
    flow: Flow


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


_KINDS = {
    TensorKind.INPUT: NodeKind.INPUT,
    TensorKind.PARAMETER: NodeKind.PARAMETER,
    TensorKind.RANDOM: NodeKind.NOISE,
    TensorKind.BUFFER: NodeKind.BUFFER,
    TensorKind.INTERMEDIATE: NodeKind.INTERMEDIATE,
    TensorKind.COTANGENT: NodeKind.INPUT,
}


def graph_of(scheduled: ScheduledDerivation) -> Graph:
    """The graph of a network's tensors and of the δ of its loss."""
    derived, forward, backward = scheduled.derived, scheduled.forward.equations, scheduled.backward.equations
    names = _in_order(forward)
    place = {name: number for number, name in enumerate(names)}
    latex = Names.of(derived.joint)
    given = dict(derived.forward.cotangents)
    deltas = {tensor.name: tensor.adjoint_of for tensor in derived.backward.tensors if tensor.adjoint_of in place}
    deltas |= {cotangent: output for output, cotangent in given.items()}
    labels, back_labels = _labels(forward), _labels(backward)
    adjoint = {of: name for name, of in deltas.items() if name in back_labels}
    written = {name: latex.symbols[cotangent] for name, cotangent in given.items()}
    written |= {name: _delta(adjoint[name], latex) for name in adjoint}
    kinds = {tensor.name: _KINDS[tensor.kind] for tensor in derived.forward.tensors}
    kinds |= {derived.forward.loss or "": NodeKind.LOSS, **dict.fromkeys(given, NodeKind.OUTPUT)}
    nodes = tuple(
        Node(
            name,
            kinds[name],
            latex.symbol(name),
            written.get(name),
            labels.get(name, ()),
            back_labels[adjoint[name]] if name in adjoint else (),
        )
        for name in names
    )
    reads = {(place[read], place[e.target], Flow.READ) for e in forward for read in e.reads() if read in place}
    flows = set(_flows(backward, deltas, derived.forward.loss, place))
    ordered = sorted(reads | flows, key=lambda edge: (edge[2].value, edge[0], edge[1]))
    return Graph(nodes, tuple(Edge(*edge) for edge in ordered))


def restricted(graph: Graph, keep: Iterable[int]) -> Graph:
    """The graph of some of its nodes alone."""
    places = sorted(set(keep))
    new = {old: number for number, old in enumerate(places)}
    edges = tuple(
        Edge(new[e.source], new[e.target], e.flow) for e in graph.edges if e.source in new and e.target in new
    )
    return Graph(tuple(graph.nodes[place] for place in places), edges)


def _in_order(forward: Sequence[Equation]) -> list[str]:
    """The tensors of the equations: each behind what it reads, but for recurrences; what is given just before its first
    reader. A tensor with several equations stands where its last one does, which is its place in a loop."""
    last: dict[str, None] = {}
    for equation in forward:
        last.pop(equation.target, None)
        last[equation.target] = None
    reads = _reads(forward)
    names: dict[str, None] = {}
    for name in last:
        names.update(dict.fromkeys(sorted(reads[name] - last.keys())))
        names[name] = None
    return list(names)


def _reads(equations: Iterable[Equation]) -> dict[str, set[str]]:
    """What the equations of each tensor read."""
    reads: dict[str, set[str]] = {}
    for equation in equations:
        reads.setdefault(equation.target, set()).update(equation.reads())
    return reads


def _labels(equations: Iterable[Equation]) -> dict[str, tuple[str, ...]]:
    labels: dict[str, tuple[str, ...]] = {}
    for equation in equations:
        if equation.label:
            labels[equation.target] = (*labels.get(equation.target, ()), equation.label)
    return labels


def _delta(adjoint: str, latex: Names) -> Formula:
    """How the δ of a tensor is written: δ^T, or ∂L/∂T for what is given."""
    of = latex.gradients.get(adjoint)
    return latex.symbols[adjoint] if of is None else Row((Mark("∂"), latex.loss, Mark("/"), Mark("∂"), of))


def _flows(
    backward: Iterable[Equation], deltas: Mapping[str, str | None], loss: str | None, place: Mapping[str, int]
) -> Iterable[tuple[int, int, Flow]]:
    """(from, to) for each δ and those that it is computed from; what reads none of them begins at the loss."""
    reads = _reads(backward)
    for target in reads:
        of = deltas.get(target)
        if of is None or target == deltas.get(loss or ""):
            continue
        sources = {deltas[read] for read in _through(target, reads, deltas)} or {loss}
        for source in sources:
            if source is not None and source in place and (source != of or target in reads[target]):
                yield place[source], place[of], Flow.DELTA


def _through(target: str, reads: Mapping[str, set[str]], deltas: Mapping[str, str | None]) -> set[str]:
    """The δ that `target` reads, be it by way of helpers that are no δ, such as the number of ties."""
    found, seen, waiting = set[str](), {target}, list(reads[target])
    while waiting:
        name = waiting.pop()
        if name in deltas:
            found.add(name)
        elif name in reads and name not in seen:
            seen.add(name)
            waiting.extend(reads[name])
    return found
