"""A flock of birds crossing backlit clouds at dusk.

Birds: Reynolds, "Flocks, herds and schools" (1987): separation, alignment and cohesion in a
box that is periodic along the flight, seen in perspective.  Each bird is a small hinged model:
a body, a tail and two wings of an arm and a hand, the hand lagging the arm in the wing beat.
Clouds: single scattering through a slab of domain-warped fractal noise, with a short march
towards the sun for the self-shadow (Schneider and Vos, "Nubis", 2015) and a
Henyey-Greenstein phase function for the bright edges.
"""

import numpy as np
from numba import njit

from .camera import bloom, blur, downsample, grain, to_uint8, tonemap, upsample, view_rays, vignette
from .noise import fbm_volume, sample

WIDTH, HEIGHT, FRAMES, FPS = 384, 216, 28, 14
SCALE, SUBSAMPLES, SHUTTER = 2, 8, 0.5
FOCAL = 1.7  # in half-widths of the frame
TILT = np.deg2rad(24.0)
SUN = np.array([-0.58, 0.13, 0.80]) / np.linalg.norm([-0.58, 0.13, 0.80])
BIRDS = 250
BOX = np.array([78.0, 31.0, 30.0])  # along the flight, up, away from the camera
NEAREST = 30.0
WING = 1.3  # half-span


def fly(rng):
    """Positions, velocities and banks of the boids, one row per sub-sample in time."""
    position = rng.random((BIRDS, 3)) * BOX
    velocity = np.array([4.2, 0.0, 0.0]) + 0.5 * rng.standard_normal((BIRDS, 3))
    step, warmup, path = 1.0 / (FPS * SUBSAMPLES), 300, []
    for k in range(warmup + FRAMES * SUBSAMPLES):
        dt = 4 * step if k < warmup else step
        force = steer(position, velocity)
        velocity = velocity + dt * force
        speed = np.linalg.norm(velocity, axis=1, keepdims=True)
        velocity *= 1 + (np.clip(speed, 3.6, 5.4) / speed - 1) * min(1.0, 4 * dt)
        position = position + dt * velocity
        position[:, 0] %= BOX[0]
        if k >= warmup:
            side = np.cross(velocity, force)[:, 1] / speed[:, 0]
            path.append((position.copy(), velocity.copy(), np.clip(0.22 * side, -0.9, 0.9)))
    return path


def steer(position, velocity):
    """Reynolds' three rules over the near neighbours, and soft walls across the flight."""
    offset = position[None] - position[:, None]
    offset[..., 0] -= BOX[0] * np.round(offset[..., 0] / BOX[0])
    distance = np.linalg.norm(offset, axis=2) + 1e-6
    near = (distance < 7.0) & (distance > 1e-3)
    count = np.maximum(near.sum(1, keepdims=True), 1)
    cohesion = (offset * near[..., None]).sum(1) / count
    alignment = (velocity[None] * near[..., None]).sum(1) / count - velocity
    close = (distance < 4.0) & near
    separation = -(offset / distance[..., None] ** 2 * close[..., None]).sum(1)
    cruise = np.array([4.4, 0.0, 0.0]) - velocity
    walls = np.maximum(1.5 - position, 0) - np.maximum(position - BOX + 1.5, 0)
    walls[:, 0] = 0
    return 0.12 * cohesion + 0.7 * alignment + 5.0 * separation + 0.25 * cruise + 1.5 * walls


def bird_triangles(beat, lift):
    """Triangles (T, 3, 3) of one bird in its own axes: x forward, y up, z to its left."""
    arm = 0.16 + lift * 0.75 * np.sin(beat)
    hand = arm * 0.35 - 0.10 + lift * 0.95 * np.sin(beat - 1.0)
    fold = 0.16 * lift * max(0.0, np.cos(beat - 0.3))  # the wing half closes on the upstroke
    parts = [
        [(0.47, 0.02, 0.0), (-0.02, 0.0, 0.085), (-0.02, 0.0, -0.085)],
        [(-0.34, 0.01, 0.0), (-0.02, 0.0, 0.085), (-0.02, 0.0, -0.085)],
        [(0.47, 0.02, 0.0), (0.06, 0.07, 0.0), (0.0, -0.085, 0.0)],
        [(-0.34, 0.01, 0.0), (0.06, 0.07, 0.0), (0.0, -0.085, 0.0)],
        [(-0.22, 0.01, 0.0), (-0.50, 0.01, 0.10), (-0.50, 0.01, -0.10)],
    ]
    for side in (1.0, -1.0):
        wrist_z = 0.44 - fold
        wrist_y = 0.44 * np.sin(arm)
        tip_z = wrist_z + (0.56 - fold) * np.cos(hand)
        tip_y = wrist_y + 0.56 * np.sin(hand)
        root, rear = (0.14, 0.03, 0.05 * side), (-0.11, 0.03, 0.05 * side)
        front = (0.19, wrist_y, wrist_z * side)
        back = (-0.08, wrist_y, (wrist_z + 0.04) * side)
        tip = (-0.10 - fold, tip_y, tip_z * side)
        parts += [[root, rear, front], [rear, front, back], [front, back, tip]]
    return np.array(parts)


def pose(place, velocity, bank, beat, lift):
    """Triangles (T, 3, 3) of one bird in camera space."""
    forward = velocity / np.linalg.norm(velocity)
    left = np.cross(forward, [0.0, 1.0, 0.0])
    left /= np.linalg.norm(left)
    up = np.cross(left, forward)
    left, up = (
        np.cos(bank) * left + np.sin(bank) * up,
        np.cos(bank) * up - np.sin(bank) * left,
    )
    return WING * bird_triangles(beat, lift) @ np.stack([forward, up, left]) + place


def shade(triangles, air):
    """Colours (T, 3): dark feathers, the sun faintly through the wings, haze with distance."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    glow = 0.10 * np.abs(normal @ SUN)[:, None] ** 1.5 * [1.0, 0.52, 0.28]
    haze = 1 - np.exp(-0.06 - (triangles[:, :1, 2] - NEAREST) / 90.0)
    return (1 - haze) * (glow + [0.020, 0.020, 0.028]) + haze * air


def project(points):
    """Columns and rows on the enlarged frame of camera-space points (..., 3)."""
    half = 0.5 * WIDTH * SCALE
    column = half + half * FOCAL * points[..., 0] / points[..., 2]
    row = 0.5 * HEIGHT * SCALE - half * FOCAL * points[..., 1] / points[..., 2]
    return np.stack([column, row], axis=-1)


@njit
def paint(image, cover, triangles, colours):
    """Paint flat triangles (T, 3, 2), the farthest first, over the colour and coverage planes."""
    height, width = cover.shape
    for n in range(len(triangles)):
        (ax, ay), (bx, by), (cx, cy) = triangles[n, 0], triangles[n, 1], triangles[n, 2]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-9:
            continue
        for i in range(max(0, int(min(ay, by, cy))), min(height, int(max(ay, by, cy)) + 2)):
            for j in range(max(0, int(min(ax, bx, cx))), min(width, int(max(ax, bx, cx)) + 2)):
                u = ((bx - ax) * (i - ay) - (by - ay) * (j - ax)) / area
                v = ((cx - bx) * (i - by) - (cy - by) * (j - bx)) / area
                if u >= 0 and v >= 0 and u + v <= 1:
                    cover[i, j] = 1.0
                    image[i, j] = colours[n]


def birds_frame(path, frame, beat_rate, beat_phase, air):
    """Mean over the shutter of the painted flock: premultiplied colour and coverage."""
    shape = (HEIGHT * SCALE, WIDTH * SCALE)
    total, total_cover = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    count = int(SUBSAMPLES * SHUTTER)
    for index in range(frame * SUBSAMPLES, frame * SUBSAMPLES + count):
        time = index / (FPS * SUBSAMPLES)
        place, velocity, bank = path[index]
        place = place - [0.5 * BOX[0], 0.5 * BOX[1], -NEAREST]
        beat = 2 * np.pi * (beat_rate * time + beat_phase)
        lift = 0.45 + 0.55 * np.clip(0.9 + np.sin(2.1 * time + 9 * beat_phase), 0, 1)
        seen = np.abs(project(place)[:, 0] / shape[1] - 0.5) < 0.55
        order = [b for b in np.argsort(-place[:, 2]) if seen[b]]
        solid = np.concatenate(
            [pose(place[b], velocity[b], bank[b], beat[b], lift[b]) for b in order]
        )
        image, cover = np.zeros_like(total), np.zeros_like(total_cover)
        paint(image, cover, project(solid), shade(solid, air))
        total += image / count
        total_cover += cover / count
    return total, total_cover


@njit
def density(volume, x, y, z, time):
    """Cloud water at a point of the slab (0 at its base, 1 at its top)."""
    if y <= 0 or y >= 1:
        return 0.0
    warp = sample(volume, 0.11 * x + 0.37, 0.11 * y + 0.2, 0.11 * z + 0.02 * time)
    x, z = x + 1.1 * warp, z + 0.7 * warp
    large = sample(volume, 0.052 * x, 0.10 * y + 0.006 * time, 0.052 * z)
    fine = sample(volume, 0.23 * x + 0.5, 0.33 * y - 0.02 * time, 0.23 * z + 0.3)
    profile = min(1.0, 5.0 * y) * (1.0 - y) ** 0.6
    return max(0.0, 1.5 * (large + 0.30 * fine + 0.02) * profile + 0.18 * profile - 0.19)


@njit
def sky(volume, rays, jitter, sun, drift, time):
    """Radiance of the sky with its clouds along each ray."""
    height, width = jitter.shape
    out = np.empty((height, width, 3), np.float32)
    warm, dusk = np.array([1.00, 0.50, 0.22]), np.array([0.17, 0.22, 0.36])
    steps = 26
    for i in range(height):
        for j in range(width):
            dx, dy, dz = rays[i, j]
            facing = dx * sun[0] + dy * sun[1] + dz * sun[2]
            low = np.exp(-dy * 4.5)
            near_sun = max(facing, 0.0) ** 6
            clear = dusk * (1 - 0.5 * low) + warm * low * (0.34 + 0.9 * near_sun)
            phase = 0.22 + 0.55 * (1 - 0.36) / (1.36 - 1.2 * facing) ** 1.5 * 0.5
            start, length = 2.2 / dy, 0.95 / dy
            through, light = 1.0, np.zeros(3)
            for s in range(steps):
                t = start + length * (s + jitter[i, j]) / steps
                x, y, z = dx * t - drift, (dy * t - 2.2) / 0.95, dz * t
                water = density(volume, x, y, z, time)
                if water <= 0.002:
                    continue
                depth, reach = 0.0, 0.12
                for _ in range(5):
                    reach *= 1.55
                    depth += (
                        0.55
                        * reach
                        * density(
                            volume, x + sun[0] * reach, y + sun[1] * reach, z + sun[2] * reach, time
                        )
                    )
                beam = 0.75 * np.exp(-9.0 * depth) + 0.25 * np.exp(-2.0 * depth)
                alpha = 1 - np.exp(-6.5 * water * length / steps)
                ambient = 0.35 + 0.65 * y
                for c in range(3):
                    source = 3.0 * phase * beam * warm[c] + 0.62 * ambient * dusk[c]
                    light[c] += through * alpha * source
                through *= 1 - alpha
                if through < 0.02:
                    break
            veil = np.exp(-0.035 * start)
            for c in range(3):
                cloud = light[c] + through * clear[c]
                out[i, j, c] = veil * cloud + (1 - veil) * clear[c]
    return out


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    rng = np.random.default_rng(1987)
    path = fly(rng)
    beat_rate, beat_phase = rng.uniform(2.1, 2.9, BIRDS), rng.random(BIRDS)
    volume = fbm_volume(96, seed=5)
    jitter = rng.random((HEIGHT, WIDTH))
    rays, frames = view_rays(WIDTH, HEIGHT, FOCAL, TILT), []
    for frame in range(FRAMES):
        time = frame / FPS
        image = sky(volume, rays, jitter, SUN, 0.5 * time, time)
        image = upsample(blur(image, 0.8), HEIGHT * SCALE, WIDTH * SCALE)
        air = image.mean(axis=(0, 1)) * 0.9
        colour, cover = birds_frame(path, frame, beat_rate, beat_phase, air)
        image = image * (1 - cover[..., None]) + colour
        image = downsample(blur(image, 0.8), SCALE)
        frames.append(tonemap(vignette(bloom(image, 0.12, 6.0))))
    return to_uint8(grain(np.stack(frames), seed=3)), FPS
