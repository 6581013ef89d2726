r"""Formulas in LaTeX that amsmath alone typesets: `z_{n,j} = \sum_{i=0}^{D - 1} W_{j,i} \, x_{n,i} + b_{j}`."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from symbackprop.formula import tree
from symbackprop.formula.breaking import Piece
from symbackprop.formula.tree import Fence, Formula, Joint, Sign, Style
from symbackprop.formula.typeset import laid_out
from symbackprop.formula.width import is_wide

__all__ = ["BETWEEN_RANGES", "FENCES", "GREEK", "JOINTS", "SIGNS", "before", "latex", "line", "prose"]

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
).split()
GREEK = dict(zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK_NAMES, strict=True))
_LETTERS = {**GREEK, "ϕ": "varphi", "ℓ": "ell"}
BETWEEN_RANGES = r",\ "  # a line may break behind it
_STYLES = {Style.BOLD: "mathbf", Style.SCRIPT: "mathcal"}
_MARKS = {
    "∑": r"\sum", "∏": r"\prod", "max": r"\max", "min": r"\min", "∞": r"\infty", "∂": r"\partial ", "⊤": r"\top",
    "·": r"\cdot", "⊙": r"\odot ", "⊘": r"\oslash ", "+=": r"\mathrel{{+}{=}}", "…": r"\dots", "∇": r"\nabla",
}  # fmt: skip
JOINTS = {
    Joint.TIMES: r" \, ", Joint.BESIDE: r" \, ", Joint.ELEMENTWISE: r" \odot ", Joint.DIVIDED: r" \oslash ",
    Joint.CROSS: r" \times ", Joint.DOT: r" \cdot ", Joint.COMMA: ",", Joint.LIST: r",\, ", Joint.IS: "=",
    Joint.NEXT: " ", Joint.THIN: r"\,",
    Joint.AND: r" \land ", Joint.OR: r" \lor ", Joint.PLUS: " + ", Joint.MINUS: " - ",
}  # fmt: skip
SIGNS = {
    Sign.EQUAL: "=", Sign.NOT_EQUAL: r"\ne", Sign.LESS: "<", Sign.AT_MOST: r"\le", Sign.GREATER: ">",
    Sign.AT_LEAST: r"\ge", Sign.ADDS: r"\mathrel{{+}{=}}", Sign.EQUIVALENT: r"\equiv",
}  # fmt: skip
FENCES = {
    Fence.PARENTHESES: ("(", ")"), Fence.BRACKETS: ("[", "]"), Fence.EVALUATED: (".", "|"), Fence.ABSOLUTE: ("|", "|"),
    Fence.FLOOR: (r"\lfloor", r"\rfloor"), Fence.CEILING: (r"\lceil", r"\rceil"),
    Fence.NORM: (r"\lVert", r"\rVert"), Fence.BRACES: (r"\{", r"\}"),
}  # fmt: skip
_CLOSE = (
    Fence.PARENTHESES,
    Fence.BRACKETS,
    Fence.BRACES,
    Fence.EVALUATED,
)  # no space in the source is needed inside them
_MARKS_IN_PROSE = (
    "partial cdot times le ge ne approx pm infty in ni nabla surd sum prod odot oslash top rightarrow leftarrow "
    "leftrightarrow Rightarrow land lor lnot forall exists ell Vert lfloor rfloor lceil rceil"
).split()
_PROSE = {
    **{letter: f"\\{letter}" for letter in "_&%#${}"},
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "…": r"\dots{}", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''",
    **{mark: f"$\\{name}$" for mark, name in zip("∂·×≤≥≠≈±∞∈∋∇√∑∏⊙⊘⊤→←↔⇒∧∨¬∀∃ℓ‖⌊⌋⌈⌉", _MARKS_IN_PROSE, strict=True)},
    "−": "$-$", "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "ł": r"\l{}",
    "Ł": r"\L{}", "ℒ": r"$\mathcal{L}$", "ℝ": r"$\mathbb{R}$", "\u00a0": "~",
    "ᵀ": r"$^\top$",
}  # fmt: skip
_ACCENTS = dict(
    zip("\u0300\u0301\u0302\u0303\u0304\u0307\u0308\u030a\u030b\u030c\u0306\u0327\u0328", "`'^~=.\"rHvuck", strict=True)
)
# functions with a command of their own; any other is written \operatorname{its name}
_FUNCTIONS = {
    **{name: f"\\{name}" for name in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min")},
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "product": r"\prod",
}  # fmt: skip


def latex(formula: Formula) -> str:  # noqa: C901  a table, a row a kind
    """The formula as mathematics between dollars takes it."""
    match laid_out(formula):
        case tree.Letter(name, style):
            command = f"\\{_LETTERS[name]}" if name in _LETTERS else name
            return command if style is Style.ITALIC else f"\\{_STYLES[style]}{{{command}}}"
        case tree.Word(text):
            return _upright(text)
        case tree.Label(parts):
            return r"\,".join(map(_part, parts))
        case tree.Digits(text) | tree.Given(text):
            return text
        case tree.Mark(text):
            return _MARKS.get(text, text)
        case tree.Words(text):
            return rf"\text{{{text}}}"
        case tree.Accented(base, accent):
            return rf"\{accent}{{{latex(base)}}}"
        case tree.Scripted(base, below, above):
            lower = "" if below is None else f"_{{{latex(below)}}}"
            return latex(base) + lower + ("" if above is None else f"^{{{latex(above)}}}")
        case tree.Sum(((is_negative, first), *rest)):
            others = "".join(f" {'-' if minus else '+'} {latex(addend)}" for minus, addend in rest)
            return f"{'-' if is_negative else ''}{latex(first)}{others}"
        case tree.Quotient(above, below):
            return rf"\frac{{{latex(above)}}}{{{latex(below)}}}"
        case tree.Chain(joint, items):
            return JOINTS[joint].join(map(latex, items))
        case tree.Prefixed(head, body):
            between = JOINTS[Joint.TIMES] if isinstance(head, tree.Indicator) else " "
            return latex(head) + between + latex(body)
        case tree.Root(inner):
            return rf"\sqrt{{{latex(inner)}}}"
        case tree.Call(name, args, below):
            lower = "" if below is None else f"_{{{latex(below)}}}"
            inside = JOINTS[Joint.LIST].join(map(latex, args))
            return _function(name) + lower + (rf"\left({inside}\right)" if args else "")
        case tree.Fenced(fence, inner):
            opening, closing = FENCES[fence]
            space = "" if fence in _CLOSE else " "
            return rf"\left{opening}{space}{latex(inner)}{space}\right{closing}"
        case tree.Cases(rows, otherwise, when, else_):
            lines = [rf"{latex(value)} & {before(f'{when} ')} {latex(condition)}" for value, condition in rows]
            lines.append(rf"{latex(otherwise)} & \text{{{else_}}}")
            return r"\begin{cases} " + r" \\ ".join(lines) + r" \end{cases}"
        case tree.Relation(left, rest):
            return latex(left) + "".join(f" {SIGNS[sign]} {latex(side)}" for sign, side in rest)
        case tree.Not(inner):
            return rf"\lnot {latex(inner)}"
        case tree.Row(items):
            return "".join(map(latex, items))
        case tree.Loose(is_open):
            return r"\bigl( " if is_open else r" \bigr)"
        case _:
            raise TypeError(f"not a formula in print: {type(formula).__name__}")


def line(parts: Sequence[Piece], starts: bool = False) -> str:
    """Pieces side by side; a factor that starts a line stands behind a dot."""
    joined = [f"{JOINTS[part.join] if part.join else ''}{latex(part.formula)}".strip() for part in parts]
    if starts and parts[0].join is Joint.TIMES:
        joined[0] = rf"\cdot {latex(parts[0].formula)}"
    return " ".join(joined)


def _upright(name: str) -> str:
    """A name of several letters."""
    return "\\mathrm{" + "".join(map(_letter, name)) + "}"


def _letter(letter: str) -> str:
    if letter == "_":
        return r"\_"
    if letter.isascii():
        return letter
    if letter in GREEK:
        return f"\\{GREEK[letter]}{{}}"
    return f"\\langle {ord(letter):x}\\rangle{{}}"  # a letter that some engines and fonts lack, by its code


def _part(part: str) -> str:
    """A part of a name in the superscript: no number or function is a power there, and no T a transposition."""
    written = part if part.isdecimal() else _upright(part)
    return f"({written})" if tree.is_bracketed(part) else written


def _function(name: str) -> str:
    return _FUNCTIONS.get(name) or rf"\operatorname{{{name}}}".replace("_", r"\_")


def before(words: str) -> str:
    r"""Words, with a space at their end, before mathematics: `\text{if }`, but `\text{若}\ `, as LaTeX drops a space
    that stands behind a Chinese letter."""
    stem = words.rstrip()
    return rf"\text{{{stem}}}\ " if is_wide(stem[-1]) else rf"\text{{{words}}}"


def prose(words: str, wide: bool = False) -> str:
    r"""Words, or a name, in running text: `log_z` becomes `log\_z`, and what is not ASCII becomes mathematics, but for
    Chinese letters where the text's font has them (`wide`).

    >>> prose("log_z"), prose("∂loss/∂δ_z"), prose("100 %")
    ('log\\_z', '$\\partial$loss/$\\partial$$\\delta{}$\\_z', '100 \\%')
    """
    return "".join(_said(letter, wide) for letter in unicodedata.normalize("NFC", words))


def _said(letter: str, wide: bool) -> str:
    if letter in _PROSE or letter.isascii() or (wide and is_wide(letter)):
        return _PROSE.get(letter, letter)
    decomposed = unicodedata.normalize("NFD", letter)
    base, accents = decomposed[0], decomposed[1:]
    if accents and all(accent in _ACCENTS for accent in accents):
        for accent in accents:
            base = rf"\{_ACCENTS[accent]}{{{base}}}"
        return base
    return f"${_raised(letter) or _letter(letter)}$"


def _raised(letter: str) -> str:
    """Of `½`, `²`, `₃` and their like, as Unicode takes them apart: a fraction, a superscript, a subscript."""
    kind, *codes = unicodedata.decomposition(letter).split() or [""]
    parts = "".join(chr(int(code, 16)) for code in codes) if kind in ("<fraction>", "<super>", "<sub>") else ""
    if kind == "<fraction>":
        above, _, below = parts.partition("\u2044")
        return rf"\frac{{{above}}}{{{below}}}" if below else ""
    written = "".join("-" if part == "\u2212" else _letter(part) for part in parts)
    return f"{'^' if kind == '<super>' else '_'}{{{written}}}" if written else ""
