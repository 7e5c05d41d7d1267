"""Starting the page, and everything that serves it, in this process."""

from __future__ import annotations

import io
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

from vgpnn import limits
from vgpnn.machine import allocator, kernel_cache

PRIVATE_NETWORKS = "127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
SHARE_FAILED = (
    "No public link: the service that lends them cannot be reached from here. The page runs on "
    "this machine; for a link that lasts, see `python -m vgpnn deploy --help`."
)


def start(
    share: bool,
    host: str,
    port: int,
    auth: tuple[str, str] | None,
    changed_limits: Mapping[str, float],
) -> None:
    """Show the page until it is stopped, and end the process then.

    share: also give it a public address. auth: the user and password that every visitor needs.
    changed_limits: see `vgpnn.limits.Limits` for their names. Raises ValueError with one sentence
    if the page cannot be opened there, or where samples should be computed is not there.
    """
    # Also where this is the first process of a container, which no signal ends by itself.
    signal.signal(signal.SIGTERM, stop)
    check_address(host, port)
    allocator.share_heaps()
    kernel_cache.use_writable_folder()
    limits.change(**changed_limits)
    set_environment()
    launch(share, host, port, auth)


def stop(*_) -> None:
    """End the process, and those that it started; what it works on is on record."""
    getattr(sys.modules.get("vgpnn.service.ending"), "end", os._exit)(0)


def check_address(host: str, port: int) -> None:
    """Raises ValueError with one sentence if the page cannot be opened there."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError:
        raise ValueError(
            f"The page cannot be opened at {host}:{port}: choose another --port, or a --host of "
            "this machine."
        ) from None


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
    """Open the page, and end the process when it is stopped.

    Raises ValueError with one sentence if where samples should be computed is not there.
    """
    from vgpnn.page import page
    from vgpnn.service import connections, ending, monitoring
    from vgpnn.service.executors import selection
    from vgpnn.service.queue import QUEUE

    monitoring.start_log()
    connections.limit()
    selection.current()
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
