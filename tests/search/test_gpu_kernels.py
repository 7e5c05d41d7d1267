"""The search's Triton kernel as the compiler makes it, and the functions that it calls."""

import pytest
import torch
import triton
import triton.language as tl
from helpers.gpu import DEVICE, HAS_GPU
from helpers.triton_compiler import ARCHITECTURES, compiled_kernels

from vgpnn.search import gpu_kernels


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    return compiled_kernels("search", tmp_path_factory.mktemp("kernels"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_kernel_compiles_without_spills(name, compiled):
    kernels = compiled[name]
    assert {kernel["name"] for kernel in kernels} == {"improve", "compare_all", "pack_kernel"}
    for kernel in kernels:
        assert kernel["spilled"] == 0, kernel
        if kernel["name"] != "pack_kernel":
            assert kernel["dp4a"] > 0 and kernel["loads of 16 bytes"] > 0, kernel


@triton.jit
def draw_all(centres, coordinates, radius, size, COUNT: tl.constexpr):
    """One coordinate for each of COUNT values of the random bits."""
    n = tl.arange(0, COUNT)
    bits = (n * (65536 // COUNT)).to(tl.uint32)
    tl.store(coordinates + n, gpu_kernels._draw(bits, tl.load(centres + n), radius, size))


@pytest.mark.parametrize(
    ("centre", "radius", "size", "low", "high"),
    [(5, 2, 20, 3, 7), (1, 4, 20, 0, 5), (18, 4, 20, 14, 19), (3, 50, 8, 0, 7), (0, 1, 1, 0, 0)],
)
def test_coordinates_are_uniform_in_the_box_inside_the_video(centre, radius, size, low, high):
    coordinates = torch.empty(4096, dtype=torch.int32, device=DEVICE)
    centres = torch.full_like(coordinates, centre)
    draw_all[(1,)](centres, coordinates, radius, size, 4096)
    values, counts = coordinates.cpu().unique(return_counts=True)
    assert values.tolist() == list(range(low, high + 1))
    assert counts.max() - counts.min() <= 1


@triton.jit
def square_all(a, b, totals, HAS_PTX: tl.constexpr, COUNT: tl.constexpr):
    n = tl.arange(0, COUNT)
    zeros = tl.zeros([COUNT], tl.int32)
    squares = gpu_kernels.add_squares(zeros + 3, tl.load(a + n), tl.load(b + n), HAS_PTX)
    tl.store(totals + n, squares)


@pytest.mark.parametrize("has_ptx", [False, True] if HAS_GPU else [False])
def test_squares_of_four_codes_are_added(has_ptx):
    codes = torch.randint(
        0, 256, (2, 64, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )
    codes[0, 0], codes[1, 0] = 0, 255
    words = codes.to(DEVICE).view(torch.int32)[..., 0].contiguous()
    totals = torch.empty(64, dtype=torch.int32, device=DEVICE)
    square_all[(1,)](words[0], words[1], totals, has_ptx, 64)
    expected = (codes[0].int() - codes[1].int()).square().sum(1) + 3
    assert torch.equal(totals.cpu(), expected.int())
