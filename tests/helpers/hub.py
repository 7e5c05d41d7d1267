"""A stand-in for the Hugging Face Hub: it answers, checks and keeps what a deployment sends.

It answers as the Hub does whatever the installed huggingface_hub requests.
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import yaml

TOKEN = "hf_" + "nobodyMayReadThis1"
SPACE = "ada/vgpnn"
LARGE = (".mp4", ".jpg")  # endings of the files that the Hub keeps outside git
UPLOAD_TOKEN = "short-lived"  # what the Hub gives out for its storage


class Hub(ThreadingHTTPServer):
    """The server, and what was sent to it.

    requests: every request as (method, path). errors: requests that the Hub would not understand.
    refuse: statuses and messages to answer with, by (method, pattern of a path).
    space: what the Hub tells about the Space; None if there is none.
    files: contents in the Space, by path. committed, deleted: paths of the last commit.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.refuse: dict[tuple[str, str], tuple[int, str]] = {}
        self.space: dict | None = None
        self.created: dict | None = None
        self.settings: list[tuple[str, dict]] = []
        self.files: dict[str, bytes] = {}
        self.committed: list[str] = []
        self.deleted: list[str] = []
        self.stored: dict[str, bytes] = {}  # contents of large files, by SHA-256
        self.sizes: dict[str, int] = {}  # [bytes] of the files that were announced, by path
        self.xorbs = b""  # what was uploaded through Xet
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def identity(self, path: str) -> str | None:
        """The hash by which the Hub knows the contents of a file; None if there is no such file."""
        content = self.files.get(path)
        if content is None:
            return None
        if path.endswith(LARGE):
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    def set_space(self, *files: str, **changes: object) -> None:
        """From now on there is a Space with these files.

        changes: what the Hub tells about it differently.
        """
        self.space = {
            "id": SPACE,
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
        } | changes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
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

    def read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self) -> None:
        hub, path = self.server, urlsplit(self.path).path
        body = self.read_body()
        if path == "/api/agent-harnesses":  # huggingface_hub fills in its user agent with it
            return self.reply({"error": "no such thing"}, 404)
        hub.requests.append((self.command, path))
        is_storage = path.startswith(("/store/", "/v1/", "/v2/"))
        if is_storage:  # it has tokens of its own
            assert TOKEN not in str(self.headers)
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            message = "Invalid credentials in Authorization header"
            return self.reply({"error": message}, 401, X_Error_Message=message)
        for (method, pattern), (status, message) in hub.refuse.items():
            if method == self.command and fnmatch.fnmatch(path, pattern):
                code = {"X_Error_Code": "RepoNotFound"} if status == 404 else {}
                return self.reply({"error": message}, status, **code)
        answer = self.answer_storage if is_storage else self.answer_api
        if not answer((self.command, path), body):
            if not is_storage:  # newer ways to the storage may be missing, and are tried first
                hub.errors.append(f"{self.command} {path}")
            self.reply({"error": "no such thing"}, 404)

    def answer_api(self, request: tuple[str, str], body: bytes) -> bool:
        """Answer a request to the Hub itself; returns whether it is one that the Hub knows."""
        hub, (method, path) = self.server, request
        parts = {
            ("GET", f"/api/spaces/{SPACE}"): self.describe_space,
            ("GET", f"/api/spaces/{SPACE}/revision/main"): self.describe_space,
            ("POST", "/api/repos/create"): self.create,
            ("POST", "/api/validate-yaml"): self.validate,
            ("POST", f"/api/spaces/{SPACE}/preupload/main"): self.announce,
            ("POST", f"/spaces/{SPACE}.git/info/lfs/objects/batch"): self.offer_storage,
            ("POST", f"/api/spaces/{SPACE}/commit/main"): self.commit,
            ("GET", f"/api/spaces/{SPACE}/xet-write-token/main"): self.give_upload_token,
        }
        name = path.removeprefix(f"/api/spaces/{SPACE}/")
        if request in parts:
            parts[request](body)
        elif method in ("POST", "PUT") and name in ("hardware", "sleeptime", "settings"):
            hub.settings.append((name, json.loads(body)))
            self.reply(hub.space["runtime"])
        else:
            return False
        return True

    def answer_storage(self, request: tuple[str, str], body: bytes) -> bool:
        """Answer a request to the storage of large files, through git LFS or Xet."""
        hub, (method, path) = self.server, request
        if method == "PUT" and path.startswith("/store/"):
            assert hashlib.sha256(body).hexdigest() == path.removeprefix("/store/")
            hub.stored[path.removeprefix("/store/")] = body
            self.reply()
        elif path.startswith("/v1/xorbs/"):
            assert self.headers["Authorization"] == f"Bearer {UPLOAD_TOKEN}"
            hub.xorbs += body
            self.reply({"was_inserted": True})
        elif request == ("POST", "/v1/shards"):
            self.reply({"result": 1})
        else:
            return False
        return True

    def describe_space(self, _: bytes) -> None:
        if self.server.space is None:
            error = {"error": "Repository not found"}
            return self.reply(error, 404, X_Error_Code="RepoNotFound")
        self.reply(self.server.space)

    def create(self, body: bytes) -> None:
        self.server.created = json.loads(body)
        self.reply({"url": f"{self.server.url}/spaces/{SPACE}"})

    def validate(self, body: bytes) -> None:
        content = json.loads(body)
        assert content["repoType"] == "space"
        yaml.safe_load(content["content"].split("---")[1])
        self.reply({"errors": [], "warnings": []})

    def announce(self, body: bytes) -> None:
        """Tell for each file how it is to be sent, and what the Space has of it."""
        hub, files = self.server, json.loads(body)["files"]
        for file in files:
            hub.sizes[file["path"]] = file["size"]
            assert len(base64.b64decode(file["sample"])) == min(file["size"], 512)
        answers = [
            {
                "path": file["path"],
                "shouldIgnore": False,
                "oid": hub.identity(file["path"]),
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
            }
            for file in files
        ]
        self.reply({"files": answers})

    def offer_storage(self, body: bytes) -> None:
        """Tell where each large file is to be sent."""
        content = json.loads(body)
        assert content["operation"] == "upload" and content["hash_algo"] == "sha256"
        offers = [
            {
                **each,
                "authenticated": True,
                "actions": {"upload": {"href": f"{self.server.url}/store/{each['oid']}"}},
            }
            for each in content["objects"]
        ]
        self.reply({"transfer": "basic", "objects": offers})

    def commit(self, body: bytes) -> None:
        hub, lines = self.server, [json.loads(line) for line in body.splitlines()]
        assert lines[0]["key"] == "header" and lines[0]["value"]["summary"]
        hub.committed = [line["value"]["path"] for line in lines[1:]]
        for line in lines[1:]:
            value = line["value"]
            if line["key"] == "file":
                assert value["encoding"] == "base64" and not value["path"].endswith(LARGE)
                hub.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                assert value["algo"] == "sha256" and value["path"].endswith(LARGE)
                # A file that went through Xet is known by its hash alone.
                hub.files[value["path"]] = hub.stored.get(value["oid"], value["oid"].encode())
                assert value["size"] == hub.sizes[value["path"]]
            else:
                assert line["key"] == "deletedFile"
                hub.deleted.append(value["path"])
        self.reply({"commitUrl": f"{hub.url}/spaces/{SPACE}/commit/1", "commitOid": "1" * 40})

    def give_upload_token(self, _: bytes) -> None:
        until = int(time.time()) + 3600
        self.reply({"accessToken": UPLOAD_TOKEN, "exp": until, "casUrl": self.server.url})

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except AssertionError as error:
            self.server.errors.append(f"{self.command} {self.path}: {error!r}")
            self.reply({"error": "wrong"}, 400)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer
