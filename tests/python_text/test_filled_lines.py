from symbackprop.python_text.filled_lines import filled_lines


def test_lines_are_as_full_as_they_can_be() -> None:
    assert filled_lines(["aa,", "bb,", "cc,"], "  ", "    ", 9) == ["  aa, bb,", "    cc,"]


def test_a_piece_that_no_line_holds_stands_alone() -> None:
    assert filled_lines(["a", "b" * 9, "c"], "# ", "#   ", 6) == ["# a", "#   " + "b" * 9, "#   c"]
