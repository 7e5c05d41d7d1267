"""Footballers on a floodlit pitch, seen from high in a stand.

Movement: steering by seeking, arrival and separation (Reynolds, "Steering behaviors for
autonomous characters", 1999); each player seeks a mark that circles about a place in the team.
Bodies: skeletons of capsules with a running gait (hip, knee, shoulder and elbow angles as phase
functions of the stride, after Novacheck, "The biomechanics of running", 1998), set down so that
the lower foot touches the grass.  Light: four floodlight masts; every shadow, on the grass and
on the bodies, is the soft occlusion of the ray to a mast by the capsules (Quilez, 2013).
"""

import numpy as np
from numba import njit

from .camera import bloom, blur, downsample, grain, to_uint8, tonemap, view_rays, vignette
from .noise import fbm, smoothstep

WIDTH, HEIGHT, FRAMES, FPS = 384, 216, 30, 15
SCALE, SUBSAMPLES, SHUTTER = 2, 6, 0.5
FOCAL, EYE, TILT = 3.9, 17.0, np.deg2rad(-24.0)  # half-widths, metres above the grass
HOMES = np.array(
    [
        [-4.0, 29.0],
        [4.5, 30.0],
        [-0.5, 34.0],
        [-7.5, 36.5],
        [7.0, 36.0],
        [2.5, 40.0],
        [-4.0, 42.0],
        [9.5, 43.5],
        [-10.5, 46.5],
        [-0.5, 47.5],
        [5.5, 49.5],
        [-6.5, 51.5],
        [12.0, 53.0],
        [1.0, 55.0],
    ]
)
MASTS = np.array(
    [[-62.0, 34.0, -8.0], [58.0, 34.0, -14.0], [-60.0, 34.0, 100.0], [64.0, 37.0, 80.0]]
)
POWER = np.array([[0.30], [0.22], [0.30], [2.05]]) * np.array([1.0, 0.98, 0.93])
AMBIENT = np.array([0.15, 0.17, 0.20])
# Parts of a body: 0 shirt, 1 shorts, 2 socks (the kit), 3 skin, 4 hair, 5 boots.
KITS = np.array(
    [
        [[0.40, 0.030, 0.035], [0.58, 0.58, 0.58], [0.36, 0.03, 0.035]],
        [[0.62, 0.63, 0.64], [0.03, 0.045, 0.12], [0.58, 0.58, 0.60]],
        [[0.55, 0.52, 0.10], [0.02, 0.02, 0.022], [0.02, 0.02, 0.022]],
    ]
)
SKINS = np.array([[0.50, 0.29, 0.20], [0.20, 0.10, 0.06], [0.38, 0.22, 0.14], [0.09, 0.045, 0.03]])
HAIRS = np.array([[0.03, 0.02, 0.015], [0.16, 0.09, 0.04], [0.015, 0.013, 0.012]])


# --------------------------------------------------------------------------------- movement


def run_about(rng):
    """Places, headings, speeds and stride phases of the players, one row per sub-sample."""
    count = len(HOMES)
    spin = rng.uniform(0.75, 1.15, count) * rng.choice([-1.0, 1.0], count)
    phase, reach = rng.uniform(0, 2 * np.pi, count), rng.uniform(1.9, 3.1, count)
    place, velocity = HOMES.copy(), np.zeros_like(HOMES)
    heading, stride = phase.copy(), rng.uniform(0, 2 * np.pi, count)
    dt, warmup, track = 1 / (FPS * SUBSAMPLES), 200, []
    for k in range(warmup + FRAMES * SUBSAMPLES):
        angle = phase + spin * k * dt
        mark = HOMES + reach[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        wish = 1.8 * (mark - place)
        wish *= np.minimum(1, 5.5 / (np.linalg.norm(wish, axis=1, keepdims=True) + 1e-6))
        apart = place[:, None] - place[None]
        gap = np.linalg.norm(apart, axis=2) + 1e-6
        shove = (apart / gap[..., None] ** 2 * (gap < 2.5)[..., None]).sum(1)
        velocity = velocity + dt * (3.0 * (wish - velocity) + 4.0 * shove)
        place = place + dt * velocity
        speed = np.linalg.norm(velocity, axis=1)
        turn = np.arctan2(velocity[:, 1], velocity[:, 0]) - heading
        heading = heading + min(1.0, 6 * dt) * (np.mod(turn + np.pi, 2 * np.pi) - np.pi)
        stride = stride + dt * 2 * np.pi * (0.55 + 0.20 * np.minimum(speed, 5))
        if k >= warmup:
            track.append((place.copy(), heading.copy(), speed.copy(), stride.copy()))
    return track


def pass_around(track, rng):
    """The ball for every sub-sample: passed from player to player along low arcs."""
    flight, path, owner = int(0.85 * FPS * SUBSAMPLES), [], 5
    while len(path) < len(track):
        start, end = len(path), min(len(path) + flight, len(track) - 1)
        gap = np.linalg.norm(track[end][0] - track[start][0][owner], axis=1)
        target = int(rng.choice(np.argsort(gap)[2:5]))
        foot = [
            track[k][0][n] + 0.45 * np.array([np.cos(track[k][1][n]), np.sin(track[k][1][n])])
            for k, n in ((start, owner), (end, target))
        ]
        for s in np.linspace(0, 1, flight, endpoint=False):
            x, z = foot[0] + (foot[1] - foot[0]) * (1.25 * s - 0.25 * s * s)
            path.append((x, 0.12 + 2.6 * s * (1 - s) * abs(np.cos(5 * s)), z))
        owner = target
    return path


def limb(top, pitch, length, forward):
    """Lower end of a limb that hangs from `top`, swung forwards by `pitch`."""
    return top + length * (np.sin(pitch) * forward - np.cos(pitch) * np.array([0.0, 1.0, 0.0]))


def body(place, heading, speed, stride):
    """Capsules (N, 8) of one player: two ends, radius and part (see KITS)."""
    forward = np.array([np.cos(heading), 0.0, np.sin(heading)])
    side = np.array([-forward[2], 0.0, forward[0]])
    up = np.array([0.0, 1.0, 0.0])
    drive = min(1.0, speed / 4.2)
    lean = 0.05 + 0.16 * drive
    spine = np.cos(lean) * up + np.sin(lean) * forward
    twist = 0.22 * drive * np.sin(stride)
    hips = np.zeros(3)
    chest = hips + 0.47 * spine
    parts = []
    for hand in (-1.0, 1.0):
        phase = stride + (np.pi if hand > 0 else 0.0)
        hip = hips + 0.10 * hand * side
        thigh = 0.12 + drive * 0.72 * np.sin(phase)
        bend = 0.18 + drive * 0.80 * (1 + np.cos(phase + 0.45))
        knee = limb(hip, thigh, 0.44, forward)
        ankle = limb(knee, thigh - bend, 0.42, forward)
        toe = limb(ankle, thigh - 0.75 * bend + 1.35, 0.17, forward)
        hem = hip + 0.72 * (knee - hip)
        shoulder = chest + 0.19 * hand * side + hand * twist * 0.19 * forward - 0.03 * up
        swing = -drive * 0.85 * np.sin(phase) - 0.1
        elbow = limb(shoulder, swing, 0.29, forward) + 0.06 * hand * side
        wrist = limb(elbow, swing + 0.35 + 1.1 * drive, 0.26, forward) - 0.03 * hand * side
        cuff = shoulder + 0.62 * (elbow - shoulder)
        parts += [
            (chest + 0.10 * hand * side - 0.06 * up, hips + 0.07 * hand * side, 0.125, 0),
            (shoulder, cuff, 0.068, 0),
            (cuff, elbow, 0.045, 3),
            (elbow, wrist, 0.040, 3),
            (hip, hem, 0.098, 1),
            (hem, knee, 0.066, 3),
            (knee, ankle, 0.056, 2),
            (ankle, toe, 0.048, 5),
        ]
    head = chest + 0.24 * spine
    parts += [
        (chest, head, 0.055, 3),
        (head, head + 0.03 * up, 0.098, 3),
        (head + 0.05 * up - 0.025 * forward, head + 0.035 * up - 0.05 * forward, 0.095, 4),
    ]
    capsules = np.array([[*a, *b, radius, part] for a, b, radius, part in parts])
    lowest = min((capsules[:, 1] - capsules[:, 6]).min(), (capsules[:, 4] - capsules[:, 6]).min())
    flight = 0.05 * drive * max(0.0, np.cos(2 * stride))
    capsules[:, [0, 3]] += place[0]
    capsules[:, [1, 4]] += flight - lowest
    capsules[:, [2, 5]] += place[1]
    return capsules


# ---------------------------------------------------------------------------------- picture


def turf(rays):
    """Albedo of the mown, worn and marked grass under every pixel."""
    reach = EYE / -rays[..., 1]
    x, z = rays[..., 0] * reach, rays[..., 2] * reach
    footprint = reach * reach / EYE / (WIDTH * SCALE / 2 * FOCAL)  # metres of depth in a pixel
    wobble = 0.10 * fbm(x / 1.5, z / 4.0, octaves=3, seed=1)
    stripe = np.sin(np.pi * (x + wobble + 1.0) / 4.4)
    stripe = np.clip(stripe * 9, -1, 1) * (1 + 0.5 * fbm(x / 5, z / 5, octaves=3, seed=2))
    patches = fbm(x / 2.6, z / 2.6, octaves=5, seed=3)
    blades = fbm(x / 0.10, z / 0.22, octaves=3, seed=4) * np.clip(0.10 / footprint, 0.25, 1)
    wear = smoothstep(0.15, 0.75, fbm(x / 3.2 + 7, z / 3.2, octaves=5, seed=5) + 0.05)
    level = 1 + 0.19 * stripe + 0.12 * patches + 0.42 * blades
    green = np.array([0.060, 0.102, 0.036]) + 0.012 * patches[..., None] * np.array([1.3, 1, 0.3])
    earth = np.array([0.135, 0.120, 0.062])
    albedo = level[..., None] * (green + 0.22 * wear[..., None] * (earth - green))
    circle = np.abs(np.hypot(x - 1.2, z - 42.0) - 9.15)
    touch = np.where(z > 50, np.abs(z - 58.5), 9.0)
    line = np.minimum(np.minimum(circle, np.abs(x - 1.2)), touch)
    worn = np.clip(0.72 + 0.5 * blades + 0.3 * patches, 0, 1)
    chalk = worn * (1 - smoothstep(0.035, 0.085, line))
    return albedo * (1 - chalk[..., None]) + 0.50 * chalk[..., None]


@njit
def clearance(px, py, pz, lx, ly, lz, capsules, first, last, skip):
    """How much of a light in direction l is seen from p past some capsules (1 is all of it)."""
    clear = 1.0
    for n in range(first, last):
        if n == skip:
            continue
        a = capsules[n]
        ux, uy, uz = a[3] - a[0], a[4] - a[1], a[5] - a[2]
        wx, wy, wz = px - a[0], py - a[1], pz - a[2]
        uu, ul = ux * ux + uy * uy + uz * uz, ux * lx + uy * ly + uz * lz
        uw, lw = ux * wx + uy * wy + uz * wz, lx * wx + ly * wy + lz * wz
        s = (uw - ul * lw) / max(uu - ul * ul, 1e-6)
        s = min(1.0, max(0.0, s))
        t = max(0.0, s * ul - lw)
        dx, dy, dz = wx + t * lx - s * ux, wy + t * ly - s * uy, wz + t * lz - s * uz
        gap = np.sqrt(dx * dx + dy * dy + dz * dz) - a[6]
        soft = 0.010 + 0.010 * t
        clear = min(clear, max(0.0, 0.5 + 0.5 * gap / soft))
    return clear * clear * (3 - 2 * clear)


@njit
def strike(ox, oy, oz, dx, dy, dz, a):
    """Distance along a ray to a capsule, or a large number."""
    bx, by, bz = a[3] - a[0], a[4] - a[1], a[5] - a[2]
    wx, wy, wz = ox - a[0], oy - a[1], oz - a[2]
    bb, bd = bx * bx + by * by + bz * bz, bx * dx + by * dy + bz * dz
    bw, dw = bx * wx + by * wy + bz * wz, dx * wx + dy * wy + dz * wz
    ww = wx * wx + wy * wy + wz * wz
    square, radius = bb - bd * bd, a[6] * a[6]
    half = bb * dw - bw * bd
    root = half * half - square * (bb * ww - bw * bw - radius * bb)
    if root < 0:
        return 1e9
    t = (-half - np.sqrt(root)) / max(square, 1e-9)
    along = bw + t * bd
    if 0 < along < bb:
        return t
    if along > 0:
        wx, wy, wz = ox - a[3], oy - a[4], oz - a[5]
        dw, ww = dx * wx + dy * wy + dz * wz, wx * wx + wy * wy + wz * wz
    root = dw * dw - ww + radius
    return -dw - np.sqrt(root) if root > 0 else 1e9


@njit
def first_hit(i, j, ray, eye, capsules, owner, boxes):
    """Distance to what a pixel's ray meets first, and which capsule it is (-1 for the grass)."""
    nearest, hit = -eye / ray[1], -1
    for p in range(len(boxes)):
        top, bottom, left, right = boxes[p]
        if top <= i <= bottom and left <= j <= right:
            for n in range(owner[p], owner[p + 1]):
                t = strike(0.0, eye, 0.0, ray[0], ray[1], ray[2], capsules[n])
                if t < nearest:
                    nearest, hit = t, n
    return nearest, hit


@njit
def normal_at(x, y, z, a):
    """Outward normal of a capsule at a point on it."""
    bx, by, bz = a[3] - a[0], a[4] - a[1], a[5] - a[2]
    s = (x - a[0]) * bx + (y - a[1]) * by + (z - a[2]) * bz
    s = min(1.0, max(0.0, s / max(bx * bx + by * by + bz * bz, 1e-9)))
    return (x - a[0] - s * bx) / a[6], (y - a[1] - s * by) / a[6], (z - a[2] - s * bz) / a[6]


@njit
def floodlight(x, y, z, normal, hit, mast, capsules, owner, spots):
    """Cosine-weighted share of one mast's light that reaches a point."""
    lx, ly, lz = mast[0] - x, mast[1] - y, mast[2] - z
    far = np.sqrt(lx * lx + ly * ly + lz * lz)
    lx, ly, lz = lx / far, ly / far, lz / far
    # Blades of grass stand upright and take low light as well as high.
    facing = 0.55 if hit < 0 else max(0.0, normal[0] * lx + normal[1] * ly + normal[2] * lz)
    clear, flat = 1.0, lx * lx + lz * lz
    for p in range(len(spots)):
        # Skip a player whose upright axis the ray to the mast passes far from.
        ax, az = spots[p, 0] - x, spots[p, 1] - z
        t = (ax * lx + az * lz) / flat
        off = (ax - t * lx) ** 2 + (az - t * lz) ** 2
        if facing > 0 and off < 0.8 and t > -0.9 and y + (t - 0.9) * ly < 2.0:
            clear = min(
                clear, clearance(x, y, z, lx, ly, lz, capsules, owner[p], owner[p + 1], hit)
            )
    return facing * clear


@njit
def shoot(rays, albedo, capsules, owner, spots, boxes, paint, eye, masts, power, ambient):
    """Radiance of one moment: players and ball over the grass, with all their shadows."""
    out = np.empty_like(albedo)
    for i, j in np.ndindex(rays.shape[:2]):
        ray = rays[i, j]
        distance, hit = first_hit(i, j, ray, eye, capsules, owner, boxes)
        x, y, z = distance * ray[0], eye + distance * ray[1], distance * ray[2]
        normal = normal_at(x, y, z, capsules[hit]) if hit >= 0 else (0.0, 1.0, 0.0)
        sky, bounce = 0.65 + 0.35 * normal[1], 0.0
        if hit >= 0:
            bounce = 1 - normal[1]
        else:  # the sky is hidden under a player's feet
            for p in range(len(spots)):
                away = (spots[p, 0] - x) ** 2 + (spots[p, 1] - z) ** 2
                if away < 1.0:
                    sky *= 1 - 0.55 * np.exp(-away / 0.10)
        base = paint[hit] if hit >= 0 else albedo[i, j]
        for c in range(3):
            out[i, j, c] = base[c] * (ambient[c] * sky + (0.05, 0.11, 0.025)[c] * bounce)
        for m in range(len(masts)):
            share = floodlight(x, y, z, normal, hit, masts[m], capsules, owner, spots)
            for c in range(3):
                out[i, j, c] += base[c] * power[m, c] * share
    return out


def screen_box(capsules):
    """Rows and columns on the enlarged frame that hold one set of capsules."""
    ends = capsules[:, :6].reshape(-1, 3)
    y, z = ends[:, 1] - EYE, ends[:, 2]
    depth = z * np.cos(TILT) + y * np.sin(TILT)
    half = WIDTH * SCALE / 2
    column = half * (1 + FOCAL * ends[:, 0] / depth)
    row = HEIGHT * SCALE / 2 - half * FOCAL * (y * np.cos(TILT) - z * np.sin(TILT)) / depth
    pad = half * FOCAL * 0.15 / depth.min()
    return [row.min() - pad, row.max() + pad, column.min() - pad, column.max() + pad]


def moment(track, ball, index, looks):
    """Capsules, first capsule of each figure, places, boxes and colours of one sub-sample."""
    figures = [body(*state) for state in zip(*track[index], strict=True)]
    paint = [look[figure[:, 7].astype(int)] for look, figure in zip(looks, figures, strict=True)]
    x, y, z = ball[index]
    figures.append(np.array([[x, y, z, x, y + 1e-3, z, 0.12, 0]]))
    paint.append(np.array([[0.62, 0.62, 0.60]]))
    owner = np.cumsum([0] + [len(figure) for figure in figures])
    spots = np.array([figure[:, [0, 2]].mean(0) for figure in figures])
    boxes = np.array([screen_box(figure) for figure in figures])
    return np.concatenate(figures), owner, spots, boxes, np.concatenate(paint)


def dress(rng):
    """Colours (6, 3) of each player's parts: two kits in turn, and a referee."""
    looks = []
    for n in range(len(HOMES)):
        kit = KITS[2] if n == 9 else KITS[(n + n // 4) % 2]
        boots = rng.choice([0.02, 0.5]) * np.ones(3)
        looks.append(np.vstack([kit, SKINS[rng.integers(4)], HAIRS[rng.integers(3)], boots]))
    return looks


def render():
    """Frames (T, H, W, 3) uint8 and frames per second."""
    rng = np.random.default_rng(1863)
    track = run_about(rng)
    ball, looks = pass_around(track, rng), dress(rng)
    rays = view_rays(WIDTH * SCALE, HEIGHT * SCALE, FOCAL, TILT)
    albedo, frames = turf(rays), []
    open_shutter = max(1, round(SUBSAMPLES * SHUTTER))
    for frame in range(FRAMES):
        image = np.zeros_like(albedo)
        for k in range(open_shutter):
            scene = moment(track, ball, frame * SUBSAMPLES + k, looks)
            image += shoot(rays, albedo, *scene, EYE, MASTS, POWER, AMBIENT)
        image = downsample(blur(image / open_shutter, 0.9), SCALE)
        frames.append(tonemap(vignette(bloom(image, 0.16, 6.0), 0.35), 1.5))
    return to_uint8(grain(np.stack(frames), seed=9, amount=0.012)), FPS
