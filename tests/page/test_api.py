"""The endpoint /generate through gradio_client, as another program uses it."""

from __future__ import annotations

import json
import math
import threading
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from PIL import Image

import vgpnn
from vgpnn.page import api as endpoint
from vgpnn.presets import PRESETS

FAST = {"passes": 1, "frames": 5, "height": 64}


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


def ask(client, clip, **options):
    files, settings = client.predict(
        video=handle_file(str(clip)), api_name="/generate", **FAST | options
    )
    return [Path(f["path"] if isinstance(f, dict) else f) for f in files], settings


def test_only_the_tasks_are_public(client):
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
        "/generate",
        "/retarget",
        "/analogy",
        "/sketch",
        "/inpaint",
    }


def test_makes_as_many_files_as_asked(client, clips):
    files, settings = ask(client, clips["tiny"], samples=3, seed=5)
    assert len(files) == 3 and settings["samples"] == 3 and settings["seed"] == 5
    for path in files:
        assert vgpnn.video.read(path).frames.shape == (5, 48, 64, 3)


@pytest.mark.parametrize("alpha", [None, 0.01])
def test_same_bytes_as_the_library(client, clips, tmp_path, alpha):
    files, settings = ask(client, clips["tiny"], samples=2, seed=7, alpha=alpha)
    assert settings["alpha"] == alpha
    source = vgpnn.video.read(clips["tiny"], frames=5)
    for seed, path in zip((7, 8), files):
        made = vgpnn.generate(source, seed, PRESETS["generate"], passes=1, alpha=alpha)
        vgpnn.video.write(tmp_path / "own.mp4", made.video)
        assert path.read_bytes() == (tmp_path / "own.mp4").read_bytes()


def test_settings_make_the_same_again(client, clips):
    first, settings = ask(client, clips["tiny"], seed=3)
    settings.pop("task")
    again, _ = ask(client, clips["tiny"], **settings)
    assert again[0].read_bytes() == first[0].read_bytes()


def test_two_at_once_get_their_own(server, clips):
    got = {}

    def one(seed):
        got[seed] = ask(Client(server.url, verbose=False), clips["tiny"], seed=seed)

    threads = [threading.Thread(target=one, args=(seed,)) for seed in (11, 12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert {seed: settings["seed"] for seed, (_, settings) in got.items()} == {11: 11, 12: 12}
    assert got[11][0][0].read_bytes() != got[12][0][0].read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": -1.0},
        {"alpha": "much"},
        {"alpha": "NaN"},
        {"sigma": 1e300},
        {"samples": 0},
        {"samples": 1.5},
        {"samples": 99},
        {"seed": -1},
        {"seed": None},
        {"frames": -3},
        {"height": 10_000},
        {"start": 100.0},
        {"start": True},
        {"patch": [3, 7]},
        {"patch": [3, "7", 7]},
        {"patch": "3x7x7"},
        {"vote": "loud"},
        {"space_factor": 2.0},
        {"passes": 10**9},
        {"fps": 0},
        {"min_side": -5},
    ],
    ids=str,
)
def test_bad_values_get_one_sentence(server, client, clips, options):
    before = server.tracebacks()
    with pytest.raises(Exception) as caught:
        ask(client, clips["tiny"], **options)
    said = str(caught.value)
    assert said.endswith(".") and "\n" not in said and len(said) < 200, said
    assert server.tracebacks() == before


@pytest.mark.parametrize(
    "name, value", [("start", math.nan), ("alpha", math.nan), ("sigma", -math.inf)]
)
def test_nan_gets_one_sentence(server, client, clips, name, value):
    """gradio_client cannot send NaN; a program that writes its own JSON can."""
    sent = client.submit(video=handle_file(str(clips["tiny"])), api_name="/generate", **FAST)
    sent.result()
    uploaded = max(server.temporary.rglob("tiny.mp4"), key=lambda p: p.stat().st_mtime)
    given = {"video": {"path": str(uploaded), "meta": {"_type": "gradio.FileData"}}, **FAST}
    data = [
        value if p.name == name else given.get(p.name, p.default)
        for p in endpoint.generate.__signature__.parameters.values()
        if p.name != "sent"
    ]
    body = json.dumps({"data": data, "fn_index": None, "session_hash": "nan-test"}).encode()
    post = urllib.request.Request(
        server.url + "gradio_api/run/generate", body, {"Content-Type": "application/json"}
    )
    before = server.tracebacks()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(post, timeout=60)
    assert "must be a number from" in caught.value.read().decode()
    assert server.tracebacks() == before


def run(client, task, clip, **options):
    files, settings = client.predict(
        video=handle_file(str(clip)), api_name=f"/{task}", frames=5, height=64, **options
    )
    (file,) = files
    return Path(file["path"] if isinstance(file, dict) else file), settings


def test_retarget_makes_the_size_asked_for(client, clips):
    path, settings = run(client, "retarget", clips["tiny"], width_scale=1.5, duration_scale=2.0)
    assert vgpnn.video.read(path).frames.shape == (10, 48, 96, 3)
    assert settings["width_scale"] == 1.5 and settings["task"] == "retarget"


@pytest.mark.parametrize("task", ["analogy", "sketch"])
def test_analogy_has_the_size_of_the_layout(client, clips, task):
    style = handle_file(str(clips["slow"]))
    path, settings = run(client, task, clips["tiny"], style=style)
    assert vgpnn.video.read(path).frames.shape == (5, 48, 64, 3)
    assert settings["min_side"] == vgpnn.PRESETS[task].min_side


def test_inpaint_keeps_what_is_not_painted(client, clips, tmp_path):
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20:28, 30:38] = 255
    Image.fromarray(layer).save(tmp_path / "cue.png")
    cue = handle_file(str(tmp_path / "cue.png"))
    path, _ = run(client, "inpaint", clips["tiny"], cues=cue, first=1, last=3)
    made, source = vgpnn.video.read(path).frames, vgpnn.video.read(clips["tiny"]).frames
    assert (made - source)[:, :, :16].abs().mean() < 0.03


@pytest.mark.parametrize(
    ("task", "options", "says"),
    [
        ("retarget", {"width_scale": 9.0}, "width_scale must be"),
        ("retarget", {"duration_scale": 0.0}, "duration_scale must be"),
        ("analogy", {"style": "still"}, "Nothing moves"),
        ("analogy", {"style": "short"}, "smaller than a patch"),
        ("inpaint", {"cues": "empty"}, "Nothing is painted"),
        ("inpaint", {"cues": "full"}, "paint less"),
        ("inpaint", {"cues": "full", "first": 3, "last": 1}, "swap the two frames"),
        ("inpaint", {"cues": "full", "key": "green"}, "hexadecimal"),
        ("inpaint", {"cues": "text"}, "."),
    ],
    ids=str,
)
def test_bad_tasks_get_one_sentence(server, client, clips, tmp_path, task, options, says):
    still = torch.rand(1, 48, 64, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for name, frames in (("still", 5), ("short", 2)):
        vgpnn.video.write(tmp_path / f"{name}.mp4", still.expand(frames, -1, -1, -1), 10)
    for name, alpha in (("empty", 0), ("full", 255)):
        Image.fromarray(np.full((48, 64, 4), alpha, np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "text.png").write_text("no picture")
    files = {path.stem: path for path in tmp_path.iterdir()}
    options = {k: handle_file(str(files[v])) if v in files else v for k, v in options.items()}
    before = server.tracebacks()
    with pytest.raises(Exception) as caught:
        run(client, task, clips["tiny"], **options)
    said = str(caught.value)
    assert says in said and said.endswith(".") and "\n" not in said
    assert server.tracebacks() == before


def test_bad_files_get_one_sentence(server, client, clips, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video\n" * 99)
    with pytest.raises(Exception, match=r"\.$"):
        ask(client, path)
    assert not list(server.temporary.rglob("notes.mp4"))
    with pytest.raises(Exception, match="handle_file"):
        client.predict(video={"path": "/etc/hostname"}, api_name="/generate")
    assert ask(client, clips["tiny"])[0]
