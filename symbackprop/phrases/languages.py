"""The languages, and what can be said in each of them later."""

from __future__ import annotations

from typing import Any

from symbackprop.errors import InvalidArgument
from symbackprop.phrases.en import ENGLISH
from symbackprop.phrases.grammar import Phrase
from symbackprop.phrases.table import Phrases
from symbackprop.phrases.zh import CHINESE

__all__ = ["LANGUAGES", "Message", "again", "language_of"]

LANGUAGES = {table.name: table for table in (ENGLISH, CHINESE)}


class Message(str):
    """English text that can be said `again` in another language: `key`, its phrase, and what is in its holes.

    A text joined to it or cut from it is plain text.

    >>> Message("note_sampled", entries=16, size=35)
    '16 of 35 entries sampled'
    """

    key: str
    given: dict[str, Any]

    def __new__(cls, key: str, /, **given: Any) -> Message:
        message = super().__new__(cls, _said(ENGLISH, key, given))
        message.key, message.given = key, given
        return message

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.key,), self.given


def again(text: str, words: Phrases) -> str:
    """The message in that language; any other text as it is."""
    return _said(words, text.key, text.given) if isinstance(text, Message) else text


def language_of(name: str) -> Phrases:
    """The phrases of a language; InvalidArgument for one that has no table."""
    if name not in LANGUAGES:
        expected = " or ".join(f'"{known}"' for known in LANGUAGES)
        raise InvalidArgument("language", expected=expected, found=repr(name))
    return LANGUAGES[name]


def _said(words: Phrases, key: str, given: dict[str, Any]) -> str:
    phrase = getattr(words, key)
    if isinstance(phrase, Phrase):
        return phrase.text(**{hole: _inside(value, words) for hole, value in given.items()})
    assert not given, f"{key} has no holes"
    return str(phrase)


def _inside(value: Any, words: Phrases) -> Any:
    """What fills a hole, the messages in it in the language."""
    if isinstance(value, list | tuple):
        return [_inside(item, words) for item in value]
    return again(value, words) if isinstance(value, str) else value
