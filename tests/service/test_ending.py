"""A process that hangs is replaced in place: nobody has to start the page again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from helpers.hanging_app import HANGS, STUCK_SECONDS, WORKS
from helpers.page import choose, opened
from helpers.server import ROOT, Server, wait_for

from vgpnn.service.job import RESTARTED
from vgpnn.service.watchdog import HUNG

LAUNCHER = ROOT / "tests" / "helpers" / "hanging_app.py"
FIRST_PROCESS = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
FIRST_PROCESS += ("--mount-proc",)
QUICK = {"frames": 3, "height": 64, "settings": {"passes": 1, "coarsest_passes": 1}}


def health(server: Server) -> int:
    """The status of /healthz; 0 where nobody answers."""
    try:
        return urllib.request.urlopen(server.url + "healthz", timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def records(server: Server) -> list[dict]:
    """What is on record of the jobs of a server."""
    paths = server.temporary.glob("vgpnn-page-*/records/*.json")
    return [json.loads(path.read_text()) for path in sorted(paths, key=os.path.getmtime)]


def phases(server: Server) -> dict[int, str]:
    """The phase of each job on record, by its seed."""
    return {one["request"]["seed"]: one["shown"]["phase"] for one in records(server)}


def client(server: Server, address: str) -> Client:
    """Somebody at an address."""
    headers = {"x-forwarded-for": address}
    return Client(server.url, verbose=False, download_files=False, headers=headers)


def send(somebody: Client, path: Path, seed: int) -> None:
    somebody.submit(handle_file(path), **QUICK, seed=seed, api_name="/generate")


def can_be_first() -> bool:
    try:
        return not subprocess.run([*FIRST_PROCESS, "true"], capture_output=True).returncode
    except OSError:
        return False


def children(process: int) -> list[int]:
    """The numbers of the processes that a process has started."""
    return [int(n) for n in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A page that is the first process of a container, if this machine has namespaces: the kernel
    keeps from it every signal that it does not handle itself."""
    prefix = FIRST_PROCESS if can_be_first() else ()
    started = Server(tmp_path_factory.mktemp("server"), LAUNCHER, prefix=prefix)
    yield started
    started.process.kill()  # where it does not end on its own


def page_process(server: Server) -> int:
    """The number of the process of the page itself."""
    if server.command[0] != FIRST_PROCESS[0]:
        return server.process.pid
    (page,) = children(server.process.pid)
    return page


def test_a_page_whose_run_hangs_says_so_and_who_waited_gets_a_result(server, browser, clips):
    process, other = page_process(server), client(server, "10.2.0.2")
    with opened(browser, server, width=800, height=400) as page:  # few pixels, which take time
        page.uncheck("#random input")
        choose(page, "seed", HANGS)
        page.click("#go")
        wait_for(lambda: phases(server).get(HANGS) == "running", 120)
        send(other, clips["tiny"], 1)
        wait_for(lambda: phases(server).get(1) == "queued", STUCK_SECONDS)
        wait_for(lambda: health(server) != 200, STUCK_SECONDS + 10)
        wait_for(lambda: health(server) == 200, 150)
        # Gradio's page says that the connection is lost, and loads itself again by itself.
        page.wait_for_selector(f"text={HUNG}", timeout=60_000)
        page.wait_for_selector("#go", state="visible")
    assert page_process(server) == process and server.process.poll() is None
    wait_for(lambda: phases(server)[1] == "done", 120)
    (hung,) = (one for one in records(server) if one["request"]["seed"] == HANGS)
    assert hung["error"] == hung["shown"]["error"] == HUNG and hung["shown"]["phase"] == "error"
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    events = [json.loads(line) for line in lines]
    (restart,) = (event for event in events if event["event"] == "restarting")
    assert restart["hung"] == ["generate"] and restart["waiting"] == 1
    assert [event["outcome"] for event in events if event["event"] == "job"] == ["done"]


def stopped_within(process: subprocess.Popen, number: int, seconds: float) -> None:
    """Send SIGTERM to a process, and see that the one that was started ends well."""
    began = time.monotonic()
    os.kill(number, signal.SIGTERM)
    assert process.wait(20) == 0
    assert time.monotonic() - began < seconds


def test_a_page_that_works_ends_on_sigterm_with_its_work_on_record(server, clips):
    def of_works() -> list[str]:
        return [e["shown"]["phase"] for e in records(server) if e["request"]["seed"] == WORKS]

    before = server.tracebacks()
    send(client(server, "10.2.0.1"), clips["tiny"], WORKS)
    wait_for(lambda: of_works() == ["running"], 120)
    stopped_within(server.process, page_process(server), 5)
    assert of_works() == ["running"] and server.tracebacks() == before
    if server.command[0] == FIRST_PROCESS[0]:
        server.command = server.command[len(FIRST_PROCESS) :]
    server.start()  # a later process says what became of it, and does not run it again
    assert json.loads(urllib.request.urlopen(server.url + "healthz").read())["running"] == 0
    assert "restarted" in RESTARTED
    send(client(server, "10.2.0.1"), clips["tiny"], WORKS)
    wait_for(lambda: of_works()[1:] == ["running"], 120)
    stopped_within(server.process, server.process.pid, 5)
