"""From light to film: blackbody colours, optics, tone curve and grain.

Images are linear-light float32 arrays (H, W, 3) until `tonemap`. Sources: Wyman et al., "Simple
analytic approximations to the CIE XYZ colour matching functions" (2013); Narkowicz' fit of the
ACES film curve (2015).
"""

import math

import numpy as np
from numba import njit


def _lobe(nm, peak, left, right):
    return np.exp(-0.5 * ((nm - peak) / np.where(nm < peak, left, right)) ** 2)


def _blackbody_table(kelvin):
    """Planck's law seen by the CIE 1931 observer, as linear sRGB."""
    nm = np.arange(380.0, 781.0, 5.0)
    xyz_bar = np.stack(
        [
            1.056 * _lobe(nm, 599.8, 37.9, 31.0)
            + 0.362 * _lobe(nm, 442.0, 16.0, 26.7)
            - 0.065 * _lobe(nm, 501.1, 20.4, 26.2),
            0.821 * _lobe(nm, 568.8, 46.9, 40.5) + 0.286 * _lobe(nm, 530.9, 16.3, 31.1),
            1.217 * _lobe(nm, 437.0, 11.8, 36.0) + 0.681 * _lobe(nm, 459.0, 26.0, 13.8),
        ]
    )
    planck = (nm / 560) ** -5 / np.expm1(1.4388e7 / (nm * kelvin[:, None]))
    xyz_to_rgb = np.array(
        [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]
    )
    return np.maximum(planck @ xyz_bar.T @ xyz_to_rgb.T, 0)


_KELVIN = np.linspace(500.0, 7000.0, 1301)
_BLACKBODY = _blackbody_table(_KELVIN)


def blackbody(kelvin, white=1800.0):
    """Linear sRGB radiance of a blackbody, 1 in the red channel at `white` kelvin."""
    scale = np.interp(white, _KELVIN, _BLACKBODY[:, 0])
    channels = [np.interp(kelvin, _KELVIN, c) for c in (_BLACKBODY / scale).T]
    return np.stack(channels, -1).astype(np.float32)


@njit(cache=True)
def _convolve_rows(image, kernel):
    """Convolve axis 0 of (H, N) with a symmetric kernel, edges repeated."""
    radius = kernel.size // 2
    out = np.zeros_like(image)
    for i in range(image.shape[0]):
        for k in range(kernel.size):
            row = min(max(i + k - radius, 0), image.shape[0] - 1)
            for j in range(image.shape[1]):
                out[i, j] += kernel[k] * image[row, j]
    return out


def blur(image, sigma):
    """Gaussian blur of the first two axes; `sigma` in pixels, or one per axis (rows, columns)."""
    out = np.asarray(image, np.float32)
    for axis, s in enumerate(np.broadcast_to(sigma, 2)):
        if s <= 0:
            continue
        offsets = np.arange(-math.ceil(3 * s), math.ceil(3 * s) + 1)
        kernel = np.exp(-0.5 * (offsets / s) ** 2)
        kernel = (kernel / kernel.sum()).astype(np.float32)
        moved = np.ascontiguousarray(np.swapaxes(out, 0, axis))
        rows = _convolve_rows(moved.reshape(moved.shape[0], -1), kernel)
        out = np.swapaxes(rows.reshape(moved.shape), 0, axis)
    return np.ascontiguousarray(out)


def downsample(image, factor=2):
    """Box average of `factor` x `factor` pixels."""
    h, w = image.shape[0] // factor, image.shape[1] // factor
    blocks = image[: h * factor, : w * factor].reshape(h, factor, w, factor, *image.shape[2:])
    return blocks.mean((1, 3))


def upsample(image, height, width):
    """Bilinear resize of the first two axes."""
    for axis, size in enumerate((height, width)):
        n = image.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
        low = np.minimum(at.astype(int), n - 2)
        t = (
            (at - low)
            .astype(np.float32)
            .reshape([-1 if a == axis else 1 for a in range(image.ndim)])
        )
        image = image.take(low, axis) * (1 - t) + image.take(low + 1, axis) * t
    return image


def bloom(image, amount=0.1, sigma=4.0):
    """Light scattered in the lens: a narrow, a medium and a wide halo take a share of the light.

    The two wide halos are blurred at a quarter of the resolution, where nobody sees it.
    """
    h, w = image.shape[:2]
    small = downsample(image, 4)
    wide = 0.6 * blur(small, sigma / 2) + 0.4 * blur(small, sigma * 1.5)
    halo = 0.5 * blur(image, sigma / 2) + 0.5 * upsample(wide, h, w)
    return (1 - amount) * image + amount * halo


def splat(image, x, y, light):
    """Add point lights (N, 3) to the image at (x, y), shared between the four nearest pixels."""
    h, w = image.shape[:2]
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        weight = (1 - np.abs(x - column)) * (1 - np.abs(y - row))
        inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
        np.add.at(image, (row[inside], column[inside]), (weight[:, None] * light)[inside])


def vignette(image, amount=0.25):
    """Darken towards the corners, by `amount` there."""
    h, w = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    return image * (1 - amount * ((x * x + y * y) / 2)[..., None]).astype(np.float32)


def crosstalk(linear, amount=0.05):
    """Overlap of the sensor's colour channels: lets a very bright flame burn out to white."""
    return (1 - amount) * linear + amount * linear.mean(-1, keepdims=True)


def tonemap(linear, exposure=1.0):
    """Film-like shoulder and toe, then the sRGB transfer curve; the result is in [0, 1]."""
    x = np.maximum(linear, 0) * (0.6 * exposure)
    film = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return np.where(film < 0.0031308, 12.92 * film, 1.055 * film ** (1 / 2.4) - 0.055)


def grain(frames, seed, amount=0.012):
    """Film grain on display values (T, H, W, 3): mostly shared by the channels, least in white."""
    rng = np.random.default_rng(seed)
    out = np.empty(np.shape(frames), np.float32)
    for t, frame in enumerate(frames):
        luma = rng.standard_normal(frame.shape[:2] + (1,), dtype=np.float32)
        chroma = rng.standard_normal(frame.shape, dtype=np.float32)
        noise = blur(luma + 0.35 * chroma, 0.6) * 2
        out[t] = frame + amount * noise * (1.1 - 0.7 * frame)
    return out


def to_uint8(frames):
    """Display values in [0, 1] to bytes."""
    return (np.clip(frames, 0, 1) * 255 + 0.5).astype(np.uint8)


def view_rays(width, height, focal, tilt=0.0, horizon=0.5):
    """Unit view rays (height, width, 3) of a pinhole camera: x right, y up, z ahead.

    `focal` is in half-widths of the frame and `tilt` turns the camera up, in radians;
    `horizon` shifts the film so that level rays fall on that part of the height.
    """
    column, row = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x = (2 * column / width - 1) / focal
    y = (horizon * height - row) * 2 / width / focal
    up = y * math.cos(tilt) + math.sin(tilt)
    ahead = math.cos(tilt) - y * math.sin(tilt)
    rays = np.stack([x, up, ahead], axis=-1)
    return rays / np.linalg.norm(rays, axis=-1, keepdims=True)
