"""Messages: English text that is said again in another language; the languages that there are."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from symbackprop.errors import InvalidArgument
from symbackprop.phrases import ENGLISH, LANGUAGES, Message, again, language_of

CHINESE = LANGUAGES["zh"]


def test_a_message_is_its_english_text() -> None:
    message = Message("shared_index", count=3, index="i")
    assert message == "three factors share the index i"
    assert json.dumps([message, Message("all_labels")]) == (
        '["three factors share the index i", "each of its indices is a label"]'
    )


def test_it_is_said_again() -> None:
    message = Message("shared_index", count=3, index="i")
    assert again(message, ENGLISH) == message
    assert again(message, CHINESE) == "三个因子共用指标 i"
    assert again("what a user wrote", CHINESE) == "what a user wrote"


def test_messages_in_messages_are_said_again_too() -> None:
    kinds = Message("tallied", count=2, verdict=Message("verdict_kink"))
    message = Message("note_counts", counts=[kinds, Message("note_sampled", entries=16, size=35)])
    assert message == "2 kink, 16 of 35 entries sampled"
    assert again(message, CHINESE) == "2 项不可导点，抽取了 35 个元素中的 16 个"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
def test_a_copy_is_a_message(copied) -> None:  # type: ignore[no-untyped-def]
    message = copied(Message("note_sampled", entries=16, size=35))
    assert isinstance(message, Message)
    assert again(message, CHINESE) == "抽取了 35 个元素中的 16 个"


def test_a_key_that_is_none_and_holes_that_are_none() -> None:
    with pytest.raises(AttributeError):
        Message("no_such_phrase")
    with pytest.raises(TypeError, match="has the holes"):
        Message("note_sampled", entries=16)
    with pytest.raises(AssertionError, match="has no holes"):
        Message("all_labels", index="i")


def test_the_languages() -> None:
    assert language_of("en") is ENGLISH
    assert language_of("zh") is CHINESE
    with pytest.raises(InvalidArgument, match='expected "en" or "zh", found \'fr\''):
        language_of("fr")
