r"""Names in LaTeX: distinct tensors stay distinct, and every symbol is valid wherever it stands.

    z1 -> z^{(1)}      W_q, Wq -> W^{\mathrm{q}}      x_hat -> \hat{x}      mu -> \mu      score -> \mathrm{score}
    the adjoint of z1 -> \delta^{z^{(1)}}            the gradient of a parameter W -> \partial\mathcal{L}/\partial W
    the cotangent of an output y -> \bar{y}         the tangent of z1 -> v^{z^{(1)}}

A number at the end of a short name is a layer, in the superscript as in M. A. Nielsen's book, and so is what follows an
underscore: subscripts are for indices. `Network.notation` overrules any of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from symbackprop.terms.program import Program, Tensor, TensorKind

__all__ = ["LOSS", "Names", "identifier", "size_or_index", "text"]

LOSS = r"\mathcal{L}"
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
_GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK_NAMES, strict=True))
_TEXT = {
    **{letter: f"\\{letter}" for letter in "_&%#${}"},
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "∂": r"$\partial$", "…": r"\dots{}", "·": r"$\cdot$", "×": r"$\times$", "≤": r"$\le$", "≥": r"$\ge$",
}  # fmt: skip
_JOINED = r"\,"  # between the parts of a superscript
_ACCENTS = ("hat", "bar", "tilde", "dot", "vec")


def identifier(name: str) -> str:
    r"""A Python identifier as a LaTeX symbol: a letter with what follows it in the superscript, or a word.

    Different names may have the same symbol (`W1` and `W_1`); `Names` keeps those of a program apart.

    >>> [identifier(name) for name in ("W", "W1", "Wq", "mu", "x_hat", "score", "log_z")]
    ['W', 'W^{(1)}', 'W^{\\mathrm{q}}', '\\mu', '\\hat{x}', '\\mathrm{score}', '\\mathrm{log\\_z}']
    >>> [identifier(name) for name in ("h_2", "a1_erf", "x_hat_norm1", "_")]
    ['h^{(2)}', 'a^{(1)\\,\\mathrm{erf}}', '\\hat{x}^{\\mathrm{norm1}}', '\\mathrm{\\_}']
    """
    head, *rest = name.split("_")
    if head.rstrip("0123456789") == "delta":  # the letter of the adjoints
        return _upright(name)
    match = re.fullmatch(rf"({'|'.join(_GREEK_NAMES)}|[A-Za-z])([1-9][0-9]*)?", head)
    short = re.fullmatch(r"([A-Zb])([a-z])([1-9][0-9]*)?", head)
    if match is not None:
        base, above = _word(match[1]), [f"({match[2]})"] if match[2] else []
    elif short is not None:
        base, above = short[1], [_upright(short[2]), *([f"({short[3]})"] if short[3] else [])]
    else:
        return _upright(name)
    if not all(rest):
        return _upright(name)
    for part in rest:
        if part in _ACCENTS and not above:
            base = f"\\{part}{{{base}}}"
        else:
            above.append(_above(part))
    return f"{base}^{{{_JOINED.join(above)}}}" if above else base


def _part(name: str, symbols: Mapping[str, str]) -> str:
    r"""A name that continues that of a word: `score_sum` beside `score` is \mathrm{score}^{\mathrm{sum}}."""
    for place in range(len(name) - 1, 0, -1):
        symbol = symbols.get(name[:place], "") if name[place] == "_" else ""
        if symbol.startswith(r"\mathrm{") and "^" not in symbol:
            parts = [_above(part) for part in name[place + 1 :].split("_")]
            return f"{symbol}^{{{_JOINED.join(parts)}}}"
    return ""


def _above(part: str) -> str:
    """A part of a name in the superscript: no number is a power there, and no T a transposition."""
    return f"({part})" if part.isdecimal() else r"(\mathrm{T})" if part == "T" else _upright(part)


def size_or_index(name: str) -> str:
    r"""The name of a size or an index, where a number is a subscript.

    >>> [size_or_index(name) for name in ("N", "j2", "width")]
    ['N', 'j_{2}', '\\mathrm{width}']
    """
    match = re.fullmatch(r"([A-Za-z])([0-9]+)", name)
    return f"{match[1]}_{{{match[2]}}}" if match else _word(name)


def text(words: str) -> str:
    r"""Words, or a name, in running text: `log_z` becomes `log\_z`, and what is not ASCII becomes mathematics.

    >>> text("log_z"), text("∂loss/∂δ_z"), text("100 %")
    ('log\\_z', '$\\partial$loss/$\\partial$$\\delta{}$\\_z', '100 \\%')
    """
    return "".join(_TEXT.get(letter) or (letter if letter.isascii() else f"${_letter(letter)}$") for letter in words)


def _word(name: str) -> str:
    if len(name) == 1 and name.isascii() and name.isalpha():
        return name
    return f"\\{name}" if name in _GREEK_NAMES else _upright(name)


def _bar(symbol: str) -> str:
    r"""`\bar{y}^{(1)}` of `y^{(1)}`."""
    base, *above = symbol.partition("^")
    return rf"\bar{{{base}}}" + "".join(above)


def _along(symbol: str) -> str:
    return f"v^{{{symbol}}}"


def _upright(name: str) -> str:
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
    r"""How each tensor is written. `symbols`: tensors that are a symbol with subscripts; `gradients`: those written as
    a quotient, ∂L/∂ of the symbol that they hold; `others`: sizes and indices that have a notation of their own."""

    symbols: Mapping[str, str]
    gradients: Mapping[str, str]
    loss: str = LOSS
    others: Mapping[str, str] = field(default_factory=dict)

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
        symbols = {name: symbol for name, symbol in chosen.items() if name in table}
        if loss is not None:
            symbols.setdefault(loss, LOSS)
        used = set(symbols.values())

        def give(name: str, symbol: str) -> None:
            symbols[name] = _upright(name) if symbol in used else symbol  # W1 beside W_1
            used.add(symbols[name])

        related = {given: _bar for _, given in cotangents}
        known = {given: output for output, given in cotangents}
        for tensor in table.values():
            if tensor.tangent_of in table and tensor.tangent_of is not None:
                related[tensor.name], known[tensor.name] = _along, tensor.tangent_of
        for tensor in table.values():
            plain = tensor.adjoint_of is None or tensor.adjoint_of not in table
            if tensor.name not in symbols and plain and tensor.name not in related:
                give(tensor.name, _part(tensor.name, symbols) or identifier(tensor.name))
        for name, written in related.items():
            if name in table and name not in symbols:
                give(name, written(symbols.get(known[name], identifier(known[name]))))
        gradients: dict[str, str] = {}
        for tensor in table.values():
            if tensor.name in symbols:
                continue
            assert tensor.adjoint_of is not None
            of = table[tensor.adjoint_of]
            symbol = symbols.get(of.name, identifier(of.name))
            delta = f"\\delta^{{{symbol}}}"
            order = 1
            while delta in used:  # the adjoint of a later order of differentiation
                order += 1
                delta = f"\\delta^{{{symbol}\\,[{order}]}}"
            used.add(delta)
            symbols[tensor.name] = delta
            if of.kind is not TensorKind.INTERMEDIATE and order == 1:
                gradients[tensor.name] = symbol
        others = {name: symbol for name, symbol in chosen.items() if name not in table}
        return cls(symbols, gradients, symbols[loss] if loss is not None else LOSS, others)

    def other(self, name: str) -> str:
        """A size or an index."""
        return self.others.get(name) or size_or_index(name)
