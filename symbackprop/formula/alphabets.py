"""Unicode's mathematical alphabets: the letter that a `mathvariant` of MathML 3 asks for.

MathML Core has no such attribute but for upright letters; bold, script and the like are characters of their own (The
Unicode Standard, chapter 22.2, block U+1D400).

>>> styled("x1", "bold"), styled("1", "double-struck"), styled("δ", "bold-italic")
('𝐱𝟏', '𝟙', '𝜹')
"""

from __future__ import annotations

from collections.abc import Mapping

from symbackprop.errors import UnknownNotation

__all__ = ["styled"]

_UPPER, _LOWER, _DIGITS, _GREEK = "A", "a", "0", "α"
# where the alphabets of each variant begin; the letters follow in their usual order
_STARTS: Mapping[str, Mapping[str, int]] = {
    "bold": {_UPPER: 0x1D400, _LOWER: 0x1D41A, _DIGITS: 0x1D7CE, _GREEK: 0x1D6C2},
    "bold-italic": {_UPPER: 0x1D468, _LOWER: 0x1D482, _DIGITS: 0x1D7CE, _GREEK: 0x1D736},
    "italic": {_UPPER: 0x1D434, _LOWER: 0x1D44E, _GREEK: 0x1D6FC},
    "double-struck": {_UPPER: 0x1D538, _LOWER: 0x1D552, _DIGITS: 0x1D7D8},
    "script": {_UPPER: 0x1D49C, _LOWER: 0x1D4B6},
    "fraktur": {_UPPER: 0x1D504, _LOWER: 0x1D51E},
    "sans-serif": {_UPPER: 0x1D5A0, _LOWER: 0x1D5BA, _DIGITS: 0x1D7E2},
    "monospace": {_UPPER: 0x1D670, _LOWER: 0x1D68A, _DIGITS: 0x1D7F6},
}
_ENDS = {_UPPER: "Z", _LOWER: "z", _DIGITS: "9", _GREEK: "ω"}
# letters that were in Unicode before the block, and have no second place in it
_ELSEWHERE = {
    ("italic", "h"): "ℎ", ("double-struck", "C"): "ℂ", ("double-struck", "H"): "ℍ", ("double-struck", "N"): "ℕ",
    ("double-struck", "P"): "ℙ", ("double-struck", "Q"): "ℚ", ("double-struck", "R"): "ℝ",
    ("double-struck", "Z"): "ℤ", ("script", "B"): "ℬ", ("script", "E"): "ℰ", ("script", "F"): "ℱ",
    ("script", "H"): "ℋ", ("script", "I"): "ℐ", ("script", "L"): "ℒ", ("script", "M"): "ℳ", ("script", "R"): "ℛ",
    ("script", "e"): "ℯ", ("script", "g"): "ℊ", ("script", "o"): "ℴ", ("fraktur", "C"): "ℭ", ("fraktur", "H"): "ℌ",
    ("fraktur", "I"): "ℑ", ("fraktur", "R"): "ℜ", ("fraktur", "Z"): "ℨ",
}  # fmt: skip


def styled(text: str, variant: str) -> str:
    """The letters of `text` in that variant; signs and letters that it does not have stay as they are."""
    starts = _STARTS.get(variant)
    if starts is None:
        raise UnknownNotation(variant, expected=f"one of {', '.join(_STARTS)}", found="another style of letters")
    return "".join(_letter(letter, variant, starts) for letter in text)


def _letter(letter: str, variant: str, starts: Mapping[str, int]) -> str:
    if (variant, letter) in _ELSEWHERE:
        return _ELSEWHERE[variant, letter]
    for first, start in starts.items():
        if first <= letter <= _ENDS[first]:
            return chr(start + ord(letter) - ord(first))
    return letter
