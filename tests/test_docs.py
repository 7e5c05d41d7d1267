"""The documents: tables equal their reports, links lead somewhere, and commands can be typed."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import asdict
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from write_tables import BENCH, ROOT, TABLES, documents, range_text, with_tables

from vgpnn.cli import main as cli
from vgpnn.presets import EARLIER, QUALITIES, preset
from vgpnn.settings import SETTINGS

MOST_README_WORDS = 1800
DOCUMENTS = {str(path.relative_to(ROOT)): path for path in documents()}


@pytest.fixture(params=DOCUMENTS)
def text(request) -> str:
    """The text of each document."""
    return DOCUMENTS[request.param].read_text(encoding="utf-8")


def test_every_page_of_the_documents_is_linked_from_the_readme():
    readme = DOCUMENTS["README.md"].read_text(encoding="utf-8")
    assert {name for name in DOCUMENTS if f"]({name})" not in readme} == {"README.md"}


def test_tables_are_those_of_the_reports_and_of_the_code(text):
    assert with_tables(text) == text


def test_every_table_stands_somewhere():
    names = {
        name
        for path in DOCUMENTS.values()
        for name in re.findall(r"<!-- (\w+) -->", path.read_text(encoding="utf-8"))
    }
    assert names == set(TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_no_table_is_empty(name):
    _, *rows = re.split(r"^\| --- .*$\n", TABLES[name](), flags=re.MULTILINE)
    assert rows and all(row.startswith("| ") for row in rows)


def test_the_sweep_compared_the_presets_of_this_version():
    report = json.loads((BENCH / "sweep" / "report.json").read_text())
    for quality in QUALITIES:
        noise = preset("generate", quality).with_changes(layout="noise", **EARLIER)
        swept = EARLIER | report[f"presets {quality}"]["settings"]
        assert swept == json.loads(json.dumps(asdict(noise)))


def test_the_readme_is_a_front_page():
    words = DOCUMENTS["README.md"].read_text(encoding="utf-8").split()
    assert len(words) <= MOST_README_WORDS


def test_links_and_pictures_lead_somewhere(request, text):
    folder = DOCUMENTS[request.node.callspec.params["text"]].parent
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    broken = []
    for link in links:
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", name):  # an address on the web
            continue
        target = (folder / name).resolve() if name else folder
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def anchors(path: Path) -> set[str]:
    """The anchors of the headings of a Markdown file, as Git hosts make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_out_of_pages_that_are_deployed_do_not_leave_them():
    """A Space has README.md, docs/, the notebook and pictures: they only link to each other."""
    kinds = {".md", ".ipynb", ".jpg", ".svg", ""}
    for path in DOCUMENTS.values():
        for link in re.findall(r"\]\(([^)\s:]+)\)", path.read_text(encoding="utf-8")):
            assert Path(link.partition("#")[0]).suffix in kinds, f"{path.name}: {link}"


def commands(text: str) -> list[list[str]]:
    """The words of every command in a document that starts the program or the page."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = []
    for line in lines:
        for part in re.split(r"&&|;", line):
            part = re.sub(r"^\s*(\w+=\S+ )*(\S*/)?python3? ", "python ", part)
            if part.startswith(("python -m vgpnn ", "python app.py", "python tests/")):
                found.append(shlex.split(part, comments=True)[1:])
    return found


def test_commands_can_be_typed(text):
    for words in commands(text):
        if words[0].startswith("tests/"):
            script = ROOT / words[0]
            assert script.is_file() or (script / "__main__.py").is_file(), words
        elif words[0] == "app.py":
            parse(typer.main.get_command(cli.APP), ["app", *words[1:]])
        elif words[2] != "COMMAND":
            parse(typer.main.get_command(cli.APP), words[2:])


def parse(command: TyperCommand | TyperGroup, words: list[str]) -> None:
    """Parse the words of a command line, and do nothing. Raises an error if they are wrong."""
    if isinstance(command, TyperGroup) and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", None)
        try:
            command.make_context(command.name, list(words))
        except typer.Exit:
            assert set(words) & {"--help", "--version"}, words


def test_the_commands_of_every_task_are_shown():
    shown = {
        words[2]
        for path in DOCUMENTS.values()
        for words in commands(path.read_text(encoding="utf-8"))
        if words[:2] == ["-m", "vgpnn"]
    }
    assert set(typer.main.get_command(cli.APP).commands) <= shown


def test_every_setting_is_documented_with_its_range():
    rows = DOCUMENTS["docs/settings.md"].read_text(encoding="utf-8").splitlines()
    for name, setting in SETTINGS.items():
        (row,) = (row for row in rows if row.startswith(f"| `{name}` | {setting.label} |"))
        assert f"| {range_text(setting)} | {setting.help} |" in row


def test_every_option_of_the_page_is_documented():
    text = DOCUMENTS["docs/operations.md"].read_text(encoding="utf-8")
    for option in typer.main.get_command(cli.APP).commands["app"].params:
        flag = max(option.opts, key=len)
        variable = "VGPNN_" + flag[2:].replace("-", "_").upper()
        assert flag == "--help" or f"| `{flag}` | `{variable}` |" in text


def python_blocks(name: str) -> list[str]:
    """The Python code in a document that runs without a server."""
    text = DOCUMENTS[name].read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if block.startswith("import vgpnn\n")]


def test_the_api_in_the_readme_has_ten_lines_at_most():
    (code,) = python_blocks("README.md")
    assert len([line for line in code.splitlines() if line]) <= 10


@pytest.mark.parametrize("name", ["README.md", "docs/usage.md"])
def test_python_runs(name, tmp_path, monkeypatch):
    """On a smaller clip than the documents name, so that it takes some seconds."""
    (code,) = python_blocks(name)
    smaller = re.sub(r"frames=\d+, height=\d+", "frames=5, height=40", code)
    assert smaller != code
    (tmp_path / "clip.mp4").write_bytes((ROOT / "examples" / "campfire.mp4").read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(smaller, names)
    assert names["clip"].shape == names["result"].video.shape == (5, 40, 72)
    assert [result.seed for result in names["results"]] == [1, 2, 3]
