"""The layout of videos that the GPU kernels read."""

import pytest
import torch
from helpers.gpu import DEVICE

from vgpnn.search import packing
from vgpnn.search.packing import pack, shared


def random_batch(samples, channels=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (samples, 5, 6, 7, channels), generator=generator).byte()


@pytest.mark.parametrize(
    ("frames", "channels", "words"), [(3, 3, 4), (1, 3, 1), (2, 3, 2), (4, 4, 4), (1, 1, 1)]
)
def test_a_pixel_holds_the_codes_of_its_frames_and_zeros(frames, channels, words):
    batch = random_batch(2, channels)
    packed = pack(batch.to(DEVICE), frames).cpu()
    assert packed.shape == (2, 6 - frames, 6, 7, words) and packed.dtype == torch.int32
    read = packed.view(torch.uint8)
    for frame in range(frames):
        codes = read[..., frame * channels : (frame + 1) * channels]
        assert torch.equal(codes, batch[:, frame : frame + 6 - frames])
    assert not read[..., frames * channels :].any()


def test_samples_that_share_their_memory_are_packed_once():
    sample = random_batch(1).to(DEVICE)
    assert torch.equal(pack(sample.expand(3, -1, -1, -1, -1), 2), pack(sample, 2))
    assert shared(sample.expand(3, -1, -1, -1, -1)).shape[0] == 1
    assert shared(random_batch(3)).shape[0] == 3


def test_other_codes_are_refused():
    with pytest.raises(TypeError, match="int16"):
        pack(random_batch(1).short(), 2)


def test_what_was_packed_is_kept_until_the_video_changes_or_goes():
    video = random_batch(1).to(DEVICE)
    first = pack(video, 2)
    assert pack(video, 2) is first
    assert pack(video, 3).shape[1] == 3  # other patches read it in another way
    video += 1
    assert torch.equal(pack(video, 2), pack(video.clone(), 2))
    kept = len(packing._packed)
    del video
    assert len(packing._packed) == kept - 1


def test_a_video_of_inference_mode_is_packed_anew():
    with torch.inference_mode():
        video = random_batch(1).to(DEVICE)
        first = pack(video, 2)
        video += 1
        assert not torch.equal(pack(video, 2), first)
