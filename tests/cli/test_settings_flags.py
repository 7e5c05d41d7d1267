"""One flag for each setting of the method."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from vgpnn.cli.errors import UsageError
from vgpnn.cli.settings_flags import changes_of, flag_of, settings_parameters
from vgpnn.presets import PRESETS
from vgpnn.setting import GROUPS, NoneChoice, Setting
from vgpnn.settings import SETTINGS

MADE_UP = Setting(
    kind="number",
    label="Made up [px]",
    help="A setting of this test.",
    group="large",
    low=0,
    high=9,
    optional=NoneChoice(word="none", label="Use it", help="Otherwise it is not used.", start=1),
)


def options(task: str, settings=SETTINGS) -> dict:
    """What Typer knows about each flag, by the name of the setting."""
    return {
        parameter.name: get_args(parameter.annotation)[1]
        for parameter in settings_parameters(task, settings)
    }


def test_every_setting_has_a_flag_under_the_heading_of_its_group():
    found = options("generate")
    assert set(found) == set(SETTINGS)
    for name, about in SETTINGS.items():
        option, (heading, _) = found[name], GROUPS[about.group]
        assert option.default == "--" + name.replace("_", "-")
        assert option.rich_help_panel == ("Advanced: " if about.advanced else "") + heading
        assert about.help in option.help


def test_advanced_settings_come_last():
    advanced = [SETTINGS[name].advanced for name in options("generate")]
    assert advanced == sorted(advanced) and set(advanced) == {False, True}


@pytest.mark.parametrize("task", ["generate", "analogy", "inpaint"])
def test_the_help_names_the_default_of_the_task(task):
    found = options(task)
    assert f"[default: {PRESETS[task].passes}]" in found["passes"].help
    shown = "off" if PRESETS[task].alpha is None else PRESETS[task].alpha
    assert f"[default: {shown}]" in found["alpha"].help
    assert f"[default: {'x'.join(map(str, PRESETS[task].patch))}]" in found["patch"].help


def test_a_flag_that_is_not_given_has_no_value():
    for parameter in settings_parameters("generate", SETTINGS):
        assert parameter.default is None
        assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD


def test_only_what_was_given_is_a_change():
    given = dict.fromkeys(SETTINGS) | {"alpha": "off", "patch": "3x5x7", "bins": "5", "noise": "2"}
    changes = {"alpha": None, "patch": (3, 5, 7), "bins": 5, "noise": 2.0}
    assert changes_of(given, SETTINGS) == changes
    assert changes_of(dict.fromkeys(SETTINGS), SETTINGS) == {}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_wrong_value_is_one_sentence_that_names_the_flag(name):
    with pytest.raises(UsageError) as raised:
        changes_of({name: "-99x"}, SETTINGS)
    assert flag_of(name) in str(raised.value) and "-99x" in str(raised.value).replace("', '", "x")
    assert str(raised.value).endswith(".") and "\n" not in str(raised.value)


def test_a_new_setting_has_a_flag():
    settings = SETTINGS | {"made_up_size": MADE_UP}
    option = options("generate", settings)["made_up_size"]
    assert option.default == "--made-up-size" and option.metavar == "X|none"
    assert option.rich_help_panel == "Advanced: Large levels"
    assert changes_of({"made_up_size": "none"}, settings) == {"made_up_size": None}
    assert changes_of({"made_up_size": "7.5"}, settings) == {"made_up_size": 7.5}


def test_a_new_setting_is_in_the_help_of_every_task():
    """Nothing but the table of settings is changed, in a process of its own."""
    code = (
        "from vgpnn.setting import Setting; from vgpnn.settings import SETTINGS\n"
        "SETTINGS['made_up'] = Setting(kind='whole', label='Made up [px]', help='Made.',"
        " group='vote', low=0, high=9)\n"
        "from vgpnn.cli.main import main\n"
        "for task in ('generate', 'retarget', 'analogy', 'inpaint'): main([task, '--help'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("--made-up ") == 4 and done.stdout.count("Made up [px]. Made.") == 4
