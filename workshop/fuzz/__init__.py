"""The fuzzer: random networks over the whole language through every stage, `python -m workshop.fuzz`.

seed ── generate ──> source text ── exec ──> Network ── stages ──> outcome ── shrink ──> a small failing network
"""
