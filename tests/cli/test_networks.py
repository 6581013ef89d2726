"""NETWORK: the zoo, a file, or a name in a file; anything else is one line and status 2."""

import pytest


def error(done):
    """The only line on stderr of a refused command."""
    assert done.status == 2, done
    assert done.out == ""
    (line,) = done.err.splitlines()
    assert line.startswith("symbackprop: error: ")
    return line.removeprefix("symbackprop: error: ")


def test_zoo(command):
    done = command("generate", "mlp")
    assert done.status == 0
    assert "def value_and_grad(" in done.out
    assert done.err == ""


def test_file(command, file):
    done = command("generate", file("net = make('line')"))
    assert done.status == 0
    assert "'line'" in done.out or '"line"' in done.out


def test_name_in_file(command, file):
    path = file("a, b = make('first'), make('second')")
    assert "second" in command("generate", f"{path}:b").out
    assert command("generate", f"{path}:b").out == command("generate", file("net = make('second')", "one.py")).out


def test_two_names_of_one_network(command, file):
    assert command("generate", file("a = b = make('same')")).status == 0


def test_the_folder_of_a_file_is_importable(command, file):
    file("shared = make('shared')", "beside.py")
    path = file("from beside import shared")
    assert command("generate", path).status == 0


def test_several(command, file):
    path = file("a, b = make('first'), make('second')")
    assert error(command("generate", path)) == f"{path} holds several networks (a, b): name one, as in {path}:a"


def test_none(command, file):
    path = file("")
    assert error(command("generate", path)) == f"{path} leaves no Network in a module-level name"


def test_no_such_name(command, file):
    path = file("a = make('first')")
    assert error(command("generate", f"{path}:b")) == f"{path} has no name 'b': its networks are a"
    assert error(command("generate", f"{path}:make")) == f"{path}:make is a function, not a Network"


def test_no_such_network(command):
    assert (
        error(command("generate", "mpl")) == "mpl: neither a network of the zoo nor a Python file (did you mean mlp?)"
    )
    assert "`symbackprop list` shows the zoo" in error(command("generate", "qqqq"))


def test_no_such_file(command, tmp_path):
    assert error(command("generate", tmp_path / "none.py")) == f"{tmp_path / 'none.py'}: no such file"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def", "SyntaxError: invalid syntax"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("net = Network('for')", "InvalidName"),
    ],
)
def test_a_file_that_fails(command, file, line, message):
    path = file(line)
    number = path.read_text().count("\n") + 1
    found = error(command("generate", path))
    assert found.startswith(f"{path}:{number}: {message.partition(' ')[0]}")
    assert message in found


def test_debug_shows_the_traceback(command, file):
    done = command("generate", file("1 / 0"), "--debug")
    assert done.status == 2
    assert "Traceback" in done.err
    assert command("--debug", "generate", file("1 / 0")).err == done.err
