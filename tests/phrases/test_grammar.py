"""Phrases: what fills which hole, as the form in the hole says."""

from __future__ import annotations

import pytest

from symbackprop.phrases.grammar import Kind, Phrase


@pytest.mark.parametrize(
    ("count", "expected"), [(0, ""), (1, "a"), (2, "a and b"), (3, "a, b and c"), (4, "a, b, c and d")]
)
def test_a_list(count: int, expected: str) -> None:
    assert Phrase("{items:a, b and c}").text(items=list("abcd"[:count])) == expected


def test_a_list_as_another_language_has_it() -> None:
    assert Phrase("{items:a、b 和 c}").text(items=list("xyzw")) == "x、y、z 和 w"


@pytest.mark.parametrize(("count", "expected"), [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (12, "12 lines")])
def test_a_number(count: int, expected: str) -> None:
    assert Phrase("{n:# line|# lines}").text(n=count) == expected


def test_small_numbers_in_words() -> None:
    assert [Phrase("{n:one|two|several}").text(n=n) for n in (1, 2, 3, 9)] == ["one", "two", "several", "several"]


def test_what_is_no_text_stays_what_it_is() -> None:
    first, second, third = object(), object(), object()
    runs = Phrase("from {one}, with {all:a, b and c}.")(one=(first, " or "), all=[(second, "!"), third])
    assert runs == ("from ", first, " or ", ", with ", second, "!", " and ", third, ".")


def test_a_hole_may_stand_twice_and_be_alone() -> None:
    assert Phrase("{x} and {x}").text(x="a") == "a and a"
    assert Phrase("{x}")(x="a") == ("a",)


def test_the_kinds_of_holes() -> None:
    phrase = Phrase("{a} {b:a, b and c} {c:# line|# lines} {d:#}")
    assert phrase.holes == {"a": Kind.ONE, "b": Kind.SEVERAL, "c": Kind.NUMBER, "d": Kind.NUMBER}


@pytest.mark.parametrize("given", [{}, {"x": "a", "y": "b"}, {"y": "a"}])
def test_every_hole_is_filled_and_no_other(given: dict[str, str]) -> None:
    with pytest.raises(TypeError, match="has the holes"):
        Phrase("{x}.")(**given)


@pytest.mark.parametrize("template", ["no hole", "{x", "x}", "{}", "{x}}", "{two words}"])
def test_what_is_no_phrase(template: str) -> None:
    with pytest.raises(ValueError, match="not a phrase"):
        Phrase(template)
