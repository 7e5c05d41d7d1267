"""Hot-air balloons drifting over misty hills soon after sunrise.

Land: a height field of fractal noise (Musgrave, "The synthesis and rendering of eroded fractal
terrains", 1989) with meadows, woods and cast shadows, ray marched once.  Mist: height-dependent
extinction along the view ray (Quilez, "Better fog", 2010) with drifting noise.  Balloons: sphere
traced bodies of revolution (Hart, "Sphere tracing", 1996), a sphere that runs into its tangent
cone, with bulging gores, light through the fabric and burners that fire now and then.
"""

import numpy as np
from numba import njit

from .camera import bloom, blur, downsample, grain, to_uint8, tonemap, view_rays, vignette
from .noise import fbm_volume, sample

WIDTH, HEIGHT, FRAMES, FPS = 384, 216, 28, 14
SCALE = 2
FOCAL, HORIZON = 1.6, 0.64  # in half-widths; row of the horizon as a part of the height
EYE = 0.62  # km above the datum
SUN = np.array([-0.86, 0.34, -0.18]) / np.linalg.norm([-0.86, 0.34, -0.18])
SUNLIGHT = np.array([4.0, 2.7, 1.5])
SKYLIGHT = np.array([0.30, 0.42, 0.62])
AIR = np.array([0.66, 0.60, 0.57], np.float32)  # colour of the haze before the balloons
MOUTH, CONE = -1.50, -0.50  # in radii of the envelope: the mouth, and where the cone begins
GORES = 16
PALETTE = np.array(
    [
        [[0.62, 0.04, 0.03], [0.80, 0.70, 0.48]],
        [[0.03, 0.09, 0.36], [0.85, 0.55, 0.04]],
        [[0.80, 0.30, 0.02], [0.28, 0.03, 0.06]],
        [[0.02, 0.24, 0.20], [0.82, 0.78, 0.62]],
        [[0.85, 0.62, 0.05], [0.55, 0.05, 0.03]],
        [[0.30, 0.05, 0.28], [0.85, 0.40, 0.20]],
        [[0.05, 0.28, 0.52], [0.85, 0.82, 0.75]],
    ]
)


# ------------------------------------------------------------------------------------- land


@njit
def ground(volume, x, z):
    """Height of the land in km, trees included, and that of the trees alone."""
    hills = 0.62 * sample(volume, x / 15.0 + 0.13, 0.31, z / 15.0 + 0.42)
    folds = 0.13 * sample(volume, x / 3.7, 0.62, z / 3.7)
    bare = hills + folds * (0.5 + max(0.0, hills)) + 0.018 * z
    wood = sample(volume, x / 2.6 + 0.5, 0.81, z / 2.6) + 1.1 * hills
    canopy = 0.030 * min(1.0, max(0.0, 6 * wood + 0.2))
    return bare + canopy * (0.75 + 1.1 * sample(volume, x / 0.33, 0.11, z / 0.33)), canopy


@njit
def find_ground(volume, eye, dx, dy, dz):
    """Distance along a ray to the land, or 0 where it ends in the sky."""
    t, step = 0.35, 0.0
    while t < 45.0 and eye + dy * t < 1.6:
        gap = eye + dy * t - ground(volume, dx * t, dz * t)[0]
        if gap < 0:
            low, high = t - step, t
            for _ in range(8):
                t = 0.5 * (low + high)
                if eye + dy * t > ground(volume, dx * t, dz * t)[0]:
                    low = t
                else:
                    high = t
            return t
        step = 0.0015 * t + 0.25 * gap
        t += step
    return 0.0


@njit
def march(volume, rays, eye, sun, sunlight, skylight):
    """Lit colour of the land and its distance along each ray (0 where there is sky)."""
    colour = np.zeros(rays.shape, np.float32)
    distance = np.zeros(rays.shape[:2], np.float32)
    for i, j in np.ndindex(distance.shape):
        dx, dy, dz = rays[i, j]
        t = find_ground(volume, eye, dx, dy, dz)
        if t == 0:
            continue
        distance[i, j] = t
        x, z, e = dx * t, dz * t, 0.0012 * t + 0.002
        here, canopy = ground(volume, x, z)
        nx, nz = here - ground(volume, x + e, z)[0], here - ground(volume, x, z + e)[0]
        size = np.sqrt(nx * nx + nz * nz + e * e)
        facing = max(0.0, (nx * sun[0] + e * sun[1] + nz * sun[2]) / size)
        shadow, reach = 1.0, 0.012
        for _ in range(22):
            crest = ground(volume, x + sun[0] * reach, z + sun[2] * reach)[0]
            shadow = min(shadow, max(0.0, 0.5 + 14 * (here + sun[1] * reach - crest) / reach))
            reach *= 1.3
        woods = min(1.0, canopy / 0.02)
        tint = sample(volume, x / 1.9, 0.4, z / 1.9)
        autumn = max(0.0, sample(volume, x / 0.7, 0.9, z / 0.7)) * woods
        meadow = np.array([0.15 + 0.10 * tint, 0.16 + 0.04 * tint, 0.055])
        forest = np.array([0.030 + 0.12 * autumn, 0.045 + 0.035 * autumn, 0.020])
        sky = (0.5 + 0.5 * e / size) * (1 - 0.45 * woods)
        albedo = meadow + (forest - meadow) * woods
        colour[i, j] = albedo * (sunlight * facing * shadow + skylight * sky)
    return colour, distance


@njit
def mist(volume, eye, dx, dy, dz, far, time):
    """Optical depth of the drifting valley mist along a ray, densest where the land is low."""
    depth, steps = 0.0, 12
    for s in range(steps):
        part = (s + 0.5) / steps
        t = far * part**1.5  # more samples near the camera, where the wisps look large
        y = eye + dy * t - 0.012 * t
        wisp = sample(volume, (dx * t - 0.25 * time) / 4.5, y / 1.6 + 0.02 * time, dz * t / 4.5)
        thick = 4.2 * np.exp(-(y + 0.16) / 0.10) * max(0.0, 0.5 + 1.8 * wisp)
        depth += thick * far * 1.5 * np.sqrt(part) / steps
    return min(depth, 6.0)


@njit
def cloud_layer(volume, u, v, time):
    """Cover and brightness of the high clouds at a point of their plane."""
    bend = sample(volume, 0.07 * u, 0.2, 0.07 * v + 0.003 * time)
    a, b = 0.10 * u + 0.12 * bend, 0.13 * v + 0.14 * bend
    cloud = sample(volume, a, 0.5, b)
    lit = cloud - sample(volume, a - 0.03, 0.5, b)  # thinner towards the sun: brighter
    return min(1.0, max(0.0, 0.25 + 2.0 * cloud)) ** 1.5, 0.72 + 0.9 * lit


@njit
def scenery(volume, rays, distance, land, eye, sun, time):
    """The view of one moment: land behind drifting mist, and the sky with thin clouds."""
    out = np.empty_like(land)
    blue, white = np.array([0.17, 0.29, 0.50]), np.array([1.15, 0.99, 0.89])
    for i, j in np.ndindex(distance.shape):
        dx, dy, dz = rays[i, j]
        towards = max(0.0, dx * sun[0] + dz * sun[2]) ** 3
        air = np.array([0.74 + 0.40 * towards, 0.62 + 0.26 * towards, 0.56 + 0.10 * towards])
        far = distance[i, j]
        if far > 0:
            clear = np.exp(-0.55 * mist(volume, eye, dx, dy, dz, far, time) - 0.050 * far)
            out[i, j] = land[i, j] * clear + air * (1 - clear)
            continue
        low = np.exp(-6.5 * max(0.0, dy))
        reach = 1.0 / (dy + 0.06)
        cover, bright = cloud_layer(volume, dx * reach - 0.12 * time, dz * reach, time)
        cover *= 0.85 * (1 - low)
        out[i, j] = (blue * (1 - low) + air * low) * (1 - cover) + bright * white * cover
    return out


# --------------------------------------------------------------------------------- balloons


@njit
def envelope(x, y, z):
    """Signed distance bound of the envelope of unit radius, cut open at its mouth."""
    ring = np.sqrt(x * x + z * z)
    slope = -CONE / np.sqrt(1 - CONE * CONE)  # of the tangent cone, outwards with height
    radius = (
        np.sqrt(max(0.0, 1 - y * y))
        if y > CONE
        else (np.sqrt(1 - CONE * CONE) + (y - CONE) * slope)
    )
    body = np.sqrt(x * x + y * y + z * z) - 1 if y > CONE else (ring - radius) * 0.85
    return max(body, MOUTH - y)


@njit
def basket(x, y, z):
    """Signed distance of the basket that hangs under the mouth."""
    return max(abs(x) - 0.13, abs(z) - 0.13, abs(y - MOUTH + 0.50) - 0.10)


@njit
def pattern(kind, around, y):
    """Which of two colours a panel has: gores, bands, chevrons, a spiral or checks."""
    gore = np.floor(around)
    row = np.floor((y + 1.6) * 4.5)
    if kind == 0:
        return gore % 2 == 0
    if kind == 1:
        return row % 3 == 0 or abs(y - 0.1) < 0.22
    if kind == 2:
        return np.floor((y + 1.6) * 3.0 + abs(around % 4 - 2) * 0.6) % 2 == 0
    if kind == 3:
        return np.floor(around / 4 + y * 1.6) % 2 == 0
    return (gore + row) % 2 == 0 if abs(y) < 0.65 else gore % 2 == 0


@njit
def cloth(volume, x, y, z, tilt, spin, kind, colours, fire, light):
    """Colour of the fabric at a point of the envelope."""
    sun, sunlight, skylight = light[0], light[1], light[2]
    e = 0.01
    nx = (envelope(x + e, y, z) - envelope(x - e, y, z)) / (2 * e)
    ny = (envelope(x, y + e, z) - envelope(x, y - e, z)) / (2 * e)
    nz = (envelope(x, y, z + e) - envelope(x, y, z - e)) / (2 * e)
    around = (np.arctan2(z, x) / (2 * np.pi) + spin) % 1.0 * GORES
    ring = np.sqrt(x * x + z * z) + 1e-6
    bulge = (around % 1.0 - 0.5) * 0.55
    nx, nz = nx - bulge * z / ring, nz + bulge * x / ring
    ny += 0.30 * sample(volume, 0.05 * around, 0.5 * y, 0.7)  # wrinkles
    size = np.sqrt(nx * nx + ny * ny + nz * nz)
    nx, ny, nz = nx / size, ny / size, nz / size
    facing = nx * sun[0] + ny * sun[1] + nz * sun[2]
    direct = max(0.0, (facing + 0.12) / 1.12)
    through = 0.05 * max(0.0, 0.5 - facing)
    seam = 1 - 0.35 * np.exp(-(((0.5 - abs(around % 1.0 - 0.5)) * ring * 14) ** 2))
    grazing = (1 - min(1.0, abs(nz * np.cos(tilt) + ny * np.sin(tilt)))) ** 3
    sheen = max(0.0, 0.75 * facing - 0.5 * nz) ** 16
    lamp = 0.9 * fire * np.exp(-1.3 * (y - MOUTH)) * np.array([3.0, 1.5, 0.6])
    mine = colours[0] if pattern(kind, around, y) else colours[1]
    if y < MOUTH + 0.14:  # the scoop
        mine = colours[0] * 0.5
    sky = skylight * (0.55 + 0.40 * ny) + 0.07 * (0.6 - 0.4 * ny)
    lit = 0.72 * mine * seam * ((direct + through) * sunlight + sky + lamp)
    return lit + 0.10 * sheen * sunlight + 0.25 * grazing * skylight


@njit
def draw(canvas, cover, volume, column, row, radius, tilt, spin, kind, colours, fire, light):
    """Sphere trace one balloon into premultiplied colour and coverage planes."""
    sine, cosine = np.sin(tilt), np.cos(tilt)
    for i, j in np.ndindex(cover.shape):
        a, b = (j - column) / radius, (row - i) / radius
        t, near, body = -3.0, 1.0, 0.0
        x = y = z = 0.0
        while near > 0.004 and t < 3.0:
            x, y, z = a, b * cosine + t * sine, t * cosine - b * sine
            body = envelope(x, y, z)
            near = min(body, basket(x, y, z))
            t += 0.9 * near
        if t >= 3.0:
            rope = abs(abs(a) - (0.13 + 0.10 * (b - MOUTH + 0.4)))
            if MOUTH - 0.42 < b < MOUTH and rope < 0.6 / radius:
                cover[i, j], canvas[i, j] = 0.5, np.array([0.02, 0.02, 0.02])
            continue
        cover[i, j] = 1.0
        if body > 0.01:  # the wicker
            weave = 0.8 + 0.2 * np.sin(y * 160) * np.sin((x + z) * 120)
            side = 0.6 if x < -0.125 else 0.15
            canvas[i, j] = np.array([0.22, 0.12, 0.05]) * weave * (side * light[1] + 0.6 * light[2])
        elif y < MOUTH + 0.006:  # the dark inside, with the flame
            canvas[i, j] = 0.03 + fire * np.array([2.6, 1.2, 0.35])
        else:
            canvas[i, j] = cloth(volume, x, y, z, tilt, spin, kind, colours, fire, light)


def fleet(rng):
    """The balloons, far to near; golden-ratio steps spread them over the frame."""
    radius = np.array([4, 4.5, 5, 5.5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 20, 23, 27, 33.0])
    count = np.arange(len(radius))
    column = (count * 0.618 + 0.12) % 1.0 * (WIDTH + 70)
    row = (HORIZON - 0.06 - 0.46 * ((count * 0.755 + 0.3) % 1.0)) * (1 - radius / 120) * HEIGHT
    return [
        {
            "radius": radius[k],
            "column": column[k],
            "row": row[k],
            "kind": k % 5,
            "colours": PALETTE[3 * k % len(PALETTE)],
            "spin": rng.uniform(-0.035, 0.035),
            "phase": rng.random(),
        }
        for k in count
    ]


def sail(image, volume, balloon, time, light):
    """Lay one balloon over the enlarged image, where the wind has carried it by now."""
    r, phase = balloon["radius"], balloon["phase"]
    fire = max(0.0, np.sin(2 * np.pi * (0.45 * time + 3 * phase)) - 0.55) * 2
    reach = int(np.ceil(2.6 * r)) * SCALE
    rows, columns = image.shape[:2]
    shots = []
    for now in (time, time + 0.25 / FPS, time + 0.5 / FPS):  # the open shutter
        column = (balloon["column"] + (4.0 + 0.80 * r) * now) % (WIDTH + 70.0) - 35.0
        row = balloon["row"] + 0.16 * r * np.sin(2 * np.pi * (0.23 * now + phase))
        if not shots:
            top, left = max(0, int(row * SCALE) - reach), max(0, int(column * SCALE) - reach)
            window = np.s_[top : min(rows, top + 2 * reach), left : min(columns, left + 2 * reach)]
            if image[window].size == 0:
                return
        colour, cover = np.zeros_like(image[window]), np.zeros_like(image[window][..., 0])
        tilt = (HORIZON * HEIGHT - row) / (WIDTH / 2 * FOCAL) + 0.05
        draw(
            colour,
            cover,
            volume,
            column * SCALE - left,
            row * SCALE - top,
            r * SCALE,
            tilt,
            phase + balloon["spin"] * now,
            balloon["kind"],
            balloon["colours"],
            fire,
            light,
        )
        shots.append(np.dstack([colour * cover[..., None], cover]))
    soft = blur(np.mean(shots, axis=0), 0.7)
    haze = 0.08 + 0.75 * np.exp(-r / 11.0)
    lit, cover = soft[..., :3], soft[..., 3:]
    image[window] = image[window] * (1 - cover) + lit * (1 - haze) + cover * haze * AIR


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    volume = fbm_volume(128, seed=11)
    rays = view_rays(WIDTH * SCALE, HEIGHT * SCALE, FOCAL, horizon=HORIZON)
    land, distance = march(volume, rays, EYE, SUN, SUNLIGHT, SKYLIGHT)
    balloons, frames = fleet(np.random.default_rng(1783)), []
    light = np.stack([SUN, SUNLIGHT, SKYLIGHT])
    for frame in range(FRAMES):
        time = frame / FPS
        image = scenery(volume, rays, distance, land, EYE, SUN, time)
        for balloon in balloons:
            sail(image, volume, balloon, time, light)
        image = downsample(blur(image, 0.8), SCALE)
        frames.append(tonemap(vignette(bloom(image, 0.14, 6.0), 0.3)))
    return to_uint8(grain(np.stack(frames), seed=4, amount=0.010)), FPS
