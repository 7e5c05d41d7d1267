"""Uploads: where they are put, what they are sent as, and what is no clip."""

from __future__ import annotations

import json
import socket
import urllib.parse
import uuid
from hashlib import sha256
from pathlib import Path

import pytest
from gradio.utils import get_hash_seed
from helpers.attacker import HTML, SVG, file, picture
from helpers.server import wait_for

from vgpnn.service.guard.shown import SHOWN_SUFFIXES

NAMES = {  # and the status of the answer
    "../../../evil.mp4": 200,
    "/etc/evil.mp4": 200,
    "..\\..\\evil.mp4": 200,
    "..": 400,
    ".": 200,
    "": 200,
    "a\0b.mp4": 200,
    "%2e%2e%2fevil.mp4": 200,
    "a/../../evil.mp4": 200,
    "x" * 5000 + ".mp4": 413,
    "~root/evil.mp4": 200,
    "$(id).mp4": 200,
    "-i.mp4": 200,
    "concat:a|b.mp4": 200,
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:24])
def test_uploads_stay_in_a_folder_of_their_own(attacker, name):
    def files_outside() -> set[Path]:
        found = attacker.server.found()
        return {path for path in found if attacker.base not in path.parents}

    before = files_outside()
    status, _, body = attacker.form("gradio_api/upload", name, uuid.uuid4().bytes)
    wait_for(lambda: files_outside() <= before, 10)  # the server compiles beside this
    assert status == NAMES[name], body
    if status == 200:
        (path,) = map(Path, json.loads(body))
        assert path.parents[1] == attacker.base / "uploads" and len(path.parent.name) == 64
        assert path.resolve() == path and path.is_file()


@pytest.mark.parametrize(
    "name",
    [
        "a.html",
        "a.HTM",
        "a.svg",
        "a.xhtml",
        "a.xml",
        "a.js",
        "a.pdf",
        "a.mp4.html",
        "a.shtml",
        "a",
        "a.css",
    ],
)
def test_web_pages_and_drawings_never_come_back(attacker, name):
    path = attacker.upload(name, HTML if "htm" in name else SVG)
    assert attacker.get(f"gradio_api/file={urllib.parse.quote(str(path))}")[0] == 403


@pytest.mark.parametrize("suffix", ["html", *(each[1:] for each in sorted(SHOWN_SUFFIXES))])
def test_nothing_that_was_uploaded_comes_back(attacker, suffix):
    """Otherwise a public page would be a place to pass files on, or to show others' pages."""
    path = attacker.upload(f"a.{suffix}", picture(9, 9))
    assert path.is_file() and attacker.get(f"gradio_api/file={path}")[0] == 403


def test_the_address_of_an_upload_does_not_follow_from_its_content(attacker):
    path = attacker.upload("a.mp4", b"known")
    assert path.parent.name not in (
        sha256(b"known").hexdigest(),
        sha256(get_hash_seed().encode() + b"known").hexdigest(),
    )


def test_two_uploads_of_the_same_file_are_two_files(attacker):
    """So that what happens to one of them does not happen to the other."""
    one, other = (attacker.upload("a.mp4", b"the same") for _ in range(2))
    assert one != other and one.is_file() and other.is_file()
    attacker.send("uploaded", attacker.values("uploaded", file=file(one)))
    assert not one.exists() and other.is_file()


def left(attacker) -> list[Path]:
    """Files that are half written, in the server's folder and in the system's."""
    return [*attacker.base.glob("uploads/tmp*"), *attacker.server.temporary.glob("tmp*")]


def test_nothing_stays_of_what_broke_off(attacker):
    before = left(attacker)
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    lines = [
        "POST /gradio_api/upload HTTP/1.1",
        "Host: a",
        "Content-Type: multipart/form-data; boundary=b",
        "Content-Length: 7000000",
    ]
    with socket.create_connection(("127.0.0.1", attacker.server.port)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + head + b"x" * 2_000_000)
        wait_for(lambda: left(attacker) != before, 20)
    wait_for(lambda: left(attacker) == before, 20)


@pytest.mark.parametrize("names", [["a.mp4", "b.mp4"], ["a.mp4"] * 999])
def test_an_upload_is_one_file(attacker, names):
    """Each file of a form would be held open."""
    before = left(attacker)
    head = '--b\r\nContent-Disposition: form-data; name="files"; filename="{}"\r\n\r\nx\r\n'
    body = "".join(map(head.format, names)) + "--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    status, _, answer = attacker.get("gradio_api/upload", body.encode(), Content_Type=kind)
    assert status == 400 and b"Too many files" in answer and left(attacker) == before


def test_a_field_of_a_form_is_short(attacker):
    """Fields are kept in memory."""
    status, _, answer = attacker.form("gradio_api/upload", "a.mp4", b"x", note="x" * 50_000)
    assert status == 400 and b"too long" in answer


# Playlists, concat scripts, pages and drawings that name other files or addresses.
SCRIPTS = {
    "playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n%s\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile '%s'\n",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='%s'/></svg>",
    "page": b"<!DOCTYPE html><img src='%s'>",
    "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM '%s'>]><a>&b;</a>",
    "dash": b"<?xml version='1.0'?><MPD><BaseURL>%s</BaseURL></MPD>",
}


@pytest.mark.parametrize("name", ["uploaded", "style_uploaded"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_no_clips(attacker, listener, script, name):
    port, callers = listener
    targets = "file:///etc/passwd", f"http://127.0.0.1:{port}/a.ts"
    for target, kind in zip(targets, ("mp4", "gif"), strict=True):
        path = attacker.upload(f"a.{kind}", SCRIPTS[script] % target.encode())
        worked, output = attacker.send(name, attacker.values(name, file=file(path)))
        shown = json.dumps(output)
        assert worked and "not a video" in shown and "<video" not in shown
        assert not path.exists()
    assert not callers
