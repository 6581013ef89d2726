"""Letters in another style: the characters that Unicode calls so, which are compatible with the plain ones."""

import string
import unicodedata

import pytest

from symbackprop.errors import UnknownNotation
from symbackprop.formula.alphabets import styled

NAMES = {"bold": "BOLD", "bold-italic": "BOLD ITALIC", "italic": "ITALIC", "double-struck": "DOUBLE-STRUCK",
         "script": "SCRIPT", "fraktur": "FRAKTUR", "sans-serif": "SANS-SERIF", "monospace": "MONOSPACE"}  # fmt: skip
OLDER = {"fraktur": "BLACK-LETTER", "italic": "PLANCK CONSTANT"}  # names before there were mathematical alphabets
GREEK = "".join(map(chr, range(ord("α"), ord("ω") + 1)))


@pytest.mark.parametrize("variant", NAMES)
def test_each_letter_is_what_unicode_calls_so(variant):
    for letter in string.ascii_letters + string.digits + GREEK:
        found = styled(letter, variant)
        assert len(found) == 1
        if found == letter:
            assert letter not in string.ascii_letters
            continue
        assert unicodedata.normalize("NFKC", found) == letter
        name = unicodedata.name(found)
        if variant == "bold-italic" and letter in string.digits:
            assert name.startswith("MATHEMATICAL BOLD DIGIT")  # digits do not slant
            continue
        assert name.startswith((f"MATHEMATICAL {NAMES[variant]} ", f"{NAMES[variant]} ", OLDER.get(variant, "?"))), name
        assert letter in string.digits or "ITALIC" not in name.removeprefix(f"MATHEMATICAL {NAMES[variant]}")


def test_signs_stay_and_other_styles_are_refused():
    assert styled("x + ∂", "bold") == f"{styled('x', 'bold')} + ∂"
    assert styled("1", "fraktur") == "1"
    with pytest.raises(UnknownNotation, match="initial"):
        styled("x", "initial")
