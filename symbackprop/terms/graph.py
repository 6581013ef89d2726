"""Walks over graphs: what is reached, what is connected; strongly connected components in a stable order (Tarjan, SIAM
Journal on Computing 1 (1972), without recursion)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def reached(start: Iterable[T], following: Callable[[T], Iterable[T]]) -> set[T]:
    """What edges lead to from the start, itself included."""
    seen = set(start)
    stack = list(seen)
    while stack:
        for node in following(stack.pop()):
            if node not in seen:
                seen.add(node)
                stack.append(node)
    return seen


def connected(scopes: Sequence[Sequence[T]]) -> list[list[int]]:
    """The places of the scopes, those together that share a member, by way of others too."""
    home: dict[T, list[int]] = {}
    for place, scope in enumerate(scopes):
        for member in scope:
            home.setdefault(member, []).append(place)
    found: list[list[int]] = []
    met: set[int] = set()
    for place in range(len(scopes)):
        if place not in met:
            group = reached([place], lambda other: (near for member in scopes[other] for near in home.pop(member, ())))
            met |= group
            found.append(sorted(group))
    return found


def strong_components(nodes: Sequence[int], successors: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """The components, each before those that it is reached from."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    waiting: list[int] = []
    on_waiting: set[int] = set()
    found: list[list[int]] = []
    for root in nodes:
        if root in number:
            continue
        number[root] = low[root] = len(number)
        waiting.append(root)
        on_waiting.add(root)
        path = [(root, iter(successors.get(root, ())))]
        while path:
            node, rest = path[-1]
            for following in rest:
                if following not in number:
                    number[following] = low[following] = len(number)
                    waiting.append(following)
                    on_waiting.add(following)
                    path.append((following, iter(successors.get(following, ()))))
                    break
                if following in on_waiting:
                    low[node] = min(low[node], number[following])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == number[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(waiting.pop())
                        on_waiting.discard(component[-1])
                    found.append(sorted(component))
    return found


def ordered_components(nodes: Sequence[int], successors: Mapping[int, Iterable[int]]) -> list[list[int]]:
    """The components such that edges run forwards; among the possible orders, smallest node first."""
    components = strong_components(nodes, successors)
    home = {node: place for place, component in enumerate(components) for node in component}
    following: list[set[int]] = [set() for _ in components]
    missing = [0] * len(components)
    for node in nodes:
        for target in successors.get(node, ()):
            if home[target] != home[node] and home[target] not in following[home[node]]:
                following[home[node]].add(home[target])
                missing[home[target]] += 1
    ready: list[tuple[int, int]] = []
    for place, component in enumerate(components):
        if not missing[place]:
            heappush(ready, (component[0], place))
    out: list[list[int]] = []
    while ready:
        _, place = heappop(ready)
        out.append(components[place])
        for target in following[place]:  # a heap: the order in which they are pushed does not show
            missing[target] -= 1
            if not missing[target]:
                heappush(ready, (components[target][0], target))
    return out


__all__ = ["connected", "ordered_components", "reached", "strong_components"]
