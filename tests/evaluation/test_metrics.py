"""Quality figures against closed forms, oracles and properties, and `evaluate` as users run it."""

import json
import math

import numpy as np
import pytest
import scipy.sparse
import torch

import vgpnn
from vgpnn.cli.main import main
from vgpnn.evaluation import metrics
from vgpnn.evaluation.frechet import frechet_distance, moments, svfid
from vgpnn.evaluation.originality import found_map, originality
from vgpnn.evaluation.report import COLUMNS
from vgpnn.patches import unfold
from vgpnn.source_map import identity


def texture(shape=(5, 24, 30), seed=0, grain=3):
    """Smooth noise, (T, H, W, 3) in [-0.8, 0.8]."""
    t, h, w = shape
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(t, h // grain, w // grain, 3, generator=generator) * 2 - 1
    return vgpnn.pyramid.resize(coarse, shape).clamp(-0.8, 0.8)


def moving(step, frames=5, height=48, width=64):
    """A texture that moves `step` px to the right per frame."""
    wide = texture((1, height, width + 30), seed=1)[0]
    return torch.stack([wide[:, 20 - step * k :][:, :width] for k in range(frames)])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("stride", [1, 2])
def test_nearest_patches_are_those_of_brute_force(stride, monkeypatch):
    monkeypatch.setattr(metrics, "CHUNK", 70)  # several slabs a frame, the last one not full
    video, other = texture(seed=0), texture((4, 15, 17), seed=1)
    rows = unfold(other, metrics.PATCH)
    t, h, w = (n - p + 1 for n, p in zip(video.shape, metrics.PATCH))
    keys = unfold(video, metrics.PATCH).reshape(t, h, w, -1)[:, ::stride, ::stride].flatten(0, 2)
    expected = torch.cdist(rows.double(), keys.double()).amin(1).square().mean() / rows.shape[1]
    assert metrics.mean_nearest(rows, video, stride) == pytest.approx(expected.item(), rel=1e-4)


def test_two_colours_are_apart_by_the_square_of_their_difference():
    grey, light = (torch.full((4, 32, 32, 3), value / 127.5 - 1) for value in (100, 151))
    found = metrics.patch_figures(grey, light)
    step = 51 / 127.5
    for name in ("coherence", "completeness"):
        assert found[name] == pytest.approx(1e4 * step**2, rel=1e-3)
    # A sum of the elements of a random unit vector is nearly normal: its mean size is this.
    assert found["swd"] == pytest.approx(1e2 * step * math.sqrt(2 / math.pi), rel=0.12)


def test_a_part_of_the_source_is_coherent_and_not_complete():
    source = texture((5, 24, 60))
    part = source[:, :, :30]
    found, turned = metrics.patch_figures(source, part), metrics.patch_figures(part, source)
    assert found["coherence"] < 0.4 * found["completeness"]
    assert turned["completeness"] == pytest.approx(found["coherence"], rel=0.1)
    assert turned["coherence"] == pytest.approx(found["completeness"], rel=0.1)
    itself = metrics.patch_figures(part, part)
    assert itself["coherence"] < found["coherence"] + 1 and itself == metrics.patch_figures(
        vgpnn.Video(part, 12), vgpnn.Video(part, 12)
    )


RULER = {
    "coherence": 2655.84,
    "completeness": 2667.76,
    "swd": 14.9157,
    "sharp": 0.999394,
    "motion": 0.954897,
    "diversity": 0.919586,
}


def test_figures_are_those_of_the_ruler():
    """Numbers of the script that made the tables, on clips made here: the sampling is the same."""
    found = metrics.patch_figures(texture(), texture(seed=1))
    found["sharp"] = metrics.sharpness(texture(), texture(seed=1))
    found["motion"] = metrics.motion(texture(), texture(seed=1))
    found["diversity"] = metrics.diversity(texture(), [texture(seed=k) for k in (1, 2, 3)])
    assert found == pytest.approx(RULER, rel=1e-3)


def test_sliced_wasserstein_of_two_gaussians():
    """Of N(0, 1) and N(m, s) along every axis: E|m.w + (s - 1) z| with m = 0 is this."""
    one, other = torch.randn(2, 4000, 20, generator=generator()).unbind()
    distance = metrics.sliced_wasserstein(one, 3 * other, generator())
    assert distance == pytest.approx(2 * math.sqrt(2 / math.pi), rel=0.05)
    assert metrics.sliced_wasserstein(one, one.flip(0), generator()) == 0
    more = torch.cat([one, 9 + other])
    assert metrics.sliced_wasserstein(one, more, generator()) == 0
    back = metrics.sliced_wasserstein(3 * other, one, generator())
    assert back == pytest.approx(distance)


def test_drawn_patches_lie_in_the_video():
    video = texture((4, 10, 9))
    rows = {tuple(row.tolist()) for row in unfold(video, metrics.PATCH)}
    drawn = metrics.drawn(video, 1000, generator())
    assert drawn.shape == (2 * 4 * 3, 441) and {tuple(row.tolist()) for row in drawn} <= rows
    codes = vgpnn.Video(video, 12).codes
    assert torch.allclose(metrics.drawn(codes, 1000, generator()), drawn, atol=0.004)


def test_sharpness_and_motion_follow_contrast_and_pace():
    source = texture()
    assert metrics.sharpness(source, source / 2) == pytest.approx(0.25, rel=0.02)
    assert metrics.motion(source, source / 2) == pytest.approx(0.5, rel=0.02)
    assert metrics.motion(source, source.flip(0)) == pytest.approx(1)
    assert metrics.motion(source, source[:1].expand(5, -1, -1, -1)) == 0
    ramp = torch.linspace(-1, 1, 11)[:, None, None, None].expand(11, 8, 8, 3)
    assert metrics.motion(ramp, ramp[::2]) == pytest.approx(2, rel=0.01)
    wide = torch.linspace(-1, 1, 16)[None, None, :, None].expand(3, 16, 16, 3)
    both = (wide + wide.transpose(1, 2)) / 2  # half the slope, along two axes
    assert metrics.sharpness(wide, both) == pytest.approx(0.5, rel=0.02)


def test_flow_is_in_steps_of_the_source():
    assert metrics.flow_ratio(moving(1), moving(2)) == pytest.approx(2, rel=0.15)
    assert metrics.flow_ratio(moving(2), moving(0)) == pytest.approx(0, abs=0.02)


def test_diversity_of_plain_and_of_random_samples():
    source, same = texture(), texture(seed=1)
    assert metrics.diversity(source, [same, same]) == 0
    levels = [torch.full((3, 8, 8, 3), code / 127.5 - 1) for code in (50, 100, 150)]
    half = torch.cat([levels[0][:, :, :4], levels[2][:, :, 4:]], 2)
    spread = 50 * math.sqrt(192 / 191)  # of the voxels of a source that is half dark, half light
    assert metrics.diversity(half, levels) == pytest.approx(50 / spread, rel=1e-4)
    assert metrics.diversity(half, levels[:2]) == pytest.approx(50 / 2**0.5 / spread, rel=1e-4)
    noise = [torch.rand(3, 20, 20, 3, generator=generator(k)) * 2 - 1 for k in range(9)]
    assert metrics.diversity(noise[0], noise[1:]) == pytest.approx(0.965, abs=0.02)  # c4 of 8


STILL = torch.zeros(4, 48, 48, 3)
WRONG = {
    "one sample": (metrics.diversity, (STILL, [STILL]), "give another"),
    "two sizes": (metrics.diversity, (STILL, [STILL, STILL[1:]]), "3 x 48 x 48 and 4 x 48 x 48"),
    "one colour": (metrics.diversity, (STILL, [STILL, STILL]), "one colour"),
    "short": (metrics.patch_figures, (STILL, STILL[:2]), "2 x 48 x 48 is smaller than a patch"),
    "narrow": (metrics.patch_figures, (STILL[:, :, :6], STILL), "4 x 48 x 6 is smaller"),
    "no edges": (metrics.sharpness, (STILL, STILL), "texture"),
    "no change": (metrics.motion, (STILL, STILL), "motion"),
    "no flow": (metrics.flow_ratio, (STILL, STILL), "motion"),
    "one point": (moments, ([torch.zeros(1, 3)],), "give more"),
    "two features": (
        frechet_distance,
        (np.zeros(2), np.eye(2), np.zeros(3), np.eye(3)),
        "same features",
    ),
    "no map": (originality, (STILL,), "whole numbers"),
    "small to search": (found_map, (STILL, STILL[:2]), "smaller than a patch"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_one_sentence(name):
    function, inputs, says = WRONG[name]
    with pytest.raises(ValueError, match=says) as error:
        function(*inputs)
    assert str(error.value).endswith(".") and str(error.value).count(". ") == 0


def test_frechet_distance_of_gaussians():
    mean, other = np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.0, 7.0])
    one, two = np.array([4.0, 9.0, 0.0]), np.array([1.0, 16.0, 0.25])  # one is singular
    expected = 4 + 16 + 1 + 1 + 0.25  # |m - m2|^2 + sum (s - s2)^2
    plain = mean, np.diag(one), other, np.diag(two)
    assert frechet_distance(*plain) == pytest.approx(expected)
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turned = turn @ mean, turn @ np.diag(one) @ turn.T, turn @ other, turn @ np.diag(two) @ turn.T
    assert frechet_distance(*turned) == pytest.approx(expected)
    assert frechet_distance(*turned[2:], *turned[:2]) == pytest.approx(expected)
    assert frechet_distance(*turned[:2], *turned[:2]) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_where_covariances_do_not_commute():
    """For 2 x 2 matrices tr sqrt(A B) = sqrt(tr(A B) + 2 sqrt(det(A B)))."""
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[4.0, -1.0], [-1.0, 1.0]])
    product = a @ b
    root = math.sqrt(np.trace(product) + 2 * math.sqrt(np.linalg.det(product)))
    found = frechet_distance(np.zeros(2), a, np.zeros(2), b)
    assert found == pytest.approx(np.trace(a) + np.trace(b) - 2 * root)


def test_moments_do_not_depend_on_how_points_are_given():
    points = np.random.default_rng(0).normal(50, 3, (101, 4))
    for count in (1, 2, 7):
        mean, covariance = moments(np.array_split(points, count))
        assert np.allclose(mean, points.mean(0)) and np.allclose(covariance, np.cov(points.T))


def test_svfid_of_features():
    """Colours as features: a brighter clip is away by the square of what was added."""
    source = texture() / 2
    distance = svfid(source, source + 0.25, lambda video: video.reshape(-1, 20, 3))
    assert distance == pytest.approx(3 * 0.25**2, rel=0.02)


def test_originality_of_copies_and_of_noise():
    shape = (4, 10, 12)
    for places in (identity(shape), identity((4, 10, 15))[:, :, 3:]):
        found = originality(places)
        assert found.share == 0 and found.sizes.tolist() == [480]
        assert found.largest == found.median == 1
    noise = torch.randint(0, 100, (*shape, 3), generator=generator())
    found = originality(noise)
    assert found.share > 0.99 and found.largest < 0.01
    assert originality(identity((1, 1, 1))).share == 0


def test_originality_of_a_seam():
    places = identity((4, 10, 12))
    places[:, :, 9:] += torch.tensor([0, 2, 0], dtype=torch.int16)
    found = originality(places)
    pairs = 3 * 480 - 120 - 48 - 40
    assert found.share == pytest.approx(4 * 10 / pairs)
    assert found.sizes.tolist() == [360, 120] and found.largest == 0.75 and found.median == 0.75
    backwards = originality(identity((4, 10, 12)).flip(2))  # rows are mirrored, columns are kept
    assert backwards.sizes.tolist() == [40] * 12


def test_pieces_are_connected_components():
    shape = (4, 9, 11)
    blocks = torch.randint(0, 3, (4, 3, 4), generator=generator())
    shift = blocks.repeat_interleave(3, 1).repeat_interleave(3, 2)[:, :, :11]
    places = identity(shape) + shift[..., None]
    index = np.arange(4 * 9 * 11).reshape(shape)
    edges = []
    for axis in range(3):
        inside = np.diff(shift.numpy(), axis=axis) == 0
        ends = np.split(index, [1], axis)[1], np.split(index, [-1], axis)[0]
        edges.append(np.stack([end[inside] for end in ends]))
    row, column = np.concatenate(edges, 1)
    graph = scipy.sparse.coo_array((np.ones(len(row)), (row, column)), shape=(index.size,) * 2)
    _, label = scipy.sparse.csgraph.connected_components(graph, directed=False)
    expected = sorted(np.bincount(label).tolist(), reverse=True)
    assert len(expected) > 5 and originality(places).sizes.tolist() == expected


def test_the_source_of_a_shifted_copy_is_found():
    source = texture((5, 24, 34))
    found = found_map(source, source[1:, :, 4:])
    assert torch.equal(found, identity((5, 24, 34))[1:, :, 4:])


@pytest.fixture
def clips(tmp_path):
    paths = [tmp_path / f"{name}.mp4" for name in ("source", "one", "two")]
    for k, path in enumerate(paths):
        vgpnn.video.write(path, texture(seed=k), fps=10)
    return [str(path) for path in paths]


def test_evaluate_prints_one_json_object(clips, capsys):
    assert main(["evaluate", *clips, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    source, *samples = (vgpnn.video.read(path, plain=True) for path in clips)
    assert [row["name"] for row in report["samples"]] == clips[1:]
    for row, sample in zip(report["samples"], samples):
        assert set(COLUMNS) < set(row)
        for name, value in metrics.patch_figures(source, sample).items():
            assert row[name] == value
        assert row["sharp"] == metrics.sharpness(source, sample)
        assert row["motion"] == metrics.motion(source, sample)
        assert row["flow"] == metrics.flow_ratio(source, sample)
        assert row["originality"] == originality(found_map(source, sample)).share
    assert report["samples"][0] != report["samples"][1]
    for name, value in report["mean"].items():
        assert value == pytest.approx(sum(row[name] for row in report["samples"]) / 2)
    assert report["diversity"] == metrics.diversity(source, samples) and report["notes"] == []


def test_evaluate_prints_a_table_and_why_a_figure_is_missing(clips, capsys):
    assert main(["evaluate", clips[0], clips[1]]) == 0
    head, better, row, mean, diversity, note = capsys.readouterr().out.splitlines()
    assert head.split() == list(COLUMNS) and better.split()[1:] == list(COLUMNS.values())
    assert row.startswith(clips[1])
    assert row.split()[1:] == mean.split()[1:] and len(head) == len(row)
    assert diversity == "diversity -" and "give another" in note


def test_evaluate_takes_source_maps_and_a_part_of_the_source(clips, tmp_path, capsys):
    path = str(tmp_path / "map.npy")
    vgpnn.source_map.save(path, identity((5, 24, 30)))
    words = ["evaluate", clips[0], clips[1], "--source-map", path, "--frames", "3", "--json"]
    assert main(words) == 0
    (row,) = json.loads(capsys.readouterr().out)["samples"]
    assert row["originality"] == 0 and row["piece_median"] == row["piece_largest"] == 1
    part = vgpnn.video.read(clips[0], frames=3, plain=True)
    one = vgpnn.video.read(clips[1], plain=True)
    assert row["motion"] == metrics.motion(part, one)


@pytest.mark.parametrize("case", ["missing", "count", "shape", "no map", "short"])
def test_evaluate_says_what_is_wrong_in_one_line(clips, tmp_path, capsys, case):
    path = tmp_path / "map.npy"
    vgpnn.source_map.save(path, identity((4, 24, 30)))
    words, says = {
        "missing": ([clips[0], "missing.mp4"], "no such file"),
        "count": ([*clips, "--source-map", path], "1 source maps for 2 videos"),
        "shape": ([*clips[:2], "--source-map", path], "4 x 24 x 30 voxels"),
        "no map": ([*clips[:2], "--source-map", clips[2]], "is no source map"),
        "short": ([*clips[:2], "--frames", 2], "smaller than a patch"),
    }[case]
    assert main([str(word) for word in ["evaluate", *words]]) == 1
    said = capsys.readouterr()
    assert not said.out and said.err.startswith("vgpnn: ") and says in said.err
    assert said.err.count("\n") == 1


def test_plain_reading_repeats_chroma(tmp_path):
    """The colour of two by two pixels is one: how far red is from blue does not depend on luma."""
    path = tmp_path / "clip.mp4"
    vgpnn.video.write(path, texture(grain=2), fps=10)
    spread = []
    for plain in (True, False):
        frames = vgpnn.video.read(path, plain=plain).frames
        difference = frames[..., 0] - frames[..., 2]
        spread.append(difference.unfold(1, 2, 2).unfold(2, 2, 2).flatten(-2).std(-1).mean())
    assert spread[0] < 0.01 < 0.02 < spread[1]
