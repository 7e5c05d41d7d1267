"""The examples in docs/api.md do what they say, on a server of the tests."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import vgpnn

DOCUMENT = Path(__file__).parents[1] / "docs" / "api.md"
ADDRESS = "http://127.0.0.1:7860"
PART = {"quality": "fast", "seed": 7, "frames": 5}  # the clip of the tests has no more


def blocks(language: str) -> list[str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path, monkeypatch, clips) -> Path:
    """A folder to work in, with a clip."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").write_bytes(clips["tiny"].read_bytes())
    return tmp_path


@pytest.fixture(scope="module")
def expected(clips, tmp_path_factory) -> bytes:
    """The take that all examples ask for."""
    path = tmp_path_factory.mktemp("expected") / "take.mp4"
    settings = vgpnn.preset("generate", "fast")
    vgpnn.video.write(path, vgpnn.generate(vgpnn.video.read(clips["tiny"]), 7, settings).video)
    return path.read_bytes()


def run(code: str, server) -> dict:
    """Run Python code of the document, in a thread that no browser has an event loop in.
    Returns its names."""
    names: dict = {"__name__": "__main__"}
    here = code.replace(ADDRESS, server.url[:-1])
    with ThreadPoolExecutor(1) as thread:
        thread.submit(exec, here, names).result(120)
    return names


def test_the_examples_are_these():
    assert (len(blocks("python")), len(blocks("sh")), len(blocks("js"))) == (2, 1, 1)


def test_python(server, here, expected):
    made = run(blocks("python")[0], server)
    first, again = ([Path(path).read_bytes() for path in made[name]] for name in ("files", "again"))
    assert again[0] == expected and len(again) == 2 and len(first) == len(made["best"]) == 2
    assert vgpnn.video.read(made["wide"][0]).shape == (5, 48, 96)
    assert len(made["videos"]) == len(made["drafts"]) == 6


def test_curl(server, here, expected):
    script = blocks("sh")[0].replace(ADDRESS, server.url[:-1])
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True, timeout=120)
    assert (here / "take.mp4").read_bytes() == expected
    assert "event: complete" in (here / "events.txt").read_text()


def test_javascript(server, here, expected, browser):
    page = browser.new_page()
    page.goto(f"{server.url}gradio_api/info")  # any page of the same address
    bytes_of_clip = [*(here / "clip.mp4").read_bytes()]
    page.add_script_tag(content=blocks("js")[0])
    use = """async ([clip, options]) =>
        generate(location.origin, new Blob([new Uint8Array(clip)]), options)"""
    made = page.evaluate(use, [bytes_of_clip, PART])
    assert made["settings"]["seed"] == 7
    assert page.request.get(made["files"][0]).body() == expected
    for options, sentence in (
        ({"frames": "many"}, "The number of frames must be a whole number"),
        ({"passes": 1}, "There is no such endpoint or argument"),
    ):
        refused = f"args => ({use})(args).catch(error => error.message)"
        assert sentence in page.evaluate(refused, [bytes_of_clip, options])
    page.close()


def test_an_agent(server, here, expected, capsys):
    run(blocks("python")[1], server)
    assert (here / "made.mp4").read_bytes() == expected
    assert "'generate', 'drafts', 'finish'" in capsys.readouterr().out
