"""The errors of symbackprop: one family, each class one kind of mistake.

A message says which equation or tensor, what was expected, what was found, and what to do about it:

>>> print(RankMismatch("z[n] = x[n]", expected="2 subscripts for x (N, D)", found="1", remedy="write x[n, i]"))
z[n] = x[n]: expected 2 subscripts for x (N, D), found 1; write x[n, i]
"""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path
from types import FrameType

_INSIDE = ("symbackprop", "sympy", "IPython", "ipykernel")  # whose frames a notebook does not show
_SHOWN = 3


def _room(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).split(".")[0]


class SymbackpropError(Exception):
    """Root of the family. `subject` is the equation, tensor or argument that is at fault."""

    def __init__(self, subject: str, *, expected: str = "", found: str = "", remedy: str = "") -> None:
        self.subject, self.expected, self.found, self.remedy = subject, expected, found, remedy
        middle = ", ".join(f"{word} {said}" for word, said in (("expected", expected), ("found", found)) if said)
        text = f"{subject}: {middle}" if middle else subject
        super().__init__(f"{text}; {remedy}" if remedy else text)

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the lines of whoever called, and the message. (Python's own has every frame.)"""
        frames = traceback.walk_tb(self.__traceback__)
        own = [(frame, line) for frame, line in frames if _room(frame) not in _INSIDE]
        lines = []
        for frame, line in own[-_SHOWN:]:
            file, function = frame.f_code.co_filename, frame.f_code.co_name
            where = Path(file).name if Path(file).is_file() else "this cell" if function == "<module>" else "a cell"
            place = f"{where}, line {line}" + ("" if function == "<module>" else f", in {function}")
            source = linecache.getline(file, line, frame.f_globals).strip()
            lines.append(f"{place}: {source}" if source else place)
        return [*lines, f"{type(self).__name__}: {self}"]


# --- names and declarations ----------------------------------------------------------------------------
class InvalidName(SymbackpropError):
    """Not an identifier, a keyword, or a name that the generated module needs for itself."""


class DuplicateName(SymbackpropError):
    """A size or tensor with the name of another, or an index declared again with another range."""


class InvalidSize(SymbackpropError):
    """A size or bound that is not an integer expression in the declared sizes."""


class InvalidArgument(SymbackpropError):
    """An argument of a declaration that is none of those understood."""


class UnknownInitializer(InvalidArgument):
    """An initialiser that is neither a known name, a number nor an expression in the sizes."""


class UnknownDistribution(InvalidArgument):
    """A random tensor of a distribution that is not known, or with parameters that are not its own."""


class UnsupportedAssumption(SymbackpropError):
    """An assumption that is not a relation between sizes, or between values of given tensors."""


# --- what stands in an equation ------------------------------------------------------------------------
class UnknownSymbol(SymbackpropError):
    """A SymPy symbol that is neither a size nor a tensor of the network."""


class UnknownIndex(SymbackpropError):
    """An index that this network did not declare."""


class UnknownTensor(SymbackpropError):
    """A name or tensor that the network does not have, or that has no gradient."""


class ForeignTensor(SymbackpropError):
    """A tensor of another network."""


class UnboundIndex(SymbackpropError):
    """An index that neither the left side nor a reduction binds."""


class CapturedIndex(SymbackpropError):
    """An index whose meaning SymPy made ambiguous by moving a Piecewise out of its own Sum or Product."""


class InvalidReduction(SymbackpropError):
    """A reduction over no index, one index twice, or something that is no index."""


class UnknownFunction(SymbackpropError):
    """A SymPy object that the language does not define."""


class UndefinedConstant(SymbackpropError):
    """NaN, complex infinity, an imaginary number, or one that no float64 holds."""


class SymbolicValue(SymbackpropError, TypeError):
    """A value of a network where Python, NumPy or PyTorch ask for its number or its truth."""


class UnknownMethod(SymbolicValue, AttributeError):
    """A method or attribute, of NumPy's arrays or PyTorch's tensors, that a network or a value of it does not have."""


class BooleanAsNumber(SymbackpropError):
    """A condition where a number is needed."""


class NumberAsCondition(SymbackpropError):
    """A number where a condition is needed."""


class MissingDefault(SymbackpropError):
    """A Piecewise without a last branch `(value, True)`."""


class RankMismatch(SymbackpropError):
    """Another number of subscripts than the tensor has axes."""


class InvalidSubscript(SymbackpropError):
    """A subscript that is neither affine in the indices nor a gather by an integer input."""


class OutOfRange(SymbackpropError):
    """An element outside its tensor, as a counterexample shows."""


class UnprovedRange(OutOfRange):
    """An element that may be outside its tensor: no proof that it is inside, for all sizes."""


# --- definitions ---------------------------------------------------------------------------------------
class GivenTensorDefined(SymbackpropError):
    """An equation for an input, parameter, random tensor or buffer."""


class UndefinedTensor(SymbackpropError):
    """A tensor that no equation defines."""


class OverlappingDefinitions(SymbackpropError):
    """Two definitions of one element."""


class IncompleteDefinition(SymbackpropError):
    """A tensor with elements that no definition covers."""


class UnprovedDefinition(IncompleteDefinition, OverlappingDefinitions):
    """Definitions that could not be proved to cover their tensor exactly once."""


# --- the whole network ---------------------------------------------------------------------------------
class MissingLoss(SymbackpropError):
    """A network without a loss."""


class RedefinedLoss(SymbackpropError):
    """A second loss."""


class NonScalarLoss(SymbackpropError):
    """A loss with free indices."""


class InvalidOutput(SymbackpropError):
    """An output twice, one that is not computed, or one that does not start at 0."""


class UnreachedTensor(SymbackpropError):
    """A tensor that reaches neither the loss nor an output nor a buffer."""


class UnreachedParameter(UnreachedTensor):
    """A parameter that the loss does not depend on."""


class CyclicEquations(SymbackpropError):
    """Equations that need each other such that no order, and no loop along an axis, computes them."""


class TooManyAxes(SymbackpropError):
    """An array with more axes than those of every supported NumPy have."""


class NestedTooDeep(SymbackpropError):
    """A right-hand side whose parts stand inside each other more deeply, or in more ways, than can be followed."""


class UnsplittableIndex(SymbackpropError):
    """An index that cannot be split over the devices of a mesh."""


# --- claims --------------------------------------------------------------------------------------------
class InvalidClaim(SymbackpropError):
    """A claim that states nothing about a δ, or a δ outside of a claim."""


# --- documents -----------------------------------------------------------------------------------------
class UnknownNotation(SymbackpropError):
    """Mathematics that a form of the document cannot show, such as a LaTeX command without a symbol in MathML."""


# --- compiled modules ----------------------------------------------------------------------------------
class CompilerNotFound(SymbackpropError):
    """No C compiler, where a module is to be compiled."""


class CompilationFailed(SymbackpropError):
    """A C compiler that refuses the generated code, or whose library cannot be loaded."""
