"""A layered drawing of a graph: K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical
system structures, IEEE Transactions on Systems, Man and Cybernetics 11 (1981).

    layers        each node below what it reads, as near to its readers as can be (Gansner et al. 1993, section 2)
    chains        an edge over several layers passes through a place of its own in each
    order         sweeps by the medians of the neighbours, the arrangement with the fewest crossings kept
    coordinates   each layer in turn as near to its neighbours' means as its order and its widths allow: a least
                  squares problem under an order, solved exactly by pooling adjacent violators

Only sequences in the caller's order: the same graph gives the same drawing.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Layout", "Point", "lay_out"]

Point = tuple[float, float]
Neighbours = Sequence[Sequence[int]]
_GAP, _LAYER_GAP, _LANE = 22.0, 34.0, 12.0  # between nodes, between layers, and the width of a passing edge
_SWEEPS, _SETTLING = 8, 20


@dataclass(frozen=True, slots=True)
class Layout:
    """`centres` of the nodes; `paths` of the edges, each from its upper end to its lower one, from the lower border of
    a node through the layers to the upper border of another; the path of a loop from a node to itself is empty."""

    centres: tuple[Point, ...]
    paths: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Centres for nodes of (width, height) and paths for the edges, downwards along the order of the nodes."""
    downwards = [(min(edge), max(edge)) for edge in edges]
    layer = _layers(len(sizes), sorted({edge for edge in downwards if edge[0] != edge[1]}))
    ranks: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for node, rank in enumerate(layer):
        ranks[rank].append(node)
    widths = [width for width, _ in sizes]
    links: list[tuple[int, int]] = []
    chains: dict[tuple[int, int], list[int]] = {}
    for upper, lower in sorted(set(downwards)):
        if upper == lower:
            continue
        chain = [upper]
        for rank in range(layer[upper] + 1, layer[lower]):
            ranks[rank].append(len(widths))
            chain.append(len(widths))
            widths.append(_LANE)
        chain.append(lower)
        chains[upper, lower] = chain
        links.extend(pairwise(chain))
    above, below = _neighbours(len(widths), links)
    ranks = _ordered(ranks, above, below)
    x = _coordinates(ranks, above, below, widths, len(sizes))
    for chain in chains.values():
        _straighten(chain[1:-1], ranks[layer[chain[0]] + 1 :], x)
    y, height = _heights(ranks, sizes)
    paths = tuple(_path(chains.get(edge, []), x, y[layer[edge[0]] : layer[edge[1]] + 1], sizes) for edge in downwards)
    centres = tuple((x[node], y[layer[node]]) for node in range(len(sizes)))
    return Layout(centres, paths, max((x[n] + widths[n] / 2 for n in range(len(widths))), default=0.0), height)


# --- layers --------------------------------------------------------------------------------------------
def _layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each node: the longest way to it, then down towards its readers while that shortens edges."""
    above, below = _neighbours(count, edges)
    layer = [0] * count
    for node in range(count):
        layer[node] = max((layer[other] + 1 for other in above[node]), default=0)
    for node in reversed(range(count)):
        if len(above[node]) < len(below[node]):
            layer[node] = min(layer[other] for other in below[node]) - 1
    return layer


def _neighbours(count: int, edges: Sequence[tuple[int, int]]) -> tuple[Neighbours, Neighbours]:
    """(what is above each node, what is below it)."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in edges:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


# --- order ---------------------------------------------------------------------------------------------


def _ordered(ranks: list[list[int]], above: Neighbours, below: Neighbours) -> list[list[int]]:
    best, fewest = [list(rank) for rank in ranks], _crossings(ranks, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        neighbours = above if downwards else below
        for rank in range(1, len(ranks)) if downwards else reversed(range(len(ranks) - 1)):
            fixed = ranks[rank - 1 if downwards else rank + 1]
            ranks[rank] = _by_medians(ranks[rank], {node: place for place, node in enumerate(fixed)}, neighbours)
        crossings = _crossings(ranks, below)
        if crossings < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
    return best


def _by_medians(rank: Sequence[int], fixed: Mapping[int, int], neighbours: Neighbours) -> list[int]:
    """Sorted by the median place of the neighbours; a node without any keeps its place."""
    median: dict[int, float] = {}
    for node in rank:
        places = sorted(fixed[other] for other in neighbours[node])
        if places:
            middle = len(places) // 2
            median[node] = places[middle] if len(places) % 2 else (places[middle - 1] + places[middle]) / 2
    moved = iter(sorted((node for node in rank if node in median), key=median.__getitem__))
    return [next(moved) if node in median else node for node in rank]


def _crossings(ranks: Sequence[Sequence[int]], below: Neighbours) -> int:
    """Pairs of edges between neighbouring layers that cross: inversions of their lower ends."""
    total = 0
    for upper, lower in pairwise(ranks):
        place = {node: number for number, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = sorted(place[other] for other in below[node])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


# --- coordinates ---------------------------------------------------------------------------------------
def _coordinates(
    ranks: Sequence[Sequence[int]], above: Neighbours, below: Neighbours, widths: Sequence[float], real: int
) -> list[float]:
    """The x of each centre, the least 0 at a left border."""
    x = [0.0] * len(widths)
    for rank in ranks:
        left = 0.0
        for node in rank:
            x[node] = left + widths[node] / 2
            left += widths[node] + _GAP
    for sweep in range(_SETTLING):
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            wanted: list[float] = []
            weights: list[float] = []
            for node in rank:
                pull = [(x[o], _weight(node, o, real)) for o in (*above[node], *below[node])]
                weight = sum(strength for _, strength in pull)
                wanted.append(sum(at * strength for at, strength in pull) / weight if weight else x[node])
                weights.append(weight or 0.1)
            apart = [0.0]
            for left_node, node in pairwise(rank):
                apart.append(apart[-1] + (widths[left_node] + widths[node]) / 2 + _GAP)
            placed = _nearest_increasing([want - off for want, off in zip(wanted, apart, strict=True)], weights)
            for node, at, off in zip(rank, placed, apart, strict=True):
                x[node] = at + off
    least = min((x[node] - widths[node] / 2 for node in range(len(widths))), default=0.0)
    return [at - least for at in x]


def _straighten(chain: Sequence[int], ranks: Sequence[Sequence[int]], x: list[float]) -> None:
    """A long edge that passes at the left of everything, or at its right, goes straight there."""
    for end, outermost in ((0, min), (-1, max)):
        run: list[int] = []
        for node, rank in (*zip(chain, ranks, strict=False), (-1, ())):
            if rank and rank[end] == node:
                run.append(node)
            elif run:
                at = outermost(x[other] for other in run)
                for other in run:
                    x[other] = at
                run = []


def _weight(node: int, other: int, real: int) -> float:
    """Long edges are straight before short ones are."""
    return (1.0, 2.0, 12.0)[(node >= real) + (other >= real)]


def _nearest_increasing(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nondecreasing sequence nearest to `values` in weighted squares: violators pooled into their mean.

    >>> _nearest_increasing([1.0, 4.0, 2.0], [1.0, 1.0, 1.0])
    [1.0, 3.0, 3.0]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (high, high_weight, high_count), (low, low_weight, low_count) = pools[-2], pools.pop()
            together = high_weight + low_weight
            mean = (high * high_weight + low * low_weight) / together
            pools[-1] = (mean, together, high_count + low_count)
    return [mean for mean, _, count in pools for _ in range(count)]


def _heights(ranks: Sequence[Sequence[int]], sizes: Sequence[tuple[float, float]]) -> tuple[list[float], float]:
    """The y of each layer's centre, and of the lower border of the last."""
    y: list[float] = []
    at = 0.0
    for rank in ranks:
        tall = max((sizes[node][1] for node in rank if node < len(sizes)), default=0.0)
        y.append(at + tall / 2)
        at += tall + _LAYER_GAP
    return y, max(at - _LAYER_GAP, 0.0)


def _path(
    chain: Sequence[int], x: Sequence[float], y: Sequence[float], sizes: Sequence[tuple[float, float]]
) -> tuple[Point, ...]:
    """From the lower border of the first node through the layers between, at heights `y`, to the upper border of the
    last."""
    if not chain:
        return ()
    points = [(x[node], at) for node, at in zip(chain, y, strict=True)]
    points[0] = (points[0][0], points[0][1] + sizes[chain[0]][1] / 2)
    points[-1] = (points[-1][0], points[-1][1] - sizes[chain[-1]][1] / 2)
    return tuple(points)
