"""C3D features with random weights, and SVFID with them in `evaluate`."""

import itertools
import json
from types import SimpleNamespace

import huggingface_hub
import pytest
import torch

import vgpnn
from vgpnn.cli.main import main
from vgpnn.evaluation import c3d
from vgpnn.evaluation.frechet import svfid
from vgpnn.evaluation.report import COLUMNS

SHAPES = {"conv1": (64, 3), "conv2": (128, 64), "conv3a": (256, 128), "conv3b": (256, 256)}
OPENMMLAB = {"conv1": "conv1a", "conv2": "conv2a"}  # the others have the same name
FEATURES = dict(zip(SHAPES, (0, 3, 6, 8)))


def clip(frames=4, height=16, width=24, seed=0):
    """Smooth noise, (T, H, W, 3) in [-0.7, 0.7]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(frames, height // 4, width // 4, 3, generator=generator) * 1.4 - 0.7
    return vgpnn.pyramid.resize(coarse, (frames, height, width)).clamp(-0.7, 0.7)


@pytest.fixture(scope="module")
def weights():
    """{"conv1.weight": ...} of the first four layers, as c3d.pickle has them."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name, (wide, deep) in SHAPES.items():
        scale = (2 / (27 * deep)) ** 0.5
        state[f"{name}.weight"] = torch.randn(wide, deep, 3, 3, 3, generator=generator) * scale
        state[f"{name}.bias"] = torch.randn(wide, generator=generator)
    return state


@pytest.fixture(autouse=True)
def save(tmp_path, monkeypatch):
    """Saves a state and names its file; without it, no weights are named."""
    monkeypatch.delenv(c3d.WEIGHTS, raising=False)
    c3d._network.cache_clear()

    def saved(state, name="c3d.pickle"):
        torch.save(state, tmp_path / name)
        monkeypatch.setenv(c3d.WEIGHTS, str(tmp_path / name))
        c3d._network.cache_clear()
        return str(tmp_path / name)

    yield saved
    c3d._network.cache_clear()


def two_layers(weights):
    return {name: value for name, value in weights.items() if name[:5] in ("conv1", "conv2")}


def test_features_are_those_of_the_sums_written_out(weights, save):
    save(two_layers(weights))
    video = clip(3, 8, 12)
    frames = (video.double() + 1) / 2 * 255
    maps = torch.stack([frames[..., c] - mean for c, mean in ((2, 90.25), (1, 97.66), (0, 101.41))])

    def convolved(maps, name):
        t, h, w = maps.shape[1:]
        padded = torch.zeros(len(maps), t + 2, h + 2, w + 2, dtype=torch.double)
        padded[:, 1:-1, 1:-1, 1:-1] = maps
        kernel = weights[f"{name}.weight"].double()
        total = weights[f"{name}.bias"].double()[:, None, None, None].repeat(1, t, h, w)
        for i, j, k in itertools.product(range(3), repeat=3):
            part = padded[:, i : i + t, j : j + h, k : k + w]
            total += torch.einsum("od,dthw->othw", kernel[:, :, i, j, k], part)
        return total.clamp(min=0)

    maps = convolved(maps, "conv1")
    pooled = maps.unflatten(2, (4, 2)).unflatten(4, (6, 2)).amax((3, 5))
    expected = convolved(pooled, "conv2").permute(1, 2, 3, 0).reshape(-1, 128)
    found = c3d.features(video)
    assert found.shape == (3 * 4 * 6, 128)
    assert torch.allclose(found.double(), expected, rtol=1e-4, atol=1e-2)
    first = c3d.features(video, "conv1")
    assert torch.allclose(first.T.reshape(maps.shape).double(), maps, rtol=1e-4, atol=1e-2)


def test_every_layout_has_the_same_features(weights, save):
    """Down to a layer that follows a pooling in time."""
    layouts = [weights, {"state_dict": {}, "meta": {}}, {"classifier.0.weight": torch.zeros(1)}]
    for key, value in weights.items():
        name, part = key.split(".")
        conv = f"backbone.{OPENMMLAB.get(name, name)}.conv.{part}"
        layouts[1]["state_dict"][conv] = value
        layouts[2][f"features.{FEATURES[name]}.{part}"] = value
    found = []
    for layout in layouts:
        save(layout)
        found.append(c3d.features(clip(), "conv3b"))
    assert found[0].shape == (2 * 4 * 6, 256) and found[0].min() == 0 < found[0].max()
    assert torch.equal(found[0], found[1]) and torch.equal(found[0], found[2])


def test_features_of_a_few_frames_at_a_time_are_those_of_all(weights, save, monkeypatch):
    save(two_layers(weights))
    video = clip(7, 8, 12)
    for frames in (1, 2, 3, 7):
        monkeypatch.setattr(c3d, "SLAB_VOXELS", frames * 8 * 12)
        slabs = list(c3d.feature_slabs(video))
        assert len(slabs) == -(-7 // frames)
        assert torch.allclose(torch.cat(slabs), c3d.features(video), rtol=1e-4, atol=1e-2)


def test_svfid_grows_with_what_is_done_to_a_clip(weights, save):
    save(two_layers(weights))
    source = clip()
    noise = torch.rand(source.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    nothing = svfid(source, source)
    for change in (1, noise):
        little, much = (svfid(source, source + step * change) for step in (0.05, 0.2))
        assert abs(nothing) < 1e-6 * little and 2 * little < much


def one_sentence(says):
    with pytest.raises(ValueError, match=says) as error:
        svfid(clip(), clip(seed=1))
    said = str(error.value)
    assert said.endswith(".") and said.count(". ") == 0 and "\n" not in said
    assert c3d.WEIGHTS in said
    return said


def test_without_weights_one_sentence():
    assert "OWNER/NAME:FILE" in one_sentence("no copy on the Hugging Face Hub is known")


@pytest.mark.parametrize("content", [None, b"", b"not weights"], ids=["missing", "empty", "other"])
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path, monkeypatch, content):
    path = tmp_path / "c3d.pickle"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(c3d.WEIGHTS, str(path))
    assert "this machine" not in one_sentence("could not be loaded from")


@pytest.mark.parametrize("case", ["list", "none", "shape", "bias", "fewer"])
def test_a_file_of_something_else_is_one_sentence(weights, save, case):
    state = two_layers(weights)
    fewer = {name: value for name, value in state.items() if name[:5] == "conv1"}
    save(
        {
            "list": [1, 2],
            "none": {"state_dict": {}},
            "shape": state | {"conv2.weight": torch.zeros(128, 64, 1, 3, 3)},
            "bias": state | {"conv1.bias": 3},
            "fewer": fewer,
        }[case]
    )
    one_sentence("does not hold C3D's weights")


def test_code_in_a_file_is_not_run(save, tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "run"), "w")

    save(Trap())
    one_sentence("could not be loaded from")
    assert not (tmp_path / "run").exists()


def test_a_file_named_as_openmmlabs_must_be_it(weights, save, monkeypatch):
    path = save(two_layers(weights), c3d.OPENMMLAB)
    one_sentence("is not OpenMMLab's file")
    with open(path, "rb") as file:
        digest = c3d.hashlib.sha256(file.read()).hexdigest()
    monkeypatch.setattr(c3d, "OPENMMLAB_SHA256", digest[:8])
    assert svfid(clip(), clip(seed=1)) > 0


def test_the_hub_is_asked_for_what_is_named(weights, save, monkeypatch):
    path, asked = save(two_layers(weights)), []
    expected = svfid(clip(), clip(seed=1))
    monkeypatch.setenv(c3d.WEIGHTS, "some-one/C3D.v1:folder/c3d.pickle")
    c3d._network.cache_clear()
    for name in ("try_to_load_from_cache", "hf_hub_download"):
        monkeypatch.setattr(huggingface_hub, name, lambda *place: asked.append(place) or path)
    assert svfid(clip(), clip(seed=1)) == expected
    assert asked == [("some-one/C3D.v1", "folder/c3d.pickle")] * 2


def test_without_a_network_the_refusal_comes_at_once(monkeypatch):
    def unreachable(url, timeout):
        assert url.startswith("https://huggingface.co/some/one/") and timeout < 30
        raise ConnectionError

    monkeypatch.setenv(c3d.WEIGHTS, "some/one:c3d.pickle")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: None)
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: SimpleNamespace(head=unreachable))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *_: pytest.fail("it is tried"))
    one_sentence("let this machine reach the Hugging Face Hub, or name another file")


def test_a_video_smaller_than_the_pooling_is_one_sentence(weights, save):
    save(weights)
    with pytest.raises(ValueError, match="1 x 8 x 8 is too small for C3D"):
        c3d.features(clip(1, 8, 8), "conv3a")


@pytest.fixture
def clips(tmp_path):
    paths = [str(tmp_path / f"{k}.mp4") for k in range(3)]
    for k, path in enumerate(paths):
        vgpnn.video.write(path, clip(seed=k), fps=10)
    return paths


def test_evaluate_has_svfid_where_it_is_asked_for(weights, save, clips, capsys):
    save(two_layers(weights))
    assert main(["evaluate", *clips, "--json", "--svfid"]) == 0
    report = json.loads(capsys.readouterr().out)
    source, *samples = (vgpnn.video.read(path, plain=True) for path in clips)
    found = [row["svfid"] for row in report["samples"]]
    assert found == pytest.approx([svfid(source, sample) for sample in samples], rel=1e-6)
    assert report["mean"]["svfid"] == pytest.approx(sum(found) / 2) and report["notes"] == []
    assert set(report["mean"]) == {*COLUMNS, "svfid"}


def test_evaluate_without_weights_has_the_other_figures_and_says_why(clips, capsys):
    assert main(["evaluate", *clips, "--json", "--svfid"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [row["svfid"] for row in (*report["samples"], report["mean"])] == [None] * 3
    assert report["mean"]["coherence"] > 0
    (note,) = report["notes"]
    assert c3d.WEIGHTS in note
    assert main(["evaluate", clips[0], clips[1], "--svfid"]) == 0
    head, better, row, *_, said, _ = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in (head, better, row)] == ["svfid", "lower", "-"]
    assert said == note
