"""How much a seam of a tile shows."""

import torch


def seam_step(codes: torch.Tensor, axis: int) -> float:
    """The mean step from the last place along an axis to the first one, in the median of those
    between the others. codes: (T, H, W, 3)."""
    values = codes.float()
    others = [each for each in range(4) if each != axis]
    steps = (values.roll(-1, axis) - values).abs().mean(others)
    return float(steps[-1] / steps[:-1].median())
