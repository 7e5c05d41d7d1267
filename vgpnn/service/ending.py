"""How this process ends, and how it is replaced by a new one of the same command."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from gradio.tunneling import CURRENT_TUNNELS

from vgpnn.decoding import process
from vgpnn.service import records

RESTART_STATUS = 75  # exit status where a process cannot be replaced: whoever started it does it


def end(status: int = 0) -> NoReturn:
    """End this process at once, and the processes that it started.

    A thread that works would delay an ordinary end. What it works on is on record.
    """
    _leave_nothing()
    os._exit(status)


def restart() -> NoReturn:
    """Replace this process by a new one with the same command, environment and number.

    As the number stays the same, this also works for the first process of a container. All files
    and connections are closed: Python opens them so that they do not outlive a process. Records
    and results stay, and a page that is open loads itself again.
    """
    _leave_nothing()
    if os.name == "posix":  # elsewhere the new process would have another number
        with suppress(OSError):
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    os._exit(RESTART_STATUS)


def _leave_nothing() -> None:
    """Kill the processes that would outlive this one, and write what is still to be written."""
    records.close()  # a job whose decoder is killed here fails, but it was running when this came
    process.kill_all()
    for tunnel in CURRENT_TUNNELS:
        with suppress(Exception):
            tunnel.kill()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
