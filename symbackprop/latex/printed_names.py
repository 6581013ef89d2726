r"""Names in print: distinct tensors stay distinct, and every symbol is valid wherever it stands.

    z1 -> z^{(1)}      W_q, Wq -> W^{\mathrm{q}}      x_hat -> \hat{x}      mu -> \mu      score -> \mathrm{score}
    a part of a1, such as its log-sum-exp a1_logsumexp -> \ell^{(1)}        (`part_letters`)
    the adjoint of z1 -> \delta^{z^{(1)}}            the gradient of a parameter W -> \partial\mathcal{L}/\partial W
    the cotangent of an output y -> \bar{y}         the tangent of z1 -> v^{z^{(1)}}

A number at the end of a short name is a layer, in the superscript as in M. A. Nielsen's book, and so is what follows an
underscore: subscripts are for indices. `Network.notation` overrules any of it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symbackprop.formula.latex import latex
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
    is_bracketed,
)
from symbackprop.latex.part_letters import GREEK_LETTERS, letters_of, part_symbols
from symbackprop.phrases import ENGLISH, Phrases
from symbackprop.terms.poly import Floor
from symbackprop.terms.program import Equation, Program, Tensor, TensorKind
from symbackprop.terms.writing import Spelling

__all__ = ["LOSS", "Names", "adjoint", "identifier", "partial", "size_or_index"]

LOSS = Letter("L", Style.SCRIPT)
_ACCENTS = ("hat", "bar", "tilde", "dot", "vec")


def identifier(name: str) -> Formula:
    r"""A Python identifier as a symbol: a letter with what follows it in the superscript, or a word.

    Different names may have the same symbol (`W1` and `W_1`); `Names` keeps those of a program apart.

    >>> [latex(identifier(name)) for name in ("W", "W1", "Wq", "mu", "x_hat", "score", "log_z")]
    ['W', 'W^{(1)}', 'W^{\\mathrm{q}}', '\\mu', '\\hat{x}', '\\mathrm{score}', '\\mathrm{log\\_z}']
    >>> [latex(identifier(name)) for name in ("h_2", "a1_erf", "x_hat_norm1", "_")]
    ['h^{(2)}', 'a^{(1)\\,(\\mathrm{erf})}', '\\hat{x}^{\\mathrm{norm1}}', '\\mathrm{\\_}']
    """
    head, *rest = name.split("_")
    if head.rstrip("0123456789") == "delta" or not all(rest):  # the letter of the adjoints
        return Word(name)
    match = re.fullmatch(rf"({'|'.join(GREEK_LETTERS)}|[A-Za-z])(0|[1-9][0-9]*)?", head)
    short = re.fullmatch(r"([A-Zb])([a-z])(0|[1-9][0-9]*)?", head)
    if match is not None:
        base, above = _word(match[1]), [match[2]] if match[2] else []
    elif short is not None:
        base, above = Letter(short[1]), [short[2], *([short[3]] if short[3] else [])]
    else:
        return Word(name)
    for part in rest:
        accent = re.fullmatch(rf"({'|'.join(_ACCENTS)})([1-9][0-9]*)?", part)
        if accent is not None and not isinstance(base, Accented) and all(map(str.isdecimal, above)):
            base = Accented(base, accent[1])
            above += [accent[2]] if accent[2] else []
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


def _is_part(tensor: Tensor, defined: Container[str]) -> bool:
    """Whether it is a part that is called by a letter; what is normalised has a hat."""
    if tensor.part_of is None or tensor.name not in defined:
        return False
    match identifier(tensor.name):
        case Scripted(Accented(), _, Label((*_, last))):
            return is_bracketed(last) and not last.isdecimal()
        case symbol:
            return not isinstance(symbol, Accented)


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
    return Letter(GREEK_LETTERS[name]) if name in GREEK_LETTERS else Word(name)


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
        """The names for a program's tensors, in the notation that its author chose where there is one. Those of its
        parts need their definitions."""
        others = {*program.dims, *(axis.index.name for axis in program.indices)}
        others |= {name for tensor in program.tensors for name in tensor.axes}
        return cls.of_tensors(
            program.tensors, program.loss, dict(program.notation), program.cotangents, program.definitions, others
        )

    @classmethod
    def of_tensors(
        cls, tensors: Iterable[Tensor], loss: str | None, notation: Mapping[str, str] | None = None,
        cotangents: Iterable[tuple[str, str]] = (), definitions: Mapping[str, Sequence[Equation]] | None = None,
        others: Iterable[str] = (),
    ) -> Names:  # fmt: skip
        """`definitions`: the equations of parts, whose letters they choose; `others`: the sizes and indices."""
        naming = _Naming({tensor.name: tensor for tensor in tensors}, notation or {}, definitions or {}, loss)
        naming.name_all(cotangents, others)
        rest: dict[str, Formula] = {n: Given(given) for n, given in naming.chosen.items() if n not in naming.table}
        return cls(naming.symbols, naming.gradients, naming.symbols.get(loss or "", LOSS), rest)

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


class _Naming:
    """Gives each tensor a symbol that no other has."""

    def __init__(
        self, table: Mapping[str, Tensor], chosen: Mapping[str, str], defined: Mapping[str, Sequence[Equation]],
        loss: str | None,
    ) -> None:  # fmt: skip
        self.table, self.chosen, self.defined = table, chosen, defined
        self.symbols: dict[str, Formula] = {name: Given(given) for name, given in chosen.items() if name in table}
        if loss is not None:
            self.symbols.setdefault(loss, LOSS)
        self.used = {latex(symbol) for symbol in self.symbols.values()}
        self.gradients: dict[str, Formula] = {}

    def name_all(self, cotangents: Iterable[tuple[str, str]], others: Iterable[str]) -> None:
        """What is written with the symbol of another tensor waits for that one: δ, tangents, parts."""
        output_of = {given: output for output, given in cotangents}
        waiting: list[Tensor] = []
        for tensor in self.table.values():
            if tensor.name in self.symbols:
                continue
            if self._leads_to(tensor, output_of) is None:
                self.give(tensor.name, _part(tensor.name, self.symbols) or identifier(tensor.name))
            else:
                waiting.append(tensor)
        sizes = [size_or_index(name) for name in others]
        while waiting:
            ready = [t for t in waiting if self._leads_to(t, output_of) in self.symbols] or waiting
            parts = [tensor for tensor in ready if _is_part(tensor, self.defined)]
            taken = letters_of([*self.symbols.values(), *sizes])
            for name, symbol in part_symbols(parts, self.defined, self.symbols, taken):
                self.give(name, symbol)
            for tensor in ready:
                if tensor.name not in self.symbols:
                    self._give_related(tensor, output_of)
            waiting = [tensor for tensor in waiting if tensor.name not in self.symbols]

    def _leads_to(self, tensor: Tensor, output_of: Mapping[str, str]) -> str | None:
        """The tensor with whose symbol its own is written."""
        of = output_of.get(tensor.name) or tensor.tangent_of or tensor.adjoint_of
        if of is not None and of in self.table and of != tensor.name:
            return of
        return tensor.part_of if _is_part(tensor, self.defined) and tensor.part_of in self.table else None

    def _give_related(self, tensor: Tensor, output_of: Mapping[str, str]) -> None:
        of = self._leads_to(tensor, output_of) or tensor.name
        symbol = self.symbols.get(of) or identifier(of)
        if tensor.name in output_of:
            self.give(tensor.name, _bar(symbol))
        elif tensor.tangent_of == of:
            self.give(tensor.name, _along(symbol))
        else:
            order = 1
            while latex(adjoint(symbol, order)) in self.used:
                order += 1
            self.give(tensor.name, adjoint(symbol, order))
            if self.table[of].kind is not TensorKind.INTERMEDIATE and order == 1:
                self.gradients[tensor.name] = symbol

    def give(self, name: str, symbol: Formula) -> None:
        text = latex(symbol)
        if text in self.used:  # W1 beside W_1
            symbol, text = Word(name), latex(Word(name))
        self.symbols[name] = symbol
        self.used.add(text)
