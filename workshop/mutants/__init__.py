"""Mutants: derivations with one mistake each, and what becomes of them, `python -m workshop.mutants`.

derived programs ── make ──> mutants ── fates ──> equivalent, caught by which check, or missed
"""
