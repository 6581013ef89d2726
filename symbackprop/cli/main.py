"""The group of commands, and the one place where errors become exit statuses.

Exit status: 0 done, 1 a check failed, 2 bad usage or bad input (one line on stderr naming the cause, and a traceback
with `--debug` alone).
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from symbackprop.cli.debug import Settings, debug_option
from symbackprop.errors import SymbackpropError
from symbackprop.version import VERSION

__all__ = ["cli", "main", "status"]

LONGEST_WORD = 300  # of a message


COMMANDS = {  # where each is, which is imported when it is asked for
    "generate": "generate",
    "latex": "latex",
    "report": "report",
    "verify": "verify",
    "check-derivation": "check_derivation",
    "cost": "cost",
    "profile": "profile",
    "list": "listing",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"symbackprop.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(VERSION, message="%(prog)s %(version)s")
@debug_option
def cli() -> None:
    """Derive backpropagation symbolically from a network's equations.

    NETWORK is the name of a network in the zoo (see `symbackprop list`), a Python file that leaves a Network in a
    module-level name, or FILE.py:NAME.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments` (those of the process by default), and exit with its status: for a program that
    has the command run inside its own process, whose handling of signals stays as it is."""
    sys.exit(status(arguments))


def status(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    settings = Settings()
    try:
        code = cli.main(
            args=None if arguments is None else list(arguments),
            prog_name="symbackprop",
            standalone_mode=False,
            obj=settings,
        )
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except (BrokenPipeError, SystemExit):  # the reader of our output has gone, as `head` does: nothing to report
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # click exits so; what is buffered goes nowhere
        return 0
    except click.ClickException as error:
        return _refuse(settings, error.format_message())
    except SymbackpropError as error:
        return _refuse(settings, str(error))
    except OSError as error:
        return _refuse(settings, f"{error.filename or 'stdout'}: {error.strerror or error}")
    except (KeyboardInterrupt, click.Abort):
        click.echo("symbackprop: interrupted", err=True)
        return 130
    except MemoryError:
        return _refuse(settings, "not enough memory; choose smaller sizes, as in --dims N=4")
    except Exception as error:
        message = f"internal error: {type(error).__name__}: {error} (--debug shows the traceback; please report it)"
        return _refuse(settings, message)
    return code if isinstance(code, int) else 0


def _refuse(settings: Settings, message: str) -> int:
    if settings.debug:
        traceback.print_exc()
    words = (word if len(word) <= LONGEST_WORD else f"{word[:60]}…{word[-20:]}" for word in message.split())
    click.echo(f"symbackprop: error: {' '.join(words)}", err=True)
    return 2
