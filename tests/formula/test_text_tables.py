"""Tables as lines."""

from symbackprop.formula.text_tables import text_table


def test_columns_are_as_wide_as_they_must_be():
    assert text_table([("", "of", "ab"), ("long", "b", ""), ("c", "", "1")], left=2) == [
        "      of  ab",
        "long  b",
        "c          1",
    ]
