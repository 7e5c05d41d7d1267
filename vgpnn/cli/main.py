"""Assembles the commands into one program, and turns errors into one line each."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from typer.core import TyperCommand

import vgpnn
from vgpnn.cli.analogy import analogy
from vgpnn.cli.app import app
from vgpnn.cli.bench import bench
from vgpnn.cli.deploy import deploy
from vgpnn.cli.drafts import drafts
from vgpnn.cli.errors import UsageError, sentence
from vgpnn.cli.evaluate import evaluate
from vgpnn.cli.extend import extend
from vgpnn.cli.generate import generate
from vgpnn.cli.go_on import go_on
from vgpnn.cli.inpaint import inpaint
from vgpnn.cli.retarget import retarget
from vgpnn.cli.run import run
from vgpnn.cli.selfcheck import selfcheck
from vgpnn.cli.tile import tile

PROGRAM = "python -m vgpnn"
# Headings of the help.
TASKS, PAGE, TOOLS = "Make videos", "In the browser", "Measure and share"
DEFAULTS = (
    "Settings that are not given are those of the quality. The defaults that are shown are those "
    "of balanced."
)


class Command(TyperCommand):
    """A command whose flags for several values take all the words that follow: --sizes A B."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:
        lists = {flag for p in self.params if getattr(p, "multiple", False) for flag in p.opts}
        return super().parse_args(ctx, one_value_per_flag(args, lists))


def one_value_per_flag(words: Iterable[str], flags: set[str]) -> list[str]:
    """Words with `--sizes A B` written as `--sizes A --sizes B`, which is how Typer reads lists."""
    result, flag = [], None
    for word in words:
        if word.startswith("-"):
            flag = word if word in flags else None
        elif flag is not None and result[-1] != flag:
            result.append(flag)
        result.append(word)
    return result


APP = typer.Typer(
    help="New versions of one short video, made from its own patches, without training.",
    epilog=f"{PROGRAM} COMMAND --help shows the options of a command.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (generate, drafts, retarget, extend, go_on, tile, analogy, inpaint):
    APP.command(cls=Command, epilog=DEFAULTS, rich_help_panel=TASKS)(command)
APP.command(cls=Command, rich_help_panel=TASKS)(run)
APP.command(
    cls=Command,
    epilog="The command line wins over the environment.",
    rich_help_panel=PAGE,
)(app)
for command in (evaluate, bench, selfcheck, deploy):
    APP.command(cls=Command, rich_help_panel=TOOLS)(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"vgpnn {vgpnn.__version__}")
        raise typer.Exit


@APP.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            callback=_print_version,
            is_eager=True,
            help="Print the version and stop.",
        ),
    ] = False,
) -> None:
    """The options that stand before the command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    arguments: words of the command line; default: those of this process.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    program = typer.main.get_command(APP)
    try:
        with program.make_context(PROGRAM, words) as context:
            program.invoke(context)
    except typer.Exit as end:  # after --help and --version
        return end.exit_code
    except UsageError as error:
        return _failed(sentence(error), 2)
    except (ValueError, OSError) as error:
        return _failed(str(error), 1)
    except KeyboardInterrupt:
        return _failed("stopped", 130, start="\n")
    return 0


def _failed(text: str, status: int, start: str = "") -> int:
    print(f"{start}vgpnn: {text}", file=sys.stderr)
    return status
