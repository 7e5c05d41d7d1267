"""What is decided about a deployment before anything is sent."""

from __future__ import annotations

import pytest
from helpers.hub import SPACE

from vgpnn.deployment.files import files_of
from vgpnn.deployment.plan import SLEEP_SECONDS, Refused, make_plan


def test_a_plan_has_the_files_of_its_kind_of_space(tree):
    plan = make_plan(SPACE, "docker", private=True, root=tree)
    assert (plan.owner, plan.sdk, plan.private) == ("ada", "docker", True)
    assert plan.hardware is None and plan.new_hardware == "cpu-basic"
    assert plan.files == files_of("docker", "cpu-basic", tree)
    assert make_plan(SPACE, root=tree).new_hardware == "zero-a10g"


def test_chosen_hardware_is_suggested_to_those_who_copy_the_space(tree):
    plan = make_plan(SPACE, hardware="t4-small", root=tree)
    assert plan.new_hardware == "t4-small"
    assert b"suggested_hardware: t4-small\n" in plan.files["README.md"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("vgpnn",), "OWNER/NAME"),
        (("ada/one/two",), "OWNER/NAME"),
        (("ada/my space",), "OWNER/NAME"),
        (("ada/",), "OWNER/NAME"),
        ((SPACE, "gradio", "gpu"), "cpu-basic, "),
        ((SPACE, "docker", "zero-a10g"), "Gradio Spaces only"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_words_are_refused_with_one_sentence(words, text, tree):
    with pytest.raises(Refused, match=text) as raised:
        make_plan(*words, root=tree)
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)


def test_outside_a_clone_of_the_repository_there_is_nothing_to_send(tmp_path):
    with pytest.raises(Refused, match="clone of the repository"):
        make_plan(SPACE, root=tmp_path)


def test_the_description_shows_the_header_and_every_file_with_its_size(tree):
    plan = make_plan(SPACE, hardware="t4-small", private=True, root=tree)
    lines = plan.describe().splitlines()
    assert lines[:3] == [
        f"Space:    {SPACE}, gradio, private",
        "Hardware: t4-small",
        f"Sleeps:   after {SLEEP_SECONDS} s without a visitor",
    ]
    assert "app_file: app.py" in lines
    sizes = {
        path: len(content) if isinstance(content, bytes) else content.stat().st_size
        for path, content in plan.files.items()
    }
    listed = [f"{size:>9,}  {path}" for path, size in sorted(sizes.items())]
    total = f"{sum(sizes.values()):>9,}  bytes in {len(sizes)} files"
    assert lines[-len(listed) - 1 :] == [*listed, total]


def test_the_description_of_free_hardware(tree):
    lines = make_plan(SPACE, root=tree).describe().splitlines()
    assert lines[1:3] == [
        "Hardware: zero-a10g if new",
        "Sleeps:   when Hugging Face says so: free hardware",
    ]
