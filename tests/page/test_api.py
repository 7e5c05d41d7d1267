"""The endpoints through gradio_client, as another program uses them."""

from __future__ import annotations

import inspect
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
from gradio_client.exceptions import AppError
from PIL import Image

import vgpnn
from vgpnn.page import api
from vgpnn.page.endpoint import PART
from vgpnn.presets import PRESETS
from vgpnn.settings import SETTINGS

FAST = {"passes": 1, "frames": 5, "height": 64}
TASK_ARGUMENTS = {
    "generate": ["video", "samples", "drafts"],
    "drafts": ["video", "count", "skip", "like"],
    "finish": ["video", "drafts"],
    "retarget": ["video", "width_scale", "height_scale", "duration_scale", "loop"],
    "analogy": ["video", "style"],
    "sketch": ["video", "style"],
    "inpaint": ["video", "cues", "first", "last", "key", "remove", "margin"],
}


@pytest.fixture(scope="module")
def client(server):
    return Client(server.url, verbose=False)


def generate(client, clip, **options) -> tuple[list[Path], dict]:
    """The files and the settings that /generate returns for a clip."""
    files, settings = client.predict(
        video=handle_file(str(clip)), api_name="/generate", **FAST | options
    )
    return [Path(f["path"] if isinstance(f, dict) else f) for f in files], settings


def make(client, task, clip, **options) -> tuple[Path, dict]:
    """The one file and the settings that the endpoint of a task returns for a clip."""
    files, settings = client.predict(
        video=handle_file(str(clip)), api_name=f"/{task}", frames=5, height=64, **options
    )
    (file,) = files
    return Path(file["path"] if isinstance(file, dict) else file), settings


def test_results_in_full_have_the_size_and_the_rate_of_the_video(client, clips):
    (file,), settings = generate(client, clips["slow"], samples=1, fps=5, size="full")
    info = vgpnn.video.probe(file)
    assert (info.height, info.width, info.frames, info.fps) == (240, 320, 10, 10)
    assert settings["size"] == "full"


def test_the_tasks_and_nothing_else_are_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {f"/{task}" for task in TASK_ARGUMENTS}


@pytest.mark.parametrize("task", TASK_ARGUMENTS)
def test_arguments_keep_their_names_and_their_order(client, task):
    endpoint = client.view_api(return_format="dict")["named_endpoints"][f"/{task}"]
    names = [parameter["parameter_name"] for parameter in endpoint["parameters"]]
    assert names == [*TASK_ARGUMENTS[task], *PART, *SETTINGS]
    required = [
        p["parameter_name"] for p in endpoint["parameters"] if not p["parameter_has_default"]
    ]
    always = {"video", "style", "cues"} | ({"drafts"} if task == "finish" else set())
    assert required == [name for name in TASK_ARGUMENTS[task] if name in always]


def test_there_are_as_many_files_as_samples(client, clips):
    files, settings = generate(client, clips["tiny"], samples=3, seed=5)
    assert len(files) == 3 and settings["samples"] == 3 and settings["seed"] == 5
    for path in files:
        assert vgpnn.video.read(path).shape == (5, 48, 64)


@pytest.mark.parametrize("alpha", [None, 0.01])
def test_the_bytes_are_those_of_the_library(client, clips, tmp_path, alpha):
    files, settings = generate(client, clips["tiny"], samples=2, seed=7, alpha=alpha)
    assert settings["alpha"] == alpha
    source = vgpnn.video.read(clips["tiny"], frames=5)
    changes = {"passes": 1, "alpha": alpha}
    results = vgpnn.generate_batch(source, (7, 8), PRESETS["generate"], **changes)
    for result, path in zip(results, files, strict=True):
        vgpnn.video.write(tmp_path / "expected.mp4", result.video)
        assert path.read_bytes() == (tmp_path / "expected.mp4").read_bytes()


def test_the_settings_make_the_same_again(client, clips):
    first, settings = generate(client, clips["tiny"], seed=3)
    settings.pop("task")
    assert settings.keys() <= inspect.signature(api.generate).parameters.keys()
    again, _ = generate(client, clips["tiny"], **settings)
    assert again[0].read_bytes() == first[0].read_bytes()


def test_drafts_are_offered_and_those_that_are_chosen_are_finished(client, clips):
    clip = {"video": handle_file(str(clips["tiny"])), "seed": 5, **FAST}
    videos, offer = client.predict(**clip, count=3, api_name="/drafts")
    assert len(videos) == len(offer["drafts"]) == len(offer["scores"]) == 3
    assert [each["draft"] for each in offer["scores"]] == offer["drafts"]
    others = client.predict(**clip, count=2, skip=3, api_name="/drafts")[1]["drafts"]
    assert not set(others) & set(offer["drafts"])
    like = client.predict(**clip, count=1, like=offer["drafts"][0], api_name="/drafts")[1]["drafts"]
    assert like[0].startswith(offer["drafts"][0] + ".")
    chosen = [offer["drafts"][2], like[0]]
    results, settings = client.predict(**clip, drafts=chosen, api_name="/finish")
    assert settings["drafts"] == chosen and settings["samples"] == len(results) == 2
    for file, name in zip(results, chosen, strict=True):
        video = vgpnn.video.read(clips["tiny"], frames=5, height=64)
        settings_of = PRESETS["generate"].with_changes(passes=1)
        result = vgpnn.generate(video, 5, settings_of, draft=name)
        path = file["path"] if isinstance(file, dict) else file
        shown = vgpnn.video.read(path).codes.float() - result.video.codes.float()
        assert shown.abs().mean() < 3  # of 255, from H.264


@pytest.mark.parametrize(
    ("endpoint", "options"),
    [
        ("finish", {"drafts": ["no"]}),
        ("finish", {"drafts": []}),
        ("finish", {"drafts": ["1"] * 25}),
        ("finish", {"drafts": None}),
        ("finish", {"drafts": [".".join("1" * 9)]}),
        ("drafts", {"like": ".".join("1" * 8000)}),
        ("finish", {"drafts": "1"}),
        ("finish", {"drafts": ["1"], "layout": "noise"}),
        ("generate", {"drafts": [["1"]]}),
        ("drafts", {"count": 25}),
        ("drafts", {"count": 0}),
        ("drafts", {"skip": -1}),
        ("drafts", {"like": "x"}),
        ("drafts", {"layout": "noise"}),
    ],
    ids=str,
)
def test_drafts_that_are_none_get_one_sentence(server, client, clips, endpoint, options):
    clip = {"video": handle_file(str(clips["tiny"])), **FAST}
    with pytest.raises(AppError, match=r"^[^\n]*\.$"):
        client.predict(**clip | options, api_name=f"/{endpoint}")
    assert server.tracebacks() == 0


def test_two_clients_at_once_get_their_own_results(server, clips):
    results = {}

    def run(seed):
        results[seed] = generate(Client(server.url, verbose=False), clips["tiny"], seed=seed)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in (11, 12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    seeds = {seed: settings["seed"] for seed, (_, settings) in results.items()}
    assert seeds == {11: 11, 12: 12}
    assert results[11][0][0].read_bytes() != results[12][0][0].read_bytes()


@pytest.mark.parametrize(
    ("options", "beginning"),
    [
        ({"alpha": -1.0}, "alpha must be a number from 0.000001 to 100"),
        ({"alpha": "much"}, "alpha must be a number"),
        ({"alpha": "NaN"}, "alpha must be a number"),
        ({"sigma": 1e300}, "sigma must be a number from 0 to 20"),
        ({"samples": 0}, "The number of samples must be a whole number from 1 to 6"),
        ({"samples": 1.5}, "The number of samples must be a whole number"),
        ({"samples": 99}, "The number of samples must be a whole number"),
        ({"seed": -1}, "The seed must be a whole number from 0"),
        ({"seed": None}, "The seed must be a whole number"),
        ({"frames": -3}, "The number of frames must be a whole number from 1 to 120"),
        ({"height": 10_000}, "The working height [px] must be a whole number from 64 to 720"),
        ({"start": 100.0}, "The start is 100 s, but the clip ends at 0.5 s"),
        ({"start": True}, "The start [s] must be a number"),
        ({"patch": [3, 7]}, "patch must be three whole numbers from 1 to 15"),
        ({"patch": [3, "7", 7]}, "each side of patch must be a whole number"),
        ({"patch": "3x7x7"}, "patch must be three whole numbers"),
        ({"vote": "loud"}, "vote must be one of 'median', 'mean', 'weighted'"),
        ({"space_factor": 2.0}, "space_factor must be a number from 0.5 to 0.95"),
        ({"passes": 10**9}, "passes must be a whole number from 1 to 20"),
        ({"fps": 0}, "The frame rate must be a number from 1 to 240"),
        ({"min_side": -5}, "min_side must be a whole number from 1 to 1000"),
    ],
    ids=str,
)
def test_a_bad_value_gets_one_sentence(server, client, clips, options, beginning):
    before = server.tracebacks()
    with pytest.raises(AppError) as caught:
        generate(client, clips["tiny"], **options)
    sentence = str(caught.value)
    assert sentence.startswith(beginning)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200
    assert server.tracebacks() == before


@pytest.mark.parametrize(
    "name, value", [("start", math.nan), ("alpha", math.nan), ("sigma", -math.inf)]
)
def test_nan_gets_one_sentence(server, client, clips, name, value):
    """gradio_client cannot send NaN; a program that writes its own JSON can."""
    generate(client, clips["tiny"])
    upload = max(server.found("tiny.mp4"), key=lambda path: path.stat().st_mtime)
    arguments = {"video": {"path": str(upload), "meta": {"_type": "gradio.FileData"}}, **FAST}
    data = [
        value if parameter.name == name else arguments.get(parameter.name, parameter.default)
        for parameter in inspect.signature(api.generate).parameters.values()
        if parameter.name != "gradio_request"
    ]
    body, kind = json.dumps({"data": data}).encode(), {"Content-Type": "application/json"}
    before = server.tracebacks()
    address = f"{server.url}gradio_api/call/generate"
    with urllib.request.urlopen(urllib.request.Request(address, body, kind), timeout=60) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}/{event}", timeout=60) as answer:
        assert "must be a number from" in answer.read().decode()
    assert server.tracebacks() == before


def test_retarget_makes_the_wanted_size(client, clips):
    path, settings = make(client, "retarget", clips["tiny"], width_scale=1.5, duration_scale=2.0)
    assert vgpnn.video.read(path).shape == (10, 48, 96)
    assert settings["width_scale"] == 1.5 and settings["task"] == "retarget"


@pytest.mark.parametrize("task", ["analogy", "sketch"])
def test_an_analogy_has_the_size_of_its_layout(client, clips, task):
    style = handle_file(str(clips["slow"]))
    path, settings = make(client, task, clips["tiny"], style=style)
    assert vgpnn.video.read(path).shape == (5, 48, 64)
    assert settings["min_side"] == PRESETS[task].min_side


def test_inpaint_keeps_what_is_not_painted(client, clips, tmp_path):
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20:28, 30:38] = 255
    Image.fromarray(layer).save(tmp_path / "cue.png")
    cue = handle_file(str(tmp_path / "cue.png"))
    path, _ = make(client, "inpaint", clips["tiny"], cues=cue, first=1, last=3)
    result, source = vgpnn.video.read(path).frames, vgpnn.video.read(clips["tiny"]).frames
    assert (result - source)[:, :, :16].abs().mean() < 0.03  # what encoding changes
    assert (result - source)[2, 20:28, 30:38].abs().mean() > 0.1


@pytest.mark.parametrize(
    ("task", "options", "words"),
    [
        ("retarget", {"width_scale": 9.0}, "width_scale must be"),
        ("retarget", {"duration_scale": 0.0}, "duration_scale must be"),
        ("analogy", {"style": "still"}, "Nothing moves"),
        ("analogy", {"style": "short"}, "smaller than a patch"),
        ("inpaint", {"cues": "empty"}, "Nothing is painted"),
        ("inpaint", {"cues": "nearly"}, "paint less"),
        ("inpaint", {"cues": "full"}, "see-through"),
        ("inpaint", {"cues": "photo"}, "is a JPEG: save it as PNG"),
        ("inpaint", {"cues": "square"}, "another shape"),
        ("inpaint", {"cues": "full", "first": 3, "last": 1}, "swap the two frames"),
        ("inpaint", {"cues": "full", "key": "green"}, "hexadecimal"),
        ("inpaint", {"cues": "text"}, "not a video"),
    ],
    ids=str,
)
def test_what_a_task_cannot_use_gets_one_sentence(
    server, client, clips, tmp_path, task, options, words
):
    still = torch.rand(1, 48, 64, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for name, frames in (("still", 5), ("short", 2)):
        vgpnn.video.write(tmp_path / f"{name}.mp4", still.expand(frames, -1, -1, -1), 10)
    for name, alpha in (("empty", 0), ("full", 255)):
        Image.fromarray(np.full((48, 64, 4), alpha, np.uint8)).save(tmp_path / f"{name}.png")
    nearly = np.full((48, 64, 4), 255, np.uint8)
    nearly[0, 0] = 0
    Image.fromarray(nearly).save(tmp_path / "nearly.png")
    Image.fromarray(nearly[..., :3]).save(tmp_path / "photo.jpg")
    Image.fromarray(nearly[:, :48]).save(tmp_path / "square.png")
    (tmp_path / "text.png").write_text("no picture")
    files = {path.stem: path for path in tmp_path.iterdir()}
    options = {k: handle_file(str(files[v])) if v in files else v for k, v in options.items()}
    before = server.tracebacks()
    with pytest.raises(AppError) as caught:
        make(client, task, clips["tiny"], **options)
    sentence = str(caught.value)
    assert words in sentence and sentence.endswith(".") and "\n" not in sentence
    assert server.tracebacks() == before


def test_a_file_that_is_no_video_is_refused_and_removed(server, client, clips, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_text("not a video\n" * 99)
    with pytest.raises(AppError, match=r"not a video.*\.$"):
        generate(client, path)
    assert not server.found("notes.mp4")
    assert generate(client, clips["tiny"])[0]


def test_a_file_of_the_server_is_no_upload(client):
    with pytest.raises(AppError, match="handle_file"):
        client.predict(video={"path": "/etc/hostname"}, api_name="/generate")
