"""Symbols in a picture: formulas as SVG text, what a name can hold: letters, accents, superscripts and subscripts.

SVG has no mathematics of its own, and MathML inside it is drawn by some browsers alone; so a symbol becomes text with
raised and lowered parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from xml.etree.ElementTree import Element

from symbackprop.formula.mathml import element
from symbackprop.formula.tree import Formula

__all__ = ["Symbol", "symbol"]

_SIZE = 15.0  # of the letters, in pixels
_SMALLER, _SMALLEST = 0.72, 9.0
_UP, _DOWN = 0.42, 0.22  # of the size that is raised or lowered
_COMBINING = {"^": "\u0302", "~": "\u0303", "¯": "\u0304", "˙": "\u0307", "¨": "\u0308", "→": "\u20d7"}
_WIDE, _NARROW = frozenset("mwMWQOD𝐖∂ℒ"), frozenset("ijlrtfI.,()[]'′")


@dataclass(frozen=True, slots=True)
class _Run:
    """Letters of one size, `shift` above the line."""

    text: str
    size: float
    shift: float
    italic: bool


@dataclass(frozen=True, slots=True)
class Symbol:
    """`markup`: tspans for an SVG text of that size; `width`: about how wide they are; `plain`: the letters alone."""

    markup: str
    width: float
    plain: str


@lru_cache(maxsize=4096)
def symbol(formula: Formula) -> Symbol:
    """What a name is drawn as; a fraction is written with a stroke."""
    runs = _joined(_runs(element(formula), _SIZE, 0.0))
    markup, shift = "", 0.0
    for run in runs:
        attributes = f' font-size="{run.size:.3g}"' if run.size != _SIZE else ""
        attributes += f' dy="{shift - run.shift:.3g}"' if run.shift != shift else ""
        attributes += "" if run.italic else ' class="up"'
        text = escape(run.text, quote=False)
        markup += f"<tspan{attributes}>{text}</tspan>" if attributes else text
        shift = run.shift
    width = sum(_width(letter) * run.size for run in runs for letter in run.text)
    return Symbol(markup, width, "".join(run.text for run in runs))


def _width(letter: str) -> float:
    if letter in _COMBINING.values():
        return 0.0
    return 0.85 if letter in _WIDE else 0.36 if letter in _NARROW else 0.56


def _runs(node: Element, size: float, shift: float) -> list[_Run]:
    smaller = max(size * _SMALLER, _SMALLEST)
    match node.tag:
        case "mi" | "mn" | "mo" | "mtext":
            text = node.text or ""
            italic = node.tag == "mi" and len(text) == 1 and node.get("mathvariant") != "normal" and text.isalpha()
            return [_Run(text, size, shift, italic)]
        case "msup":
            return [*_runs(node[0], size, shift), *_runs(node[1], smaller, shift + _UP * size)]
        case "msub" | "munder":
            return [*_runs(node[0], size, shift), *_runs(node[1], smaller, shift - _DOWN * size)]
        case "msubsup" | "munderover":
            below = _runs(node[1], smaller, shift - _DOWN * size)
            return [*_runs(node[0], size, shift), *below, *_runs(node[2], smaller, shift + _UP * size)]
        case "mover" if (node[1].text or "") in _COMBINING:
            base = _runs(node[0], size, shift)
            mark = _COMBINING[node[1].text or ""]
            return [*base[:-1], _Run(base[-1].text + mark, base[-1].size, base[-1].shift, base[-1].italic)]
        case "mfrac":
            return [*_runs(node[0], size, shift), _Run("/", size, shift, False), *_runs(node[1], size, shift)]
        case "mspace":
            return [_Run("\u2009", size, shift, False)]
        case _:
            return [run for child in node for run in _runs(child, size, shift)]


def _joined(runs: list[_Run]) -> list[_Run]:
    """Neighbours that look alike as one."""
    out: list[_Run] = []
    for run in runs:
        if out and (out[-1].size, out[-1].shift, out[-1].italic) == (run.size, run.shift, run.italic):
            out[-1] = _Run(out[-1].text + run.text, run.size, run.shift, run.italic)
        else:
            out.append(run)
    return out
