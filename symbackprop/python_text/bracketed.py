"""Calls, tuples, dictionaries and subscripts as Python text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def call(function: str, *args: str) -> str:
    return f"{function}({', '.join(args)})"


def tuple_text(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def one_or_several(items: Sequence[str]) -> str:
    """An argument that may be one or a tuple of them, such as `axis`."""
    return items[0] if len(items) == 1 else tuple_text(items)


def dict_text(items: Iterable[tuple[str, str]]) -> str:
    """Of names and texts."""
    return "{" + ", ".join(f'"{name}": {text}' for name, text in items) + "}"


def indexed(text: str, items: Iterable[str]) -> str:
    """The text at these indices, whole dimensions at the end left out."""
    kept = list(items)
    while kept and kept[-1] == ":":
        kept.pop()
    return f"{text}[{', '.join(kept)}]" if kept else text


__all__ = ["call", "dict_text", "indexed", "one_or_several", "tuple_text"]
