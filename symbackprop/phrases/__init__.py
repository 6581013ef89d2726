"""What documents say, in each language: a table of phrases for each, and how their holes are filled.

Code says what is to be said (`words.is_read(tensor=…, equations=…)`); word order, punctuation, lists and plurals are
those of the tables. A room that knows no document says a `Message`: English text that a document says `again` in its
language.
Another language is another table, and a row of `LANGUAGES`.
"""

from symbackprop.phrases.en import ENGLISH
from symbackprop.phrases.grammar import Kind, Phrase
from symbackprop.phrases.languages import LANGUAGES, Message, again, language_of
from symbackprop.phrases.table import Phrases

__all__ = ["ENGLISH", "LANGUAGES", "Kind", "Message", "Phrase", "Phrases", "again", "language_of"]
