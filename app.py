"""Start the page: ``python app.py``, and ``python app.py --help`` for what can be set."""

from __future__ import annotations

import argparse
import io
import math
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from pathlib import Path

with suppress(ImportError):
    import spaces  # noqa: F401  on a ZeroGPU Space this has to come before torch

PRIVATE_NETWORKS = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
SHARE_FAILED = (
    "No public link: the service that lends them cannot be reached from here. The page runs on "
    "this machine; for a link that lasts, see `python -m vgpnn deploy --help`."
)


def main() -> None:
    try:
        options = parsed(sys.argv[1:], os.environ)
        check_address(options.host, options.port)
    except ValueError as error:
        sys.exit(f"app.py: {error}")
    find_kernels()
    from vgpnn import limits
    from vgpnn.service import files

    chosen = {
        "expected_seconds": options.max_seconds,
        "queue": options.queue,
        "keep_seconds": options.keep_seconds,
    }
    limits.change(**{name: number for name, number in chosen.items() if number is not None})
    # Uploads lie below our own base folder, where the reaper finds them; Gradio reads this when
    # the page is built.
    os.environ["GRADIO_TEMP_DIR"] = str(files.UPLOADS)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if "SPACE_ID" in os.environ:  # its proxy knows who asks; what a visitor claims stands before it
        os.environ.setdefault("FORWARDED_ALLOW_IPS", PRIVATE_NETWORKS)
    from vgpnn.page import page
    from vgpnn.service import monitoring
    from vgpnn.service.executors import selection
    from vgpnn.service.queue import QUEUE

    monitoring.start_log()
    try:
        selection.current()
    except ValueError as error:
        sys.exit(f"app.py: {error}")
    QUEUE.start()  # the kernels load or compile while the page opens
    demo = page.build()
    with redirect_stdout(Addresses()):
        demo.launch(
            server_name=options.host,
            server_port=options.port,
            share=options.share,
            auth=options.auth,
            max_file_size=limits.LIMITS.upload_bytes,
            prevent_thread_lock=True,
            **page.launch_options(),
        )
    if options.share and demo.share_url is None:
        print(SHARE_FAILED, flush=True)
    demo.block_thread()  # until Ctrl+C, which has closed the server
    # What is running is on record; its threads would hold up the end of the process.
    sys.stdout.flush()
    os._exit(0)


def check_address(host: str, port: int) -> None:
    """Raises ValueError where the page cannot be opened, before anything is loaded for it."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError:
        raise ValueError(
            f"The page cannot be opened at {host}:{port}: choose another --port, or a --host of "
            "this machine."
        ) from None


class Addresses(io.TextIOBase):
    """Standard output while Gradio starts: of its advice, only the lines with addresses."""

    def write(self, text: str) -> int:
        if "Running on" in text:
            print(text.strip(), file=sys.__stdout__, flush=True)
        return len(text)


def find_kernels() -> None:
    """Where kernels were compiled beforehand but nothing can be written (an image with a read-only
    root), go on with a copy: Numba takes no folder that it cannot write to."""
    made = os.environ.get("NUMBA_CACHE_DIR", "")
    if made and Path(made).is_dir() and not _writable(made):
        copy = tempfile.mkdtemp(prefix="vgpnn-kernels-")
        shutil.copytree(made, copy, dirs_exist_ok=True)
        os.environ["NUMBA_CACHE_DIR"] = copy


def _writable(folder: str) -> bool:
    """os.access says yes to root, even where the file system is read-only."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def parsed(words: list[str], environment: Mapping[str, str]) -> argparse.Namespace:
    """Options from the command line, or else from VGPNN_SHARE, VGPNN_HOST ..., or else as they
    are. Raises ValueError with one sentence."""
    parser = Parser(
        prog="app.py",
        description="VGPNN in the browser",
        allow_abbrev=False,
        epilog="Every option is an environment variable, too: VGPNN_SHARE=yes, VGPNN_MAX_SECONDS=60"
        " and so on; what the command line says counts more.",
    )
    for name, (_, _, keywords) in OPTIONS.items():
        parser.add_argument(f"--{name}", **keywords)
    given = vars(parser.parse_args(words))
    found = {}
    for name, (check, default, _) in OPTIONS.items():
        key, variable = name.replace("-", "_"), "VGPNN_" + name.replace("-", "_").upper()
        source, value = f"--{name}", given[key]
        if value is None:
            source, value = variable, environment.get(variable) or None
        if value is None and name in GRADIO:
            source, value = GRADIO[name], environment.get(GRADIO[name]) or None
        try:
            found[key] = default if value is None else check(value)
        except ValueError as error:
            raise ValueError(f"{source} {error}.") from None
    return argparse.Namespace(**found)


class Parser(argparse.ArgumentParser):
    """One sentence instead of the usage."""

    def error(self, message: str) -> None:
        raise ValueError(f"{message[:1].upper()}{message[1:]}; `python app.py --help` lists all.")


def _switch(value: bool | str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.lower() not in words:
        raise ValueError(f"must be yes or no, not {value!r}")
    return words[value.lower()] if isinstance(value, str) else value


def _host(value: str) -> str:
    if not value or any(c.isspace() or c == "/" for c in value):
        raise ValueError(f"must be a name or an address such as 0.0.0.0, not {value!r}")
    return value


def _port(value: str) -> int:
    if not (value.isdecimal() and 1 <= int(value) <= 65535):
        raise ValueError(f"must be a whole number from 1 to 65535, not {value!r}")
    return int(value)


def _auth(value: str) -> tuple[str, str]:
    user, _, password = value.partition(":")
    if not user or not password:  # never repeated: it may be the password
        raise ValueError("must be USER:PASSWORD, neither of them empty")
    return user, password


def _seconds(value: str) -> float:
    with suppress(ValueError):
        if 0 < float(value) < math.inf:
            return float(value)
    raise ValueError(f"must be a number of seconds above 0, not {value!r}")


def _count(value: str) -> int:
    if not (value.isdecimal() and int(value) >= 1):
        raise ValueError(f"must be a whole number of at least 1, not {value!r}")
    return int(value)


# By name: what checks a value, what holds without one, and what the parser is told.
OPTIONS = {
    "share": (
        _switch,
        False,
        {
            "action": argparse.BooleanOptionalAction,
            "help": "also a public address, through Gradio",
        },
    ),
    "host": (
        _host,
        "127.0.0.1",
        {
            "help": "where to listen; 0.0.0.0 is every network of this machine (default: 127.0.0.1)",
        },
    ),
    "port": (_port, 7860, {"help": "default: 7860"}),
    "auth": (
        _auth,
        None,
        {
            "metavar": "USER:PASSWORD",
            "help": "ask for these before anything else; in VGPNN_AUTH no other user of this machine "
            "can read them",
        },
    ),
    "max-seconds": (
        _seconds,
        None,
        {
            "metavar": "S",
            "help": "refuse what is expected to take longer (default: as in vgpnn/limits.py)",
        },
    ),
    "queue": (
        _count,
        None,
        {
            "metavar": "N",
            "help": "how many requests may wait (default: as in vgpnn/limits.py)",
        },
    ),
    "keep-seconds": (
        _seconds,
        None,
        {
            "metavar": "S",
            "help": "how long uploads and results are kept (default: as in vgpnn/limits.py)",
        },
    ),
}
GRADIO = {"host": "GRADIO_SERVER_NAME", "port": "GRADIO_SERVER_PORT"}  # a Space sets these


if __name__ == "__main__":
    main()
