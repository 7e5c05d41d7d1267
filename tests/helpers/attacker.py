"""Speaks HTTP by hand to the server of the page, as an attacker would."""

from __future__ import annotations

import http.client
import io
import json
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import numpy as np
from PIL import Image

Answer = tuple[int, dict, bytes]  # status, headers (names in small letters) and body
Outcome = tuple[bool, dict]  # whether an event succeeded, and what came back
HTML = b"<!DOCTYPE html><script>alert(document.domain)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SECRET = "the-secret-of-the-server"


class Attacker:
    """Sends forged values for any event of the page, in a session of its own.

    config: what the page tells a browser of itself. is_open: whether the session has been opened
    as a page opens its own. address: from where the requests come, as a proxy would say it.
    """

    def __init__(
        self, server, config: dict, is_open: bool = True, address: str | None = None
    ) -> None:
        self.server, self.config, self.session = server, config, uuid.uuid4().hex
        self.headers = {} if address is None else {"X-Forwarded-For": address}
        self.components = {each["id"]: each for each in config["components"]}
        self.events = {event["api_name"]: event for event in config["dependencies"]}
        self.heartbeat = None
        if is_open:  # as a page keeps its session open; it ends with this object
            self.heartbeat = self._open(f"gradio_api/heartbeat/{self.session}")

    @property
    def base(self) -> Path:
        """The server's base folder."""
        (folder,) = self.server.temporary.glob("vgpnn-page-*")
        return folder

    def get(self, path: str, body: bytes | None = None, **headers) -> Answer:
        """The answer to a request; a POST if there is a body."""
        try:
            answer = self._open(path, body, **headers)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            try:
                content = answer.read()
            except http.client.IncompleteRead as error:  # a stream that breaks off
                content = error.partial
            names = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, names, content

    def _open(self, path: str, body: bytes | None = None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.server.url + path, body, self.headers | named)
        return urllib.request.urlopen(request, timeout=60)

    def post(self, path: str, value) -> Answer:
        return self.get(path, json.dumps(value).encode(), Content_Type="application/json")

    def form(self, path: str, name: str, data: bytes, field="files", **fields) -> Answer:
        """Send a form with one file in it."""
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
            for k, v in fields.items()
        ]
        head = f'--b\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        body = b"".join(parts) + head.encode() + data + b"\r\n--b--\r\n"
        return self.get(path, body, Content_Type="multipart/form-data; boundary=b")

    def upload(self, name: str, data: bytes) -> Path:
        """Upload a file. Returns its path on the server."""
        status, _, body = self.form("gradio_api/upload", name, data)
        assert status == 200, body
        return Path(json.loads(body)[0])

    def kinds(self, name: str) -> list[str]:
        """The type of each input of an event."""
        return [self.components[k]["type"] for k in self.events[name]["inputs"]]

    def values(self, name: str, **by_kind) -> list:
        """The inputs of an event as a page that was just opened would send them, but other values
        for the components of some types, such as file=..."""
        defaults = [self.components[k]["props"].get("value") for k in self.events[name]["inputs"]]
        assert set(by_kind) <= set(self.kinds(name)), self.kinds(name)
        return [by_kind.get(kind, v) for kind, v in zip(self.kinds(name), defaults, strict=True)]

    def send(self, name: str, values: list, **more) -> Outcome:
        """Send an event with its inputs, and wait for the outcome."""
        event = {"data": values, "fn_index": self.events[name]["id"], "session_hash": self.session}
        status, _, body = self.post("gradio_api/queue/join", event | more)
        assert status == 200, body
        with self._open(f"gradio_api/queue/data?session_hash={self.session}") as lines:
            for line in lines:
                message = json.loads(line[5:]) if line.startswith(b"data:") else {}
                if message.get("msg") == "process_completed":
                    return message["success"], message["output"]
        raise AssertionError("no answer")

    def open_clip(self, path: Path) -> Path:
        """Upload a clip as a visitor does. Returns the path of the upload."""
        upload = self.upload(path.name, path.read_bytes())
        worked, output = self.send("uploaded", self.values("uploaded", file=file(upload)))
        assert worked, output
        return upload


def refusal(outcome: Outcome) -> str:
    """The sentence that an event was refused with; fails unless it is one."""
    worked, output = outcome
    assert not worked, output
    sentence = output["error"]
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200, sentence
    return sentence


def file(path, **more) -> dict:
    """The payload of a file."""
    return {"path": str(path), "orig_name": "clip.mp4", "meta": {"_type": "gradio.FileData"}} | more


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    """The bytes of a white picture."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((height, width, 4), 255, np.uint8)).save(buffer, kind)
    return buffer.getvalue()
