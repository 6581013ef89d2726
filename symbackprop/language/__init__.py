"""The language: networks as equations in SymPy, read into terms. Its grammar is this, `net` being a `Network`:

    network    ::= declaration | equation | fact | claim, each name declared before it is used
    declaration::= net.dims("N D") | net.index("n", N)             sizes and indices
                 | net.input | net.parameter | net.buffer | net.random | net.tensor             T
    equation   ::= T[subscript, ...] = value | net.update(buffer[subscript, ...], value) | net.loss = value
    fact       ::= net.assume(condition)                           of sizes, or of given tensors

    value      ::= number | pi, E, oo, ... | integer | T[subscript, ...] | T                          T of rank 0
                 | value + value | - | * | / | ** | function(value, ...)        SymPy's, `symbackprop.functions`
                 | Piecewise((value, condition), ..., (value, True)) | reduction(value, limit, ...)
    reduction  ::= Sum | Product | ReduceMax | ReduceMin | LogSumExp | Mean | SymPy's Sum and Product
    limit      ::= index | (index, integer, integer)               these of sizes, or inside the index's range
    condition  ::= value < value | <= | > | >= | Eq | Ne | condition & condition | | | ~ | Xor, ... | net.training
    subscript  ::= integer, affine in the indices | an element of an int input, by itself
    integer    ::= number | size | index | integer + integer | - | * | // | %    polynomials and floors of quotients

    claim      ::= net.claim(whole, whole) | net.claim(Eq(whole, whole)) | net.claim("text = text")
    whole      ::= value, T[subscript, ...] being of any tensor, or of delta(T), with as many subscripts or fewer
                 | whole.T | whole @ whole | whole[subscript, ...] | Derivative(T[subscript, ...], T[subscript, ...])
    text       ::= number | name | text op text | -text | text[text, ...] | text.T | function(text, ...) | (text, ...)
                 | text < text | text & text | ~text | text if text else text         op: + - * / ** // % @

What each part is read by, from below:

    names       `names`, `subscripts`, `symbols` (T, δ, their elements), `reductions`, `activations`, `arrays` (.T, @)
    integers    `sizes`, `limits`
    values      `constants`, `vocabulary` (a row for each function), `folding` (what SymPy did to branches), `reader`
    tensors     `declared`, `coverage` (definitions cover a tensor once), `ranges` (subscripts stay inside), `book`
    equations   `equations`, `initial`, `assumptions`, `declarations`, `outputs`, `whole` (what a network must be),
                `again` (what is said twice, or taken back), `statements`, `network`
    claims      `claim_text`, `by_element` (wholes element by element), `claims`, `source`, `programs`

`sympy_form` writes terms back as expressions, `display` shows a network in its author's `notation`; `symbolic`, `calls`
and `told` refuse in words what is none of these.
"""

from symbackprop.language.claims import Claim, LocalDerivative
from symbackprop.language.network import Network
from symbackprop.language.programs import names_of
from symbackprop.language.reductions import LogSumExp, Mean, Product, ReduceMax, ReduceMin, Sum
from symbackprop.language.symbols import TensorSymbol, delta

__all__ = [
    "Claim", "LocalDerivative", "LogSumExp", "Mean", "Network", "Product", "ReduceMax", "ReduceMin", "Sum",
    "TensorSymbol", "delta", "names_of",
]  # fmt: skip
