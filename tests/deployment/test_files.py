"""The files of a Space."""

from __future__ import annotations

from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vgpnn.deployment.files import Refused, files_of, header, requirements
from vgpnn.deployment.kinds import SDKS

ROOT = Path(__file__).parents[2]


def header_of(files: dict) -> dict:
    return yaml.safe_load(files["README.md"].decode().split("---\n")[1])


@pytest.mark.parametrize(
    ("sdk", "extra"), [("gradio", set()), ("docker", {"Dockerfile"})], ids=SDKS
)
def test_exactly_what_a_space_needs(tree, sent_files, sdk, extra):
    files = files_of(sdk, "cpu-basic", tree)
    assert set(files) == sent_files | extra
    made = {path for path, content in files.items() if isinstance(content, bytes)}
    assert made == {"README.md", "requirements.txt"}
    assert all(files[path] == tree / path for path in set(files) - made)


def test_documents_are_sent_with_the_pictures_and_documents_that_they_link_to(tree, sent_files):
    (tree / "docs").mkdir()
    (tree / "README.md").write_text("[more](docs/a.md#part) [web](https://a.b/c.md) [x](app.py)\n")
    (tree / "docs" / "a.md").write_text("![c](../examples/c.svg) [b](b.md) [back](../README.md)\n")
    (tree / "docs" / "b.md").write_text("[a](a.md)\n")
    (tree / "docs" / "unlinked.md").write_text("\n")
    (tree / "examples" / "c.svg").write_text("<svg/>")
    linked = {"docs/a.md", "docs/b.md", "examples/c.svg"}
    assert set(files_of("gradio", "cpu-basic", tree)) == sent_files - {"examples/b.jpg"} | linked


def test_every_document_and_picture_that_is_linked_to_is_there():
    files = files_of("docker", "cpu-basic")
    assert all(isinstance(content, bytes) or content.is_file() for content in files.values())


def test_the_header_of_a_gradio_space():
    fields = header_of(files_of("gradio", "zero-a10g"))
    assert fields["sdk"] == "gradio" and fields["app_file"] == "app.py"
    assert fields["python_version"] == "3.12" and fields["suggested_hardware"] == "zero-a10g"
    assert "app_port" not in fields


def test_the_header_of_a_docker_space():
    fields = header_of(files_of("docker", "cpu-basic"))
    assert fields["sdk"] == "docker" and fields["app_port"] == 7860
    assert fields["suggested_hardware"] == "cpu-basic"
    assert not {"sdk_version", "app_file", "python_version"} & set(fields)


@pytest.mark.parametrize("sdk", SDKS)
def test_the_readme_of_a_space_is_a_header_and_the_readme(sdk):
    readme = files_of(sdk, "cpu-basic")["README.md"].decode()
    fields = yaml.safe_load(readme.split("---\n")[1])
    assert fields["license"] == "mit" and len(fields["short_description"]) <= 60
    assert readme == header(sdk, "cpu-basic", requirements(sdk)) + (ROOT / "README.md").read_text()


def test_requirements_are_those_of_the_project_at_the_tested_versions():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    listed = {Requirement(text).name for line in lines if (text := line.partition("#")[0].strip())}
    sent = {}
    for sdk in SDKS:
        files = files_of(sdk, "cpu-basic")
        parsed = map(Requirement, files["requirements.txt"].decode().splitlines())
        sent[sdk] = {each.name: str(each.specifier) for each in parsed}
        assert listed < set(sent[sdk])
        assert all(specifier.startswith("==") for specifier in sent[sdk].values())
    version = header_of(files_of("gradio", "zero-a10g"))["sdk_version"]
    assert sent["gradio"]["gradio"] == f"=={version}"
    assert sent["gradio"].pop("torch") == "==2.11.0" and sent["docker"].pop("torch") != "==2.11.0"
    assert sent["gradio"] == sent["docker"]


def test_what_the_packages_need_is_sent_at_the_tested_versions_and_what_tests_need_is_not():
    needed, unseen = set(), {"gradio", "torch", "starlette", "typer"}
    while unseen:
        needed |= unseen
        texts = [text for name in unseen for text in requires(name) or []]
        wanted = [each for each in map(Requirement, texts) if each.marker is None]
        unseen = {canonicalize_name(each.name) for each in wanted} - needed
    for sdk in SDKS:
        sent = requirements(sdk)
        assert {"uvicorn", "fastapi", "h11"} < needed - {"setuptools"} <= set(sent)
        assert not {"pytest", "playwright", "ray", "spaces"} & set(sent)


def test_requirements_without_tested_versions_are_as_they_are(tree):
    (tree / "tests" / "constraints.txt").unlink()
    text = "torch>=2.8,<3  # why\n# a comment\n\nnumpy>=2\ngradio>=6.31,<7\n"
    (tree / "requirements.txt").write_text(text)
    wanted = {name: str(each) for name, each in requirements("docker", tree).items()}
    assert wanted == {"torch": "torch<3,>=2.8", "numpy": "numpy>=2", "gradio": "gradio<7,>=6.31"}


def test_requirements_for_another_python_are_not_sent(tree):
    lines = [
        'scipy==1.17.1; python_version >= "3.11"',
        'scipy==1.15.3; python_version < "3.11"',
        'old>=1; python_version < "3.11"',
    ]
    (tree / "tests" / "constraints.txt").write_text("\n".join(lines[:2]))
    (tree / "requirements.txt").write_text("\n".join(["torch>=2.8", "scipy>=1.13", lines[2]]))
    wanted = {name: str(each) for name, each in requirements("gradio", tree).items()}
    assert wanted == {"torch": "torch==2.11.0", "scipy": "scipy==1.17.1"}


def test_a_torch_that_zero_gpu_does_not_have_is_refused(tree):
    (tree / "requirements.txt").write_text("torch>=2.12\ngradio\n")
    with pytest.raises(Refused, match="--sdk docker"):
        files_of("gradio", "zero-a10g", tree)
    assert "torch" in requirements("docker", tree)
