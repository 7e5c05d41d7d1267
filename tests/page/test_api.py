"""The endpoints through gradio_client, as another program uses them."""

from __future__ import annotations

import inspect
import json
import math
import threading
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from helpers.clips import clip
from helpers.sounds import streams_of
from PIL import Image

import vgpnn
from vgpnn.page import api
from vgpnn.presets import PRESETS, preset
from vgpnn.settings import SETTINGS

FAST = {"frames": 5, "height": 64, "settings": {"passes": 1}}
PART = ["start", "frames", "height", "fps", "size", "sound"]
MARKS = ["more", "less", "none", "marked_on", "alike", "words"]
KEPT = [*MARKS[:3], "keep", *MARKS[3:]]  # of Generate, which can keep what is marked
# What matters most, what all have, and what comes after that.
ARGUMENTS = {
    "generate": [
        *("video", "quality", "difference", "seed", "takes", *PART),
        *("drafts", *KEPT, "settings"),
    ],
    "drafts": [
        *("video", "count", "quality", "difference", "seed", *PART),
        *("skip", "like", "sorted_by", *KEPT, "settings"),
    ],
    "finish": ["video", "drafts", "quality", "difference", "seed", *PART, *KEPT, "settings"],
    "retarget": [
        *("video", "width_scale", "height_scale", "duration_scale", "loop", "quality", "seed"),
        *(*PART, "takes", *MARKS, "settings"),
    ],
    "extend": [
        *("video", "aspect", "quality", "seed", "takes", *PART),
        *("left", "right", "top", "bottom", "from_above", "settings"),
    ],
    "go_on": ["video", "longer", "quality", "seed", *PART, "settings"],
    "tile": ["video", "axes", "time", "quality", "seed", *PART, "settings"],
    "analogy": ["video", "style", "quality", "seed", *PART, *MARKS, "settings"],
    "sketch": ["video", "style", "quality", "seed", *PART, *MARKS, "settings"],
    "inpaint": [
        *("video", "cues", "quality", "seed", *PART),
        *("first", "last", "key", "remove", "margin", "follow", "painted_on", "settings"),
    ],
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


def without_size(settings: dict) -> dict:
    """Arguments without those that `make` has."""
    return {name: settings[name] for name in settings if name not in ("frames", "height")}


def test_results_in_full_have_the_size_and_the_rate_of_the_video(client, tmp_path):
    path = tmp_path / "large.mp4"
    vgpnn.video.write(path, clip(24, 96, 128))
    (file,), settings = generate(client, path, fps=5, size="full")
    info = vgpnn.video.probe(file)
    assert (info.height, info.width, info.frames, info.fps) == (96, 128, 10, 10)
    assert settings["size"] == "full"


def test_the_tasks_and_nothing_else_are_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {f"/{task}" for task in ARGUMENTS}


@pytest.mark.parametrize("task", ARGUMENTS)
def test_arguments_keep_their_names_and_their_order(client, task):
    endpoint = client.view_api(return_format="dict")["named_endpoints"][f"/{task}"]
    names = [parameter["parameter_name"] for parameter in endpoint["parameters"]]
    assert names == ARGUMENTS[task]
    changes = endpoint["parameters"][-1]["type"]["oneOf"][1]
    assert [*changes["properties"]] == [*SETTINGS]
    required = [
        p["parameter_name"] for p in endpoint["parameters"] if not p["parameter_has_default"]
    ]
    always = {"video", "style", "cues"} | ({"drafts"} if task == "finish" else set())
    assert required == [name for name in ARGUMENTS[task] if name in always]


def test_there_are_as_many_files_as_takes(client, clips):
    files, settings = generate(client, clips["tiny"], takes=3, seed=5)
    assert len(files) == 3 and settings["takes"] == 3 and settings["seed"] == 5
    for path in files:
        assert vgpnn.video.read(path).shape == (5, 48, 64)


@pytest.mark.parametrize("alpha", [None, 0.01])
def test_the_bytes_are_those_of_the_library(client, clips, tmp_path, alpha):
    changes = {"passes": 1, "alpha": alpha}
    files, settings = generate(client, clips["tiny"], takes=2, seed=7, settings=changes)
    assert settings["settings"]["alpha"] == alpha
    source = vgpnn.video.read(clips["tiny"], frames=5)
    results = vgpnn.generate_batch(source, (7, 8), PRESETS["generate"], **changes)
    for result, path in zip(results, files, strict=True):
        vgpnn.video.write(tmp_path / "expected.mp4", result.video)
        assert path.read_bytes() == (tmp_path / "expected.mp4").read_bytes()


def test_the_settings_make_the_same_again(client, clips):
    first, settings = generate(client, clips["tiny"], seed=3, quality="fast", difference=0.8)
    expected = preset("generate", "fast", 0.8)
    assert settings["settings"] == json.loads(json.dumps(asdict(expected.with_changes(passes=1))))
    again, same = generate(client, clips["tiny"], **settings)
    assert again[0].read_bytes() == first[0].read_bytes() and same == settings


def test_drafts_are_offered_and_those_that_are_chosen_are_finished(client, clips):
    clip = {"video": handle_file(str(clips["tiny"])), "seed": 5, **FAST}
    videos, offer, settings = client.predict(**clip, count=3, api_name="/drafts")
    assert len(videos) == len(offer) == settings["count"] == 3
    names = [each["draft"] for each in offer]
    assert all(each["error"] > 0 and each["change"] > 0 for each in offer)
    others = {"skip": 3, "count": 2}
    _, others, _ = client.predict(**{**clip, **settings, **others}, api_name="/drafts")
    assert not {each["draft"] for each in others} & set(names)
    _, (like,), settings = client.predict(**clip, count=1, like=names[0], api_name="/drafts")
    assert like["draft"].startswith(names[0] + ".")
    _, again, same = client.predict(video=clip["video"], **settings, api_name="/drafts")
    assert again == [like] and same == settings
    chosen = [names[2], like["draft"]]
    results, settings = client.predict(**clip, drafts=chosen, api_name="/finish")
    assert settings["drafts"] == chosen and len(results) == 2
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
        ("finish", {"drafts": ["1"], "settings": {"layout": "noise"}}),
        ("generate", {"drafts": [["1"]]}),
        ("drafts", {"count": 25}),
        ("drafts", {"count": 0}),
        ("drafts", {"skip": -1}),
        ("drafts", {"like": "x"}),
        ("drafts", {"settings": {"layout": "noise"}}),
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
        ({"settings": {"alpha": -1.0}}, "alpha must be a number from 0.000001 to 100"),
        ({"settings": {"alpha": "much"}}, "alpha must be a number"),
        ({"settings": {"alpha": "NaN"}}, "alpha must be a number"),
        ({"settings": {"sigma": 1e300}}, "sigma must be a number from 0 to 20"),
        ({"takes": 0}, "The number of takes must be a whole number from 1 to 6"),
        ({"takes": 1.5}, "The number of takes must be a whole number"),
        ({"takes": 99}, "The number of takes must be a whole number"),
        ({"seed": -1}, "The seed must be a whole number from 0"),
        ({"seed": None}, "The seed must be a whole number"),
        ({"frames": -3}, "The number of frames must be a whole number from 1 to 120"),
        ({"height": 10_000}, "The working height [px] must be a whole number from 64 to 720"),
        ({"start": 100.0}, "The start is 100 s, but the clip ends at 0.5 s"),
        ({"start": True}, "The start [s] must be a number"),
        ({"settings": {"patch": [3, 7]}}, "patch must be three whole numbers from 1 to 15"),
        ({"settings": {"patch": [3, "7", 7]}}, "each side of patch must be a whole number"),
        ({"settings": {"patch": "3x7x7"}}, "patch must be three whole numbers"),
        ({"settings": {"vote": "loud"}}, "vote must be one of 'median', 'mean', 'weighted'"),
        ({"settings": {"space_factor": 2.0}}, "space_factor must be a number from 0.5 to 0.95"),
        ({"settings": {"passes": 10**9}}, "passes must be a whole number from 1 to 20"),
        ({"fps": 0}, "The frame rate must be a number from 1 to 240"),
        ({"settings": {"min_side": -5}}, "min_side must be a whole number from 1 to 1000"),
        ({"settings": {"pases": 2}}, "There is no setting 'pases': the nearest is passes."),
        ({"settings": {"seed": 2}}, "seed is an argument of its own: give it beside settings."),
        ({"settings": {"video": 2}}, "video is an argument of its own: give it beside settings."),
        ({"settings": [2]}, "settings must be a dictionary such as"),
        ({"settings": "passes"}, "settings must be a dictionary such as"),
        ({"quality": "good"}, "quality must be one of 'fast', 'balanced', 'best', not 'good'"),
        ({"quality": None}, "quality must be one of"),
        ({"difference": 1.5}, "difference must be a number from 0 to 1, not 1.5"),
        ({"difference": "much"}, "difference must be a number from 0 to 1"),
        ({"size": "huge"}, "size must be one of 'working', 'full'"),
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
    "name, value",
    [("start", math.nan), ("difference", math.nan), ("settings", {"sigma": -math.inf})],
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
    assert settings["width_scale"] == 1.5
    again, same = make(client, "retarget", clips["tiny"], **without_size(settings))
    assert again.read_bytes() == path.read_bytes() and same == settings


def test_a_clip_that_stays_goes_on_around_it_or_after_it(client, clips):
    path, settings = make(client, "extend", clips["tiny"], aspect="16:9", takes=1)
    assert vgpnn.video.read(path).shape == (5, 48, 86) and settings["takes"] == 1
    again, _ = make(client, "extend", clips["tiny"], **without_size(settings))
    assert again.read_bytes() == path.read_bytes()
    path, _ = make(client, "go_on", clips["tiny"], longer=0.6)
    assert vgpnn.video.read(path).shape == (8, 48, 64)


def test_a_tile_is_made_again_from_its_settings(client, clips):
    path, settings = make(client, "tile", clips["tiny"], axes="x", time=True)
    codes = vgpnn.video.read(path).codes
    assert tuple(codes.shape[:3]) == (5, 48, 64) and settings["axes"] == "x" and settings["time"]
    again, _ = make(client, "tile", clips["tiny"], **without_size(settings))
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("task", ["analogy", "sketch"])
def test_an_analogy_has_the_size_of_its_layout(client, clips, task):
    style = handle_file(str(clips["slow"]))
    path, settings = make(client, task, clips["tiny"], style=style)
    assert vgpnn.video.read(path).shape == (5, 48, 64)
    assert settings["settings"]["min_side"] == PRESETS[task].min_side
    again, same = make(client, task, clips["tiny"], style=style, **without_size(settings))
    assert again.read_bytes() == path.read_bytes() and same == settings


def test_inpaint_keeps_what_is_not_painted(client, clips, tmp_path):
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20:28, 30:38] = 255
    Image.fromarray(layer).save(tmp_path / "cue.png")
    cue = handle_file(str(tmp_path / "cue.png"))
    colours = {"key": "#112233", "remove": "#00ff00"}
    path, settings = make(client, "inpaint", clips["tiny"], cues=cue, first=1, last=3, **colours)
    again, same = make(client, "inpaint", clips["tiny"], cues=cue, **without_size(settings))
    assert again.read_bytes() == path.read_bytes() and colours.items() <= same.items()
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


def test_the_sound_is_kept_unless_it_is_switched_off(client, clips):
    (kept,), settings = generate(client, clips["heard"], frames=6, fps=6)
    assert streams_of(kept) == ["h264", "aac"] and "sound" not in settings
    (silent,), settings = generate(client, clips["heard"], sound=False)
    assert streams_of(silent) == ["h264"] and settings["sound"] is False


def test_what_is_kept_stays_in_every_take(client, clips, tmp_path):
    """Files are coded, so that what stays is only about the same."""
    mask = np.zeros((48, 64), np.uint8)
    mask[4:20, 40:60] = 255
    Image.fromarray(mask).save(tmp_path / "keep.png")
    source = vgpnn.video.read(clips["tiny"], height=48).codes.int()
    off = []
    for marks in ({}, {"keep": handle_file(str(tmp_path / "keep.png"))}):
        (file,), _ = generate(client, clips["tiny"], seed=4, **marks)
        take = vgpnn.video.read(file).codes.int()
        off.append((take - source[: len(take)])[:, 6:18, 42:58].abs().float().mean().item())
    assert off[1] < 6 < off[0]


def test_what_is_marked_as_none_is_in_no_take(client, clips, tmp_path):
    """The left fifth of every frame is marked, and nothing that is like it."""
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :13] = 255
    Image.fromarray(mask).save(tmp_path / "none.png")
    marks = {"none": handle_file(str(tmp_path / "none.png")), "alike": False}
    plain, _ = generate(client, clips["tiny"], seed=4)
    found, settings = generate(client, clips["tiny"], seed=4, **marks)
    again, _ = generate(client, clips["tiny"], seed=4, **marks)
    codes = [vgpnn.video.read(file).codes for (file,) in (plain, found, again)]
    assert torch.equal(codes[1], codes[2]) and not torch.equal(codes[0], codes[1])
    assert settings["alike"] is False and "marks" not in settings
