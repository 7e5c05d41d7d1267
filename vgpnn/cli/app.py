"""`python -m vgpnn app`: the page. `python app.py` is the same command."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Annotated

import typer

# Each of these reads a value from the command line or from a variable of the environment. Typer
# adds to the error where the value came from.

SWITCH_WORDS = {"1": True, "true": True, "yes": True, "on": True}
SWITCH_WORDS |= {"0": False, "false": False, "no": False, "off": False}


def switch(text: str) -> bool:
    if text.lower() not in SWITCH_WORDS:
        raise typer.BadParameter(f"must be yes or no, not {text!r}.")
    return SWITCH_WORDS[text.lower()]


def host_name(text: str) -> str:
    if not text or any(character.isspace() or character == "/" for character in text):
        raise typer.BadParameter(f"must be a name or an address such as 0.0.0.0, not {text!r}.")
    return text


def port_number(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise typer.BadParameter(f"must be a whole number from 1 to 65535, not {text!r}.")
    return int(text)


def user_and_password(text: str) -> tuple[str, str]:
    user, _, password = text.partition(":")
    if not user or not password:  # the text is not repeated, because it may be the password
        raise typer.BadParameter("must be USER:PASSWORD, neither of them empty.")
    return user, password


def number(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise typer.BadParameter(f"must be a number above 0, not {text!r}.")


def count(text: str) -> int:
    if not (text.isdecimal() and int(text) >= 1):
        raise typer.BadParameter(f"must be a whole number of at least 1, not {text!r}.")
    return int(text)


LIMITS_FILE = "as in vgpnn/limits.py"
Share = Annotated[
    bool,
    typer.Option(
        "--share/--no-share",
        envvar="VGPNN_SHARE",
        parser=switch,
        metavar="",
        help="Also give the page a public address, through Gradio.",
    ),
]
Host = Annotated[
    str,
    typer.Option(
        envvar=["VGPNN_HOST", "GRADIO_SERVER_NAME"],  # a Space sets Gradio's
        parser=host_name,
        metavar="NAME",
        help="Where to listen; 0.0.0.0 is every network of this machine.",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        envvar=["VGPNN_PORT", "GRADIO_SERVER_PORT"],
        parser=port_number,
        metavar="N",
        help="The port to listen at.",
    ),
]
Auth = Annotated[
    str | None,
    typer.Option(
        envvar="VGPNN_AUTH",
        parser=user_and_password,
        metavar="USER:PASSWORD",
        help="Ask every visitor for these. On the command line other users of this machine can "
        "read them; in the variable they cannot.",
    ),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        envvar="VGPNN_MAX_SECONDS",
        parser=number,
        metavar="S",
        help="Refuse a request that is expected to take longer.",
        show_default=LIMITS_FILE,
    ),
]
Queue = Annotated[
    int | None,
    typer.Option(
        envvar="VGPNN_QUEUE",
        parser=count,
        metavar="N",
        help="How many requests may wait.",
        show_default=LIMITS_FILE,
    ),
]
KeepSeconds = Annotated[
    float | None,
    typer.Option(
        envvar="VGPNN_KEEP_SECONDS",
        parser=number,
        metavar="S",
        help="How long to keep uploads and results after they were last used.",
        show_default=LIMITS_FILE,
    ),
]
Pace = Annotated[
    float | None,
    typer.Option(
        envvar="VGPNN_PACE",
        parser=number,
        metavar="N",
        help="How many requests of one address are answered without a wait. Raise it where many "
        "visitors have one address.",
        show_default=LIMITS_FILE,
    ),
]


def app(
    share: Share = False,
    host: Host = "127.0.0.1",
    port: Port = "7860",  # a text, because Typer reads a default as it reads what was given
    auth: Auth = None,
    max_seconds: MaxSeconds = None,
    queue: Queue = None,
    keep_seconds: KeepSeconds = None,
    pace: Pace = None,
) -> None:
    """Show VGPNN in the browser."""
    # Gradio and the page take seconds to load, which neither another command nor an error of the
    # options should pay.
    from vgpnn.page import start

    limits = {
        "expected_seconds": max_seconds,
        "queue": queue,
        "keep_seconds": keep_seconds,
        "requests_per_second": pace,
    }
    start.start(share, host, port, auth, {k: v for k, v in limits.items() if v is not None})
