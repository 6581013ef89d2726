"""The text in C as the page shows it: chunks of lines, each with the equations that its statements compute.

Over what computes an equation stands its comment, `/* (B2) d_z1[n, j] = … */`, and what follows belongs to it, up to
the next one. Where equations share a nest, the comment of the second stands inside of it: heads of loops right before a
comment, and the ends of those that began before it, belong to none. Put together, the chunks are the file, letter for
letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symbackprop.c import Kit
from symbackprop.phrases import Message
from symbackprop.report.module_code import LONGEST, Chunk, Part, attached, sections
from symbackprop.schedule import ScheduledDerivation

__all__ = ["TextInC", "computed_by", "counterparts", "read_c"]

_BEGIN = re.compile(r"(?P<indent> *)/\* (?:\((?P<label>[A-Z]+\d+(?:, [A-Z]+\d+)*)\) )?(?P<target>\w+)?")
_SECTION = re.compile(r"/\* --- (.*?) --- \*/$")
_FUNCTION = re.compile(r"static\s+void\s+\w+_run_(\w+)\(")
_PRAGMA = re.compile(r" *\w+_(VECTORS|THREADS)\(")


@dataclass(frozen=True, slots=True)
class TextInC:
    """`kit`: the files of a network at its sizes; `labels`: for the label that an equation has there, its label on the
    page, "" where it has none."""

    kit: Kit
    labels: Mapping[str, str]

    @property
    def renumbered(self) -> bool:
        """Whether a label in the text is another one on the page, or none."""
        return any(own != shown for own, shown in self.labels.items())


def counterparts(own: ScheduledDerivation, shown: ScheduledDerivation) -> dict[str, str]:
    """For the label of each equation of `own`, the same network at some sizes, that of the equation of `shown` which
    defines the same tensor, "" where there is none: a size of 1, say, may leave an equation nothing to do."""
    found = _by_tensor(shown)
    return {
        label: found.get(tensor, {}).get(place, "")
        for tensor, labels in _by_tensor(own).items()
        for place, label in labels.items()
    }


def _by_tensor(scheduled: ScheduledDerivation) -> dict[str, dict[int, str]]:
    """The labels of the equations that define a tensor, in their order."""
    found: dict[str, dict[int, str]] = {}
    for program in (scheduled.derived.forward, scheduled.derived.backward):
        for equation in program.equations:
            if equation.label:
                labels = found.setdefault(equation.target, {})
                labels[len(labels)] = equation.label
    return found


def read_c(text: TextInC) -> tuple[Part, ...]:
    """The parts of the one file: the header's text, then the rest."""
    header = text.kit.header.removesuffix("\n").split("\n")
    end = next(place for place, line in enumerate(header) if line.endswith("*/")) + 1
    parts = [Part(Message("what_module_is"), (Chunk(tuple(header[:end])),)),
             Part(Message("heading_declared"), (Chunk(tuple(header[end:])),))]  # fmt: skip
    source = text.kit.source.removesuffix("\n").split("\n")
    for title, lines in sections(source, _SECTION, Message("heading_helpers")):
        chunks = attached(tuple(_chunks(lines)), _said)
        if any(chunk.labels for chunk in chunks):
            parts.extend(_folded([_shown(chunk, text.labels) for chunk in chunks]))
        else:
            parts.append(Part(title, (Chunk(tuple(lines)),)))
    return tuple(parts)


def computed_by(parts: Sequence[Part]) -> dict[str, tuple[str, ...]]:
    """For what comments say is computed the labels of its blocks."""
    found: dict[str, dict[str, None]] = {}
    for chunk in (chunk for part in parts for chunk in part.chunks):
        said = _said(chunk)
        if said is not None:
            found.setdefault(said[0], {}).update(dict.fromkeys(chunk.labels))
    return {name: tuple(labels) for name, labels in found.items()}


def _shown(chunk: Chunk, labels: Mapping[str, str]) -> Chunk:
    return replace(chunk, labels=tuple(filter(None, (labels.get(label, "") for label in chunk.labels))))


def _said(chunk: Chunk) -> tuple[str, str] | None:
    comment = _BEGIN.match(chunk.lines[0]) if chunk.function else None
    if comment is None:
        return None
    return comment["target"] or "", " ".join(line.strip() for line in chunk.lines[: _comment_end(chunk.lines, 0)])


def _comment_end(lines: Sequence[str], start: int) -> int:
    """The line behind the comment that begins at `start`."""
    while not lines[start].endswith("*/"):
        start += 1
    return start + 1


def _chunks(lines: Sequence[str]) -> Iterator[Chunk]:
    """What each comment is of, and what stands between."""
    function, plain, place = "", list[str](), 0
    while place < len(lines):
        found = _FUNCTION.match(lines[place])
        comment = _BEGIN.match(lines[place]) if function else None
        if comment is None:
            if found is not None:
                if plain:
                    yield Chunk(tuple(plain), function=function)
                function, plain = found[1], []
            plain.append(lines[place])
            place += 1
            continue
        if plain:
            yield Chunk(tuple(plain), function=function)
            plain = []
        begin, start = place, _comment_end(lines, place)
        place = start
        while place < len(lines) and not _BEGIN.match(lines[place]) and not _FUNCTION.match(lines[place]):
            place += 1
        end = start + _own(lines[start:place])
        labels = tuple(comment["label"].split(", ")) if comment["label"] else ()
        yield Chunk(tuple(lines[begin:end]), labels, function)
        plain = list(lines[end:place])
    if plain:
        yield Chunk(tuple(plain), function=function)


def _own(lines: Sequence[str]) -> int:
    """How many of the lines behind a comment belong to it."""
    end = len(lines)
    while end:
        line = lines[end - 1]
        if line.endswith("{"):
            end -= 1
            while end and _open(lines[end : end + 1], "()") < 0:  # the head began on a line before
                end -= 1
        elif not line.strip() or _PRAGMA.match(line) or (line.strip() == "}" and _open(lines[:end], "{}") < 0):
            end -= 1
        else:
            break
    return end


def _open(lines: Sequence[str], pair: str) -> int:
    """How many more brackets begin than end."""
    return sum(line.count(pair[0]) - line.count(pair[1]) for line in lines)


def _folded(chunks: Sequence[Chunk]) -> Iterator[Part]:
    """Where many tensors lie in work memory is folded away."""
    shown: list[Chunk] = []
    for chunk in chunks:
        if chunk.labels or len(chunk.lines) <= LONGEST or _FUNCTION.match(chunk.lines[0]) is None:
            shown.append(chunk)
            continue
        yield Part("", (*shown, replace(chunk, lines=chunk.lines[:1])))
        yield Part(Message("places_in_work"), (replace(chunk, lines=chunk.lines[1:]),))
        shown = []
    if shown:
        yield Part("", tuple(shown))
