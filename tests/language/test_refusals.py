"""Every mistake has its own error, raised where it is written or, for the whole network, when it is made a program."""

from collections.abc import Callable

import numpy as np
import pytest
import sympy
from sympy import Eq, I, Integer, Le, Lt, Piecewise, Symbol, gamma, nan, zoo

from symbackprop import Mean, Network, ReduceMax, Sum, errors
from symbackprop.functions import gelu, stop_gradient

from .bench import Bench, whole


def test_the_bench_itself_is_sound() -> None:
    whole(Bench())


def define(value: Callable[[Bench], object]) -> Callable[[Bench], None]:
    """z[n] = value."""

    def case(b: Bench) -> None:
        b.z[b.n] = value(b)

    return case


def then_whole(write: Callable[[Bench], None]) -> Callable[[Bench], None]:
    def case(b: Bench) -> None:
        write(b)
        whole(b)

    return case


def set_(tensor: str, *pairs: tuple[Callable[[Bench], object], Callable[[Bench], object]]) -> Callable[[Bench], None]:
    """tensor[subscripts] = value, for each pair."""

    def case(b: Bench) -> None:
        for subscripts, value in pairs:
            getattr(b, tensor)[subscripts(b)] = value(b)

    return case


def other_network() -> Bench:
    bench = Bench()
    bench.net.name = "other"
    return bench


def _loss(value: Callable[[Bench], object]) -> Callable[[Bench], None]:
    def case(b: Bench) -> None:
        b.net.loss = value(b)

    return case


def _bad_recurrence(b: Bench) -> None:
    b.z[b.n] = b.z[b.n - 1] * 2


WHERE_WRITTEN: list[tuple[str, Callable[[Bench], object], type[errors.SymbackpropError], str]] = [
    # names and declarations
    ("keyword", lambda b: b.net.dim("lambda"), errors.InvalidName, "keyword"),
    ("no identifier", lambda b: b.net.tensor("1z"), errors.InvalidName, "identifier"),
    ("hyphen", lambda b: Network("my-net"), errors.InvalidName, "identifier"),
    ("not a name", lambda b: b.net.tensor(3), errors.InvalidName, "identifier"),
    ("reserved", lambda b: b.net.parameter("params", (b.D,)), errors.InvalidName, "params_"),
    ("reserved numpy", lambda b: b.net.dim("np"), errors.InvalidName, "np"),
    ("normalised away", lambda b: b.net.tensor("ﬁt"), errors.InvalidName, "identifier"),
    ("no names", lambda b: b.net.dims(" "), errors.InvalidName, "none"),
    ("other kind", lambda b: b.net.parameter("z", (b.N,)), errors.DuplicateName,
     "parameter 'z': expected a name of its own, found a tensor of that name; choose another; what was said stands"),
    ("other shape", lambda b: b.net.input("x", (b.D, b.N)), errors.DuplicateName,
     "an input of that name with shape (N, D)"),
    ("other init", lambda b: b.net.parameter("w", (b.D,), "ones"), errors.DuplicateName, "with another initializer"),
    ("other bound", lambda b: b.net.input("label", (b.N,), dtype="int", high=b.N), errors.DuplicateName,
     "another bound"),
    ("other dtype", lambda b: b.net.input("label", (b.N,)), errors.DuplicateName, "another dtype"),
    ("size and tensor", lambda b: b.net.tensor("N"), errors.DuplicateName, "size of that name"),
    ("tensor and size", lambda b: b.net.dim("x"), errors.DuplicateName, "tensor of that name"),
    ("index again", lambda b: b.net.index("n", b.D), errors.DuplicateName, "0..N - 1"),
    ("index keyword", lambda b: b.net.index("for", b.D), errors.InvalidName, "keyword"),
    ("fraction", lambda b: b.net.input("v", (b.N / 2,)), errors.InvalidSize, "//"),
    ("float size", lambda b: b.net.input("v", (2.5,)), errors.InvalidSize, "2.5"),
    ("true size", lambda b: b.net.input("v", (True,)), errors.InvalidSize, "True"),
    ("text size", lambda b: b.net.input("v", ("N",)), errors.InvalidSize, "'N'"),
    ("zero size", lambda b: b.net.input("v", (0,)), errors.InvalidSize, "at least 1"),
    ("no tuple", lambda b: b.net.input("v", b.N), errors.InvalidSize, "(N,)"),
    ("index as size", lambda b: b.net.input("v", (b.n,)), errors.InvalidSize, "index"),
    ("triangular range", lambda b: b.net.index("q", (0, b.n)), errors.InvalidSize, "Piecewise"),
    ("tensor as size", lambda b: b.net.input("v", (b.s,)), errors.InvalidSize, "integer expression"),
    ("unknown size", lambda b: b.net.input("v", (Symbol("Q"),)), errors.UnknownSymbol, "Q"),
    ("look-alike size", lambda b: b.net.input("v", (Symbol("N"),)), errors.UnknownSymbol, "positive integer"),
    ("triple range", lambda b: b.net.index("q", (0, 1, 2)), errors.InvalidSize, "pair"),
    ("dtype", lambda b: b.net.input("v", (b.N,), dtype="complex"), errors.InvalidArgument, "complex"),
    ("high of floats", lambda b: b.net.input("v", (b.N,), high=3), errors.InvalidArgument, "high"),
    ("initialiser", lambda b: b.net.parameter("v", (b.N, b.D), init="gloroth"), errors.UnknownInitializer, "gloroth"),
    ("fanned vector", lambda b: b.net.parameter("v", (b.N,), init="he_normal"), errors.UnknownInitializer, "rank 1"),
    ("init object", lambda b: b.net.parameter("v", (b.N,), init=[1]), errors.UnknownInitializer, "[1]"),
    ("init of tensors", lambda b: b.net.parameter("v", (b.N,), init=b.s), errors.InvalidArgument, "sizes"),
    ("init nan", lambda b: b.net.parameter("v", (b.N,), init=float("nan")), errors.UnknownInitializer, "finite"),
    ("negative std", lambda b: b.net.parameter("v", (b.N,), init=Integer(-1)), errors.UnknownInitializer, "below 0"),
    ("distribution", lambda b: b.net.random("v", (b.N,), "cauchy"), errors.UnknownDistribution, "cauchy"),
    ("missing p", lambda b: b.net.random("v", (b.N,), "bernoulli"), errors.UnknownDistribution, "p=..."),
    ("foreign parameter", lambda b: b.net.random("v", (b.N,), "normal", p=1), errors.UnknownDistribution, "p=1"),
    ("p beyond 1", lambda b: b.net.random("v", (b.N,), "bernoulli", p=2), errors.InvalidArgument, "between 0 and 1"),
    # right sides
    ("NaN", define(lambda b: nan), errors.UndefinedConstant, "nan"),
    ("division by zero", define(lambda b: b.y[b.n] + zoo), errors.UndefinedConstant, "zoo"),
    ("imaginary", define(lambda b: I * b.y[b.n]), errors.UndefinedConstant, "I"),
    ("unknown function", define(lambda b: gamma(b.y[b.n])), errors.UnknownFunction, "gamma"),
    ("undefined function", define(lambda b: sympy.Function("f")(b.y[b.n])), errors.UnknownFunction, "f"),
    ("array", define(lambda b: np.ones(3)), errors.SymbackpropError, ""),
    ("text", define(lambda b: "y[n]"), errors.UnknownFunction, "str"),
    ("unknown symbol", define(lambda b: Symbol("alpha")), errors.UnknownSymbol, "alpha"),
    ("unbound index", define(lambda b: b.x[b.n, b.i]), errors.UnboundIndex, "found i"),
    ("unbound number", define(lambda b: b.y[b.n] * b.k), errors.UnboundIndex, "found k"),
    ("unbound after a sum", define(lambda b: Sum(b.w[b.i], b.i) * b.i), errors.UnboundIndex, "found i"),
    ("undeclared index", define(lambda b: b.y[sympy.Idx("q", b.N)]), errors.UnknownIndex, "q"),
    ("other range", define(lambda b: b.y[sympy.Idx("n", b.D)]), errors.UnknownIndex, "(0, N - 1)"),
    ("tensor of another", define(lambda b: other_network().y[b.n]), errors.ForeignTensor, "other"),
    ("scalar of another", define(lambda b: other_network().s), errors.ForeignTensor, "other"),
    ("condition as number", define(lambda b: b.y[b.n] > 0), errors.BooleanAsNumber, "Piecewise((1,"),
    ("condition in a sum", define(lambda b: Sum(b.x[b.n, b.i] > 0, b.i)), errors.BooleanAsNumber, "condition"),
    ("true", define(lambda b: True), errors.BooleanAsNumber, "True"),
    ("no default", define(lambda b: Piecewise((1, b.y[b.n] > 0))), errors.MissingDefault, "(0, True)"),
    ("too few subscripts", define(lambda b: b.x[b.n]), errors.RankMismatch, "2 subscripts of x (N, D)"),
    ("too many subscripts", define(lambda b: b.w[b.n, b.i]), errors.RankMismatch, "found 2"),
    ("bare matrix", define(lambda b: b.x * 2), errors.InvalidSubscript, "write the elements and the sums"),
    ("slice", define(lambda b: b.x[b.n, :]), errors.InvalidSubscript, "slice"),
    ("ellipsis", define(lambda b: b.x[..., 0]), errors.InvalidSubscript, "Ellipsis"),
    ("text subscript", define(lambda b: b.y["n"]), errors.InvalidSubscript, "str"),
    ("float subscript", define(lambda b: b.y[1.0]), errors.InvalidSubscript, "1.0"),
    ("half subscript", define(lambda b: b.y[b.n / 2]), errors.InvalidSubscript, "affine"),
    ("product of indices", define(lambda b: b.y[b.n * b.i]), errors.InvalidSubscript, "affine"),
    ("floor subscript", define(lambda b: b.y[b.n // 2]), errors.InvalidSubscript, "affine"),
    ("float tensor subscript", define(lambda b: b.e[b.y[b.n], 0]), errors.InvalidSubscript, 'dtype="int"'),
    ("shifted gather", define(lambda b: b.e[b.label[b.n] - 1, 0]), errors.InvalidSubscript, "e[label[n]]"),
    ("gather without a bound", define(lambda b: b.e[b.free_label[b.n], 0]), errors.InvalidSubscript, "high=K"),
    ("gather beyond", define(lambda b: b.w[b.label[b.n]]), errors.OutOfRange, "label has values 0..K - 1"),
    ("reduction of nothing", lambda b: Sum(b.y[b.n]), errors.InvalidReduction, "none"),
    ("reduction twice", lambda b: Sum(b.y[b.n], b.n, b.n), errors.InvalidReduction, "n twice"),
    ("reduction over a symbol", lambda b: Mean(b.y[b.n], Symbol("n")), errors.InvalidReduction, "n (Symbol)"),
    ("one limit", lambda b: ReduceMax(b.y[b.n], (b.n, 0)), errors.InvalidReduction, "or limits (i, low, high)"),
    ("gelu", lambda b: gelu(b.s, approximate="erf"), errors.InvalidArgument, "tanh"),
    ("number as condition", define(lambda b: Piecewise((1, b.s), (0, True))), errors.NumberAsCondition, "Ne(s, 0)"),
    # ranges
    ("shift below", define(lambda b: b.x[b.n - 1, 0]), errors.OutOfRange, "x[n - 1, 0] inside x"),
    ("shift above", define(lambda b: b.x[b.n + 1, 0]), errors.OutOfRange, "axis 0 runs over 0..N - 1"),
    ("transposed", define(lambda b: Sum(b.x[b.i, b.n], b.i)), errors.OutOfRange, "x[i, n]|x[i', n]|x[i, n]"),
    ("constant", define(lambda b: b.x[b.n, 3]), errors.OutOfRange, "Le(4, D)"),
    ("past the end", define(lambda b: b.x[b.N, 0]), errors.OutOfRange, "x[N, 0]"),
    ("negative", define(lambda b: b.x[-1, 0]), errors.OutOfRange, "x[-1, 0]"),
    ("guard in the same condition",
     define(lambda b: Piecewise((1, (b.n >= 1) & (b.x[b.n - 1, 0] > 0)), (0, True))), errors.OutOfRange, "n - 1"),
    ("guard of the wrong side",
     define(lambda b: Piecewise((b.x[b.n - 1, 0], b.n >= 0), (0, True))), errors.OutOfRange, "n - 1"),
    ("guard of the other branch",
     define(lambda b: Piecewise((0, b.n >= 1), (b.x[b.n - 1, 0], True))), errors.OutOfRange, "n - 1"),
    # left sides
    ("input defined", set_("x", (lambda b: (b.n, b.i), lambda b: 1)), errors.GivenTensorDefined, "net.tensor"),
    ("parameter defined", set_("w", (lambda b: b.i, lambda b: 1)), errors.GivenTensorDefined, "parameter w"),
    ("buffer defined", set_("b", (lambda b: b.i, lambda b: 1)), errors.GivenTensorDefined, "net.update"),
    ("gather on the left", set_("z", (lambda b: b.label[b.n], lambda b: 1)), errors.InvalidSubscript, "left"),
    ("quadratic left", set_("z", (lambda b: b.n * b.i, lambda b: 1)), errors.InvalidSubscript, "left"),
    ("two ranks", set_("z", (lambda b: b.n, lambda b: 1), (lambda b: (b.n, b.i), lambda b: 1)),
     errors.RankMismatch, "1 subscripts of z"),
    # loss, outputs, updates, assumptions
    ("vector loss", _loss(lambda b: b.y[b.n]), errors.NonScalarLoss, "found n"),
    ("second loss", lambda b: (_loss(lambda b: b.s)(b), _loss(lambda b: 2 * b.s)(b)), errors.RedefinedLoss,
     "loss = 2*s: expected one loss, found loss = s before; add the terms up in one assignment; what was said stands"),
    ("outputs in another order", lambda b: (b.net.output(b.z), b.net.output(b.y, b.z)), errors.InvalidOutput,
     "the order in which predict returns them, found z before"),
    ("output twice", lambda b: b.net.output(b.z, b.z), errors.InvalidOutput, "twice"),
    ("output of an input", lambda b: b.net.output(b.x), errors.InvalidOutput, "input x"),
    ("output of another", lambda b: b.net.output(other_network().z), errors.InvalidOutput, "'other'"),
    ("output element", lambda b: b.net.output(b.z[b.n]), errors.InvalidOutput, "found z[n]"),
    ("update of a parameter", lambda b: b.net.update(b.w[b.i], 1), errors.InvalidArgument, "buffer"),
    ("update with a rank", lambda b: b.net.update(b.b, 1), errors.RankMismatch, "1 subscripts of b"),
    ("assumed number", lambda b: b.net.assume(b.N), errors.NumberAsCondition, "condition"),
    ("assumed falsehood", lambda b: b.net.assume(Lt(b.N, 1)), errors.UnsupportedAssumption, "holds for no values"),
    ("assumed result", lambda b: b.net.assume(Eq(Sum(b.z[b.n], b.n), 1)), errors.UnsupportedAssumption, "computed"),
    ("assumed of an index", lambda b: b.net.assume(Le(b.n, b.K)), errors.UnsupportedAssumption, "given"),
    ("assumed alternative", lambda b: b.net.assume(Le(b.N, b.K) | Le(b.K, b.H)), errors.UnsupportedAssumption, ""),
    ("assumed text", lambda b: b.net.assume("N <= K"), errors.UnsupportedAssumption, "N <= K"),
]  # fmt: skip

WHOLE: list[tuple[str, Callable[[Bench], object], type[errors.SymbackpropError], str]] = [
    ("undefined", lambda b: b.net.tensor("q"), errors.UndefinedTensor, "tensor q"),
    ("defined twice", set_("z", (lambda b: b.n, lambda b: 1), (lambda b: b.n, lambda b: 2)),
     errors.OverlappingDefinitions, "by z[n] = 1 as well; let the definitions' ranges share no position; to change"),
    ("overlap", set_("z", (lambda b: 0, lambda b: 1), (lambda b: b.n, lambda b: 2)),
     errors.OverlappingDefinitions, "z[0]"),
    ("gap", set_("z", (lambda b: 0, lambda b: 1), (lambda b: b.t + 1, lambda b: 2)),
     errors.IncompleteDefinition, "z[1]"),
    ("odd positions", set_("z", (lambda b: 2 * b.n, lambda b: 1)), errors.IncompleteDefinition, "z[1]"),
    ("diagonal", lambda b: _diagonal(b), errors.IncompleteDefinition, "q[0, 1]|q[1, 0]"),
    ("index that is not on the left twice over", set_("z", (lambda b: b.n + b.i, lambda b: 1)),
     errors.OverlappingDefinitions, "z"),
    ("below zero", set_("z", (lambda b: b.n - 1, lambda b: 1)), errors.OutOfRange, "start at 0"),
    ("rank read before", lambda b: _reads_z_with_two(b), errors.RankMismatch, "1 subscripts of z"),
    ("recurrence out of range", _bad_recurrence, errors.OutOfRange, "z[n - 1]"),
    ("forward read out of range", lambda b: _forward(b), errors.OutOfRange, "z[n + 1]"),
    ("output above zero", lambda b: _output_from_one(b), errors.InvalidOutput, "starts at 1"),
    ("unreached tensor", lambda b: _unreached(b), errors.UnreachedTensor, "net.output(q)"),
    ("unreached input", lambda b: b.net.input("q", (b.N,)), errors.UnreachedTensor, "input q"),
    ("unreached random", lambda b: b.net.random("q", (b.N,), "normal"), errors.UnreachedTensor, "random q"),
    ("unreached buffer", lambda b: b.net.buffer("q", (b.N,), 0), errors.UnreachedTensor, "buffer q"),
    ("unreached parameter", lambda b: b.net.parameter("q", (b.N,)), errors.UnreachedParameter, "parameter q"),
    ("parameter of an output only", lambda b: _only_output(b), errors.UnreachedParameter, "parameter q"),
    ("half an update", lambda b: b.net.update(b.b[0], 1), errors.IncompleteDefinition, "axis 0 over 0..D - 1"),
    ("update twice", lambda b: (b.net.update(b.b[b.i], 1), b.net.update(b.b[b.i], 2)),
     errors.OverlappingDefinitions, "update(b[i]"),
]  # fmt: skip


def _reads_z_with_two(b: Bench) -> None:
    b.y[b.n] = b.z[b.n, 0]


def _forward(b: Bench) -> None:
    b.y[b.n] = b.z[b.n + 1] + b.w[0] + b.e[0, 0] + b.label[b.n] + b.free_label[b.n] + b.b[0] + b.x[b.n, 0]
    b.z[b.n] = 1


def _diagonal(b: Bench) -> None:
    q = b.net.tensor("q")
    q[b.n, b.n] = b.y[b.n]


def _output_from_one(b: Bench) -> None:
    q = b.net.tensor("q")
    q[b.t] = b.y[b.t - 1]
    b.net.output(q)


def _unreached(b: Bench) -> None:
    q = b.net.tensor("q")
    q[b.n] = b.y[b.n]


def _only_output(b: Bench) -> None:
    q, r = b.net.parameter("q", (b.N,)), b.net.tensor("r")
    r[b.n] = q[b.n]
    b.net.output(r)


def _raises(case: Callable[[], object], error: type[errors.SymbackpropError], says: str) -> None:
    with pytest.raises(error) as caught:
        case()
    message = str(caught.value)
    assert any(part in message for part in says.split("|")), message
    assert error is errors.SymbackpropError or type(caught.value) in (error, errors.UnprovedRange), message
    assert "\n" not in message


@pytest.mark.parametrize(("name", "case", "error", "says"), WHERE_WRITTEN, ids=[case[0] for case in WHERE_WRITTEN])
def test_refused_where_it_is_written(
    name: str, case: Callable[[Bench], object], error: type[errors.SymbackpropError], says: str
) -> None:
    bench = Bench()
    _raises(lambda: case(bench), error, says)


@pytest.mark.parametrize(("name", "case", "error", "says"), WHOLE, ids=[case[0] for case in WHOLE])
def test_refused_as_a_whole(
    name: str, case: Callable[[Bench], object], error: type[errors.SymbackpropError], says: str
) -> None:
    bench = Bench()
    case(bench)
    _raises(lambda: whole(bench), error, says)


def test_a_network_without_a_loss() -> None:
    net = Network("empty")
    with pytest.raises(errors.MissingLoss, match=r"net\.loss"):
        net.to_program()
    with pytest.raises(errors.MissingLoss):
        _ = net.loss


def test_stop_gradient_counts_as_reaching_the_loss() -> None:
    net = Network("stopped")
    w = net.parameter("w", ())
    net.loss = stop_gradient(w)
    net.to_program()


def test_every_class_of_error_is_tested() -> None:
    tested = {error for _, _, error, _ in WHERE_WRITTEN + WHOLE}
    elsewhere = {
        errors.MissingLoss, errors.CapturedIndex, errors.UnprovedRange, errors.UnprovedDefinition,
        errors.InvalidClaim, errors.UnknownNotation, errors.SymbolicValue, errors.UnknownMethod,
        errors.TooManyAxes,
        errors.NestedTooDeep, errors.UnsplittableIndex,
    }  # fmt: skip
    family = {
        error
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.SymbackpropError)
    }
    of_later_stages = {
        "CyclicEquations", "UnknownTensor", "UnsupportedNetwork", "CompilerNotFound", "CompilationFailed",
    }  # fmt: skip
    of_the_language = {error for error in family if error.__name__ not in of_later_stages}
    assert not of_the_language - tested - elsewhere


# --- remedies that work --------------------------------------------------------------------------------
def test_what_an_assumption_makes_provable() -> None:
    def network(assumed: bool) -> Network:
        net = Network("tail")
        N, K = net.dims("N K")
        k = net.index("k", K)
        x, w, y = net.input("x", (N,)), net.parameter("w", (K,)), net.tensor("y")
        if assumed:
            net.assume(Le(K, N))
        y[k] = x[N - K + k] * w[k]
        net.loss = Sum(y[k], k)
        return net

    with pytest.raises(errors.OutOfRange, match=r"net.assume\(Le\(K, N\)\)"):
        network(assumed=False)
    program = network(assumed=True).to_program()
    assert len(program.assumptions) == 1


def test_a_guard_in_a_nested_piecewise_covers_the_condition_inside() -> None:
    b = Bench()
    b.z[b.n] = Piecewise((Piecewise((1, b.x[b.n - 1, 0] > 0), (0, True)), b.n >= 1), (0, True))
    whole(b)
