"""Measurements; `python -m benchmarks.steps` and the other commands are in README.md. Not installed."""
