"""Steam rising from a row of vents in backlight.

A 3-D buoyant flow (Stam 1999; MacCormack advection and vorticity confinement as in Selle et al.
2008 and Fedkiw et al. 2001) carries temperature and vapour in a slab 22 cells deep. A lamp
behind and above the vapour is attenuated along its rays (Beer-Lambert), so thick plumes shade
themselves and each other while thin wisps light up.
"""

import numpy as np

from .camera import bloom, blur, grain, to_uint8, tonemap, vignette
from .fluid import Fluid
from .noise import fbm, smoothstep

ROWS, DEPTH, COLUMNS = 180, 22, 320
VENTS = 7
FRAMES, FPS = 28, 14
WARM_UP = 120
HIDDEN_ROWS = 12  # the vents lie below the frame

LAMP = np.array([1.0, 0.76, 0.52], np.float32) * 6.5
SKYLIGHT = np.array([0.09, 0.16, 0.28], np.float32) * 1.3
EXTINCTION = 0.26


def _vents(step):
    """Vapour fed into the lowest rows: openings that pulse and waver as boiling water does."""
    rng = np.random.default_rng(5)
    z, x = np.mgrid[0:DEPTH, 0:COLUMNS].astype(np.float64)
    x = x + 4 * fbm(x / 20, z / 12, step / 25, octaves=2, seed=8)
    openings = np.zeros((DEPTH, COLUMNS))
    for i in range(VENTS):
        middle = (i + 0.5 + rng.uniform(-0.28, 0.28)) * COLUMNS / VENTS
        across = (x - middle + COLUMNS / 2) % COLUMNS - COLUMNS / 2
        along = z - rng.uniform(0.3, 0.7) * DEPTH
        width = rng.uniform(4.0, 7.5)
        pulse = 0.75 + 0.5 * fbm(step / 17, i * 7.3, octaves=2, seed=4)
        openings += pulse * np.exp(-(across**2 + along**2) / (2 * width**2))
    rough = fbm(x / 7, z / 7, step / 6, octaves=2, seed=3)
    return smoothstep(0.15, 0.9, openings + 0.35 * rough).astype(np.float32)


def _simulate():
    """Yield the vapour density of every recorded frame."""
    shape = (ROWS + HIDDEN_ROWS, DEPTH, COLUMNS)
    fluid = Fluid(shape, inflow=0.9)
    heat, vapour = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for step in range(WARM_UP + FRAMES):
        source = _vents(step)
        heat[-6:] = np.maximum(heat[-6:], source)
        vapour[-6:] = np.maximum(vapour[-6:], source)
        fluid.step(0.30 * heat, confinement=0.01)
        heat = fluid.advect(heat) * 0.975
        vapour = np.maximum(fluid.advect(vapour) * 0.976 - 0.0012, 0)  # dries at its edges
        if step >= WARM_UP:
            yield vapour[:ROWS]


def _slide(layer, offset, axis):
    """Shift a periodic layer by a fraction of a cell."""
    return (1 - offset) * layer + offset * np.roll(layer, 1, axis)


def _light_depth(vapour):
    """Optical depth from the lamp (behind, above, to the left) to every cell."""
    depth = np.zeros_like(vapour)
    for y in range(1, ROWS):
        above = depth[y - 1] + EXTINCTION * vapour[y - 1]
        depth[y] = _slide(_slide(above, 0.55, 0), 0.75, 1)
    return depth


def _backdrop():
    """A dark wall with the lamp's haze on it."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float64)
    haze = np.exp(-(((x - 0.2 * COLUMNS) / 150) ** 2 + ((y + 10) / 120) ** 2))
    wall = 1 + 0.35 * fbm(x / 90, y / 60, octaves=4, seed=21)
    glow = haze[..., None] * LAMP * 0.014 + SKYLIGHT * 0.10
    return (glow * wall[..., None]).astype(np.float32)


def _photograph(vapour, backdrop):
    """Single scattering along parallel view rays, plus a soft term for multiple scattering."""
    depth = _light_depth(vapour)
    direct = np.exp(-1.3 * depth)
    diffuse = np.exp(-0.22 * depth)
    step = EXTINCTION * vapour
    before = np.cumsum(step, axis=1) - step  # the camera looks along +z
    weight = np.exp(-before) * (1 - np.exp(-step))
    key = (weight * (direct + 0.16 * diffuse)).sum(1)[..., None] * LAMP * 0.55
    fill = (weight * diffuse).sum(1)[..., None] * SKYLIGHT
    through = np.exp(-step.sum(1))[..., None]
    image = backdrop * through + key + fill
    return vignette(bloom(blur(image, 0.5), 0.14, 5.0), 0.35)


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    backdrop = _backdrop()
    frames = [tonemap(_photograph(vapour, backdrop), 0.85) for vapour in _simulate()]
    return to_uint8(grain(frames, seed=11, amount=0.010)), FPS
