"""The audit of NumPy: every call form that generated code can hold, on strided storage, against contiguous copies.

The forms are not listed by hand: each is a statement of the array language (`forms`), written by the emitter itself
(`written`) and run over a grid of strides, lengths and dtypes (`grid`); what it should give comes from long double on
fresh contiguous arrays and from plain loops (`oracles`). `calls` tells which call forms a text holds, so that no
generated module has one that the audit has not run. `python -m tests.audit` runs it under several versions of NumPy.
"""
