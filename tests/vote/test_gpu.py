"""The vote on the GPU against plain torch, to the byte; without a GPU in Triton's interpreter."""

import pytest
import torch
from helpers.gpu import DEVICE, HAS_GPU
from helpers.triton_compiler import ARCHITECTURES, compiled_kernels
from helpers.votes import GRIDS, MODES, SHAPES, half_coherent_field, random_case, random_quality

from vgpnn.patches import grid
from vgpnn.vote import gpu, naive

pytestmark = pytest.mark.slow
SPARSE = ("same-size", "shifted"), ("one-frame", "every-second")


@pytest.fixture(autouse=True)
def wide_programs(monkeypatch):
    """In the interpreter, time goes by the number of programs more than by what they do."""
    if not HAS_GPU:
        monkeypatch.setattr(gpu, "BLOCK", 1024)
        monkeypatch.setattr(gpu, "VOTES", 2**18)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "kind"), [*((n, "all") for n in SHAPES), *SPARSE])
def test_it_equals_plain_torch(name, kind, mode):
    channels = 4 if name == "one-frame" else 3
    value, (field, _), voters = random_case(name, channels, *GRIDS[kind])
    # In the second sample all patches agree, and in the third one many of them do.
    agreeing = field[:1, :1, :1].expand_as(field)
    half = half_coherent_field(field, 0.6, grid(value.shape[:3], voters.patch))
    batch = torch.stack([field, agreeing, half])
    quality = random_quality(batch)
    on_device = value.to(DEVICE), batch.to(DEVICE), voters, mode, quality.to(DEVICE)
    result = gpu.vote(*on_device).cpu()
    for sample, sample_field, sample_quality in zip(result, batch, quality):
        expected = naive.vote(value, sample_field, voters, mode, sample_quality)
        assert torch.equal(sample, expected)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return compiled_kernels("vote", tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_kernel_compiles_without_spills(name, compiled):
    kernels = compiled[name]
    assert {kernel["name"] for kernel in kernels} == {"vote_kernel"}
    assert len(kernels) == 3 + len(MODES)
    for kernel in kernels:
        assert kernel["spilled"] == 0, kernel
