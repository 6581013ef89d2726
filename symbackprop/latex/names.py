r"""Names in LaTeX: distinct identifiers stay distinct, and every one of them is valid.

    z1 -> z^{(1)}        W -> W        mu -> \mu        score -> \mathrm{score}        log_z -> \mathrm{log\_z}
    the adjoint of z1 -> \delta^{z^{(1)}}              the gradient of a parameter W -> \partial\mathcal{L}/\partial W

A number at the end of a short name is a layer, in the superscript as in M. A. Nielsen's book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symbackprop.terms.program import Program, Tensor, TensorKind

__all__ = ["LOSS", "Names", "identifier", "size_or_index", "text"]

LOSS = r"\mathcal{L}"
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
_GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK_NAMES, strict=True))


def identifier(name: str) -> str:
    r"""A Python identifier as a LaTeX symbol.

    >>> [identifier(name) for name in ("W", "W1", "mu", "score", "log_z", "h_2")]
    ['W', 'W^{(1)}', '\\mu', '\\mathrm{score}', '\\mathrm{log\\_z}', '\\mathrm{h\\_2}']
    """
    match = re.fullmatch(r"([A-Za-z]+)([1-9][0-9]*)", name)
    if match and (len(match[1]) == 1 or match[1] in _GREEK_NAMES):
        return f"{_word(match[1])}^{{({match[2]})}}"
    return _word(name)


def size_or_index(name: str) -> str:
    r"""The name of a size or an index, where a number is a subscript.

    >>> [size_or_index(name) for name in ("N", "j2", "width")]
    ['N', 'j_{2}', '\\mathrm{width}']
    """
    match = re.fullmatch(r"([A-Za-z])([0-9]+)", name)
    return f"{match[1]}_{{{match[2]}}}" if match else _word(name)


def text(name: str) -> str:
    r"""A name in running text: `log_z` becomes `log\_z`."""
    return "".join(letter if letter.isascii() and letter != "_" else f"${_letter(letter)}$" for letter in name).replace(
        r"$\_$", r"\_"
    )


def _word(name: str) -> str:
    if len(name) == 1 and name.isascii() and name.isalpha():
        return name
    if name in _GREEK_NAMES:
        return f"\\{name}"
    return "\\mathrm{" + "".join(map(_letter, name)) + "}"


def _letter(letter: str) -> str:
    if letter == "_":
        return r"\_"
    if letter.isascii():
        return letter
    if letter in _GREEK:
        return f"\\{_GREEK[letter]}{{}}"
    return f"\\langle {ord(letter):x}\\rangle{{}}"  # a letter that some engines and fonts lack, by its code


@dataclass(frozen=True, slots=True)
class Names:
    r"""How each tensor is written. `symbols` hold tensors that are a symbol with subscripts; `gradients` those written
    as a quotient, ∂L/∂ of the symbol that they hold."""

    symbols: Mapping[str, str]
    gradients: Mapping[str, str]
    loss: str = LOSS

    @classmethod
    def of(cls, program: Program) -> Names:
        """The names for a program's tensors."""
        return cls.of_tensors(program.tensors, program.loss)

    @classmethod
    def of_tensors(cls, tensors: Iterable[Tensor], loss: str | None) -> Names:
        table = {tensor.name: tensor for tensor in tensors}
        symbols: dict[str, str] = {}
        gradients: dict[str, str] = {}
        for tensor in table.values():
            if tensor.name == loss:
                symbols[tensor.name] = LOSS
            elif tensor.adjoint_of is None or tensor.adjoint_of not in table:
                symbols[tensor.name] = identifier(tensor.name)
        used = set(symbols.values())
        for tensor in table.values():
            if tensor.name in symbols:
                continue
            assert tensor.adjoint_of is not None
            of = table[tensor.adjoint_of]
            symbol = symbols.get(of.name, identifier(of.name))
            text = f"\\delta^{{{symbol}}}"
            order = 1
            while text in used:  # the adjoint of a later order of differentiation
                order += 1
                text = f"\\delta^{{{symbol}\\,[{order}]}}"
            used.add(text)
            symbols[tensor.name] = text
            if of.kind is not TensorKind.INTERMEDIATE and order == 1:
                gradients[tensor.name] = symbol
        return cls(symbols, gradients)
