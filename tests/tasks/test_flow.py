"""Optical flow by dense inverse search, and by RAFT where it can be loaded."""

import hashlib
import sys
from types import SimpleNamespace

import pytest
import torch
from helpers.sentences import is_one_sentence

from vgpnn.codes import encode
from vgpnn.machine import weights
from vgpnn.tasks import flow

STEP = 2.0  # [px] that the texture moves to the right at every frame


def moving_texture(frames, height, width):
    generator = torch.Generator().manual_seed(0)
    texture = torch.rand(1, 3, height, width + 20, generator=generator)
    texture = torch.nn.functional.avg_pool2d(texture, 5, 1, 2)[0].permute(1, 2, 0)
    texture = (texture - texture.min()) / (texture.max() - texture.min()) * 2 - 1
    starts = [int(20 - STEP * k) for k in range(frames)]
    return torch.stack([texture[:, start : start + width] for start in starts])


@pytest.mark.parametrize("size", [(20, 36), (64, 90)], ids=["enlarged first", "as it is"])
def test_the_flow_of_a_shift_is_as_long_as_its_step(size):
    magnitude = flow.flow_magnitude(moving_texture(4, *size))
    assert magnitude.shape == (4, *size, 1)
    assert torch.equal(magnitude[-1], magnitude[-2])  # the last frame has no next one
    assert magnitude[:, 5:-5, 8:-8].median() == pytest.approx(STEP, rel=0.1)


def test_the_mean_length_is_over_all_voxels():
    video = moving_texture(4, 64, 160)
    video[:, :, 80:] = video[:1, :, 80:]  # the right half stands still
    codes = encode(video)
    assert flow.mean_length(codes) == pytest.approx(STEP / 2, rel=0.15)
    assert flow.mean_length(codes[:1]) == 0


def test_the_checkpoint_is_called_for_every_pair_of_frames():
    calls = []
    flow.flow_magnitude(moving_texture(4, 48, 64), checkpoint=lambda: calls.append(0))
    assert len(calls) == 3


@pytest.mark.parametrize("frames", [1, 3])
def test_a_clip_in_which_nothing_moves_is_one_sentence(frames):
    still = moving_texture(1, 48, 64).repeat(frames, 1, 1, 1)
    with pytest.raises(ValueError) as error:
        flow.flow_magnitude(still)
    assert str(error.value) == "Nothing moves in this clip: choose one with motion."


@pytest.mark.parametrize(
    ("size", "network_size"),
    [((48, 64), (128, 168)), ((128, 136), (128, 136)), ((400, 600), (256, 384))],
    ids=["enlarged", "as it is", "reduced"],
)
def test_the_flow_of_raft_is_scaled_to_the_size_of_the_video(size, network_size, monkeypatch):
    def network(frame, next_frame, num_flow_updates):
        assert frame.shape == next_frame.shape == (1, 3, *network_size)
        flows = torch.zeros(2, 1, 2, *network_size)
        flows[1, 0, 0], flows[1, 0, 1] = 3.0, 4.0  # the last of the refined flows: right and down
        return flows

    monkeypatch.setattr(flow, "_raft_network", lambda path: network)
    magnitude = flow.flow_magnitude(torch.zeros(2, *size, 3), "raft")
    (height, width), (rows, columns) = size, network_size
    expected = ((3.0 * width / columns) ** 2 + (4.0 * height / rows) ** 2) ** 0.5
    assert magnitude.shape == (2, *size, 1)
    assert torch.allclose(magnitude, torch.tensor(expected), rtol=1e-5)


class ConstantFlow(torch.nn.Module):
    """A network with RAFT's interface whose flow is its only weight, everywhere."""

    def __init__(self):
        super().__init__()
        self.length = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, frame, next_frame, num_flow_updates):
        return [self.length * torch.ones(1, 2, *frame.shape[2:])] * num_flow_updates


@pytest.fixture
def loader(monkeypatch):
    """torchvision with a small network in the place of RAFT, which is loaded anew."""
    module = SimpleNamespace(raft_large=ConstantFlow)
    monkeypatch.setitem(sys.modules, "torchvision.models.optical_flow", module)
    monkeypatch.delenv(flow.RAFT_FILE, raising=False)
    flow._raft_network.cache_clear()
    yield
    flow._raft_network.cache_clear()


def length_in(video):
    """The mean length of the flow that is found with RAFT [px]."""
    return flow.flow_magnitude(video, "raft").mean().item()


def test_weights_are_loaded_from_a_named_file(loader, tmp_path, monkeypatch):
    network = ConstantFlow()
    monkeypatch.setenv(flow.RAFT_FILE, str(tmp_path / "raft.pth"))
    for length in (3.0, 6.0):
        network.length.data.fill_(length)
        torch.save(network.state_dict(), tmp_path / "raft.pth")
        flow._raft_network.cache_clear()
        assert length_in(moving_texture(2, 128, 128)) == pytest.approx(length * 2**0.5)


@pytest.mark.parametrize("content", [None, b"", b"not weights"], ids=["missing", "empty", "other"])
def test_weights_that_cannot_be_loaded_are_one_sentence(loader, tmp_path, monkeypatch, content):
    path = tmp_path / "raft.pth"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(flow.RAFT_FILE, str(path))
    with pytest.raises(ValueError, match="could not be loaded.*take the flow 'dis'") as error:
        flow.flow_magnitude(moving_texture(2, 48, 64), "raft")
    assert is_one_sentence(error.value, "RAFT", flow.RAFT_FILE)


def test_a_file_from_the_hub_must_have_the_known_hash(loader, tmp_path, monkeypatch):
    torch.save(ConstantFlow().state_dict(), tmp_path / "raft.pth")
    monkeypatch.setattr(weights, "fetch", lambda *names: tmp_path / "raft.pth")
    with pytest.raises(ValueError, match="could not be loaded"):
        flow.flow_magnitude(moving_texture(2, 48, 64), "raft")
    digest = hashlib.sha256((tmp_path / "raft.pth").read_bytes()).hexdigest()
    monkeypatch.setattr(flow, "RAFT_SHA256", digest)
    assert length_in(moving_texture(2, 128, 128)) == pytest.approx(2 * 2**0.5)


def test_without_a_network_the_refusal_names_other_ways(loader, monkeypatch):
    def unreachable(repository, name):
        assert (repository, name) == flow.RAFT_WEIGHTS
        raise ConnectionError

    monkeypatch.setattr(weights, "fetch", unreachable)
    with pytest.raises(ValueError, match="Hub, name a file of them in VGPNN_RAFT_WEIGHTS") as error:
        flow.flow_magnitude(moving_texture(2, 48, 64), "raft")
    assert is_one_sentence(error.value, "RAFT", "take the flow 'dis'")


def test_without_torchvision_the_refusal_is_one_sentence(loader, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.models.optical_flow", None)
    with pytest.raises(ValueError) as error:
        flow.flow_magnitude(moving_texture(2, 48, 64), "raft")
    assert str(error.value) == (
        "RAFT needs a torchvision that fits torch: install it, or take the flow 'dis'."
    )


@pytest.mark.slow
def test_raft_is_that_of_torchvision(tmp_path, monkeypatch):
    """The real network gives the same flow through this module as by itself.

    torchvision's compiled operators need the very build of torch that they were made for. RAFT does
    not use them, but the import looks two of them up, so they are declared where they lack.
    """
    declared = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            declared.define(name + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision.models.optical_flow import raft_large

    torch.manual_seed(0)
    network = raft_large().eval()
    torch.save(network.state_dict(), tmp_path / "raft.pth")
    monkeypatch.setenv(flow.RAFT_FILE, str(tmp_path / "raft.pth"))
    flow._raft_network.cache_clear()
    video = moving_texture(2, 128, 136)
    with torch.inference_mode():
        pair = (frame[None].permute(0, 3, 1, 2) for frame in video)
        expected = network(*pair, num_flow_updates=flow.RAFT_UPDATES)[-1]
    try:
        magnitude = flow.flow_magnitude(video, "raft")
    finally:
        flow._raft_network.cache_clear()
    assert torch.allclose(magnitude[0, ..., 0], expected[0].norm(dim=0), atol=1e-3)
