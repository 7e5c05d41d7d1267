"""app.py: its options, and a server process made of what a Docker Space gets, behind a password."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from helpers.server import wait_for
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from vgpnn import limits
from vgpnn.deployment import space as deploy

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import app  # noqa: E402

USER = ("ada", "love:lace")


def parsed(words: str, **environment: str):
    return app.parsed(shlex.split(words), environment)


def test_a_flag_wins_over_the_environment_and_both_over_what_holds_otherwise():
    plain = parsed("")
    assert (plain.share, plain.host, plain.port, plain.auth) == (False, "127.0.0.1", 7860, None)
    assert plain.max_seconds is None and plain.queue is None
    environment = {
        "VGPNN_SHARE": "yes",
        "VGPNN_HOST": "0.0.0.0",
        "VGPNN_PORT": "80",
        "VGPNN_AUTH": "a:b:c",
        "VGPNN_MAX_SECONDS": "60",
        "VGPNN_QUEUE": "3",
    }
    one = parsed("", **environment)
    assert (one.share, one.host, one.port, one.auth) == (True, "0.0.0.0", 80, ("a", "b:c"))
    assert (one.max_seconds, one.queue) == (60, 3)
    words = "--no-share --host ::1 --port 81 --auth d:e --max-seconds 0.5 --queue 1"
    two = parsed(words, **environment)
    assert (two.share, two.host, two.port, two.auth) == (False, "::1", 81, ("d", "e"))
    assert (two.max_seconds, two.queue) == (0.5, 1)
    space = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}
    assert (parsed("", **space).host, parsed("", **space).port) == ("0.0.0.0", 7861)
    assert parsed("", **space, VGPNN_PORT="80").port == 80
    assert parsed("", VGPNN_PORT="").port == 7860


@pytest.mark.parametrize(
    ("words", "environment", "says"),
    [
        ("--port 70000", {}, "--port must be a whole number from 1 to 65535, not '70000'."),
        ("", {"VGPNN_PORT": "x"}, "VGPNN_PORT must be"),
        ("", {"VGPNN_SHARE": "perhaps"}, "VGPNN_SHARE must be yes or no"),
        ("--host 'a b'", {}, "--host must be"),
        ("--auth secret", {}, "--auth must be USER:PASSWORD"),
        ("", {"VGPNN_AUTH": "secret:"}, "VGPNN_AUTH must be USER:PASSWORD"),
        ("--max-seconds nan", {}, "--max-seconds must be"),
        ("--max-seconds 0", {}, "--max-seconds must be"),
        ("--queue 0", {}, "--queue must be"),
        ("--queue 1.5", {}, "--queue must be"),
        ("--qeue 1", {}, "Unrecognized arguments"),
        ("--port", {}, "expected one argument"),
    ],
)
def test_bad_values_are_one_sentence(words, environment, says, monkeypatch):
    with pytest.raises(ValueError) as raised:
        parsed(words, **environment)
    assert says in str(raised.value) and "\n" not in str(raised.value)
    assert "secret" not in str(raised.value) and str(raised.value).endswith(".")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["app.py", *shlex.split(words)])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == f"app.py: {raised.value}"  # printed, with exit status 1


def test_behind_the_proxy_of_a_space_an_address_cannot_be_made_up():
    seen = []

    async def page(scope, receive, send):
        seen.append(scope["client"][0])

    proxied = ProxyHeadersMiddleware(page, app.PRIVATE_NETWORKS)
    for sent in (b"203.0.113.9", b"1.2.3.4, 203.0.113.9", b"1.2.3.4, 203.0.113.9, 10.0.3.4"):
        headers = [(b"x-forwarded-for", sent)]
        scope = {"type": "http", "client": ("10.0.0.7", 80), "headers": headers}
        asyncio.run(proxied(scope, None, None))
    assert seen == ["203.0.113.9"] * 3


def test_limits_change_where_they_are_known_already(monkeypatch):
    from vgpnn.service import request

    before = limits.LIMITS.expected_seconds
    try:
        limits.change(expected_seconds=7)
        assert request.LIMITS.expected_seconds == 7
    finally:
        limits.change(expected_seconds=before)
    with pytest.raises(AttributeError):
        limits.change(expected_second=7)


def test_kernels_that_cannot_be_added_to_are_copied(tmp_path, monkeypatch):
    made = tmp_path / "made"
    (made / "search_1").mkdir(parents=True)
    (made / "search_1" / "k.nbi").write_text("kernel")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(made))
    monkeypatch.setattr(app.tempfile, "tempdir", str(tmp_path))
    app.find_kernels()
    assert os.environ["NUMBA_CACHE_DIR"] == str(made)  # it can be written to

    def refuse(dir):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(app.tempfile, "TemporaryFile", refuse)
    app.find_kernels()
    copy = Path(os.environ["NUMBA_CACHE_DIR"])
    assert copy != made and (copy / "search_1" / "k.nbi").read_text() == "kernel"


class Page:
    """app.py of a tree in a process of its own, where no public link can be had."""

    def __init__(self, tree: Path, folder: Path, *words: str, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.out, self.err = folder / "out", folder / "err"
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
        nowhere |= {name.lower(): value for name, value in nowhere.items()}
        local = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        temporary = folder / "temporary"
        temporary.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, "app.py", *words],
            cwd=tree,
            stdout=self.out.open("w"),
            stderr=self.err.open("w"),
            env=os.environ
            | nowhere
            | local
            | environment
            | {"TMPDIR": str(temporary), "VGPNN_PORT": str(self.port)},
        )
        for _ in range(400):
            assert self.process.poll() is None, self.err.read_text()
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the page is not there")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    tree = folder / "space"
    for name, content in deploy.plan("ada/vgpnn", "docker").files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        plain = content if isinstance(content, bytes) else content.read_bytes()
        (tree / name).write_bytes(plain)
    page = Page(
        tree,
        folder,
        "--share",
        "--max-seconds",
        "60",
        "--queue",
        "1",
        VGPNN_AUTH=":".join(USER),
        VGPNN_QUEUE="9",
    )
    yield page
    page.process.terminate()
    page.process.wait(20)


def answer(page, path: str, body: bytes | None = None, **headers: str) -> int:
    ask = urllib.request.Request(page.url + path, body, headers)
    try:
        with urllib.request.urlopen(ask, timeout=10) as got:
            return got.status
    except urllib.error.HTTPError as error:
        return error.code


def test_without_network_there_is_one_line_and_the_page(page):
    for _ in range(50):
        if "No public link" in page.out.read_text():
            break
        time.sleep(0.1)
    assert page.out.read_text().splitlines() == [
        f"* Running on local URL:  {page.url[:-1]}",
        app.SHARE_FAILED,
    ]
    assert "Traceback" not in page.err.read_text() and page.process.poll() is None


def test_the_password_is_asked_for_everywhere(page):
    example = (page.out.parent / "space" / "examples" / "sea.mp4").as_posix()
    for path in ("config", "gradio_api/info", f"gradio_api/file={example}"):
        assert answer(page, path) == 401, path
    body = json.dumps({"data": [], "fn_index": 0, "session_hash": "x"}).encode()
    kind = {"Content-Type": "application/json"}
    for path in (
        "gradio_api/call/generate",
        "gradio_api/run/generate",
        "gradio_api/queue/join",
        "gradio_api/upload",
    ):
        assert answer(page, path, body, **kind) == 401, path
    with pytest.raises(ValueError, match="Could not login"):
        Client(page.url, auth=(USER[0], "wrong"), verbose=False)
    wrong = b"username=ada&password=wrong"
    assert answer(page, "login", wrong) == 400
    assert answer(page, "login", b"username=ada&password=love:lace") == 200


def test_limits_hold_for_those_who_are_let_in(page, tmp_path_factory):
    """One runs, one waits as --queue says against VGPNN_QUEUE; --max-seconds is another bound."""
    from helpers.clips import write_clips

    clips = write_clips(tmp_path_factory.mktemp("clips"))
    client = Client(page.url, auth=USER, verbose=False, download_files=False)
    slow = {
        "video": handle_file(clips["slow"]),
        "frames": 24,
        "height": 240,
        "passes": 20,
        "last_levels": 0,
        "samples": 3,
    }
    with pytest.raises(AppError, match="about .* minutes"):
        client.predict(**slow | {"samples": 6}, api_name="/generate")
    asked = []
    for _ in range(3):
        asked.append(client.submit(**slow, api_name="/generate"))
        time.sleep(1)
    with pytest.raises(AppError, match="Too many requests|One run of yours"):
        asked[2].result(timeout=30)
    assert not asked[0].done()  # the second waits, or was refused while kernels were compiled
    for job in asked:
        job.cancel()
    wait_for(lambda: '"stopped"' in page.err.read_text(), 20)


def test_who_runs_the_page_sees_how_it_is_without_the_password(page):
    with urllib.request.urlopen(page.url + "healthz", timeout=10) as got:
        assert json.load(got)["status"] == "ok"
    with urllib.request.urlopen(page.url + "metrics", timeout=10) as got:
        figures = got.read().decode()
    assert "vgpnn_queue_length" in figures and "process_resident_memory_bytes" in figures
    text = page.err.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    over = [line for line in lines if line["event"] == "job"]
    assert over and all(line["task"] == "generate" for line in over)
    assert "slow.mp4" not in text and "127.0.0.1" not in text


def test_a_second_page_at_the_same_address_is_one_sentence(page):
    done = subprocess.run(
        [sys.executable, ROOT / "app.py", "--port", str(page.port)],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 1 and f"127.0.0.1:{page.port}" in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("app.py: ") == 1


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
