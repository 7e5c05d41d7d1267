"""app.py in a process of its own, made of what a Docker Space gets, behind a password."""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.client import Job
from gradio_client.exceptions import AppError
from helpers.server import Server, wait_for

from vgpnn.deployment.plan import make_plan
from vgpnn.page.start import SHARE_FAILED

ROOT = Path(__file__).parents[1]
USER = ("ada", "love:lace")
HEAP_STEP = 2**26  # [bytes] glibc puts the heap of a thread at a multiple of it
NO_NETWORK = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
NO_NETWORK |= {"NO_PROXY": "127.0.0.1,localhost"}
NO_NETWORK |= {name.lower(): value for name, value in NO_NETWORK.items()}


class Page(Server):
    """The page as somebody sees it who may know the password."""

    def status(self, path: str, body: bytes | None = None, **headers: str) -> int:
        """The HTTP status of a GET request, or with a body of a POST request."""
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def text(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def figure(self, name: str) -> float:
        """A figure of /metrics."""
        return float(re.search(rf"^{name} (.*)$", self.text("metrics"), re.MULTILINE)[1])

    def client(self, address: str) -> Client:
        """Somebody who knows the password, at an address that the proxy before the page reports."""
        headers = {"x-forwarded-for": address}
        return Client(self.url, auth=USER, verbose=False, download_files=False, headers=headers)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a Docker Space, with options from both sides."""
    folder = tmp_path_factory.mktemp("page")
    project = folder / "space"
    for name, content in make_plan("ada/vgpnn", "docker").files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        plain = content if isinstance(content, bytes) else content.read_bytes()
        (project / name).write_bytes(plain)
    page = Page(
        folder,
        project / "app.py",
        ("--share", "--max-seconds", "60", "--queue", "1"),
        ("sh", "-c", 'ulimit -S -n 700; exec "$@"', "sh"),
        environment=NO_NETWORK
        | {"VGPNN_AUTH": ":".join(USER), "VGPNN_QUEUE": "9", "VGPNN_EXAMPLES": ""},
    )
    yield page
    page.stop()


def test_without_network_there_is_one_line_and_the_page(page):
    wait_for(lambda: "No public link" in page.log.read_text(), 20)
    lines = page.log.read_text().splitlines()
    assert [line for line in lines if line.startswith("* ")] == [
        f"* Running on local URL:  {page.url[:-1]}"  # and none of Gradio's advice
    ]
    assert [line for line in lines if "link" in line] == [SHARE_FAILED]
    assert page.process.poll() is None


def test_the_password_is_needed_everywhere(page):
    example = (page.folder / "space" / "examples" / "sea.mp4").as_posix()
    for path in ("config", "gradio_api/info", f"gradio_api/file={example}"):
        assert page.status(path) == 401, path
    body = json.dumps({"data": [], "fn_index": 0, "session_hash": "x"}).encode()
    kind = {"Content-Type": "application/json"}
    for path in (
        "gradio_api/call/generate",
        "gradio_api/run/generate",
        "gradio_api/queue/join",
        "gradio_api/upload",
        "gradio_api/mcp",
    ):
        assert page.status(path, body, **kind) == 401, path
    with pytest.raises(ValueError, match="Could not login"):
        Client(page.url, auth=(USER[0], "wrong"), verbose=False)
    assert page.status("login", b"username=ada&password=wrong") == 400
    assert page.status("login", b"username=ada&password=love:lace") == 200
    tries = [page.status("login", b"username=ada&password=wrong") for _ in range(40)]
    assert tries.count(400) <= 7 and {*tries} == {400, 429}
    other = {"X-Forwarded-For": "10.1.0.1"}
    assert page.status("login", b"username=ada&password=love:lace", **other) == 200
    # The clients of the tests below log in from the address that has to wait.
    wait_for(lambda: page.status("login", b"username=ada&password=love:lace") == 200, 30)


SLOW = {"frames": 24, "height": 240, "settings": {"passes": 20, "last_levels": 0}}


def test_a_request_that_would_take_longer_than_max_seconds_is_refused(page, clips):
    slower = {**SLOW["settings"], "space_factor": 0.95, "complete_levels": 1.0}
    with pytest.raises(AppError, match="about .* minutes"):
        page.client("10.1.0.1").predict(
            handle_file(clips["slow"]),
            **{**SLOW, "settings": slower},
            takes=6,
            api_name="/generate",
        )


def test_as_many_wait_as_the_command_line_says_against_the_environment(page, clips):
    """One request runs and one waits; a third person is refused."""
    people = [page.client(f"10.1.0.{number}") for number in (2, 3, 4)]

    def send(person: Client) -> Job:
        video = handle_file(clips["slow"])
        return person.submit(video, **SLOW, takes=3, api_name="/generate")

    jobs = [send(people[0])]
    wait_for(lambda: page.figure("vgpnn_running") == 1, 240)  # kernels are compiled first
    jobs.append(send(people[1]))
    wait_for(lambda: page.figure("vgpnn_queue_length") == 1, 20)
    with pytest.raises(AppError, match="Too many requests are waiting"):
        send(people[2]).result(timeout=30)
    for job in jobs:
        job.cancel()
    wait_for(lambda: page.log.read_text().count('"stopped"') == 2, 20)


def test_health_figures_and_log_are_open_and_name_nobody(page):
    assert json.loads(page.text("healthz"))["status"] == "ok"
    assert page.figure("vgpnn_queue_length") == 0
    assert page.figure("process_resident_memory_bytes") > 10e6
    with socket.create_connection(("127.0.0.1", page.port)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        connection.recv(100)
    # The server's own class of connections, which upgrades none: Uvicorn's would log a warning.
    assert page.status("config", Connection="Upgrade", Upgrade="h2c") == 401
    assert page.figure("process_max_fds") == resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(OSError):
        page.text("gradio_api/queue/data?session_hash=unknown")
    log = page.log.read_text()
    of_standard_output = ("* Running on local URL", SHARE_FAILED)
    lines = [
        json.loads(line) for line in log.splitlines() if not line.startswith(of_standard_output)
    ]
    events = [line["event"] for line in lines]
    assert "Invalid HTTP request received." in events and "upgrade" not in str(events)
    jobs = [line for line in lines if line["event"] == "job"]
    assert jobs and all(line["task"] == "generate" for line in jobs)
    assert all(text not in line for line in map(str, jobs) for text in ("slow.mp4", "10.1.0."))
    assert log.count("127.0.0.1") == 1  # the page's own address, for who starts it


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have other heaps")
def test_the_threads_share_few_heaps(page):
    """Seventeen heaps kept 50 MB of gaps after a minute with many visitors."""
    lines = Path(f"/proc/{page.process.pid}/maps").read_text().splitlines()
    parts = [line.split() for line in lines if len(line.split()) == 5]
    places = [tuple(int(end, 16) for end in part[0].split("-")) for part in parts]
    # What is in use of a heap, and the rest that is kept for it; other memory may begin there too.
    heaps = [
        start
        for (start, end), (rest, last), (_, kind, *_) in zip(places, places[1:], parts[1:])
        if start % HEAP_STEP == 0 and end == rest and kind == "---p" and last <= start + HEAP_STEP
    ]
    assert len(heaps) <= 4


def test_a_second_page_at_the_same_address_is_one_sentence(page):
    done = subprocess.run(
        [sys.executable, ROOT / "app.py", "--port", str(page.port)],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 1 and not done.stdout
    assert done.stderr == (
        f"vgpnn: The page cannot be opened at 127.0.0.1:{page.port}: choose another --port, or a "
        "--host of this machine.\n"
    )


def test_the_health_check_of_the_image(page):
    (line,) = [
        line.strip()
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.strip().startswith('CMD ["python", "-c"')
    ]
    _, *words = json.loads(line.removeprefix("CMD"))
    for port, status in ((page.port, 0), (9, 1)):
        environment = os.environ | {"VGPNN_PORT": str(port)}
        done = subprocess.run([sys.executable, *words], env=environment, capture_output=True)
        assert done.returncode == status, done.stderr
