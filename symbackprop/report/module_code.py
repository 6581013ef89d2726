r"""The generated module as the page shows it: chunks of lines, each with the equations that its statements compute.

Over each block of statements the module says what it computes, `# (B2) d_z1[n, j] = …`; the block ends at an empty
line, at the next such comment, or where its indentation ends. A block without a number, such as what is computed ahead
of a loop, belongs to the equations whose comments read it. Put together, the chunks are the module, letter for letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from symbackprop.phrases import Message

__all__ = ["HEADINGS", "Chunk", "Part", "attached", "read_code", "read_plain", "sections"]

_COMMENT = re.compile(r"(?P<indent> *)# (?:\((?P<label>[A-Z]+\d+(?:, [A-Z]+\d+)*)\) )?(?P<target>\w+)?")
_SECTION = re.compile(r"# --- (.*?) -*$")
_FUNCTION = re.compile(r"(?:def|class) (\w+)")
_PREPARES = re.compile(r" *(?!\w+_view)(\w+)\.fill\(0\)")
_BEHIND = re.compile(r"  # \((?P<label>[A-Z]+\d+)\)$")
_NAMED = ("parameters", "functions", "door", "helpers", "optimiser", "storage", "arrays", "check", "called",
          "beginnings")  # fmt: skip
HEADINGS = {str(message): message for message in (Message(f"heading_{name}") for name in _NAMED)}  # of the module
_AHEAD = re.compile(r"_ahead(_\d+)?$")
LONGEST = 14  # lines without equations that are shown; more are folded away


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of code. `labels`: the equations that they compute; `function`: the one that they stand in; `own`: whether
    they compute the equation, or only a part of it ahead of a loop."""

    lines: tuple[str, ...]
    labels: tuple[str, ...] = ()
    function: str = ""
    own: bool = True

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive chunks, folded away behind `title` (a message, or a heading of the module); shown where it has
    none."""

    title: str
    chunks: tuple[Chunk, ...]

    @property
    def lines(self) -> int:
        return sum(len(chunk.lines) for chunk in self.chunks)


def read_code(source: str) -> tuple[Part, ...]:
    """The parts of a generated module."""
    parts: list[Part] = []
    for title, lines in sections(source.removesuffix("\n").split("\n"), _SECTION, Message("what_module_is")):
        chunks = attached(tuple(_chunks(lines)), _said)
        if not any(chunk.labels for chunk in chunks):
            parts.append(Part(title, (Chunk(tuple(lines)),)))
        else:
            parts.extend(_folded(chunks))
    return tuple(parts)


def read_plain(source: str) -> tuple[Part, ...]:
    """The one part of a module in the plain style, where the number of the equation stands behind each statement."""
    chunks, held = list[Chunk](), list[str]()
    for line in source.removesuffix("\n").split("\n"):
        held.append(line)
        label = _BEHIND.search(line)
        if label is not None:
            begin = _beginning(held)
            chunks += [Chunk(tuple(held[:begin])), Chunk(tuple(held[begin:]), (label["label"],), "loss_and_gradients")]
            held = []
    return (Part("", tuple(chunk for chunk in (*chunks, Chunk(tuple(held))) if chunk.lines)),)


def _beginning(lines: Sequence[str]) -> int:
    """Where the statement begins that ends with the last of the lines."""
    indent = len(lines[-1]) - len(lines[-1].lstrip())
    place = len(lines) - 1
    while place and (lines[place].lstrip().startswith(")") or lines[place].startswith(" " * (indent + 1))):
        place -= 1
    return place


def sections(lines: Sequence[str], heading: re.Pattern[str], title: str) -> Iterator[tuple[str, list[str]]]:
    """(title, lines) of each stretch under a `heading`; `title`: of what stands above the first."""
    held: list[str] = []
    for line in lines:
        found = heading.match(line)
        if found is not None:
            yield title, held
            title, held = HEADINGS.get(found[1], found[1]), []
        held.append(line)
    yield title, held


def _chunks(lines: Sequence[str]) -> Iterator[Chunk]:
    """The blocks with a comment of their own, and what stands between them."""
    function, plain, place = "", list[str](), 0
    while place < len(lines):
        line = lines[place]
        found = _FUNCTION.match(line)
        comment = _COMMENT.match(line) if function else None
        if found is not None or comment is None:
            if found is not None and plain:
                yield Chunk(tuple(plain), function=function)
                plain = []
            function = found[1] if found is not None else function
            plain.append(line)
            place += 1
            continue
        if plain:
            yield Chunk(tuple(plain), function=function)
            plain = []
        end = _end(lines, place, len(comment["indent"]), comment["target"] or "")
        labels = tuple(comment["label"].split(", ")) if comment["label"] else ()
        yield Chunk(tuple(lines[place:end]), labels, function)
        place = end
    if plain:
        yield Chunk(tuple(plain), function=function)


def _end(lines: Sequence[str], start: int, indent: int, target: str) -> int:
    """Where the block ends whose comment begins at `start`."""
    place = start + 1
    while place < len(lines) and lines[place].startswith(" " * indent + "#    "):  # the comment goes on
        place += 1
    while place < len(lines):
        line = lines[place]
        depth = len(line) - len(line.lstrip())
        if not line.strip() or depth < indent or (depth == indent and _COMMENT.match(line)):
            return place
        if depth == indent and line.endswith(":") and _holds_blocks(lines, place, indent):
            while (found := _PREPARES.match(lines[place - 1])) is not None and found[1] != target:
                place -= 1  # arrays that are made for the loop
            return place
        place += 1
    return place


def _holds_blocks(lines: Sequence[str], start: int, indent: int) -> bool:
    """Whether a loop's body has blocks with comments of their own."""
    for line in lines[start + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return False
        if _COMMENT.match(line):
            return True
    return False


def attached(chunks: tuple[Chunk, ...], said: Callable[[Chunk], tuple[str, str] | None]) -> tuple[Chunk, ...]:
    """Blocks without a number get those of the equations that read what they compute. `said`: what a block computes and
    its comments, None of what is no block."""
    comments: list[tuple[str, str, str]] = []
    for chunk in chunks:
        told = said(chunk)
        comments += [] if told is None else [(chunk.function, label, told[1]) for label in chunk.labels]
    out: list[Chunk] = []
    for chunk in chunks:
        told = said(chunk)
        if told is not None and told[0] and not chunk.labels:
            reads = re.compile(rf"= .*\b{told[0]}\b")
            labels = tuple(label for where, label, text in comments if where == chunk.function and reads.search(text))
            chunk = replace(chunk, labels=labels if _AHEAD.search(told[0]) else (), own=False)
        out.append(chunk)
    return tuple(out)


def _said(chunk: Chunk) -> tuple[str, str] | None:
    comment = _COMMENT.match(chunk.lines[0]) if chunk.function else None
    if comment is None:
        return None
    text = " ".join(line.strip() for line in chunk.lines if line.lstrip().startswith("#"))
    return comment["target"] or "", text


def _folded(chunks: Sequence[Chunk]) -> Iterator[Part]:
    """What is long at the beginning and at the end of a function, and computes no equation, is folded away."""
    shown: list[Chunk] = []
    for place, chunk in enumerate(chunks):
        begins = _FUNCTION.match(chunk.lines[0]) is not None
        ends = place + 1 == len(chunks) or chunks[place + 1].function != chunk.function
        if chunk.labels or len(chunk.lines) <= LONGEST or not (begins or ends):
            shown.append(chunk)
            continue
        head = 2 if begins else 0  # the line that begins the function, and its docstring
        if head:
            shown.append(replace(chunk, lines=chunk.lines[:head]))
        if shown:
            yield Part("", tuple(shown))
            shown = []
        yield Part(_title(chunk, begins), (replace(chunk, lines=chunk.lines[head:]),))
    if shown:
        yield Part("", tuple(shown))


def _title(chunk: Chunk, begins: bool) -> str:
    if not begins:
        return Message("what_is_kept")
    return Message("what_was_kept" if chunk.function == "backward" else "arguments_checked")
