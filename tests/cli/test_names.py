"""Names of results: numbers for several samples, and what is refused before any work is done."""

from __future__ import annotations

import os

import pytest
from helpers.clips import codes
from helpers.sentences import is_one_sentence
from PIL import Image

import vgpnn
from vgpnn.cli.main import main
from vgpnn.cli.names import check_names, numbered
from vgpnn.cli.options import TaskOptions


@pytest.mark.parametrize(
    ("out", "number", "samples", "path"),
    [
        ("a/out.mp4", 0, 1, "a/out.mp4"),
        ("a/out.mp4", 0, 3, "a/out-1.mp4"),
        ("a/out.mp4", 2, 3, "a/out-3.mp4"),
        ("a.mp4/out", 0, 2, "a.mp4/out-1"),
        ("a/take.v2/", 0, 1, "a/take.v2/"),
        ("a/take.v2/", 1, 2, "a/take.v2-2/"),
        ("./", 0, 2, ".-1/"),
        (".", 0, 2, ".-1/"),
    ],
)
def test_names_of_results(out, number, samples, path):
    assert numbered(out, number, samples) == path


def refusal(out, *inputs, samples=1, **options) -> str:
    with pytest.raises(ValueError) as error:
        check_names(TaskOptions(str(out), **options), *map(str, inputs), samples=samples)
    assert is_one_sentence(error.value)
    return str(error.value)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.mp4"
    path.write_bytes(b"the only copy")
    return path


def spelt(path, kind):
    """Another name of a file, of some kind."""
    other = path.with_name("other.mp4")
    if kind == "hard link":
        os.link(path, other)
    elif kind == "symbolic link":
        other.symlink_to(path.name)
    elif kind == "link to the folder":
        (path.parent / "folder").symlink_to(path.parent)
        return path.parent / "folder" / path.name
    elif kind == "way around":
        (path.parent / "sub").mkdir()
        return f"{path.parent}/sub/../{path.name}"
    elif kind == "relative":
        return os.path.relpath(path)
    else:
        return path
    return other


KINDS = "same", "hard link", "symbolic link", "link to the folder", "way around", "relative"


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_never_overwrites_an_input(source, tmp_path, kind):
    other = spelt(source, kind)
    assert "overwrite the input" in refusal(other, source)
    assert "overwrite the input" in refusal(source, tmp_path / "first.mp4", other)
    text = refusal(tmp_path / "out.mp4", source, source_map=str(other))
    assert "overwrite the input" in text


def test_no_sample_overwrites_an_input_either(source, tmp_path):
    source = source.rename(tmp_path / "out-2.mp4")
    assert "overwrite the input" in refusal(tmp_path / "out.mp4", source, samples=2)
    check_names(TaskOptions(str(tmp_path / "out.mp4")), str(source), samples=1)


def test_a_result_overwrites_no_image_of_a_folder(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "0.png")
    for name in ("frames", "frames/", "frames/."):
        assert "overwrite the input" in refusal(f"{tmp_path}/{name}", folder)
    text = refusal(tmp_path / "out.mp4", folder, source_map=str(folder / "0.png"))
    assert "overwrite the input" in text
    check_names(TaskOptions(str(folder / "out.mp4")), str(folder))
    check_names(TaskOptions(str(folder / "new")), str(folder))


def test_the_command_leaves_its_input_as_it_is(clip, tmp_path, capsys):
    before = clip.read_bytes()
    link = tmp_path / "link.mp4"
    link.symlink_to(clip)
    for words in (["generate", clip, link], ["retarget", clip, clip]):
        assert main([*map(str, words)]) == 1
        assert "overwrite" in capsys.readouterr().err and clip.read_bytes() == before
    for words in (["analogy", clip, clip, clip], ["inpaint", "none.mp4", clip, clip]):
        assert main([*map(str, words)]) == 1
        assert "overwrite" in capsys.readouterr().err and clip.read_bytes() == before


@pytest.mark.parametrize("samples", [1, 2])
def test_names_are_as_long_as_the_disk_allows_with_their_numbers(source, tmp_path, samples):
    longest = 255 - len(".mp4") - (len("-1") if samples > 1 else 0)
    name = tmp_path / ("n" * longest + ".mp4")
    check_names(TaskOptions(str(name)), str(source), samples=samples)
    too_long = name.with_name("n" + name.name)
    assert "too long" in refusal(too_long, source, samples=samples)
    in_bytes = tmp_path / ("ü" * 126 + ".mp4")  # 130 characters, and 256 bytes
    assert "too long" in refusal(in_bytes, source, samples=samples)
    long_map = str(tmp_path / ("m" * 256))
    assert "too long" in refusal(tmp_path / "out.mp4", source, source_map=long_map)


def test_the_longest_name_is_written(clip, tmp_path):
    out = tmp_path / ("n" * 249 + ".gif")
    words = ["generate", clip, out, "--takes", 2, "--quality", "fast", "--frames", 3]
    assert main([*map(str, words)]) == 0
    assert {path.suffix for path in tmp_path.glob("n*-[12].gif")} == {".gif"}


def test_a_map_has_a_name_of_its_own_that_is_a_file(source, tmp_path):
    out = tmp_path / "out.mp4"
    assert "different ones" in refusal(out, source, source_map=f"{tmp_path}/./out.mp4")
    (tmp_path / "maps").mkdir()
    for name in ("maps", "maps/", "none/"):
        assert "a folder" in refusal(out, source, source_map=f"{tmp_path}/{name}")
    check_names(TaskOptions(str(out), source_map=str(tmp_path / "map.npy")), str(source))


def test_the_source_map_lies_beside_a_folder_of_images(clip, tmp_path):
    words = ["generate", clip, tmp_path / "new", "--source-map", tmp_path / "map.npy"]
    assert main([*map(str, words), "--quality", "fast"]) == 0
    assert vgpnn.video.read(tmp_path / "new").shape == (5, 32, 40)
    assert (tmp_path / "map.npy").exists()


def test_another_ending_is_refused_before_the_input_is_read(tmp_path, capsys):
    for name in ("out.avi", "out.png", "out.", ".mp4", ""):
        out = f"{tmp_path}/{name}" if name else ""
        assert main(["generate", "missing.mp4", out]) == 1
        error = capsys.readouterr().err.removeprefix("vgpnn: ").rstrip()
        assert is_one_sentence(error) and "missing" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_measurement_is_refused_before_it_is_made(tmp_path, capsys):
    assert main(["bench", "--json", str(tmp_path)]) == 1
    assert "a folder" in capsys.readouterr().err


def test_reading_a_result_again_gives_the_same_codes(tmp_path):
    video = vgpnn.Video(codes((3, 7, 9), 0), 10)
    vgpnn.video.write(tmp_path / "frames", video)
    assert vgpnn.video.read(tmp_path / "frames", fps=10).codes.equal(video.codes)
