"""Start the page: `python app.py`; `python app.py --help` lists its options."""

from __future__ import annotations

import io
import math
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from typing import Annotated

import typer

with suppress(ImportError):
    import spaces  # noqa: F401  on a ZeroGPU Space this has to come before torch

PRIVATE_NETWORKS = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
SHARE_FAILED = (
    "No public link: the service that lends them cannot be reached from here. The page runs on "
    "this machine; for a link that lasts, see `python -m vgpnn deploy --help`."
)
SWITCH_WORDS = {"1": True, "true": True, "yes": True, "on": True}
SWITCH_WORDS |= {"0": False, "false": False, "no": False, "off": False}
# Typer makes public only one of its errors of usage; this is the class that all of them share.
UsageError = typer.BadParameter.__base__


# Each of these reads a value from the command line or from a variable of the environment. Typer
# adds to the error where the value came from.


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

APP = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="The command line wins over the environment.",
)


@APP.command()
def start(
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
    # Also where this is the first process of a container, which no signal ends by itself.
    signal.signal(signal.SIGTERM, stop)
    check_address(host, port)
    # Nothing before this line loads torch: an error of the options is there at once.
    from vgpnn.machine import allocator, kernel_cache

    allocator.share_heaps()
    kernel_cache.use_writable_folder()
    change_limits(
        expected_seconds=max_seconds,
        queue=queue,
        keep_seconds=keep_seconds,
        requests_per_second=pace,
    )
    set_environment()
    launch(share, host, port, auth)


def stop(*_) -> None:
    """End the process, and those that it started; what it works on is on record."""
    getattr(sys.modules.get("vgpnn.service.ending"), "end", os._exit)(0)


def check_address(host: str, port: int) -> None:
    """Ends the program with one sentence if the page cannot be opened there."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError:
        fail(
            f"The page cannot be opened at {host}:{port}: choose another --port, or a --host of "
            "this machine."
        )


def change_limits(**numbers: float | None) -> None:
    """Change the limits that were given; see `vgpnn.limits.Limits` for their names."""
    from vgpnn import limits

    limits.change(**{name: number for name, number in numbers.items() if number is not None})


def set_environment() -> None:
    """What Gradio and Uvicorn read from the environment when the page is built."""
    from vgpnn.service import files

    # Uploads lie in a folder of this program, where it deletes what is too old.
    os.environ["GRADIO_TEMP_DIR"] = str(files.UPLOADS)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if "SPACE_ID" in os.environ:
        # The proxy of a Space adds a visitor's address to those that the visitor claims to have.
        os.environ.setdefault("FORWARDED_ALLOW_IPS", PRIVATE_NETWORKS)


def launch(share: bool, host: str, port: int, auth: tuple[str, str] | None) -> None:
    """Open the page, and end the process when it is stopped."""
    from vgpnn import limits
    from vgpnn.page import page
    from vgpnn.service import connections, ending, monitoring
    from vgpnn.service.executors import selection
    from vgpnn.service.queue import QUEUE

    monitoring.start_log()
    connections.limit()
    try:
        selection.current()
    except ValueError as error:
        fail(str(error))
    QUEUE.restart = ending.restart
    QUEUE.start()  # the kernels load or compile while the page opens
    demo = page.build()
    with redirect_stdout(AddressLines()):
        demo.launch(
            server_name=host,
            server_port=port,
            share=share,
            auth=auth,
            max_file_size=limits.LIMITS.upload_bytes,
            prevent_thread_lock=True,
            **page.launch_options(),
        )
    if share and demo.share_url is None:
        print(SHARE_FAILED, flush=True)
    demo.block_thread()  # until Ctrl+C, which has closed the server
    ending.end()


class AddressLines(io.TextIOBase):
    """Standard output while Gradio starts: shows the lines with addresses, and not its advice."""

    def write(self, text: str) -> int:
        if "Running on" in text:
            print(text.strip(), file=sys.__stdout__, flush=True)
        return len(text)


def main(words: Sequence[str] | None = None) -> None:
    """Start the page. words: of the command line; default: those of this process."""
    program = typer.main.get_command(APP)
    try:
        with program.make_context("app.py", list(sys.argv[1:] if words is None else words)) as ctx:
            program.invoke(ctx)
    except typer.Exit as end:  # after --help
        sys.exit(end.exit_code)
    except UsageError as error:
        fail(sentence(error))


def sentence(error: UsageError) -> str:
    """What is wrong, in one sentence that names the flag or the variable of a wrong value."""
    if not isinstance(error, typer.BadParameter):
        return f"{error.format_message().rstrip('.')}; `python app.py --help` lists all options."
    source = error.ctx.get_parameter_source(error.param.name)
    if source.name != "ENVIRONMENT":
        return f"{error.param.opts[0]} {error.message}"
    variables = error.param.envvar
    names = [variables] if isinstance(variables, str) else variables
    return f"{next(name for name in names if os.environ.get(name))} {error.message}"


def fail(text: str) -> None:
    """End the program with a sentence on standard error and exit status 1."""
    sys.exit(f"app.py: {text}")


if __name__ == "__main__":
    main()
