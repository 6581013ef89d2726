"""The English table: letters of English and mathematics alone, and sentences that are whole."""

from __future__ import annotations

from dataclasses import fields

import pytest

from symbackprop.formula.width import is_wide
from symbackprop.phrases import ENGLISH, Phrase

TEXTS = {
    field.name: getattr(value, "template", value)
    for field in fields(ENGLISH)
    for value in [getattr(ENGLISH, field.name)]
}


def test_no_chinese_letter() -> None:
    assert not [key for key, text in TEXTS.items() if any(map(is_wide, text))]


@pytest.mark.parametrize("mark", ["  ", " .", " ,", ",,", "..", " ;"])
def test_spaces_and_marks(mark: str) -> None:
    assert not [key for key, text in TEXTS.items() if mark in text]


def test_plurals() -> None:
    assert ENGLISH.lines.text(count=1) == "1 line"
    assert ENGLISH.hint.text(forward=1, backward=1).startswith("1 equation forward, 1 backward. ")


def test_holes_are_named_by_words() -> None:
    assert all(hole.isalpha() for phrase in map(ENGLISH.__getattribute__, TEXTS) if isinstance(phrase, Phrase)
               for hole in phrase.holes)  # fmt: skip
