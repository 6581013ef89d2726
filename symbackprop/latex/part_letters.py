"""The letters of parts: what stood inside an equation before it had a name is called as textbooks call such a value.

In the code a part is named after its tensor and what it is (`p_logsumexp`); a superscript in print would be a power.
Its letter is one that the program uses for nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from symbackprop.formula.latex import GREEK
from symbackprop.formula.tree import Accented, Formula, Given, Label, Letter, Scripted, Style
from symbackprop.terms.program import Equation, Tensor
from symbackprop.terms.term import Apply, Function, Power, Reduce, Reduction, Term, Where

__all__ = ["GREEK_LETTERS", "label_of", "letters_of", "part_letter", "part_symbols"]

GREEK_LETTERS = {name: letter for letter, name in GREEK.items()}

_REDUCTIONS: Mapping[Reduction, str] = {
    Reduction.LOGSUMEXP: "ℓΛ",
    Reduction.SUM: "sS",
    Reduction.PRODUCT: "πΠ",
    Reduction.MAX: "mMμ",
    Reduction.MIN: "mMμ",
}
_FUNCTIONS: Mapping[Function, str] = {
    Function.EXP: "eεE",
    Function.EXP_NORMALIZED: "eεE",
    Function.TANH: "τT",
    Function.SIGMOID: "σg",
    Function.SOFTPLUS: "ζ",  # Goodfellow, Bengio and Courville, "Deep learning" (2016), section 3.10
    Function.LOG: "λΛ",
    Function.LOG_SIGMOID: "λΛ",
    Function.ERF: "φΦ",
    Function.MAX: "mMμ",
    Function.MIN: "mMμ",
}
_POWERS: Mapping[Fraction, str] = {Fraction(-1, 2): "rρ", Fraction(1, 2): "ρκ", Fraction(-1): "ηκ"}
_ANY = "uvqwgκηξχψω"  # an argument, as of the chain rule, and whatever else


def part_symbols(
    parts: Sequence[Tensor], definitions: Mapping[str, Sequence[Equation]], symbols: Mapping[str, Formula],
    taken: Collection[str],
) -> Iterator[tuple[str, Formula]]:  # fmt: skip
    """The symbol of each part: a letter alone, or with the labels of their tensors where several have the letter, or
    with numbers where these do not tell them apart.

    `symbols`: those of the other tensors; `taken`: the letters that the program has.
    """
    alike: dict[str, list[Tensor]] = {}
    for tensor in parts:
        alike.setdefault(part_letter(definitions[tensor.name], taken), []).append(tensor)
    for letter, tensors in alike.items():
        labels = [label_of(symbols.get(tensor.part_of or "")) for tensor in tensors]
        if len(tensors) > 1 and (() in labels or len({*labels}) < len(labels)):
            labels = [(str(number),) for number in range(1, len(tensors) + 1)]
        for tensor, label in zip(tensors, labels, strict=True):
            yield tensor.name, Scripted(Letter(letter), None, Label(label)) if label else Letter(letter)


def part_letter(definitions: Iterable[Equation], taken: Collection[str]) -> str:
    """A letter for what these equations define that is none of `taken`, while there is one; ϕ where there is not."""
    kinds = {_letters(_core(equation.rhs)) for equation in definitions}
    wanted = kinds.pop() if len(kinds) == 1 else ""
    return next((letter for letter in (*wanted, *_ANY) if letter not in taken), "ϕ")


def letters_of(symbols: Iterable[Formula]) -> frozenset[str]:
    """The letters that symbols begin with: what stands in their superscripts tells like letters apart."""
    return frozenset[str]().union(*map(_first_letters, symbols))


def _first_letters(symbol: Formula) -> frozenset[str]:
    match symbol:
        case Scripted(base, _, _) | Accented(base, _):
            return _first_letters(base)
        case Letter(name, Style.ITALIC):
            return frozenset({name})
        case Given(latex):
            commands = frozenset(GREEK_LETTERS.get(name, "") for name in re.findall(r"\\([A-Za-z]+)", latex))
            return commands | frozenset(re.sub(r"\\[A-Za-z]+", "", latex))
        case _:
            return frozenset()


def label_of(symbol: Formula | None) -> tuple[str, ...]:
    """What stands in the superscript of a tensor's symbol, or of that which its δ is of."""
    match symbol:
        case Scripted(Letter("δ"), None, above):
            return label_of(above)
        case Scripted(_, None, Label(parts)):
            return parts
        case _:
            return ()


def _core(term: Term) -> Term:
    """What is behind guards."""
    while isinstance(term, Where):
        term = term.then
    return term


def _letters(term: Term) -> str:
    match term:
        case Reduce(reduction, _, _):
            return _REDUCTIONS[reduction]
        case Apply(function, _):
            return _FUNCTIONS.get(function, "")
        case Power(_, exponent):
            return _POWERS.get(exponent, "")
        case _:
            return ""
