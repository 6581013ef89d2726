"""Strongly connected components of what reads what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["components"]


def components(reads: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """The components, each after those it reads (Tarjan, SIAM J. Computing 1 (1972), without recursion).

    >>> components({"h": ["c", "x"], "c": ["h"], "x": [], "p": ["h"]})
    [('x',), ('c', 'h'), ('p',)]
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    on_stack: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in reads:
        if root in number:
            continue
        path: list[tuple[str, Iterator[str]]] = []
        _enter(root, reads, number, low, waiting, on_stack, path)
        while path:
            name, rest = path[-1]
            after = next(rest, None)
            if after is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[name])
                if low[name] == number[name]:
                    place = waiting.index(name)
                    found.append(tuple(sorted(waiting[place:])))
                    on_stack.difference_update(waiting[place:])
                    del waiting[place:]
            elif after not in number:
                _enter(after, reads, number, low, waiting, on_stack, path)
            elif after in on_stack:
                low[name] = min(low[name], number[after])
    return found


def _enter(
    name: str,
    reads: Mapping[str, Sequence[str]],
    number: dict[str, int],
    low: dict[str, int],
    waiting: list[str],
    on_stack: set[str],
    path: list[tuple[str, Iterator[str]]],
) -> None:
    number[name] = low[name] = len(number)
    waiting.append(name)
    on_stack.add(name)
    path.append((name, iter(reads[name])))
