r"""Names in print: distinct tensors stay distinct, and every symbol is valid wherever it stands.

    z1 -> z^{(1)}      W_q, Wq -> W^{\mathrm{q}}      x_hat -> \hat{x}      mu -> \mu      score -> \mathrm{score}
    the adjoint of z1 -> \delta^{z^{(1)}}            the gradient of a parameter W -> \partial\mathcal{L}/\partial W
    the cotangent of an output y -> \bar{y}         the tangent of z1 -> v^{z^{(1)}}

A number at the end of a short name is a layer, in the superscript as in M. A. Nielsen's book, and so is what follows an
underscore: subscripts are for indices. `Network.notation` overrules any of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from symbackprop.formula.latex import GREEK, latex
from symbackprop.formula.tree import (
    Accented,
    Chain,
    Digits,
    Element,
    Formula,
    Given,
    Joint,
    Label,
    Letter,
    Mark,
    Quotient,
    Row,
    Scripted,
    Style,
    Word,
)
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.terms.poly import Floor
from symbackprop.terms.program import Program, Tensor, TensorKind
from symbackprop.terms.writing import Spelling

__all__ = ["LOSS", "Names", "adjoint", "identifier", "partial", "size_or_index"]

LOSS = Letter("L", Style.SCRIPT)
_LETTERS = {name: letter for letter, name in GREEK.items()}
_ACCENTS = ("hat", "bar", "tilde", "dot", "vec")


def identifier(name: str) -> Formula:
    r"""A Python identifier as a symbol: a letter with what follows it in the superscript, or a word.

    Different names may have the same symbol (`W1` and `W_1`); `Names` keeps those of a program apart.

    >>> [latex(identifier(name)) for name in ("W", "W1", "Wq", "mu", "x_hat", "score", "log_z")]
    ['W', 'W^{(1)}', 'W^{\\mathrm{q}}', '\\mu', '\\hat{x}', '\\mathrm{score}', '\\mathrm{log\\_z}']
    >>> [latex(identifier(name)) for name in ("h_2", "a1_erf", "x_hat_norm1", "_")]
    ['h^{(2)}', 'a^{(1)\\,\\mathrm{erf}}', '\\hat{x}^{\\mathrm{norm1}}', '\\mathrm{\\_}']
    """
    head, *rest = name.split("_")
    if head.rstrip("0123456789") == "delta" or not all(rest):  # the letter of the adjoints
        return Word(name)
    match = re.fullmatch(rf"({'|'.join(_LETTERS)}|[A-Za-z])([1-9][0-9]*)?", head)
    short = re.fullmatch(r"([A-Zb])([a-z])([1-9][0-9]*)?", head)
    if match is not None:
        base, above = _word(match[1]), [match[2]] if match[2] else []
    elif short is not None:
        base, above = Letter(short[1]), [short[2], *([short[3]] if short[3] else [])]
    else:
        return Word(name)
    for part in rest:
        if part in _ACCENTS and not above:
            base = Accented(base, part)
        else:
            above.append(part)
    return Scripted(base, None, Label(tuple(above))) if above else base


def _part(name: str, symbols: Mapping[str, Formula]) -> Formula | None:
    r"""A name that continues that of a word: `score_sum` beside `score` is \mathrm{score}^{\mathrm{sum}}."""
    for place in range(len(name) - 1, 0, -1):
        symbol = symbols.get(name[:place]) if name[place] == "_" else None
        if isinstance(symbol, Word):
            return Scripted(symbol, None, Label(tuple(name[place + 1 :].split("_"))))
    return None


def size_or_index(name: str) -> Formula:
    r"""The name of a size or an index, where a number is a subscript.

    >>> [latex(size_or_index(name)) for name in ("N", "j2", "width")]
    ['N', 'j_{2}', '\\mathrm{width}']
    """
    match = re.fullmatch(r"([A-Za-z])([0-9]+)", name)
    return Scripted(Letter(match[1]), Digits(match[2])) if match else _word(name)


def partial(above: Formula, below: Formula) -> Formula:
    """∂above/∂below as a fraction."""
    return Quotient(Row((Mark("∂"), above)), Row((Mark("∂"), below)))


def adjoint(symbol: Formula, order: int = 1) -> Formula:
    """δ of a symbol; of a later order of differentiation, with its number."""
    above = symbol if order == 1 else Chain(Joint.THIN, (symbol, Mark(f"[{order}]")))
    return Scripted(Letter("δ"), None, above)


def _word(name: str) -> Formula:
    if len(name) == 1 and name.isascii() and name.isalpha():
        return Letter(name)
    return Letter(_LETTERS[name]) if name in _LETTERS else Word(name)


def _bar(symbol: Formula) -> Formula:
    r"""`\bar{y}^{(1)}` of `y^{(1)}`."""
    if isinstance(symbol, Scripted):
        return Scripted(Accented(symbol.base, "bar"), symbol.below, symbol.above)
    return Accented(symbol, "bar")


def _along(symbol: Formula) -> Formula:
    return Scripted(Letter("v"), None, symbol)


@dataclass(frozen=True, slots=True)
class Names(Spelling):
    r"""How each tensor is written. `symbols`: tensors that are a symbol with subscripts; `gradients`: those written as
    a quotient, ∂L/∂ of the symbol that they hold; `others`: sizes and indices that have a notation of their own;
    `floors`: symbols that stand for rounded quotients of sizes; `words`: the language of the words in formulas."""

    symbols: Mapping[str, Formula]
    gradients: Mapping[str, Formula]
    loss: Formula = LOSS
    others: Mapping[str, Formula] = field(default_factory=dict)
    floors: Mapping[Floor, Formula] = field(default_factory=dict)
    words: Phrases = ENGLISH

    @classmethod
    def of(cls, program: Program) -> Names:
        """The names for a program's tensors, in the notation that its author chose where there is one."""
        return cls.of_tensors(program.tensors, program.loss, dict(program.notation), program.cotangents)

    @classmethod
    def of_tensors(
        cls, tensors: Iterable[Tensor], loss: str | None, notation: Mapping[str, str] | None = None,
        cotangents: Iterable[tuple[str, str]] = (),
    ) -> Names:  # fmt: skip
        table, chosen = {tensor.name: tensor for tensor in tensors}, notation or {}
        symbols: dict[str, Formula] = {name: Given(given) for name, given in chosen.items() if name in table}
        if loss is not None:
            symbols.setdefault(loss, LOSS)
        used = {latex(symbol) for symbol in symbols.values()}

        def give(name: str, symbol: Formula) -> None:
            text = latex(symbol)
            if text in used:  # W1 beside W_1
                symbol, text = Word(name), latex(Word(name))
            symbols[name] = symbol
            used.add(text)

        related: dict[str, tuple[Callable[[Formula], Formula], str]] = {}
        related |= {given: (_bar, output) for output, given in cotangents}
        for tensor in table.values():
            if tensor.tangent_of in table and tensor.tangent_of is not None:
                related[tensor.name] = _along, tensor.tangent_of
        for tensor in table.values():
            plain = tensor.adjoint_of is None or tensor.adjoint_of not in table
            if tensor.name not in symbols and plain and tensor.name not in related:
                give(tensor.name, _part(tensor.name, symbols) or identifier(tensor.name))
        for name, (written, known) in related.items():
            if name in table and name not in symbols:
                give(name, written(symbols.get(known, identifier(known))))
        gradients: dict[str, Formula] = {}
        for tensor in table.values():
            if tensor.name in symbols:
                continue
            assert tensor.adjoint_of is not None
            of = table[tensor.adjoint_of]
            symbol = symbols.get(of.name, identifier(of.name))
            order = 1
            while (text := latex(adjoint(symbol, order))) in used:
                order += 1
            symbols[tensor.name] = adjoint(symbol, order)
            used.add(text)
            if of.kind is not TensorKind.INTERMEDIATE and order == 1:
                gradients[tensor.name] = symbol
        others: dict[str, Formula] = {name: Given(given) for name, given in chosen.items() if name not in table}
        return cls(symbols, gradients, symbols[loss] if loss is not None else LOSS, others)

    def symbol(self, tensor: str) -> Formula:
        return self.symbols.get(tensor) or identifier(tensor)

    # --- as terms are written with them --------------------------------------------------------------
    def element(self, tensor: str, subscripts: tuple[Formula, ...]) -> Formula:
        """An element; a gradient of a leaf tensor is a quotient, ∂L/∂w."""
        of = self.gradients.get(tensor)
        if of is not None:
            return partial(self.loss, Element(of, subscripts))
        return Element(self.symbol(tensor), subscripts)

    def size(self, name: str) -> Formula:
        return self.others.get(name) or size_or_index(name)

    def index(self, name: str) -> Formula:
        """An index, with the primes that tell it from another."""
        stem = name.rstrip("'")
        primes = name[len(stem) :]
        if not stem.isidentifier():  # an index made by the machinery
            stem = "i" + "".join(letter for letter in stem if letter.isalnum())
        return Row((self.size(stem), Mark(primes))) if primes else self.size(stem)

    def floor(self, floor: Floor) -> Formula | None:
        return self.floors.get(floor)
