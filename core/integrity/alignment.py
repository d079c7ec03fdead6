"""Laying one picture over another: turned, shifted and scaled until they agree best, many pairs at a time.

Gauss–Newton on the difference between the pictures (Lucas and Kanade 1981), for an affine map together with gain
and offset of brightness, so that a brightened copy agrees as well.
"""

from dataclasses import dataclass

import numpy as np

from core.integrity.perceptual_hash import Candidates

_FADE = 0.6
_CHUNK = 512


@dataclass(frozen=True)
class Placement:
    """Where each query lies in its reference: place in the reference = `turn` @ place in the query + `shift`.

    Places go from −1 to 1 over a picture. `turn` is (pairs, 2, 2), `shift` (pairs, 2), both in x, y order.
    `agreement` is the correlation of the brightness where they overlap, −1…1; `overlap` the share of the query
    that lies in the reference, 0…1.
    """

    turn: np.ndarray
    shift: np.ndarray
    agreement: np.ndarray
    overlap: np.ndarray

    def of(self, rows: np.ndarray | slice) -> "Placement":
        """Some of the pairs."""
        return Placement(self.turn[rows], self.shift[rows], self.agreement[rows], self.overlap[rows])

    @classmethod
    def joined(cls, parts: "list[Placement]") -> "Placement":
        """All pairs of several placements, in order."""
        names = ("turn", "shift", "agreement", "overlap")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def first_placement(candidates: Candidates) -> Placement:
    """Where the hash saw the queries: in an orientation and a window."""
    turn = np.stack([_turn(o) for o in range(8)])[candidates.orientation]
    places = np.array([(w.left, w.top, w.side) for w in candidates.windows])[candidates.window]
    shift = 2 * places[:, :2] + places[:, 2:] - 1
    return Placement(turn * places[:, 2, None, None], shift, candidates.similarity, np.ones(len(turn)))


def align(
    grey: np.ndarray, query: np.ndarray, reference: np.ndarray, start: Placement, samples: int, steps: int
) -> Placement:
    """Improve placements.

    Args:
        grey: (pictures, side, side) float32.
        query: row of each pair's query, int (pairs,).
        reference: row of each pair's reference, int (pairs,).
        start: where to begin; right to about a tenth of the picture.
        samples: compare so many points along each side.
        steps: Gauss–Newton steps; with 0, only `agreement` and `overlap` are told anew.
    """
    x, y = _grid(samples)
    parts = []
    for first in range(0, max(len(query), 1), _CHUNK):
        rows = slice(first, first + _CHUNK)
        parts.append(_align_chunk(grey, query[rows], reference[rows], start.of(rows), x, y, steps))
    return Placement.joined(parts)


def laid_over(picture: np.ndarray, turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The part of one reference that a query shows, as the query shows it.

    Args:
        picture: the reference, (side, side, 3) uint8.
        turn, shift: of one pair.

    Returns:
        (side, side, 3) uint8; black where the query goes beyond the reference.
    """
    side = len(picture)
    x, y = _grid(side)
    channels = np.moveaxis(picture.astype(np.float32), 2, 0)
    values, inside = _sampled(
        channels, np.arange(3), *_moved(np.repeat(turn[None], 3, 0), np.repeat(shift[None], 3, 0), x, y)
    )
    return np.moveaxis((values * inside).reshape(3, side, side), 0, 2).round().astype(np.uint8)


def _grid(samples: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of places all over a picture, each (samples²,) float32 from −1 to 1."""
    sample = ((np.arange(samples) + 0.5) / samples * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(sample, sample)
    return x.ravel(), y.ravel()


def _turn(orientation: int) -> np.ndarray:
    """Maps a place in a picture that was brought into an orientation … from the picture as it was (x, y)."""
    turn = np.eye(2)
    if orientation & 4:
        turn = turn[::-1]
    mirror = np.diag([-1.0 if orientation & 1 else 1.0, -1.0 if orientation & 2 else 1.0])
    return mirror @ turn


def _align_chunk(
    grey: np.ndarray,
    query: np.ndarray,
    reference: np.ndarray,
    start: Placement,
    x: np.ndarray,
    y: np.ndarray,
    steps: int,
) -> Placement:
    fade = np.exp(-0.5 * (x**2 + y**2) / _FADE**2).astype(np.float32)
    identity = np.repeat(np.eye(2)[None], len(query), 0)
    target, _ = _sampled(grey, query, *_moved(identity, np.zeros((len(query), 2)), x, y))
    turn, shift = start.turn.copy(), start.shift.copy()
    agreement, overlap = _agreement(grey, reference, turn, shift, target, fade, x, y)
    for _ in range(steps):
        u, v = _moved(turn, shift, x, y)
        seen, inside = _sampled(grey, reference, u, v)
        slope_x = _slope(grey, reference, u, v, 2 / grey.shape[2], 0)
        slope_y = _slope(grey, reference, u, v, 0, 2 / grey.shape[1])
        columns = np.stack(
            [slope_x * x, slope_x * y, slope_x, slope_y * x, slope_y * y, slope_y, seen, np.ones_like(seen)], axis=1
        )
        weighted = columns * (inside * fade)[:, None, :]
        # seen is also fitted by a gain, so that the unknowns are gain × change
        normal = (weighted @ columns.transpose(0, 2, 1)).astype(np.float64)
        right = (weighted @ target[:, :, None]).astype(np.float64)
        damping = 1e-4 * np.einsum("nii->ni", normal) + 1e-6
        normal[:, np.arange(8), np.arange(8)] += damping
        solved = np.linalg.solve(normal, right)[:, :, 0]
        gain = np.where(np.abs(solved[:, 6]) > 0.2, solved[:, 6], np.inf)[:, None]
        change = np.clip(solved[:, :6] / gain, -0.15, 0.15)
        tried_turn = turn + change[:, [0, 1, 3, 4]].reshape(-1, 2, 2)
        tried_shift = shift + change[:, [2, 5]]
        now, covered = _agreement(grey, reference, tried_turn, tried_shift, target, fade, x, y)
        better = now > agreement
        turn[better], shift[better] = tried_turn[better], tried_shift[better]
        agreement[better], overlap[better] = now[better], covered[better]
        if not better.any():
            break
    return Placement(turn, shift, agreement, overlap)


def _slope(grey: np.ndarray, rows: np.ndarray, u: np.ndarray, v: np.ndarray, right: float, down: float) -> np.ndarray:
    """How brightness changes in one direction, by central differences of one pixel."""
    ahead, _ = _sampled(grey, rows, u + right, v + down)
    behind, _ = _sampled(grey, rows, u - right, v - down)
    return (ahead - behind) / (2 * (right + down))


def _agreement(
    grey: np.ndarray,
    reference: np.ndarray,
    turn: np.ndarray,
    shift: np.ndarray,
    target: np.ndarray,
    fade: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of brightness where the pictures overlap, fading outwards, and how much of the query that is."""
    seen, inside = _sampled(grey, reference, *_moved(turn, shift, x, y))
    weight = inside * fade
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-6)
    a = target - (weight * target).sum(axis=1, keepdims=True) / total
    b = seen - (weight * seen).sum(axis=1, keepdims=True) / total
    both = (weight * a * b).sum(axis=1)
    power = (weight * a * a).sum(axis=1) * (weight * b * b).sum(axis=1)
    overlap = inside.mean(axis=1)
    # Pictures that hardly overlap, or have hardly any contrast, agree with anything.
    plain = (weight * b * b).sum(axis=1) / total[:, 0] < 1.0
    return np.where((overlap < 0.5) | plain, -1.0, both / np.sqrt(np.maximum(power, 1e-6))), overlap


def _moved(turn: np.ndarray, shift: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    turn, shift = turn.astype(np.float32), shift.astype(np.float32)
    u = turn[:, 0, 0, None] * x + turn[:, 0, 1, None] * y + shift[:, 0, None]
    v = turn[:, 1, 0, None] * x + turn[:, 1, 1, None] * y + shift[:, 1, None]
    return u, v


def _sampled(grey: np.ndarray, rows: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Brightness at places (bilinear), and 1 where they lie inside the picture, else 0."""
    height, width = grey.shape[1:]
    column, line = (u + 1) / 2 * width - 0.5, (v + 1) / 2 * height - 0.5
    inside = ((column >= -0.5) & (column <= width - 0.5) & (line >= -0.5) & (line <= height - 0.5)).astype(np.float32)
    column, line = np.clip(column, 0, width - 1.001), np.clip(line, 0, height - 1.001)
    left, top = column.astype(np.int32), line.astype(np.int32)
    right_fraction, low_fraction = column - left, line - top
    flat = grey.reshape(-1)
    at = rows[:, None].astype(np.int64) * (height * width) + top * width + left
    upper = flat[at] * (1 - right_fraction) + flat[at + 1] * right_fraction
    lower = flat[at + width] * (1 - right_fraction) + flat[at + width + 1] * right_fraction
    return upper * (1 - low_fraction) + lower * low_fraction, inside
