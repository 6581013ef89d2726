"""Long lines are broken into ones that say the same."""

import ast

import pytest

from symbackprop import generate, zoo
from symbackprop.array_text.line_breaks import WIDTH, wrapped

TERM = "gamma_of_the_first_layer[:, None] * (x_hat_of_the_first_layer - mean_of_the_first_layer[:, None])"
STATEMENTS = (
    f"y = {TERM} + {TERM}",
    f"y = np.sum({TERM}, axis=(0, 1)) / N",
    f"y = np.sum({TERM} * {TERM}, axis=(0, 1))",
    f"y[:, {'a' * 30}:{'a' * 30} + 2 * {'b' * 30}:2] += {TERM}",
    f"np.add.at(y, (np.arange(N)[:, None], target_of_the_first_layer), {TERM})",
    f'return dtype.type(loss), {{"a": {TERM}, "b": d_b, "c": np.asarray(d_c, dtype)}}',
    f"y = {TERM} if N >= D + 1 else np.broadcast_to({TERM}, (N, D))",
)


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("indent", [4, 12])
def test_the_same_statement_on_shorter_lines(statement, indent):
    lines = wrapped(" " * indent + statement, "  # (F1)")
    assert len(lines) > 1
    assert max(map(len, lines)) <= WIDTH + len("  # (F1)")
    assert lines[-1].endswith("  # (F1)")
    assert all(line.startswith(" " * indent) for line in lines)
    joined = "\n".join(line[indent:] for line in lines)
    assert ast.dump(ast.parse(joined)) == ast.dump(ast.parse(statement))


def test_a_short_line_stays():
    assert wrapped("    z = x + y", "  # (F1)") == ["    z = x + y  # (F1)"]


def test_the_outermost_operators_come_first():
    first = wrapped(f"z = {TERM} + {TERM}")
    assert first == ["z = (", f"    {TERM}", f"    + {TERM}", ")"]


@pytest.mark.parametrize("name", ["ctc_speech", "lenet", "unet"])
def test_lines_of_the_zoo(name):
    source = generate(zoo.load(name), style="plain")
    body = source[source.index("def loss_and_gradients") :]
    assert max(map(len, body.splitlines())) <= 120
