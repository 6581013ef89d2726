"""The SymPy objects that equations are written with: indices, tensors and their elements.

`TensorSymbol` is what `net.input(...)` returns: indexing it gives an `Element`, assigning to an element of it is an
equation, and a tensor of rank 0 is read by its bare name. In claims alone stand `AdjointSymbol`, the δ of a tensor, and
`DerivativeSymbol`, the derivative of one tensor by another.
All are extended reals to SymPy (a masked score is -oo), so that it neither splits `log` and `Abs` into complex parts
nor decides `x > -oo`.
"""

from __future__ import annotations

from typing import Any

from sympy import Derivative, Dummy, Expr, Idx, S, Symbol, Tuple
from sympy.logic.boolalg import Boolean
from sympy.printing.printer import Printer

from symbackprop.errors import InvalidArgument, InvalidClaim, SymbolicValue
from symbackprop.language.arrays import PRIORITY, Matrix, Whole
from symbackprop.language.owner import Owner
from symbackprop.language.subscripts import subscripts_of
from symbackprop.language.symbolic import Symbolic, SymbolicElement, SymbolicTensor
from symbackprop.language.told import told


class NamedIdx(Symbolic, Idx):
    """A SymPy Idx that prints as its name, without its range."""

    def _latex(self, printer: Printer) -> str:
        return str(printer._print(self.label))


class TrainingSwitch(Boolean):
    """True where the loss is computed, false in `predict`: `net.training`."""

    is_Atom = True

    def _sympystr(self, printer: Printer) -> str:
        return "training"

    _sympyrepr = _sympystr

    def _latex(self, printer: Printer) -> str:
        return r"\text{training}"


class _Owned(SymbolicTensor, Whole, Symbol):
    """A symbol that stands for a tensor, or something of its shape; `_serial`: its network's, which tells it from those
    of the same name elsewhere."""

    __slots__ = ("_serial",)
    _op_priority = PRIORITY

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self._serial)

    def read_as(self) -> tuple[str, str]:
        of = self.of if isinstance(self, AdjointSymbol) else self
        if not self.is_whole:  # of rank 0, or of one that is not known yet
            return super().read_as() if of.network._rank_of(of) is None else (self.name, "")
        indices = of.network._indices_of(of)
        return f"{self.name}[{', '.join(indices)}]", indices[-1]

    def __reduce__(self) -> Any:
        raise TypeError(f"tensor {self.name} belongs to its network and cannot be copied or pickled by itself")


class TensorSymbol(_Owned):
    """A tensor of a network. `x[n, i]` reads an element; `z[n, j] = ...` defines one. `maker`: the layer that made it
    (see `layers.naming`), None where it was declared by hand."""

    __slots__ = ("maker", "network")
    network: Owner
    maker: object

    def __new__(cls, name: str, network: Owner, serial: int, integer: bool = False) -> TensorSymbol:
        assumptions = {"integer": True} if integer else {"extended_real": True}
        symbol: TensorSymbol = Symbol.__xnew__(cls, name, **assumptions)
        symbol.network, symbol.maker = network, None
        symbol._serial = serial
        return symbol

    def __getitem__(self, key: Any) -> Expr:
        """The element at the subscripts: indices, integers, affine combinations of them, or integer inputs."""
        subscripts = subscripts_of(self.name, key)
        if not subscripts:
            return self
        return (IntegerElement if self.is_integer else Element)(self, *subscripts)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.network._define(self, subscripts_of(self.name, key), value)

    def __delitem__(self, key: Any) -> None:
        raise InvalidArgument(
            f"del {self}[{told(key)}]", expected="equations that stand", found="one taken back",
            remedy="build the network anew, from Network(...) on, without it",
        )  # fmt: skip

    @property
    def shape(self) -> tuple[Expr, ...]:
        """Its extents as SymPy expressions; of an intermediate, as its equations so far define it."""
        return self.network._shape_of(self)

    @property
    def rank(self) -> int:
        rank = self.network._rank_of(self)
        return len(self.shape) if rank is None else rank

    @property
    def is_whole(self) -> bool:
        """Whether its bare name stands for several elements, as far as is known yet."""
        return bool(self.network._rank_of(self))

    @property
    def dtype(self) -> str:
        """`"float"` or `"int"`."""
        return "int" if self.is_integer else "float"


class AdjointSymbol(_Owned):
    """δ of a tensor: the loss's derivative by it, of its shape. `delta(z)[n, j]` is an element, in claims alone."""

    __slots__ = ("of",)
    of: TensorSymbol

    def __new__(cls, of: TensorSymbol) -> AdjointSymbol:
        symbol: AdjointSymbol = Symbol.__xnew__(cls, f"delta({of.name})", extended_real=True)
        symbol.of = of
        symbol._serial = of._serial
        return symbol

    def __getitem__(self, key: Any) -> Expr:
        """The element at the subscripts: ∂loss/∂tensor[subscripts]."""
        subscripts = subscripts_of(self.name, key)
        return Element(self, *subscripts) if subscripts else self

    def __setitem__(self, key: Any, value: Any) -> None:
        raise InvalidClaim(
            f"{self}[{told(key)}] = {told(value)}", expected="a claim about a δ", found="an equation for it",
            remedy=f"the δ follow from the loss: write net.claim({self}[...], value) for what you hold to be one",
        )  # fmt: skip

    @property
    def shape(self) -> tuple[Expr, ...]:
        """That of the tensor."""
        return self.of.shape

    @property
    def is_whole(self) -> bool:
        return self.of.is_whole

    def _latex(self, printer: Printer) -> str:
        return rf"\delta_{{{printer._print(Symbol(self.of.name))}}}"


class DerivativeSymbol(Symbol):
    """∂of/∂by, of the subscripts of `of` and then those of `by`: what a SymPy Derivative in a claim is read as."""

    __slots__ = ("by", "of")
    of: TensorSymbol
    by: TensorSymbol

    def __new__(cls, of: TensorSymbol, by: TensorSymbol) -> DerivativeSymbol:
        symbol: DerivativeSymbol = Symbol.__xnew__(cls, f"Derivative({of.name}, {by.name})", extended_real=True)
        symbol.of, symbol.by = of, by
        return symbol

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.of._serial, self.by._serial)


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**"}
_NO_OPERANDS = (str, type(None), tuple, list, dict, set)


def _of_numbers(name: str) -> Any:
    """An operator of elements, which refuses in words what can be no operand."""
    plain = name.strip("_")
    sign = _SIGNS[plain.removeprefix("r")]

    def operate(self: Any, other: Any, *modulus: Any) -> Any:
        if isinstance(other, _NO_OPERANDS):
            left, right = (told(self), repr(other)) if plain in _SIGNS else (repr(other), told(self))
            raise SymbolicValue(
                f"{left} {sign} {right}",
                expected="expressions and numbers", found=f"{other!r} ({type(other).__name__})",
                remedy="write a number, a size or an element, as in x[n, i] + b[i]",
            )  # fmt: skip
        return getattr(Expr, name)(self, other, *modulus)

    operate.__name__ = name
    return operate


class Element(SymbolicElement, Matrix, Expr):
    """An element of a tensor, or in claims of its δ or of a derivative: args are the tensor and its subscripts."""

    __add__, __radd__, __sub__, __rsub__ = map(_of_numbers, ("__add__", "__radd__", "__sub__", "__rsub__"))
    __mul__, __rmul__, __pow__, __rpow__ = map(_of_numbers, ("__mul__", "__rmul__", "__pow__", "__rpow__"))
    __truediv__, __rtruediv__ = map(_of_numbers, ("__truediv__", "__rtruediv__"))

    is_commutative = True
    is_extended_real = True
    precedence = 1000  # an atom
    _diff_wrt = True  # a Derivative by it may be written, unevaluated, in claims

    @property
    def tensor(self) -> TensorSymbol | AdjointSymbol | DerivativeSymbol:
        return self.args[0]  # type: ignore[no-any-return]

    def _eval_derivative(self, symbol: Any) -> Expr:
        if isinstance(symbol, Symbol) and not _stands_for_an_element(symbol):  # asked what an expression depends on
            return Derivative(self, symbol, evaluate=False) if symbol in self.free_symbols else S.Zero
        raise InvalidArgument(
            f"{self}.diff(...)", expected="no differentiation by SymPy, which does not know the equations",
            found="diff", remedy="derive(net) differentiates; in a claim write Derivative(a[n, j], z[n, j]) for ∂a/∂z",
        )  # fmt: skip

    def diff(self, *symbols: Any, **assumptions: Any) -> Expr:
        parts = [part for symbol in symbols for part in (symbol, *_members(symbol))]
        if not any(isinstance(part, Element) or _stands_for_an_element(part) for part in parts):
            return super().diff(*symbols, **assumptions)
        return self._eval_derivative(symbols)

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


def _members(symbol: Any) -> tuple[Any, ...]:
    """What stands in a pair (symbol, times)."""
    return tuple(symbol) if isinstance(symbol, tuple | Tuple) else ()


def _stands_for_an_element(symbol: Any) -> bool:
    """Whether SymPy differentiates by something other than a symbol: it puts one of this name in its place."""
    return isinstance(symbol, Dummy) and symbol.name == "xi"


class IntegerElement(Element):
    """An element of an integer input."""

    is_integer = True


def element_of(expr: Any) -> tuple[TensorSymbol | None, tuple[Expr, ...]]:
    """The tensor and the subscripts of one of its elements; no tensor for anything else."""
    match expr:
        case TensorSymbol():
            return expr, ()
        case Element(tensor=TensorSymbol() as tensor):
            return tensor, expr.subscripts
        case _:
            return None, ()


def delta(tensor: object) -> AdjointSymbol:
    """δ of a tensor, ∂loss/∂tensor, to be read in claims: `delta(z1)[n, j]`, or `delta(s)` for a tensor of rank 0.

    `InvalidClaim` for anything but a tensor of floats.
    """
    subject = f"delta({tensor!r})" if isinstance(tensor, str) else f"delta({told(tensor)})"
    if not isinstance(tensor, TensorSymbol):
        of, _ = element_of(tensor)
        remedy = "the loss has no name: give its value a tensor" if of is None else f"write delta({of})[...]"
        if isinstance(tensor, str):
            remedy = f"write delta({tensor}), or the whole claim as text"
        raise InvalidClaim(subject, expected="a tensor", found=type(tensor).__name__, remedy=remedy)
    if tensor.is_integer:
        raise InvalidClaim(subject, expected="a tensor of floats", found=f"the int input {tensor}")
    return AdjointSymbol(tensor)
