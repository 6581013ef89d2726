"""The files of a network in C."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symbackprop.c.functions import FUNCTIONS, c_function, function_lines
from symbackprop.c.fuse import fuse
from symbackprop.c.hoist import hoist
from symbackprop.c.memory import MOST, Plan, elements, plan, touched
from symbackprop.c.memory_text import Moments, moments
from symbackprop.c.names import CNames, identifier
from symbackprop.c.nests import NestFunction, Product, statements_in
from symbackprop.c.open_nests import open_nests
from symbackprop.c.optimizer_text import UPDATE_NAMES, UpdateText, update_text
from symbackprop.c.products import FEW, FROM, SLICE
from symbackprop.c.public_functions import Body, Public, PublicFunctions, own_outputs
from symbackprop.c.shrink import shrink
from symbackprop.c.statement_text import StatementText
from symbackprop.errors import InvalidArgument
from symbackprop.lower.evaluate_values import term_value
from symbackprop.lower.module_values import ModuleIR
from symbackprop.lower.update import UpdateIR
from symbackprop.lower.values import Function, Kind, MapOp
from symbackprop.python_text.digest import digest, fixed_text
from symbackprop.python_text.initial_values import Drawn, start_of
from symbackprop.python_text.module_tables import listed
from symbackprop.resources import fields_of, filled
from symbackprop.schedule.numbering import by_label
from symbackprop.terms.program import Distribution, DType, Tensor, TensorKind, fresh_name
from symbackprop.terms.show import Namer, Printer
from symbackprop.version import VERSION

TEMPLATES = ("module.c.j2", "products.c.j2", "optimizer.c.j2", "header.h.j2")
_OWN = frozenset({"real", "params", "grads", "buffers", "init", "init_buffers", "WORK", "PREDICT_WORK", "DOUBLE",
                  "POINTERS", "CHECK", "SIMD", "CBLAS", "INCLUDED"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Struct:
    name: str
    fields: tuple[tuple[str, str, int, str], ...]  # (type, name, elements, shape in words)


@dataclass(frozen=True, slots=True)
class Kit:
    """The texts. `name`: the prefix of what it shows; `digest`: of what it is made from; `functions`: those that others
    call; `memory`: what a plan is of, the plan, and the equations at each of its moments."""

    name: str
    digest: str
    header: str
    source: str
    plan: Plan
    predict_plan: Plan | None
    functions: tuple[Public, ...]
    memory: tuple[tuple[str, Plan, Moments], ...]
    optimizer: UpdateText | None


@dataclass(frozen=True, slots=True)
class HeaderText:
    name: str
    version: str
    digest: str
    at: str
    equations: tuple[str, ...]
    gradients: tuple[str, ...]
    sizes: tuple[tuple[str, int], ...]
    structs: tuple[Struct, ...]
    same: bool
    work: int
    predict_work: int
    functions: tuple[Public, ...]
    noise: tuple[str, ...]
    buffers: bool
    optimizer: UpdateText | None


@dataclass(frozen=True, slots=True)
class ModuleText:
    name: str
    version: str
    digest: str
    at: str
    bodies: tuple[Body, ...]
    functions: tuple[Public, ...]
    starts: tuple[tuple[str, str, tuple[tuple[str, int, str, str], ...]], ...]
    noise: tuple[tuple[str, int, str, tuple[str, ...]], ...]
    drawn: bool
    normal: dict[str, str]
    helpers: tuple[str, ...]
    multiplies: bool
    optimizer: UpdateText | None
    few_rows: int  # of a product
    slice: int  # of its sums
    threads_from: int  # multiplications, for several threads


def kit(module: ModuleIR[Function], update: UpdateIR[Function] | None = None) -> Kit:
    """The files, the same for the same network everywhere; sizes are numbers. `update`: of an optimiser."""
    return _Writer(module, update).kit()


class _Writer:
    def __init__(self, module: ModuleIR[Function], update: UpdateIR[Function] | None) -> None:
        assert module.shared is None
        self.module, self.program, self.update = module, module.program, update
        if self.program.dims:
            written = ", ".join(f'"{dim}": 32' for dim in self.program.dims)
            raise InvalidArgument("generate: dims", expected='a number for every size, with backend="c"',
                                  found=f"none for {', '.join(self.program.dims)}",
                                  remedy=f"give each one: dims={{{written}}}, or --dims in the command")  # fmt: skip
        self.name = identifier(self.program.name)
        self.names = CNames(self.name)
        self.wanted: set[tuple[MapOp, Kind, bool]] = set()
        predict = module.predict_program
        kept = {*module.cached, *module.results, *(adjoint for _, adjoint in module.gradients)}
        kept |= {new for _, new in self.program.updates} | set(() if predict is None else predict.outputs)
        nests = module.mapped(lambda function: hoist(shrink(fuse(open_nests(function, self.program)), kept)))
        self.forward, self.backward, self.predict = nests.forward, nests.backward, nests.predict
        self.table: dict[str, Tensor] = {}
        for function in (self.predict, self.backward, self.forward):
            self.table |= {} if function is None else function.tensors
        self.table = self.program.table | self.table  # which has the axes in the order in which they lie
        for name in sorted(self.table):
            self.names(name)
        self._refuse_large()

    def _refuse_large(self) -> None:
        """InvalidArgument where a place is no int."""
        for name, tensor in self.table.items():
            if elements(tensor) > MOST:
                raise InvalidArgument(
                    f"dims: {name}", expected=f"at most {MOST} elements of a tensor in C, whose places are ints",
                    found=f"{elements(tensor)}, of shape {tuple(size.constant for size in tensor.shape)}",
                    remedy="choose smaller sizes, such as a batch in parts",
                )  # fmt: skip

    # --- what lies where ---------------------------------------------------------------------------
    def _given(self, *kinds: TensorKind) -> list[Tensor]:
        return list(self.program.of_kind(*kinds))

    def kit(self) -> Kit:
        module, program = self.module, self.program
        given = {t.name for t in self._given(TensorKind.PARAMETER, TensorKind.INPUT, TensorKind.BUFFER,
                                             TensorKind.RANDOM, TensorKind.COTANGENT)}  # fmt: skip
        cached = set(module.cached) | {new for _, new in program.updates}
        results = [name for name in module.results if name not in cached and name not in given]
        own = [adjoint for _, adjoint, copied in module.returned if not copied]
        elsewhere = given | set(results) | set(own)
        after = [*module.results, *(adjoint for _, adjoint in module.gradients), *(new for _, new in program.updates)]
        whole = plan([self.forward, self.backward], elsewhere, after)
        bodies = [self._body("forward", self.forward, whole, results),
                  self._body("backward", self.backward, whole, own)]  # fmt: skip
        predict_plan = None
        if self.predict is not None and module.predict_program is not None:
            outputs = own_outputs(module.predict_program)
            predict_plan = plan([self.predict], given | set(outputs))
            bodies.append(self._body("predict", self.predict, predict_plan, outputs))
        publics = tuple(PublicFunctions(module, self.names, self.table, whole, results).all(bodies))
        made_from = digest(module, self.update)
        common = {"name": self.name, "version": VERSION, "digest": made_from, "at": fixed_text(program)}
        source, taken = self._filled(self._source(bodies, publics, common, None), publics)
        optimizer = None
        if self.update is not None:
            optimizer = self._optimizer(self.update, taken)
            source, taken = self._filled(self._source(bodies, publics, common, optimizer), publics)
        header = filled("c", TEMPLATES[3:],
                        fields_of(self._header(publics, common, whole, predict_plan, taken, optimizer)))  # fmt: skip
        memory = [("Forward and backward", whole, moments([self.forward, self.backward]))]
        if self.predict is not None and predict_plan is not None:
            memory.append(("Predict", predict_plan, moments([self.predict])))
        return Kit(self.name, made_from, header, source, whole, predict_plan, publics, tuple(memory), optimizer)

    def _filled(self, text: ModuleText, publics: tuple[Public, ...]) -> tuple[str, set[str]]:
        """The source, and the names that are taken behind the prefix."""
        source = filled("c", TEMPLATES[:3], fields_of(text))
        found = re.findall(rf"\b{self.name}_(\w+)", source)
        return source, {*found, *(function.name for function in publics)} | _OWN

    def _optimizer(self, update: UpdateIR[Function], taken: set[str]) -> UpdateText:
        name = fresh_name(identifier(update.program.name), taken | {*FUNCTIONS.values(), *UPDATE_NAMES})
        gradients = [self.table[name] for name, _ in self.module.gradients]
        return update_text(update, name, self.name, self._call, self._given(TensorKind.PARAMETER), gradients)

    def _source(
        self, bodies: Sequence[Body], publics: tuple[Public, ...], common: dict[str, str], optimizer: UpdateText | None
    ) -> ModuleText:
        starts, draws = tuple(self._starts()), tuple(self._draws())
        ways = {row[2] for _, _, rows in starts for row in rows} | {row[2] for row in draws}
        normal = {
            op.value: self._call(op, False, False) for op in (MapOp.SQRT, MapOp.LOG, MapOp.COS) if "normal" in ways
        }
        nests = [function for function in (self.forward, self.backward, self.predict) if function is not None]
        wanted = sorted(self.wanted, key=lambda each: (each[0].value, each[1].value, each[2]))
        return ModuleText(
            **common,
            bodies=tuple(bodies),
            functions=publics,
            starts=starts,
            noise=draws,
            drawn=bool(ways - {"fill"}),
            normal=normal,
            helpers=function_lines(wanted, self.name),
            optimizer=optimizer,
            few_rows=FEW,
            slice=SLICE,
            threads_from=FROM,
            multiplies=any(isinstance(s, Product) for f in nests for s in statements_in(f.body)),
        )

    def _header(
        self, publics: tuple[Public, ...], common: dict[str, str], whole: Plan, predict: Plan | None, taken: set[str],
        optimizer: UpdateText | None,
    ) -> HeaderText:  # fmt: skip
        """`taken`: names of what is in the source, behind the prefix."""
        program, back = self.program, self.module.backward_program
        printer = Printer(Namer.of(program.with_(tensors=tuple({**back.table, **program.table}.values()))))
        return HeaderText(
            **common,
            equations=listed(printer.labelled(equation) for equation in by_label(program.equations)),
            gradients=listed(printer.labelled(equation) for equation in by_label(back.equations)),
            sizes=tuple((fresh_name(identifier(name), taken), size) for name, size in program.fixed),
            structs=tuple(self._structs()),
            same=self._same,
            work=max(whole.size, 1),
            predict_work=max(predict.size, 1) if predict is not None else 0,
            functions=publics,
            noise=tuple(self.names(t.name) for t in self._given(TensorKind.RANDOM)),
            buffers=bool(self._given(TensorKind.BUFFER)),
            optimizer=optimizer,
        )

    # --- what computes -----------------------------------------------------------------------------
    def _call(self, op: MapOp, whole: bool, wide: bool) -> str:
        kind = Kind.INT if whole else Kind.FLOAT
        self.wanted.add((op, kind, wide))
        name = c_function(op, kind, wide)
        if name is None:
            raise TypeError(f"no function in C computes {op.value} of {kind.value}s")
        return f"{self.name}_{name}"

    def _body(self, name: str, function: NestFunction, where: Plan, results: Sequence[str]) -> Body:
        text = StatementText(function.tensors, function.locals, self.names, self._call, self._reserved, self.name)
        text.body(function.body)
        used = [each for each in touched(function.body) if each not in function.locals]
        offsets = {buffer.name: buffer.offset for buffer in where.buffers}
        lines = [f"    real *const {self.names(each)} = work + {offsets[each]};" for each in used if each in offsets]
        pointers = [each for each in used if each not in offsets]
        written = set(results)
        taken = [self._pointer(self.table[each], each not in written) for each in pointers]
        given = list(pointers)
        if lines:
            taken.append("real *restrict work")
            given.append("work")
        return Body(f"{self.name}_run_{name}", tuple(taken), tuple(given), (*lines, *text.lines))

    def _reserved(self, name: str) -> bool:
        return name in self.names.taken or name in self.names.known.values()

    def _pointer(self, tensor: Tensor, const: bool) -> str:
        kind = "int32_t" if tensor.dtype is DType.INT else "real"
        return f"{'const ' * const}{kind} *restrict {self.names(tensor.name)}"

    # --- what others call --------------------------------------------------------------------------
    @property
    def _same(self) -> bool:
        names = [name for name, _ in self.module.gradients]
        return names == [t.name for t in self._given(TensorKind.PARAMETER)]

    def _structs(self) -> Iterable[Struct]:
        yield Struct("params", tuple(map(self._field, self._given(TensorKind.PARAMETER))))
        if not self._same:
            yield Struct("grads", tuple(self._field(self.table[name]) for name, _ in self.module.gradients))
        if self._given(TensorKind.BUFFER):
            yield Struct("buffers", tuple(map(self._field, self._given(TensorKind.BUFFER))))

    def _field(self, tensor: Tensor) -> tuple[str, str, int, str]:
        kind = "int32_t" if tensor.dtype is DType.INT else f"{self.name}_real"
        shape = "][".join(str(size) for size in tensor.shape)
        return kind, self.names(tensor.name), max(elements(tensor), 1), f"[{shape}]" if shape else "a number"

    # --- beginnings --------------------------------------------------------------------------------
    def _starts(self) -> Iterable[tuple[str, str, tuple[tuple[str, int, str, str], ...]]]:
        for struct, kind in (("params", TensorKind.PARAMETER), ("buffers", TensorKind.BUFFER)):
            tensors = self._given(kind)
            if not tensors and kind is TensorKind.BUFFER:
                continue
            rows = []
            for tensor in tensors:
                start = start_of(tensor)
                scale = repr(float(term_value(start.scale, {})))
                drawn = {Drawn.CONSTANT: "fill", Drawn.NORMAL: "normal", Drawn.UNIFORM: "uniform"}[start.drawn]
                rows.append((self.names(tensor.name), max(elements(tensor), 1), drawn, scale))
            yield ("init" if kind is TensorKind.PARAMETER else "init_buffers"), struct, tuple(rows)

    def _draws(self) -> Iterable[tuple[str, int, str, tuple[str, ...]]]:
        for tensor in self._given(TensorKind.RANDOM):
            assert tensor.noise is not None
            distribution = {Distribution.BERNOULLI: "bernoulli", Distribution.NORMAL: "normal",
                            Distribution.UNIFORM: "uniform"}[tensor.noise.distribution]  # fmt: skip
            numbers = [float(term_value(arg, {})) for arg in tensor.noise.arguments]
            if tensor.noise.distribution is Distribution.UNIFORM:
                numbers[1] -= numbers[0]
            arguments = tuple(map(repr, numbers))
            yield self.names(tensor.name), elements(tensor), distribution, arguments


__all__ = ["TEMPLATES", "HeaderText", "Kit", "ModuleText", "kit"]
