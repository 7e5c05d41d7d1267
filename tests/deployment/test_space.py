"""`python -m vgpnn deploy` against a local stand-in for the Hub, and the Dockerfile.

The stand-in answers as the Hub does what the installed huggingface_hub asks, checks every request
and keeps what was sent.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub.constants
import pytest
import yaml
from packaging.requirements import Requirement

from vgpnn.cli.commands import main
from vgpnn.deployment import space as deploy

ROOT = Path(__file__).parents[2]
TOKEN = "hf_" + "nobodyMayReadThis1"
ID = "ada/vgpnn"
LARGE = (".mp4", ".jpg")  # what the Hub keeps outside git


class Hub(ThreadingHTTPServer):
    """asked: every request as (method, path). files: contents in the Space, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[tuple[str, str]] = []
        self.wrong: list[str] = []  # requests that the Hub would not understand
        self.refuse: dict[tuple[str, str], tuple[int, str]] = {}
        self.space: dict | None = None  # as the Hub describes it
        self.created: dict | None = None
        self.settings: list[tuple[str, dict]] = []
        self.files: dict[str, bytes] = {}
        self.committed: list[str] = []  # of the last commit
        self.deleted: list[str] = []
        self.stored: dict[str, bytes] = {}  # by SHA-256
        self.sizes: dict[str, int] = {}  # of what was announced, by path
        self.xorbs = b""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def identity(self, path: str) -> str | None:
        """What the Hub calls the contents that a file has in the Space."""
        content = self.files.get(path)
        if content is None or path.endswith(LARGE):
            return content and hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def has(self, *files: str, **more) -> None:
        """There is a Space already."""
        self.space = {
            "id": ID,
            "sha": "0" * 40,
            "private": False,
            "sdk": "gradio",
            "tags": [],
            "siblings": [{"rfilename": name} for name in files],
            "runtime": {
                "stage": "RUNNING",
                "hardware": {"current": "zero-a10g", "requested": "zero-a10g"},
                "storage": None,
                "gcTimeout": None,
            },
        } | more


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def reply(self, content: object = None, status: int = 200, **headers: str) -> None:
        body = json.dumps({} if content is None else content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def answer(self) -> None:
        hub, path = self.server, urlsplit(self.path).path
        ask, body = (self.command, path), self.body()
        if path == "/api/agent-harnesses":  # huggingface_hub's own question, for its user agent
            return self.reply({"error": "no such thing"}, 404)
        hub.asked.append(ask)
        storage = path.startswith(("/store/", "/v1/", "/v2/"))  # has a secret of its own
        if storage:
            assert TOKEN not in str(self.headers)
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.reply(
                {"error": "Invalid credentials in Authorization header"},
                401,
                X_Error_Message="Invalid credentials in Authorization header",
            )
        for (method, pattern), (status, message) in hub.refuse.items():
            if method == self.command and fnmatch.fnmatch(path, pattern):
                code = {"X_Error_Code": "RepoNotFound"} if status == 404 else {}
                return self.reply({"error": message}, status, **code)
        what = lambda: json.loads(body)  # noqa: E731
        if ask in (("GET", f"/api/spaces/{ID}"), ("GET", f"/api/spaces/{ID}/revision/main")):
            if hub.space is None:
                return self.reply(
                    {"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound"
                )
            return self.reply(hub.space)
        if ask == ("POST", "/api/repos/create"):
            hub.created = what()
            return self.reply({"url": f"{hub.url}/spaces/{ID}"})
        if ask == ("POST", "/api/validate-yaml"):
            assert what()["repoType"] == "space"
            yaml.safe_load(what()["content"].split("---")[1])
            return self.reply({"errors": [], "warnings": []})
        if ask == ("POST", f"/api/spaces/{ID}/preupload/main"):
            for one in what()["files"]:
                hub.sizes[one["path"]] = one["size"]
                assert len(base64.b64decode(one["sample"])) == min(one["size"], 512)
            return self.reply(
                {
                    "files": [
                        {
                            "path": one["path"],
                            "shouldIgnore": False,
                            "oid": hub.identity(one["path"]),
                            "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                        }
                        for one in what()["files"]
                    ]
                }
            )
        if ask == ("POST", f"/spaces/{ID}.git/info/lfs/objects/batch"):
            assert what()["operation"] == "upload" and what()["hash_algo"] == "sha256"
            return self.reply(
                {
                    "transfer": "basic",
                    "objects": [
                        {
                            **one,
                            "authenticated": True,
                            "actions": {"upload": {"href": f"{hub.url}/store/{one['oid']}"}},
                        }
                        for one in what()["objects"]
                    ],
                }
            )
        if self.command == "PUT" and path.startswith("/store/"):
            assert hashlib.sha256(body).hexdigest() == path.removeprefix("/store/")
            hub.stored[path.removeprefix("/store/")] = body
            return self.reply()
        if ask == ("POST", f"/api/spaces/{ID}/commit/main"):
            return self.commit([json.loads(line) for line in body.splitlines()])
        if self.command in ("POST", "PUT") and path.startswith(f"/api/spaces/{ID}/"):
            name = path.removeprefix(f"/api/spaces/{ID}/")
            if name in ("hardware", "sleeptime", "settings"):
                hub.settings.append((name, what()))
                return self.reply(hub.space["runtime"])
        if ask == ("GET", f"/api/spaces/{ID}/xet-write-token/main"):
            until = int(time.time()) + 3600
            return self.reply({"accessToken": "short-lived", "exp": until, "casUrl": hub.url})
        if path.startswith("/v1/xorbs/"):
            assert self.headers["Authorization"] == "Bearer short-lived"
            hub.xorbs += body
            return self.reply({"was_inserted": True})
        if ask == ("POST", "/v1/shards"):
            return self.reply({"result": 1})
        if not storage:  # newer ways to the storage may be missing, and are asked for first
            hub.wrong.append(" ".join(ask))
        self.reply({"error": "no such thing"}, 404)

    def commit(self, lines: list[dict]) -> None:
        hub = self.server
        assert lines[0]["key"] == "header" and lines[0]["value"]["summary"]
        hub.committed = [line["value"]["path"] for line in lines[1:]]
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                assert value["encoding"] == "base64" and not value["path"].endswith(LARGE)
                hub.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                assert value["algo"] == "sha256" and value["path"].endswith(LARGE)
                # What went through Xet is known by its hash alone.
                hub.files[value["path"]] = hub.stored.get(value["oid"], value["oid"].encode())
                assert value["size"] == hub.sizes[value["path"]]
            else:
                assert line["key"] == "deletedFile"
                hub.deleted.append(value["path"])
        self.reply({"commitUrl": f"{hub.url}/spaces/{ID}/commit/1", "commitOid": "1" * 40})

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except AssertionError as error:
            self.server.wrong.append(f"{self.command} {self.path}: {error!r}")
            self.reply({"error": "wrong"}, 400)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer


@pytest.fixture
def hub(monkeypatch, tmp_path):
    hub = Hub()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    constants = huggingface_hub.constants
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # it would keep its first address
    yield hub
    hub.shutdown()
    hub.server_close()
    assert not hub.wrong


@pytest.fixture
def tree(tmp_path):
    """A small project with everything in it that must stay here."""
    root = tmp_path / "project"
    for name in ("app.py", "LICENSE", "requirements.txt", "Dockerfile", "tests/constraints.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for name in (
        "vgpnn/__init__.py",
        "vgpnn/cost.py",
        "vgpnn/page/static/page.css",
        "vgpnn/page/static/stage.js",
        "examples/a.mp4",
        "examples/a_result.mp4",
        "examples/b.jpg",
        "vgpnn/.env",
        "vgpnn/__pycache__/x.cpython-312.pyc",
        "vgpnn/page/__pycache__/k.1.nbc",
        "vgpnn/page/static/page.css~",
        "vgpnn/.ruff_cache/x",
        ".env",
        ".git/config",
        "tests/test_x.py",
        "tests/bench/x.json",
        "examples/unused.mp4",
        "examples/render.py",
        "examples/scenes/sea.py",
        "pyproject.toml",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n" * 100)
    (root / "README.md").write_text("# A page\n\n![b](examples/b.jpg)\n![c](https://a.b/c.jpg)\n")
    entry = {"name": "a", "title": "A", "video": "a.mp4", "result": "a_result.mp4"}
    (root / "examples" / "index.json").write_text(json.dumps([entry]))
    return root


NEEDED = {
    "app.py",
    "LICENSE",
    "requirements.txt",
    "README.md",
    "examples/index.json",
    "examples/a.mp4",
    "examples/a_result.mp4",
    "examples/b.jpg",
    "vgpnn/__init__.py",
    "vgpnn/bench.py",
    "vgpnn/page/static/page.css",
    "vgpnn/page/static/stage.js",
}


@pytest.mark.parametrize(("sdk", "more"), [("gradio", set()), ("docker", {"Dockerfile"})])
def test_exactly_what_a_space_needs(tree, sdk, more):
    assert set(deploy.plan(ID, sdk, root=tree).files) == NEEDED | more


def head(files: dict) -> dict:
    return yaml.safe_load(files["README.md"].decode().split("---\n")[1])


def test_headers():
    gradio, docker = (head(deploy.plan(ID, sdk).files) for sdk in deploy.SDKS)
    assert gradio["sdk"] == "gradio" and gradio["app_file"] == "app.py"
    assert gradio["python_version"] == "3.12" and gradio["suggested_hardware"] == "zero-a10g"
    assert docker["sdk"] == "docker" and docker["app_port"] == 7860
    assert docker["suggested_hardware"] == "cpu-basic"
    assert not {"sdk_version", "app_file", "python_version"} & set(docker)
    for fields in (gradio, docker):
        assert fields["license"] == "mit" and len(fields["short_description"]) <= 60
    body = deploy.plan(ID).files["README.md"].decode()
    assert body.endswith((ROOT / "README.md").read_text())


def test_requirements_are_those_of_the_project(tree):
    listed = {Requirement(x).name for x in (ROOT / "requirements.txt").read_text().splitlines()}
    sent = {}
    for sdk in deploy.SDKS:
        lines = deploy.plan(ID, sdk).files["requirements.txt"].decode().splitlines()
        sent[sdk] = {one.name: str(one.specifier) for one in map(Requirement, lines)}
        assert set(sent[sdk]) == listed
    assert sent["gradio"].pop("torch") == "==2.11.0" and sent["docker"].pop("torch") != "==2.11.0"
    assert sent["gradio"] == sent["docker"]
    assert sent["gradio"]["gradio"] == f"=={head(deploy.plan(ID).files)['sdk_version']}"

    (tree / "tests" / "constraints.txt").unlink()
    (tree / "requirements.txt").write_text("torch>=2.8,<3  # why\nnumpy>=2\ngradio>=6.31,<7\n")
    found = {name: str(one) for name, one in deploy.requirements("docker", tree).items()}
    assert found == {"torch": "torch<3,>=2.8", "numpy": "numpy>=2", "gradio": "gradio<7,>=6.31"}
    (tree / "requirements.txt").write_text("torch>=2.12\ngradio\n")
    with pytest.raises(ValueError, match="--sdk docker"):
        deploy.plan(ID, root=tree)


def test_a_new_space(hub, capsys):
    assert main(["deploy", ID]) == 0
    assert capsys.readouterr().out == f"{hub.url}/spaces/{ID}\n"
    assert hub.created == {
        "name": "vgpnn",
        "organization": "ada",
        "type": "space",
        "sdk": "gradio",
        "hardware": "zero-a10g",
    }
    expected = deploy.plan(ID).files
    assert set(hub.files) == set(expected) and not hub.deleted and not hub.settings
    for path, content in expected.items():
        assert hub.files[path] == (content if isinstance(content, bytes) else content.read_bytes())
    small = [ask for ask in hub.asked if not ask[1].startswith("/store/")]
    assert small == [
        ("GET", f"/api/spaces/{ID}"),
        ("POST", "/api/repos/create"),
        ("POST", "/api/validate-yaml"),
        ("POST", f"/api/spaces/{ID}/preupload/main"),
        ("POST", f"/spaces/{ID}.git/info/lfs/objects/batch"),
        ("POST", f"/api/spaces/{ID}/commit/main"),
    ]


def sent(tree, *words, **changes) -> str:
    return deploy.send(deploy.plan(ID, *words, **changes, root=tree))


def test_a_private_docker_space_with_paid_hardware(hub, tree):
    sent(tree, "docker", hardware="cpu-upgrade", private=True)
    assert hub.created == {
        "name": "vgpnn",
        "organization": "ada",
        "type": "space",
        "sdk": "docker",
        "hardware": "cpu-upgrade",
        "sleepTimeSeconds": deploy.SLEEP,
        "visibility": "private",
    }
    assert set(hub.files) == NEEDED | {"Dockerfile"}


def test_an_update_removes_what_is_gone_and_leaves_what_is_not_ours(hub, tree):
    hub.has(
        ".gitattributes",
        "README.md",
        "notes.txt",
        "vgpnn/__init__.py",
        "vgpnn/old.py",
        "examples/old.mp4",
        "Dockerfile",
    )
    sent(tree)
    assert hub.created is None and not hub.settings and set(hub.files) == NEEDED
    assert sorted(hub.deleted) == ["Dockerfile", "examples/old.mp4", "vgpnn/old.py"]


def test_an_update_changes_the_settings_that_were_asked_for(hub, tree):
    hub.has("vgpnn/__init__.py")
    sent(tree, hardware="t4-small", private=True)
    visible = ("settings", {"visibility": "private"})
    assert hub.settings == [
        visible,
        ("hardware", {"flavor": "t4-small", "sleepTimeSeconds": deploy.SLEEP}),
    ]
    order = [path for _, path in hub.asked]
    commit = order.index(f"/api/spaces/{ID}/commit/main")
    assert order.index(f"/api/spaces/{ID}/settings") < commit

    hub.settings.clear()
    sent(tree, "docker")  # ZeroGPU cannot run it
    assert hub.settings == [("hardware", {"flavor": "cpu-basic"})]


@pytest.mark.parametrize(("has", "asked"), [(None, [("sleeptime", {"seconds": 3600})]), (60, [])])
def test_paid_hardware_that_is_there_gets_a_sleep_time_unless_it_has_one(hub, tree, has, asked):
    hardware = {"current": "t4-small", "requested": "t4-small"}
    hub.has(
        "vgpnn/__init__.py",
        runtime={
            "stage": "RUNNING",
            "hardware": hardware,
            "storage": None,
            "gcTimeout": has,
        },
    )
    sent(tree)
    assert hub.settings == asked


def test_an_empty_space_is_filled_and_another_project_is_not_touched(hub, tree):
    hub.has(".gitattributes", "README.md")
    sent(tree)
    assert set(hub.files) == NEEDED
    hub.has(".gitattributes", "README.md", "app.py", "model.py")
    hub.asked.clear()
    with pytest.raises(ValueError, match="something else in it"):
        sent(tree)
    assert hub.asked == [("GET", f"/api/spaces/{ID}")]


def test_what_has_not_changed_is_not_committed_again(hub, tree):
    sent(tree)
    hub.has(*hub.files)
    hub.asked.clear()
    sent(tree)
    assert ("POST", f"/api/spaces/{ID}/commit/main") not in hub.asked
    (tree / "app.py").write_text("new")
    hub.files = {"app.py": b"old"} | {k: v for k, v in hub.files.items() if k != "app.py"}
    sent(tree)
    assert hub.files["app.py"] == b"new" and hub.committed == ["app.py"]


REFUSALS = {
    "token": (
        ("GET", "/api/spaces/*"),
        401,
        "Invalid credentials in Authorization header",
        "settings/tokens",
    ),
    "create": (("POST", "/api/repos/create"), 403, "You don't have the rights", "may write to"),
    "write": (("POST", "*/preupload/main"), 403, "Forbidden", "may write to"),
    "commit": (("POST", "*/commit/main"), 403, "Forbidden", "may write to"),
    "object": (("PUT", "/store/*"), 403, "Forbidden", "may write to"),
    "taken": (
        ("POST", "/api/repos/create"),
        409,
        "You already created this model repo",
        "choose another name",
    ),
    "owner": (("POST", "/api/repos/create"), 404, "No such organization", "check the name"),
    "paid": (("POST", "/api/repos/create"), 402, "ZeroGPU needs PRO", "another --hardware"),
    "often": (("POST", "/api/repos/create"), 429, "Too many", "in some minutes"),
    "down": (("POST", "/api/repos/create"), 503, "Oh no", "try again later"),
    "bad": (("POST", "*/commit/main"), 400, f"Bad {TOKEN}\nthing", "Bad ... thing"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_are_one_sentence(hub, name, capsys, monkeypatch, tree):
    ask, status, message, says = REFUSALS[name]
    hub.refuse[ask] = status, message
    real = deploy.plan
    monkeypatch.setattr(deploy, "plan", lambda *given: real(*given, root=tree))
    assert main(["deploy", ID]) == 1
    one_sentence(capsys, says)


def one_sentence(capsys, says: str) -> None:
    out, err = capsys.readouterr()
    assert err.startswith("vgpnn: ") and err.count("\n") == 1 and says in err
    assert err.rstrip().endswith(".") and TOKEN not in out + err and "Traceback" not in out + err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["vgpnn"], "OWNER/NAME"),
        (["ada/one/two"], "OWNER/NAME"),
        (["ada/my space"], "OWNER/NAME"),
        (["ada/"], "OWNER/NAME"),
        ([ID, "--hardware", "gpu"], "cpu-basic, "),
        ([ID, "--sdk", "docker", "--hardware", "zero-a10g"], "Gradio Spaces only"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_wrong_words_are_refused_before_anything_is_asked(hub, words, says, capsys):
    for more in ([], ["--dry-run"]):
        assert main(["deploy", *words, *more]) == 1
        one_sentence(capsys, says)
    assert not hub.asked


@pytest.mark.parametrize("token", [None, "hf_\x01" + TOKEN])
def test_no_token_or_a_damaged_one(hub, token, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert main(["deploy", ID]) == 1
    one_sentence(capsys, "HF_TOKEN")
    assert not hub.asked


def test_network_down(hub, capsys, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    assert main(["deploy", ID]) == 1
    one_sentence(capsys, "cannot be reached")


def test_an_answer_that_is_not_the_hubs(hub, capsys, monkeypatch):
    monkeypatch.setattr(Answer, "do_GET", lambda self: self.reply(["welcome to our hotel"]))
    assert main(["deploy", ID]) == 1
    one_sentence(capsys, "did not understand")


def run(hub, folder, *words, **environment) -> subprocess.CompletedProcess:
    """The command as a user calls it, with nothing of this machine's own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    environment = (
        kept
        | {
            "HOME": str(folder),
            "HF_HOME": str(folder),
            "HF_ENDPOINT": hub.url,
            "NO_PROXY": "127.0.0.1",
        }
        | environment
    )
    return subprocess.run(
        [sys.executable, "-m", "vgpnn", "deploy", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_dry_run_needs_no_token_and_sends_nothing(hub, monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN")
    assert main(["deploy", ID, "--dry-run", "--hardware", "t4-small"]) == 0
    out, err = capsys.readouterr()
    assert not err and not hub.asked
    for path, content in deploy.plan(ID, hardware="t4-small").files.items():
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        assert f"{size:>9,}  {path}\n" in out
    for text in ("app_file: app.py\n", "t4-small\n", "after 3600 s", "Nothing was sent."):
        assert text in out


def test_large_files_go_through_xet_where_huggingface_hub_has_it(hub, tmp_path):
    pytest.importorskip("hf_xet")
    done = run(hub, tmp_path, ID, HF_TOKEN=TOKEN)
    assert (done.returncode, done.stdout) == (0, f"{hub.url}/spaces/{ID}\n"), done.stderr
    assert "Traceback" not in done.stderr and TOKEN not in done.stderr
    large = {
        path: content for path, content in deploy.plan(ID).files.items() if path.endswith(LARGE)
    }
    assert len(large) > 10 and not hub.stored
    for path, content in large.items():
        content = content.read_bytes()
        assert hub.files[path] == hashlib.sha256(content).hexdigest().encode()
        # Stored in compressed pieces, which leaves much of a video as it is.
        assert any(content[k : k + 200] in hub.xorbs for k in range(0, len(content) - 200, 499))


# The Dockerfile.


def steps() -> list[tuple[str, str]]:
    """(instruction, what follows) of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def only(name: str) -> str:
    (found,) = [rest for word, rest in steps() if word == name]
    return found


def test_dockerfile():
    names = [name for name, _ in steps()]
    every = dict(enumerate(steps()))
    assert only("FROM") == "python:3.12-slim" and only("EXPOSE") == "7860"
    assert only("USER") == "1000" and "--uid 1000" in steps()[1][1]
    assert json.loads(only("CMD"))[0] == "python"
    text = " ".join(rest for _, rest in steps())
    assert "chown -R" not in text and "chown --recursive" not in text and "curl" not in text
    assert "apt-get" not in text and "sudo" not in text  # ffmpeg comes with av
    variables = dict(
        pair.split("=", 1) for name, rest in steps() if name == "ENV" for pair in shlex.split(rest)
    )
    assert variables["VGPNN_HOST"] == "0.0.0.0" and variables["VGPNN_PORT"] == "7860"
    # Kernels: compiled by the user that runs, once the folder is known and the code is there.
    compiled = next(k for k, (name, rest) in every.items() if name == "RUN" and "warm_up" in rest)
    folder = next(
        k for k, (name, rest) in every.items() if name == "ENV" and "NUMBA_CACHE_DIR" in rest
    )
    code = max(k for k, (name, _) in every.items() if name == "COPY")
    assert max(names.index("USER"), folder, code) < compiled
    # Kernels of a first run, without bytecode, are not found again.
    assert steps()[compiled][1].startswith("python -m compileall -q --invalidation-mode checked")
    # Dependencies before the code, so that a change of the code leaves them.
    pip = next(k for k, (name, rest) in every.items() if name == "RUN" and "pip install" in rest)
    assert pip < next(k for k, (_, rest) in every.items() if "vgpnn vgpnn" in rest)


def test_dockerfile_installs_torch_without_cuda_unless_asked():
    name, _, address = only("ARG").partition("=")
    assert name == "TORCH_INDEX" and address.endswith("/whl/cpu")
    (pip,) = [rest for word, rest in steps() if word == "RUN" and "pip install" in rest]
    torch, others = (part for part in pip.split("&&") if "pip install" in part)
    assert '--index-url "$TORCH_INDEX"' in torch and "TORCH_INDEX" not in others
    assert "--no-cache-dir" in torch and "--no-cache-dir" in others
    asked = re.search(r"\$\((.*)\)", torch)[1]  # the line of the requirements, of every kind
    for sdk in deploy.SDKS:
        text = deploy.plan(ID, sdk).files["requirements.txt"]
        line = subprocess.run(shlex.split(asked)[:2], input=text, capture_output=True).stdout
        assert line.startswith(b"torch") and line.count(b"\n") == 1


def test_dockerfile_copies_only_what_is_sent():
    there = set(deploy.plan(ID, "docker").files)
    copied = set()
    for name, rest in steps():
        if name == "COPY":
            *sources, _ = [word for word in rest.split() if not word.startswith("--")]
            found = {
                path
                for path in there
                for source in sources
                if fnmatch.fnmatch(path, source) or path.startswith(f"{source}/")
            }
            assert found
            for source in sources:  # a pattern may match nothing
                assert "[" in source or any(f"{path}/".startswith(f"{source}/") for path in there)
            copied |= found
    assert there - copied == {"Dockerfile", "README.md"}


def test_dockerfile_passes_the_linter():
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("hadolint is not installed (it is for Linux on x86-64 only)")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
