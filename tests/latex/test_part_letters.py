"""A part is called by a letter of its own, and no superscript of one is read as a power."""

from __future__ import annotations

from symbackprop import derive, zoo
from symbackprop.formula.latex import latex
from symbackprop.formula.tree import Accented, Given, Label, Letter, Scripted
from symbackprop.latex import Names
from symbackprop.latex.part_letters import label_of, letters_of, part_letter


def symbols(name: str) -> dict[str, str]:
    program = derive(zoo.load(name)).derived.joint
    return {tensor: latex(symbol) for tensor, symbol in Names.of(program).symbols.items()}


def test_the_letters_of_textbooks() -> None:
    found = symbols("lstm")
    assert (found["p_logsumexp"], found["h_tanh"]) == (r"\ell", r"\tau")
    found = symbols("transformer_block")
    assert [found["x_hat_rsqrt"], found["y_hat_rsqrt"]] == ["r^{(1)}", "r^{(2)}"]  # several are numbered
    assert symbols("layer_norm_mlp")["a1_erf"] == r"\phi^{(1)}"  # the label of its tensor


def test_a_letter_that_the_network_has_is_not_taken() -> None:
    (equation,) = derive(zoo.load("mlp")).derived.forward.definitions["p_logsumexp"]
    assert part_letter([equation], ()) == "ℓ"
    assert part_letter([equation], ("ℓ",)) == "Λ"


def test_letters_and_labels_of_symbols() -> None:
    one = Scripted(Letter("a"), None, Label(("1",)))
    assert letters_of([one, Accented(Letter("x"), "hat"), Given(r"\theta_t")]) >= {"a", "x", "θ", "t"}
    assert label_of(one) == ("1",) == label_of(Scripted(Letter("δ"), None, one))
    assert label_of(None) == ()
