"""The SymPy objects that equations are written with: indices, tensors and their elements.

`TensorSymbol` is what `net.input(...)` returns: indexing it gives an `Element`, assigning to an element of it is an
equation, and a tensor of rank 0 is read by its bare name. `AdjointSymbol` is its δ, which stands in claims alone.
All are extended reals to SymPy (a masked score is -oo), so that it neither splits `log` and `Abs` into complex parts
nor decides `x > -oo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sympy import Expr, Idx, Symbol, Tuple, sympify
from sympy.logic.boolalg import Boolean

from symbackprop.errors import InvalidClaim, InvalidSubscript

if TYPE_CHECKING:
    from sympy.printing.printer import Printer

    from symbackprop.language.network import Network


class NamedIdx(Idx):
    """A SymPy Idx that prints as its name, without its range."""

    def _latex(self, printer: Printer) -> str:
        return str(printer._print(self.label))

    @staticmethod
    def over(name: str, low: Any, high: Any) -> NamedIdx:
        return NamedIdx(Symbol(name, integer=True), (low, high))


class TrainingSwitch(Boolean):
    """True where the loss is computed, false in `predict`: `net.training`."""

    is_Atom = True

    def _sympystr(self, printer: Printer) -> str:
        return "training"

    _sympyrepr = _sympystr

    def _latex(self, printer: Printer) -> str:
        return r"\text{training}"


class TensorSymbol(Symbol):
    """A tensor of a network. `x[n, i]` reads an element; `z[n, j] = ...` defines one."""

    __slots__ = ("_serial", "network")
    __iter__ = None  # without this Python would try x[0], x[1], ... for ever
    network: Network

    def __new__(cls, name: str, network: Network, serial: int, integer: bool = False) -> TensorSymbol:
        assumptions = {"integer": True} if integer else {"extended_real": True}
        symbol: TensorSymbol = Symbol.__xnew__(cls, name, **assumptions)
        symbol.network = network
        symbol._serial = serial
        return symbol

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self._serial)

    def __getitem__(self, key: Any) -> Expr:
        """The element at the subscripts: indices, integers, affine combinations of them, or integer inputs."""
        subscripts = subscripts_of(self, key)
        if not subscripts:
            return self
        return (IntegerElement if self.is_integer else Element)(self, *subscripts)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.network._define(self, subscripts_of(self, key), value)

    @property
    def shape(self) -> tuple[Expr, ...]:
        """Its extents as SymPy expressions; of an intermediate, as its equations so far define it."""
        return self.network._shape_of(self)

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def dtype(self) -> str:
        """`"float"` or `"int"`."""
        return "int" if self.is_integer else "float"

    def __reduce__(self) -> Any:
        raise TypeError(f"tensor {self.name} belongs to its network and cannot be copied or pickled by itself")


class AdjointSymbol(Symbol):
    """δ of a tensor: the loss's derivative by it, of its shape. `delta(z)[n, j]` is an element, in claims alone."""

    __slots__ = ("_serial", "of")
    __iter__ = None  # as above
    of: TensorSymbol

    def __new__(cls, of: TensorSymbol) -> AdjointSymbol:
        symbol: AdjointSymbol = Symbol.__xnew__(cls, f"delta({of.name})", extended_real=True)
        symbol.of = of
        symbol._serial = of._serial
        return symbol

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self._serial)

    def __getitem__(self, key: Any) -> Expr:
        """The element at the subscripts: ∂loss/∂tensor[subscripts]."""
        subscripts = subscripts_of(self, key)
        return Element(self, *subscripts) if subscripts else self

    def __setitem__(self, key: Any, value: Any) -> None:
        raise InvalidClaim(
            f"{self}[{key}] = {value}", expected="a claim about a δ", found="an equation for it",
            remedy=f"the δ follow from the loss: write net.claim({self}[...], value) for what you hold to be one",
        )  # fmt: skip

    @property
    def shape(self) -> tuple[Expr, ...]:
        """That of the tensor."""
        return self.of.shape

    def _latex(self, printer: Printer) -> str:
        return rf"\delta_{{{printer._print(Symbol(self.of.name))}}}"

    def __reduce__(self) -> Any:
        raise TypeError(f"{self} belongs to its network and cannot be copied or pickled by itself")


class Element(Expr):
    """An element of a tensor, or in claims of its δ: args are the tensor and its subscripts."""

    is_commutative = True
    is_extended_real = True
    precedence = 1000  # an atom

    @property
    def tensor(self) -> TensorSymbol | AdjointSymbol:
        return self.args[0]  # type: ignore[no-any-return]

    @property
    def subscripts(self) -> tuple[Expr, ...]:
        return self.args[1:]  # type: ignore[no-any-return]

    def _sympystr(self, printer: Printer) -> str:
        return f"{self.tensor.name}[{', '.join(printer.doprint(subscript) for subscript in self.subscripts)}]"

    _sympyrepr = _sympystr

    def _latex(self, printer: Printer) -> str:
        subscripts = ", ".join(str(printer._print(subscript)) for subscript in self.subscripts)
        return f"{{{printer._print(self.tensor)}}}_{{{subscripts}}}"

    def _pretty(self, printer: Any) -> Any:
        return printer._print(Symbol(str(self)))


class IntegerElement(Element):
    """An element of an integer input."""

    is_integer = True


def subscripts_of(tensor: TensorSymbol | AdjointSymbol, key: Any) -> tuple[Expr, ...]:
    """The subscripts of `tensor[key]` as SymPy expressions; what can be no subscript is refused."""
    parts = key if isinstance(key, tuple | Tuple) else (key,)
    subscripts = []
    for part in parts:
        if isinstance(part, slice) or part is Ellipsis or part is None:
            raise InvalidSubscript(
                f"{tensor.name}[...]",
                expected="an index for each axis",
                found="a slice" if isinstance(part, slice) else repr(part),
                remedy=f"equations are written element by element, as in {tensor.name}[n, j]",
            )
        try:
            subscript = sympify(part, strict=True)
        except Exception as error:  # whatever SymPy raises for an object that it does not know
            raise InvalidSubscript(
                f"{tensor.name}[{part!r}]", expected="indices, integers or sizes", found=type(part).__name__
            ) from error
        if not isinstance(subscript, Expr):
            raise InvalidSubscript(
                f"{tensor.name}[{part}]", expected="indices, integers or sizes", found=type(part).__name__
            )
        subscripts.append(subscript)
    return tuple(subscripts)
