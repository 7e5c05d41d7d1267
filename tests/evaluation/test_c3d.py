"""C3D features with random weights, and SVFID with them in a report."""

import hashlib
import itertools
from pathlib import Path

import pytest
import torch

import vgpnn
from vgpnn.evaluation import c3d, report
from vgpnn.evaluation.frechet import svfid
from vgpnn.evaluation.report import COLUMNS
from vgpnn.machine import weights as hub_files

SHAPES = {"conv1": (64, 3), "conv2": (128, 64), "conv3a": (256, 128), "conv3b": (256, 256)}
OPENMMLAB = {"conv1": "conv1a", "conv2": "conv2a"}  # The other layers have the same name.
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
    for name, (outputs, inputs) in SHAPES.items():
        scale = (2 / (27 * inputs)) ** 0.5
        size = outputs, inputs, 3, 3, 3
        state[f"{name}.weight"] = torch.randn(size, generator=generator) * scale
        state[f"{name}.bias"] = torch.randn(outputs, generator=generator)
    return state


@pytest.fixture(autouse=True)
def save(tmp_path, monkeypatch):
    """Saves a state as the file of weights; a test that does not call it has no weights."""
    monkeypatch.delenv(c3d.WEIGHTS, raising=False)
    c3d._network.cache_clear()

    def save_state(state, name="c3d.pickle"):
        torch.save(state, tmp_path / name)
        monkeypatch.setenv(c3d.WEIGHTS, str(tmp_path / name))
        c3d._network.cache_clear()
        return str(tmp_path / name)

    yield save_state
    c3d._network.cache_clear()


def two_layers(weights):
    return {name: value for name, value in weights.items() if name[:5] in ("conv1", "conv2")}


def test_features_are_those_of_convolutions_written_as_sums(weights, save):
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
    features = c3d.features(video)
    assert features.shape == (3 * 4 * 6, 128)
    assert torch.allclose(features.double(), expected, rtol=1e-4, atol=1e-2)
    first = c3d.features(video, "conv1")
    assert torch.allclose(first.T.reshape(maps.shape).double(), maps, rtol=1e-4, atol=1e-2)


def test_every_layout_has_the_same_features(weights, save):
    """Tested at a layer that follows a pooling in time."""
    layouts = [weights, {"state_dict": {}, "meta": {}}, {"classifier.0.weight": torch.zeros(1)}]
    for key, value in weights.items():
        name, part = key.split(".")
        conv = f"backbone.{OPENMMLAB.get(name, name)}.conv.{part}"
        layouts[1]["state_dict"][conv] = value
        layouts[2][f"features.{FEATURES[name]}.{part}"] = value
    features = []
    for layout in layouts:
        save(layout)
        features.append(c3d.features(clip(), "conv3b"))
    first, second, third = features
    assert first.shape == (2 * 4 * 6, 256) and first.min() == 0 < first.max()
    assert torch.equal(first, second) and torch.equal(first, third)


def test_features_of_a_few_frames_at_a_time_are_those_of_all(weights, save, monkeypatch):
    save(two_layers(weights))
    video = clip(7, 8, 12)
    for frames in (1, 2, 3, 7):
        monkeypatch.setattr(c3d, "SLAB_VOXELS", frames * 8 * 12)
        slabs = list(c3d.feature_slabs(video))
        assert len(slabs) == -(-7 // frames)
        assert torch.allclose(torch.cat(slabs), c3d.features(video), rtol=1e-4, atol=1e-2)


def test_svfid_grows_with_the_size_of_a_change(weights, save):
    save(two_layers(weights))
    source = clip()
    noise = torch.rand(source.shape, generator=torch.Generator().manual_seed(1)) * 2 - 1
    unchanged = svfid(source, source)
    for change in (1, noise):
        small, large = (svfid(source, source + step * change) for step in (0.05, 0.2))
        assert abs(unchanged) < 1e-6 * small and 2 * small < large


def check_error(reason):
    """The sentence that SVFID raises; it has to hold the reason and to name the variable."""
    with pytest.raises(ValueError, match=reason) as error:
        svfid(clip(), clip(seed=1))
    sentence = str(error.value)
    assert sentence.endswith(".") and ". " not in sentence and "\n" not in sentence
    assert c3d.WEIGHTS in sentence
    return sentence


def test_without_weights_the_error_says_how_to_name_them():
    assert "OWNER/NAME:FILE" in check_error("no copy on the Hugging Face Hub is known")


@pytest.mark.parametrize("content", [None, b"", b"not weights"], ids=["missing", "empty", "other"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, monkeypatch, content):
    path = tmp_path / "c3d.pickle"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(c3d.WEIGHTS, str(path))
    assert "this machine" not in check_error("could not be loaded from")


@pytest.mark.parametrize("case", ["list", "none", "shape", "bias", "fewer"])
def test_a_file_without_the_weights_is_an_error(weights, save, case):
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
    check_error("does not hold C3D's weights")


def test_code_in_a_file_is_not_run(save, tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "run"), "w")

    save(Trap())
    check_error("could not be loaded from")
    assert not (tmp_path / "run").exists()


def test_a_file_named_as_openmmlabs_must_be_it(weights, save, monkeypatch):
    path = save(two_layers(weights), c3d.OPENMMLAB)
    check_error("is not OpenMMLab's file")
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    monkeypatch.setattr(c3d, "OPENMMLAB_SHA256", digest[:8])
    assert svfid(clip(), clip(seed=1)) > 0


def test_weights_on_the_hub_are_fetched(weights, save, monkeypatch):
    path, requests = Path(save(two_layers(weights))), []
    expected = svfid(clip(), clip(seed=1))
    monkeypatch.setenv(c3d.WEIGHTS, "some-one/C3D.v1:folder/c3d.pickle")
    c3d._network.cache_clear()
    monkeypatch.setattr(hub_files, "fetch", lambda *names: requests.append(names) or path)
    assert svfid(clip(), clip(seed=1)) == expected
    assert requests == [("some-one/C3D.v1", "folder/c3d.pickle")]


def test_without_a_network_the_error_names_the_hub(monkeypatch):
    def unreachable(repository, file_name):
        raise ConnectionError

    monkeypatch.setenv(c3d.WEIGHTS, "some/one:c3d.pickle")
    monkeypatch.setattr(hub_files, "fetch", unreachable)
    check_error("let this machine reach the Hugging Face Hub, or name another file")


def test_a_video_smaller_than_the_pooling_is_an_error(weights, save):
    save(weights)
    with pytest.raises(ValueError, match="1 x 8 x 8 is too small for C3D"):
        c3d.features(clip(1, 8, 8), "conv3a")


@pytest.fixture
def clips():
    """A source and two results."""
    return [vgpnn.Video(clip(seed=k), 10) for k in range(3)]


def test_a_report_has_svfid_on_request(weights, save, clips):
    save(two_layers(weights))
    source, *samples = clips
    figures = report.figures(source, samples, with_svfid=True)
    values = [row["svfid"] for row in figures["samples"]]
    assert values == pytest.approx([svfid(source, sample) for sample in samples], rel=1e-6)
    assert figures["mean"]["svfid"] == pytest.approx(sum(values) / 2) and figures["notes"] == []
    assert set(figures["mean"]) == {*COLUMNS, "svfid"}
    assert "svfid" not in report.figures(source, samples)["mean"]


def test_a_report_without_weights_has_the_other_figures_and_a_note(clips):
    source, *samples = clips
    figures = report.figures(source, samples, with_svfid=True)
    assert [row["svfid"] for row in (*figures["samples"], figures["mean"])] == [None] * 3
    assert figures["mean"]["coherence"] > 0
    (note,) = figures["notes"]
    assert c3d.WEIGHTS in note
    head, better, row, *_, last = report.table(figures).splitlines()
    assert [line.split()[-1] for line in (head, better, row)] == ["svfid", "lower", "-"]
    assert last == note
