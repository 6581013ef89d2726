"""What a notation of matrix forms says: how each operation is written, its operands being text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction

from symbackprop.matrix.form import Direction, Entries, Form, Ones, Read
from symbackprop.terms.program import Op
from symbackprop.terms.term import Axis, Connective, Function, Reduction, Relation, Term

SUM, HADAMARD, PRODUCT, FACTOR, ATOM = 1, 2, 3, 4, 5  # how strongly a text holds together
Text = tuple[str, int]


class Notation(ABC):
    """`times` is elementwise multiplication, `beside` stands between the factors of a product of matrices, and `dot`
    between scalars and what they multiply."""

    times: str
    beside: str
    dot: str

    @abstractmethod
    def parenthesised(self, text: str) -> str: ...

    @abstractmethod
    def operator(self, op: Op) -> str:
        """`=` or `+=`."""

    @abstractmethod
    def read(self, read: Read) -> str:
        """A tensor with its labels."""

    @abstractmethod
    def term(self, term: Term) -> str:
        """A number."""

    @abstractmethod
    def term_condition(self, condition: Term) -> str:
        """A condition on indices and integer data, without brackets."""

    @abstractmethod
    def entries(self, form: Entries) -> str:
        """A matrix by its entries."""

    @abstractmethod
    def ones(self, form: Ones) -> str: ...

    @abstractmethod
    def repeated(self, number: str) -> str:
        """A number that is added to each entry of a matrix, by its text."""

    @abstractmethod
    def transposed(self, inner: Form) -> str: ...

    @abstractmethod
    def divided(self, above: str, below: str) -> str:
        """The elementwise quotient."""

    @abstractmethod
    def scalar_power(self, base: Form, exponent: Fraction) -> Text: ...

    @abstractmethod
    def elementwise_power(self, base: Form, exponent: Fraction) -> str: ...

    @abstractmethod
    def applied(self, function: Function, args: Sequence[Form]) -> Text: ...

    @abstractmethod
    def named(self, name: str, inside: str) -> str:
        """An operator by its name: tr, diag."""

    @abstractmethod
    def bracket(self, inside: str) -> str:
        """1 where a condition holds."""

    @abstractmethod
    def relation(self, relation: Relation) -> str: ...

    @abstractmethod
    def negated_relation(self, relation: Relation) -> str: ...

    @abstractmethod
    def connective(self, connective: Connective) -> str:
        """`and` or `or`, with spaces around."""

    @abstractmethod
    def negation(self, inside: str) -> str: ...

    @abstractmethod
    def along(self, reduction: Reduction, direction: Direction, inside: str) -> str: ...

    @abstractmethod
    def over(self, reduction: Reduction, axes: Sequence[Axis], inside: str) -> str: ...

    @abstractmethod
    def inverse(self, text: str) -> str: ...

    @abstractmethod
    def squared_norm(self, inner: Form) -> str: ...

    @abstractmethod
    def cases(self, rows: Sequence[tuple[str, str]], otherwise: str) -> Text:
        """Values each with its condition, and the value elsewhere."""
