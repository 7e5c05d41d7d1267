"""`python -m vgpnn deploy`: the page on Hugging Face Spaces."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from vgpnn.cli.options import switch
from vgpnn.deployment.kinds import SDKS


def deploy(
    repo_id: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="The Space to make or to update.")
    ],
    sdk: Annotated[
        Literal[SDKS],
        typer.Option(help="gradio can have ZeroGPU; docker builds the Dockerfile."),
    ] = SDKS[0],
    hardware: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Such as cpu-upgrade.",
            show_default="what the Space has; a new one: zero-a10g or cpu-basic",
        ),
    ] = None,
    private: Annotated[bool, switch("--private", "Let nobody but you see the Space.")] = False,
    dry_run: Annotated[
        bool, switch("--dry-run", "Show what would be sent, and send nothing.")
    ] = False,
) -> None:
    """Put the page on Hugging Face Spaces."""
    # huggingface_hub takes a third of a second to load, which no other command should pay.
    from vgpnn.deployment.hub import send
    from vgpnn.deployment.plan import make_plan

    plan = make_plan(repo_id, sdk, hardware, private)
    if dry_run:
        print(plan.describe() + "\nNothing was sent.")
    else:
        print(send(plan))
