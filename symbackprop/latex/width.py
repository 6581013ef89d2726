r"""How wide a formula will be, near enough to know where to break it. The unit is a letter of mathematics, some 5.3 pt.

Fractions are as wide as the wider of their parts, scripts are set smaller, and a subscript stands below a superscript.
The sums and limits are those of displayed formulas.
"""

from __future__ import annotations

import re

__all__ = ["visible"]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}_^&]|\s+|.")
_SCRIPT = 0.8
_SPACES = {r"\,": 0.35, r"\ ": 0.6, r"\;": 0.55, r"\!": -0.3, r"\qquad": 3.8, r"\quad": 1.9}
_RELATIONS = {"=", "<", ">", r"\le", r"\ge", r"\ne", r"\equiv", r"\in"}
_BINARY = {"+", "-", r"\cdot", r"\times", r"\land", r"\lor", r"\odot"}
_LARGE = {r"\sum": 2.7, r"\prod": 2.4}  # their limits stand below and above
_WORDS = {r"\exp", r"\log", r"\tanh", r"\sinh", r"\cosh", r"\max", r"\min", r"\sin", r"\cos", r"\tan"}
_DROPPED = {r"\left", r"\right", r"\bigl", r"\bigr", r"\displaystyle", r"\small", r"\notag", "&", r"\{", r"\}"}
_OTHERWISE = {r"\begin": 1.0, r"\end": 1.0, r"\eqref": 3.5}
_UPRIGHT = {
    r"\mathrm",
    r"\operatorname",
    r"\text",
    r"\mathbf",
    r"\mathcal",
    r"\hat",
    r"\bar",
    r"\tilde",
    r"\vec",
    r"\dot",
}


def visible(latex: str) -> float:
    r"""The width, at least 1.

    >>> visible("W_{j,i}"), visible(r"\frac{a + b}{c}"), visible(r"x^{2}_{n,k}")
    (3.2, 4.5, 3.2)
    """
    return round(max(_Reader(latex).row(), 1.0), 1)


class _Reader:
    def __init__(self, latex: str) -> None:
        self.tokens: list[str] = [token for token in _TOKEN.findall(latex) if not token.isspace()]
        self.place = 0
        self.in_script = False

    def row(self) -> float:
        """Everything up to the closing brace, or the end."""
        width = 0.0
        while self.place < len(self.tokens) and self.tokens[self.place] != "}":
            width += self._nucleus()
        return width

    def _nucleus(self) -> float:
        token = self._next()
        if token in _LARGE:
            return max(_LARGE[token], self._scripts()) + 0.3
        return self._alone(token) + self._scripts()

    def _alone(self, token: str) -> float:
        if token == "{":
            return self._rest_of_group()
        if token in (r"\frac", r"\dfrac"):
            return max(self._argument(), self._argument()) + 0.5
        if token == r"\sqrt":
            return self._argument() + 1.5
        if token in _UPRIGHT:
            return self._argument()
        if token in _OTHERWISE:  # what is in the braces is not what is printed
            self._argument()
            return _OTHERWISE[token]
        if token in _DROPPED:
            return 0.0
        if token in _SPACES:
            return _SPACES[token]
        if token in _RELATIONS:
            return 1.3 if self.in_script else 2.5
        if token in _BINARY:
            return 1.2 if self.in_script else 2.0
        if token in _WORDS:
            return len(token) - 0.5
        if token in (",", "|", "(", ")", "[", "]", "'", "."):
            return 0.7
        return 1.0

    def _scripts(self) -> float:
        widest = 0.0
        while self.place < len(self.tokens) and self.tokens[self.place] in "_^":
            self._next()
            before, self.in_script = self.in_script, True  # where operators have no space around them
            widest = max(widest, _SCRIPT * self._argument())
            self.in_script = before
        return widest

    def _argument(self) -> float:
        if self.place >= len(self.tokens):
            return 0.0
        token = self._next()
        return self._rest_of_group() if token == "{" else self._alone(token)

    def _rest_of_group(self) -> float:
        width = self.row()
        self.place += 1  # the closing brace
        return width

    def _next(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]
