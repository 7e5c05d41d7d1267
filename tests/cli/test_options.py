"""Options that commands share, and the decorator that adds them to a task's command."""

from __future__ import annotations

import inspect
from typing import Annotated

import pytest
import typer

from vgpnn.cli.options import TaskOptions, count, with_task_options
from vgpnn.presets import preset
from vgpnn.setting import Setting
from vgpnn.settings import SETTINGS

MADE_UP = Setting(
    kind="whole", label="Made up", help="A setting of this test.", group="vote", low=0, high=9
)


def command_of(settings=SETTINGS) -> tuple[typer.Typer, list]:
    """A program with one task, and the list of what its command was called with."""
    calls, app = [], typer.Typer(add_completion=False)

    @app.command()
    @with_task_options("generate", settings)
    def task(
        options: TaskOptions,
        source: Annotated[str, typer.Argument(metavar="IN")],
        scale: float = 1.0,
    ) -> None:
        """A task of this test."""
        calls.append((options, source, scale))

    return app, calls


def call(*words: str, settings=SETTINGS) -> tuple[TaskOptions, str, float]:
    app, calls = command_of(settings)
    app(words, standalone_mode=False)
    (result,) = calls
    return result


def test_without_flags_everything_is_the_default():
    options, source, scale = call("in.mp4", "out.mp4")
    assert (source, options.out, scale) == ("in.mp4", "out.mp4", 1.0)
    assert options == TaskOptions("out.mp4")
    assert options.settings("generate") == preset("generate")


def test_flags_stand_anywhere_and_are_read_by_their_kind():
    words = "--seed 7 in.mp4 --memory 2G --frames 4 out.mp4 --scale -2.5 --start 1.5 --height 64"
    options, source, scale = call(*words.split(), "--device", "cpu", "--source-map", "map.npy")
    assert (source, options.out, scale) == ("in.mp4", "out.mp4", -2.5)
    assert (options.seed, options.memory, options.device) == (7, 2**31, "cpu")
    assert (options.start, options.frames, options.height) == (1.5, 4, 64)
    assert options.source_map == "map.npy" and options.changes == {}


def test_only_the_settings_that_are_given_change_the_preset():
    words = "--quality best --alpha off --sigma 2 --patch 3x5x5 --vote mean --large-passes 2"
    options, _, _ = call("in.mp4", "out.mp4", *words.split())
    expected = preset("generate", "best", 0.9).with_changes(
        alpha=None, sigma=2.0, patch=(3, 5, 5), vote="mean", large_passes=2
    )
    assert options.settings("generate", 0.9) == expected
    assert set(options.changes) == {"alpha", "sigma", "patch", "vote", "large_passes"}


def test_a_value_that_is_the_default_is_a_change_all_the_same():
    """The quality would set another one."""
    options, _, _ = call("in.mp4", "out.mp4", "--quality", "fast", "--passes", "5")
    assert preset("generate", "fast").passes == 1 and options.settings("generate").passes == 5


def test_a_new_setting_is_handed_over_by_name():
    options, _, _ = call("in.mp4", "out.mp4", "--made-up", "4", settings={"made_up": MADE_UP})
    assert options.changes == {"made_up": 4}


def test_the_command_keeps_its_name_and_its_docstring():
    app, _ = command_of()
    (info,) = app.registered_commands
    assert info.callback.__name__ == "task" and info.callback.__doc__ == "A task of this test."
    names = list(inspect.signature(info.callback).parameters)
    assert names[:3] == ["source", "out", "scale"] and "options" not in names
    assert set(SETTINGS) < set(names)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "many"])
def test_a_count_is_a_whole_number_of_at_least_1(text):
    assert count("3") == 3
    with pytest.raises(typer.BadParameter, match="a whole number of at least 1"):
        count(text)


@pytest.mark.parametrize("text", ["much", "-1G", "1T", ""])
def test_a_wrong_amount_of_memory_is_refused(text):
    with pytest.raises(typer.BadParameter, match="500M or 2G"):
        call("in.mp4", "out.mp4", "--memory", text)


def test_a_part_of_the_input_is_read(clip, tmp_path):
    part = {"start": 0.1, "frames": 3, "height": 16}
    video = TaskOptions(str(tmp_path / "out.mp4"), **part).read(str(clip))
    assert video.shape == (3, 16, 20)


def test_a_result_without_a_folder_is_refused_before_the_input_is_read(tmp_path):
    options = TaskOptions(str(tmp_path / "nowhere" / "out.mp4"))
    with pytest.raises(ValueError, match="There is no folder for .*nowhere"):
        options.read("missing.mp4")
