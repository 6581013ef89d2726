"""Single edits of terms: what a slip of the pen makes of a right formula, and what mends a wrong one.

    places(term) ── Edits ──> Edit(kind, old, new, term) ── place.whole ──> the whole, with one thing changed

Claims are diagnosed by them (`claims.repair`): the edit that makes a claim true says what was wrong with it. And
verification is put to the proof by them: it must notice each that is made in a derivation.
"""

from symbackprop.edits.catalogue import Edits, Factor
from symbackprop.edits.kinds import Edit, Kind
from symbackprop.edits.places import Place, open_at, places

__all__ = ["Edit", "Edits", "Factor", "Kind", "Place", "open_at", "places"]
