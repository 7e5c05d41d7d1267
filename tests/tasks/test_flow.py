"""Optical flow by dense inverse search, and by RAFT where it can be loaded."""

import hashlib
import sys

import pytest
import torch

from vgpnn.codes import encode
from vgpnn.machine import weights
from vgpnn.tasks import flow

STEP = 2.0  # [px] to the right at every frame


def moving_texture(frames, height, width):
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(1, 3, height, width + 20, generator=generator)
    texture = torch.nn.functional.avg_pool2d(texture, 5, 1, 2)[0].permute(1, 2, 0)
    texture = (texture - texture.min()) / (texture.max() - texture.min()) * 2 - 1
    at = [int(20 - STEP * k) for k in range(frames)]
    return torch.stack([texture[:, x : x + width] for x in at])


@pytest.mark.parametrize("size", [(20, 36), (64, 90)], ids=["enlarged first", "as it is"])
def test_a_shift_has_the_length_of_its_step(size):
    found = flow.flow_magnitude(moving_texture(4, *size))
    assert found.shape == (4, *size, 1)
    assert torch.equal(found[-1], found[-2])
    assert found[:, 5:-5, 8:-8].median() == pytest.approx(STEP, rel=0.1)


def test_mean_length_is_over_all_voxels():
    video = moving_texture(4, 64, 160)
    video[:, :, 80:] = video[:1, :, 80:]  # the right half stands still
    codes = encode(video)
    assert flow.mean_length(codes) == pytest.approx(STEP / 2, rel=0.15)
    assert flow.mean_length(codes[:1]) == 0


def test_checkpoint_is_called_between_frames():
    seen = []
    flow.flow_magnitude(moving_texture(4, 48, 64), checkpoint=lambda: seen.append(0))
    assert len(seen) == 3


@pytest.fixture
def raft(monkeypatch):
    """torchvision's RAFT. Its compiled operators, which RAFT does not use, need the very build of
    torch they were made for: declared, they are not missed."""
    declared = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            declared.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    network = pytest.importorskip("torchvision.models.optical_flow").raft_large
    flow._raft_network.cache_clear()
    yield network
    flow._raft_network.cache_clear()


def test_raft_with_weights_from_a_file(raft, tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = raft().eval()
    torch.save(network.state_dict(), tmp_path / "raft.pth")
    monkeypatch.setenv(flow.RAFT_FILE, str(tmp_path / "raft.pth"))
    video = moving_texture(3, 128, 136)
    with torch.inference_mode():
        pair = (x[None].permute(0, 3, 1, 2) for x in video[:2])
        expected = network(*pair, num_flow_updates=flow.RAFT_UPDATES)[-1]
    found = flow.flow_magnitude(video, "raft")
    assert torch.allclose(found[0, ..., 0], expected[0].norm(dim=0), atol=1e-3)
    small = flow.flow_magnitude(moving_texture(3, 40, 70), "raft")
    assert small.shape == (3, 40, 70, 1) and torch.isfinite(small).all()


@pytest.mark.parametrize("content", [None, b"", b"not weights"], ids=["missing", "empty", "other"])
def test_weights_that_cannot_be_loaded_are_one_sentence(raft, tmp_path, monkeypatch, content):
    path = tmp_path / "raft.pth"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(flow.RAFT_FILE, str(path))
    with pytest.raises(ValueError, match="could not be loaded.*take the flow 'dis'") as caught:
        flow.flow_magnitude(moving_texture(3, 48, 64), "raft")
    assert "\n" not in str(caught.value)


def test_a_file_from_the_hub_must_be_the_known_one(raft, tmp_path, monkeypatch):
    monkeypatch.delenv(flow.RAFT_FILE, raising=False)
    torch.save(raft().state_dict(), tmp_path / "raft.pth")
    monkeypatch.setattr(weights, "fetch", lambda *_: tmp_path / "raft.pth")
    with pytest.raises(ValueError, match="could not be loaded"):
        flow.flow_magnitude(moving_texture(3, 48, 64), "raft")
    digest = hashlib.sha256((tmp_path / "raft.pth").read_bytes()).hexdigest()
    monkeypatch.setattr(flow, "RAFT_SHA256", digest)
    assert flow.flow_magnitude(moving_texture(3, 48, 64), "raft").shape == (3, 48, 64, 1)


def test_without_a_network_the_refusal_names_other_ways(raft, monkeypatch):
    def unreachable(repository, name):
        assert (repository, name) == flow.RAFT_WEIGHTS
        raise ConnectionError

    monkeypatch.delenv(flow.RAFT_FILE, raising=False)
    monkeypatch.setattr(weights, "fetch", unreachable)
    with pytest.raises(ValueError, match="Hub, name a file of them in VGPNN_RAFT_WEIGHTS"):
        flow.flow_magnitude(moving_texture(3, 48, 64), "raft")


def test_without_torchvision_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.models.optical_flow", None)
    flow._raft_network.cache_clear()
    with pytest.raises(ValueError, match="RAFT needs a torchvision"):
        flow.flow_magnitude(moving_texture(3, 48, 64), "raft")
