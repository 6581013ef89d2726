"""Stable forms: the same values and gradients, written so that nothing overflows on the way.

`stable_forms: Program -> Program` runs behind `specialise` and before the parts get names and the loss is
differentiated, for every reader of a network: derivation, module, prediction, claims, fuzzer. The language reads
plainly, and no other room knows these forms; `verify` compares what is derived with the program as it was written, so
that a false rule is a wrong value there.

    row       ::= Row(plain, stable, why, on, rule)
    on        ::= the kind of terms that the rule is tried on: sums, products and powers, exponentials, logarithms
    rule      ::= (term, scene) -> the stable term, or None
    scene     ::= the view through tensors, the guard that the term stands under

`table.TABLE` holds the rows; of those for a kind the first that answers counts. The pass (`forms`) tries them on every
term, innermost first, and once more with a view through tensors: `p[n, k] = e[n, k]/s[n]` is a softmax where e holds
exp(u) and s its sum. Tensors in `Program.opaque` are not seen through: their δ is asked for, by the equations that
name them.
"""

from symbackprop.stable.forms import stable_equation, stable_forms

__all__ = ["stable_equation", "stable_forms"]
