"""Claims, gradients derived by hand, proved or refuted.

The walk of one claim, `δ = formula`::

    made         what a caller gives, as `language.Claim`s
    ground       the δ that they speak of, derived anew; each claim as an equation in their names
    signs        what assumptions decide is left out of both
    compare      both sides at several sizes, modulo a prime (`bench`): where they differ,
                 probes     data at which they may, of every scale, near the numbers compared
                 and sixty digits, or exact numbers where values meet: a counterexample
    proof        both sides unfolded, to the δ spoken of or to the loss, and brought to one form:
                 unfold     an element is what its equations say
                 normal     sums of products, addend by addend (`canonical`), by what is assumed too (`assumed_rules`)
    by_region    without that: equal on every joint truth of the conditions, at sizes with `room`;
                 interplay  how many of these act together in one value
    each_claim   the verdict: proved, refuted, undecided
    diagnose     of a false one the least change that makes it true: a factor, `repair`s, missing terms,
                 each tried (`trial`), or an assumption that was taken for granted (`assumed`)
    words        all of it told in the network's own names: as people write it (`plain`, then `simplify`), in the
                 author's `letters`
    claim_report a row for each claim

The forms of a side, each a term that `symbackprop.terms` makes::

    claim    ::= left = right, over axes                 left: an element of a δ, or of a tensor of its own
    normal   ::= addend + … + addend                     like ones collected
    addend   ::= coefficient·Σ over axes of [guards]·product
                                                         axes from 0, but for those that an equation fixes; of all
                                                         ways to name them the first
    rule     ::= Σ over axes of product = addend + …     an assumption, its largest product on the left
    region   ::= (condition or order, its sign), …       in the order in which they come up
    told     ::= term                                    conditions that always hold left out, extrema by the order
                                                         of their arguments, common factors in front

What is no question of claims stands elsewhere: intervals, conditions on indices and equations between them in `terms`
(`interval`, `decided`, `equalities`, `match`), values in `interpret`, data that meet what is assumed in `feasible`.
"""

from symbackprop.claims.claim_report import ClaimReport, Row, Verdict
from symbackprop.claims.each_claim import check_claims
from symbackprop.claims.made import Claims, claims_about

__all__ = ["ClaimReport", "Claims", "Row", "Verdict", "check_claims", "claims_about"]
