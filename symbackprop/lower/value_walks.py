"""Walks through values that need no deep stack: sums of thousands of terms are values too."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import TypeAlias

from symbackprop.lower.values import Choose, Value, children_of

Parts: TypeAlias = Callable[[Value], tuple[Value, ...]]


def always_computed(value: Value) -> tuple[Value, ...]:
    """The values directly inside, but for the branches of a choice."""
    return () if isinstance(value, Choose) else children_of(value)


def parts_first(top: Value, done: Container[Value], parts: Parts = children_of) -> Iterator[Value]:
    """The value and its parts that are not done, each after its own parts; it is to be done before the next one."""
    stack = [top]
    while stack:
        if stack[-1] in done:
            stack.pop()
            continue
        missing = [part for part in parts(stack[-1]) if part not in done]
        if missing:
            stack += reversed(missing)
        else:
            yield stack.pop()


def rebuilt(top: Value, change: Callable[[Value, tuple[Value, ...]], Value], parts: Parts = children_of) -> Value:
    """The value with each part changed, given that and what its own parts have become."""
    made: dict[Value, Value] = {}
    for value in parts_first(top, made, parts):
        made[value] = change(value, tuple(made[part] for part in parts(value)))
    return made[top]


__all__ = ["always_computed", "parts_first", "rebuilt"]
