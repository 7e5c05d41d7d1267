"""Recipes come back from their files as they were, and are only used for the files they name."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

import vgpnn
from vgpnn import recipe
from vgpnn.presets import EARLIER, PRESETS, TASK_PRESETS
from vgpnn.recipe import Recipe, Take, check_files, from_json, sha256_of, to_json
from vgpnn.tasks.paint import Paint

PAINT = {"first": 1, "last": 4, "margin": 0.25, "remove": (255, 0, 255), "follow": True}


def recipe_for(task: str = "generate", **changes) -> Recipe:
    preset, more = TASK_PRESETS[task], {}
    if preset == "retarget":
        more["options"] = {"width_scale": 1.5, "loop": True}
    if preset in ("analogy", "sketch"):
        more["style"] = "b" * 64
    if preset == "inpaint":
        picture = np.random.default_rng(0).integers(0, 256, (9, 7, 4), np.uint8)
        more |= {"options": PAINT, "paint": Paint.of({3: picture, 0: picture[::-1]})}
    known = {
        "version": "0.2.0",
        "task": task,
        "clip": "a" * 64,
        "start": 0.5,
        "frames": 5,
        "height": 64,
        "fps": 7.5,
        "takes": (Take(7, "3.1"), Take(7, "17", full=True)),
        "settings": PRESETS[preset].with_changes(passes=2, alpha=None),
    }
    return Recipe(**known | more | changes)


@pytest.mark.parametrize("task", TASK_PRESETS)
def test_a_recipe_comes_back_from_its_file(task):
    known = recipe_for(task)
    text = to_json(known)
    assert from_json(text) == known and to_json(from_json(text)) == text
    entries = json.loads(text)
    assert entries["vgpnn"] == 1 and entries["version"] == "0.2.0"
    assert ("paint" in entries) == (task == "inpaint")
    if task == "inpaint":
        again = from_json(text).paint
        assert (again[3] == known.paint[3]).all() and (again[0] == known.paint[0]).all()


@pytest.mark.parametrize("task", ["generate", "retime", "analogy"])
def test_marks_come_back_and_earlier_versions_refuse_them(task):
    marks = Paint.of({2: np.full((9, 7, 4), 255, np.uint8)})
    known = recipe_for(task, marks=marks, options={"alike": False})
    text = to_json(known)
    again = from_json(text)
    assert again == known and again.marks == marks and json.loads(text)["vgpnn"] == 2


def test_the_switch_of_sound_comes_back_and_earlier_recipes_have_none():
    assert from_json(to_json(recipe_for(sound=True))).sound is True
    entries = json.loads(to_json(recipe_for(sound=True)))
    del entries["sound"]
    assert from_json(json.dumps(entries)).sound is False


@pytest.mark.parametrize("name", EARLIER)
def test_earlier_recipes_do_what_their_version_did(name):
    """They lack the settings that came later."""
    entries = json.loads(to_json(recipe_for()))
    del entries["settings"][name]
    assert getattr(from_json(json.dumps(entries)).settings, name) == EARLIER[name]


def test_takes_without_names_have_no_drafts():
    chosen = recipe_for(takes=(Take(7), Take(8)))
    assert chosen.seeds == (7, 8) and chosen.drafts is None
    assert recipe_for().drafts == ("3.1", "17")


def changed(*path, to=None, task="generate") -> str:
    """The text of a recipe with one entry replaced, or removed where `to` is None."""
    entries = json.loads(to_json(recipe_for(task)))
    inner = entries
    for name in path[:-1]:
        inner = inner[name]
    if to is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return json.dumps(entries)


def test_the_paint_of_a_recipe_from_before_it_could_follow_stays():
    known = from_json(changed("options", "follow", task="inpaint"))
    assert "follow" not in known.options and known.options["margin"] == PAINT["margin"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no recipe"),
        ("[" * 100_000, "is no recipe"),
        ("[1]", "is no recipe"),
        ('{"seed": 7}', "is no recipe"),
        (changed("vgpnn", to="1"), "is no recipe"),
        (changed("vgpnn", to=3), "a newer version"),
        (changed("task", to="magic"), "task must be one of"),
        (changed("takes"), "'takes' is missing"),
        (changed("takes", to=[]), "has no takes"),
        (changed("takes", to={"seed": 1}), "another type"),
        (changed("takes", 0, "seed", to=-1), "seed must be a whole number"),
        (changed("takes", 0, "draft", to=3), "another type"),
        (changed("clip", to="abc"), "another type"),
        (changed("clip", "sha256", to=5), "another type"),
        (changed("clip", "frames", to=10**9), "frames must be a whole number"),
        (changed("clip", "fps", to=1000), "fps must be a number"),
        (changed("settings", "passes", to=-1), "passes must be"),
        (changed("settings", "passes"), "install vgpnn 0.2.0"),
        (changed("settings", to=[]), "another type"),
        (changed("options", to=7, task="resize"), "another type"),
        (changed("paint", to={"x": "y"}, task="inpaint"), "another type"),
        (changed("paint", to={"1": "!"}, task="inpaint"), "another type"),
        (changed("options", "remove", to="red", task="inpaint"), "remove must be"),
        (changed("style", task="analogy"), "'style' is missing"),
        (changed("options", "follow", to=1, task="inpaint"), "follow must be true or false"),
    ],
    ids=range(25),
)
def test_anything_else_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=r"\.$") as caught:
        from_json(text)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_only_the_files_of_the_run_are_used(tmp_path):
    clip, style = tmp_path / "clip.mp4", tmp_path / "style.mp4"
    clip.write_bytes(b"clip" * 1_000_000)
    style.write_bytes(b"style")
    assert sha256_of(clip) == hashlib.sha256(clip.read_bytes()).hexdigest()
    known = recipe_for("analogy", clip=sha256_of(clip), style=sha256_of(style))
    check_files(known, clip, style)
    plain = replace(known, style=None)
    check_files(plain, clip)
    wrong = {
        "another one than the recipe was made with": (known, style, style),
        "'clip.mp4' is another one": (known, clip, clip),
        "give its style, too": (known, clip, None),
        "leave --style out": (plain, clip, style),
        "'none.mp4' cannot be read": (plain, tmp_path / "none.mp4", None),
        "cannot be read .Is a directory.": (plain, tmp_path, None),
    }
    for sentence, values in wrong.items():
        with pytest.raises(ValueError, match=sentence):
            check_files(*values)
    check_files(known, style, clip, is_any_allowed=True)


def test_hashing_can_be_stopped(tmp_path):
    def stop():
        raise vgpnn.Cancelled

    (tmp_path / "clip.mp4").write_bytes(b"clip")
    with pytest.raises(vgpnn.Cancelled):
        sha256_of(tmp_path / "clip.mp4", stop)


def test_the_source_in_full_is_the_part_of_the_file(clips):
    known = recipe_for(start=0.1, frames=3, height=24, fps=5)
    inputs = recipe.read_inputs(known, clips["tiny"])
    full = recipe.read_full(known, inputs, clips["tiny"])
    assert inputs.video.shape == (2, 24, 32) and inputs.video.fps == 5
    assert full.shape == (4, 48, 64) and full.fps == 10
