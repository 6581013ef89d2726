"""Stable forms: the same values and gradients, written so that nothing overflows on the way.

`stable_forms: Program -> Program` runs behind `specialise` and before the parts get names and the loss is
differentiated, for every reader of a network: derivation, module, prediction, claims, fuzzer. The language reads
plainly, and no other room knows these forms; `verify` compares what is derived with the program as it was written, so
that a false rule is a wrong value there.

    table     ::= SUMS, EXPONENTIALS, QUOTIENTS, LOGARITHMS: rows for terms of that kind
    row       ::= Row(plain, stable, why, rule)
    rule      ::= (what it is tried on, view) -> the stable form, or None
    view      ::= what an element stands for, where one equation of its tensor says so

What a rule is tried on are the summands of a sum, the argument of an exponential or logarithm, or one power below the
line with the factors beside it (and the guard that the product stands under). Most rules see sums of exponentials,
Σ c·exp(a): that algebra is `exponentials`. Of the rows of a kind the first that answers counts.

The pass (`forms`) tries them on every term, innermost first, and once more with a view through tensors:
`p[n, k] = e[n, k]/s[n]` is a softmax where e holds exp(u) and s its sum. Tensors in `Program.opaque` are not seen
through: their δ is asked for, by the equations that name them.

A softmax exp(u - logsumexp(u)) is the form that a derivation is read in. How it is computed, by the largest score and
the sum of what is left, is for `optimise.by_parts`.
"""

from symbackprop.stable.forms import stable_equation, stable_forms

__all__ = ["stable_equation", "stable_forms"]
