"""What `derive` returns: the equations of a network's gradients, to read, print, and derive again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import sympy

from symbackprop.cost.cost_summary import Cost, measure
from symbackprop.derive.differentiate import Derived
from symbackprop.derive.kinks import Kink, kinks, kinks_text
from symbackprop.errors import InvalidArgument, UnknownTensor
from symbackprop.formula.html_tables import Cell, html_table, note
from symbackprop.formula.latex import latex as in_latex
from symbackprop.formula.text import text as in_text
from symbackprop.language.sympy_form import SympyForm
from symbackprop.latex.printed_names import Names
from symbackprop.lower import ModuleIR, lower_module
from symbackprop.lower.passes import improved_module
from symbackprop.lower.values import Function
from symbackprop.numpy.peak_memory import Peaks, peaks
from symbackprop.optimise.training import training_program
from symbackprop.phrases import language_of
from symbackprop.schedule import ScheduledDerivation
from symbackprop.shard import shard as split
from symbackprop.stages import functions_of
from symbackprop.terms.namer import Letters, Namer
from symbackprop.terms.program import Equation, Program
from symbackprop.terms.show import Printer
from symbackprop.terms.writing import Writer

if TYPE_CHECKING:  # a derivation that is not printed does without
    from symbackprop.document.model import Document
    from symbackprop.picture.picture import Picture

_WIDTH = 60  # longer equations do not move the ranges of the others


@dataclass(frozen=True)
class _Notation:
    """What the equations of a program are written with, worked out once for all of them."""

    program: Program
    symbols: Mapping[str, Any]

    @cached_property
    def names(self) -> Names:
        return Names.of(self.program)

    @cached_property
    def letters(self) -> Letters:
        return Letters.of(self.program.tensors, self.program.indices)

    @property
    def namer(self) -> Namer:
        """One for each equation, whose letters do not depend on which others were written before it."""
        return Namer(self.program.table, self.letters)

    @property
    def writer(self) -> Writer:
        """As the equation is printed."""
        return Writer(self.names, self.namer)


@dataclass(frozen=True, repr=False)
class DerivedEquation:
    """One equation. `lhs`, `rhs`: SymPy expressions; `op`: "=" or "+=" (added to what the others give)."""

    equation: Equation
    notation: _Notation

    @property
    def op(self) -> str:
        """ "=", or "+=" of an equation that is added to what the others give."""
        return self.equation.op.value

    @property
    def label(self) -> str:
        """Its number, `F3` or `B2`, which documents and the comments of generated code cite."""
        return self.equation.label

    @cached_property
    def lhs(self) -> sympy.Expr:
        """The element that it defines, as SymPy has it."""
        return self._form.left(self.equation)

    @cached_property
    def rhs(self) -> sympy.Expr:
        """What it is equal to, in the network's own tensors and indices, as SymPy has it."""
        return self._form.right(self.equation)

    def latex(self) -> str:
        """The equation in LaTeX, without delimiters."""
        return in_latex(self.notation.writer.equation(self.equation))

    @property
    def _form(self) -> SympyForm:
        return SympyForm(self.notation.program.table, self.notation.symbols)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        text, ranges = self.parts()
        return f"{text}    {ranges}".rstrip()

    def parts(self) -> tuple[str, str]:
        """The equation, and `for` its ranges, as text."""
        printer = Printer(self.notation.namer)
        ranges = printer.range_(self.equation)
        return printer.equation(self.equation), f"for {ranges}" if ranges else ""


@dataclass(frozen=True, repr=False)
class Derivation:
    """A network's forward equations and those of its gradients.

    `forward`, `backward`: in the order in which they are computed. `program`: both as one program of equations, which
    `derive`, `generate`, `load` and `verify` accept (see `hessian_vector_product`); of a layer the forward equations
    alone, since the others are of cotangents, which its forward pass is not given.
    """

    scheduled: ScheduledDerivation
    symbols: Mapping[str, Any]

    @property
    def derived(self) -> Derived:
        return self.scheduled.derived

    @property
    def name(self) -> str:
        return self.derived.forward.name

    @property
    def program(self) -> Program:
        """The equations as one program, which may be derived, generated and verified again."""
        return self.derived.forward if self.derived.forward.cotangents else self.derived.joint

    @property
    def wrt(self) -> tuple[str, ...]:
        """The names that the loss is differentiated by."""
        return tuple(name for name, _ in self.derived.backward.wrt)

    @cached_property
    def forward(self) -> tuple[DerivedEquation, ...]:
        """(F1), (F2), ... in the order in which they are computed."""
        return self._wrap(self.scheduled.forward.equations)

    @cached_property
    def backward(self) -> tuple[DerivedEquation, ...]:
        """(B1), (B2), ... in the order in which they are computed."""
        return self._wrap(self.scheduled.backward.equations)

    def delta(self, tensor: object) -> tuple[DerivedEquation, ...]:
        """The equations of δ = ∂loss/∂tensor, whether or not it is inlined into its readers; of a layer's output, its
        cotangent, with what those add that read it further.

        `UnknownTensor` if the loss does not depend on it by way of what is differentiated.
        """
        name = tensor_name(tensor)
        adjoint = self.derived.adjoints.get(name)
        key = adjoint.name if adjoint is not None else ""
        found = self.derived.backward.definitions.get(key) or self.derived.deltas.get(key)
        if found is None:
            known = sorted(self.derived.adjoints)
            raise UnknownTensor(name, expected=f"a tensor with a δ: {', '.join(known)}", found=f"none of {name}")
        return self._wrap(found)

    gradient = delta

    def document(
        self, level: str = "steps", form: str = "index", *, title: str | None = None, author: str = "", date: str = "",
        language: str = "en", shard: Mapping[str, str] | None = None,
    ) -> Document:  # fmt: skip
        """The derivation as something to read, before it is LaTeX or Markdown.

        `level`: "result", the equations alone; "steps", each δ with its chain rule and local derivatives; "full", every
        step between. `form`: "index", or "matrix" for the matrix form beside it where there is one. `title`: by
        default the first line of the network's description, or whose gradients these are; `author` and `date`: none by
        default. `language`: "en", or "zh" for simplified Chinese. `shard`: the mesh axis of each index that is split
        over devices, as {"n": "data"}: a section tells where each tensor lies, each equation's collective and its
        bytes. UnknownIndex for a name that no dimension has, UnsplittableIndex where a loop runs along it.
        """
        from symbackprop.document.compose import build
        from symbackprop.document.model import Level

        chosen = choice("level", level, [item.value for item in Level])
        choice("form", form, ["index", "matrix"])
        words = language_of(language)
        cost = None if chosen == Level.RESULT.value else cost_of(self.derived.forward, self.scheduled)
        sharded = None if shard is None else split(functions_of(self.derived.forward, self.scheduled), shard)
        built = build(self.scheduled, Level(chosen), form == "matrix", cost, words, sharded)
        return built.titled(title, author, date)

    def latex(
        self,
        form: str = "index",
        steps: bool = True,
        level: str | None = None,
        *,
        standalone: bool = False,
        title: str | None = None,
        author: str = "",
        date: str = "",
        language: str = "en",
        shard: Mapping[str, str] | None = None,
    ) -> str:
        """The derivation as LaTeX: a section of a document that loads amsmath and amssymb, and for "zh" ctex as well,
        in columns of any width; or with `standalone` a whole document, with a picture of the network.

        `form`, `level`, `title`, `author`, `date`, `language` and `shard`: see `document`; `steps`: False for the level
        "result".
        """
        from symbackprop.document import latex_document

        said = level or ("steps" if steps else "result")
        document = self.document(said, form, title=title, author=author, date=date, language=language, shard=shard)
        return standalone_latex(document, self.scheduled) if standalone else latex_document.fragment(document)

    def markdown(
        self, form: str = "index", level: str = "steps", *, title: str | None = None, author: str = "", date: str = "",
        language: str = "en", shard: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        """The derivation as Markdown with mathematics in dollars, for notebooks and web pages; see `document`."""
        from symbackprop.document import markdown

        document = self.document(level, form, title=title, author=author, date=date, language=language, shard=shard)
        return markdown.text(document)

    def picture(self, view: str | None = None) -> Picture:
        """The network as a picture: its tensors, who reads them, and the way of the δ; see `Picture`.

        `view`: "all", "bare", "parts" or "blocks"; by default the fullest that can be taken in. InvalidArgument for one
        that the network does not have, such as parts of a network that has none.
        """
        from symbackprop.picture.picture import picture_of

        return picture_of(self.scheduled, view)

    def _repr_markdown_(self) -> str:
        return self.markdown(level="result")

    def _repr_html_(self) -> str:
        """Every equation behind its number, with its ranges, forward and then backward."""

        def row(one: DerivedEquation) -> tuple[Cell, ...]:
            writer = one.notation.writer
            ranges = ", ".join(map(in_text, writer.ranges(one.equation.axes)))
            return f"({one.label})", writer.equation(one.equation), ranges

        ways = (("forward", self.forward), ("backward", self.backward))
        tables = [html_table(f"{self.name}: {way}", ("", "", "for"), map(row, found)) for way, found in ways]
        told = "; ".join(["δ of T: ∂loss/∂T, of the shape of T", *self._agreed()])
        return "\n".join([*tables, note(told)])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def _repr_latex_(self) -> str:
        """The equations alone, for a viewer that shows LaTeX and no Markdown."""
        rows = [rf"{equation.latex()} & \text{{({equation.label})}}" for equation in (*self.forward, *self.backward)]
        return r"$\displaystyle \begin{array}{ll}" + r" \\ ".join(rows) + r"\end{array}$"

    def __repr__(self) -> str:
        return f"<derivation of {self.name}: {len(self.forward)} equations forward, {len(self.backward)} backward>"

    def __str__(self) -> str:
        """Every equation behind its number, with its ranges, and the conventions of every derivation."""
        labels = [f"({equation.label})" for equation in (*self.forward, *self.backward)]
        rows = [equation.parts() for equation in (*self.forward, *self.backward)]
        first = max(map(len, labels))
        width = max((len(text) for text, _ in rows if len(text) <= _WIDTH), default=0)
        lines = [
            f"  {label:{first}} {text:{width}}    {ranges}".rstrip()
            for label, (text, ranges) in zip(labels, rows, strict=True)
        ]
        lines.insert(len(self.forward), self._backward_words())
        return "\n".join([f"{self.name}: forward", *lines, kinks_text(Kink)])

    def _agreed(self) -> list[str]:
        """The conventions about slopes at kinks and ties, where the equations make use of any."""
        forward, backward = self.scheduled.forward.equations, self.scheduled.backward.equations
        agreed = kinks_text(kinks(forward, backward, self.derived.joint.table))
        return [agreed] if agreed else []

    def _backward_words(self) -> str:
        forward = self.derived.forward
        if forward.inner_product is None:
            return "backward, d_T standing for δ of T: ∂loss/∂T, which has the shape of T"
        product = Printer(Namer.of(forward)).term(forward.inner_product.rhs)
        return (
            "backward, d_T standing for δ of T: ∂L/∂T, which has the shape of T; L, the inner product of the outputs\n"
            f"and their given cotangents, is {product}"
        )

    @cached_property
    def _notation(self) -> _Notation:
        tensors = {tensor.name: tensor for tensor in (*self.derived.joint.tensors, *self.derived.adjoints.values())}
        program = self.derived.joint.with_(tensors=tuple(tensors.values()))  # with the δ that their readers take in
        return _Notation(program, self.symbols)

    def _wrap(self, equations: tuple[Equation, ...]) -> tuple[DerivedEquation, ...]:
        return tuple(DerivedEquation(equation, self._notation) for equation in equations)


def tensor_name(tensor: object) -> str:
    """The name of a tensor given by name or as the object a network hands out."""
    return tensor if isinstance(tensor, str) else str(getattr(tensor, "name", tensor))


def standalone_latex(document: Document, scheduled: ScheduledDerivation) -> str:
    """The document of a derivation as a whole document of LaTeX, with the picture of its network."""
    from symbackprop.document import latex_document
    from symbackprop.picture.network_graph import graph_of
    from symbackprop.picture.paper import printed

    return latex_document.standalone(document, printed(graph_of(scheduled), document.words))


def cost_of(program: Program, scheduled: ScheduledDerivation, module: ModuleIR[Function] | None = None) -> Cost:
    """What the loss (or a layer's outputs) and the gradients cost, beside the alternatives; `program`: the network as
    it was written; `module`: its functions as values after every pass, where they are there already."""
    needed = training_program(scheduled.derived).definitions
    forward = [equation for equation in scheduled.forward.equations if equation.target in needed]

    @cache
    def found() -> Peaks:
        return peaks(module or improved_module(lower_module(functions_of(program, scheduled))))

    return measure(scheduled.derived.joint, forward, scheduled.backward.equations, found)


def choice(argument: str, found: str, allowed: Sequence[str]) -> str:
    """The word itself; InvalidArgument where it is none of those allowed."""
    if found not in allowed:
        raise InvalidArgument(argument, expected=" or ".join(f'"{item}"' for item in allowed), found=repr(found))
    return found
