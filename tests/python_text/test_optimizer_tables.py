"""What is said of an optimiser: its own words, equations and states."""

from __future__ import annotations

from dataclasses import replace

from symbackprop import optimizers
from symbackprop.lower import lower_update
from symbackprop.python_text.optimizer_tables import optimizer_tables
from symbackprop.stages import training_form


def test_tables() -> None:
    optimizer = optimizers.adam()
    program = training_form(optimizer.network.to_program(needs_loss=False))
    update = lower_update(optimizer.title, program, optimizer.states)
    assert optimizer_tables(replace(update, title="a\nname"), "()").title == "a name"
    tables = optimizer_tables(update, "(lr, t)", "(np.float32,)")
    assert tables.title == "adam(beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0)"
    assert tables.states == ("m", "v")
    assert tables.names == '("m", "v")'
    assert len(tables.equations) == len(program.equations)
    assert "rate = lr/(1 - 0.9^t)" in tables.equations
    assert (tables.numbers, tables.dtypes) == ("(lr, t)", "(np.float32,)")
