"""Pictures that may be the same photograph: compared by a perceptual hash, turned, mirrored and cropped.

The hash is the one known as pHash (the lowest frequencies of a cosine transform; Zauner 2010), with two changes that
crops and small turns need: its numbers are kept rather than their signs alone, and the picture fades out
towards its edges, so that the black corners of a turned copy count little. Turning or mirroring a picture by right
angles only swaps or negates numbers, so all eight orientations cost one transform.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np

from core.base.progress import Progress, silent
from core.data.images.cache import ImageCache

GREY_SIDE = 64
FREQUENCIES = 8
ORIENTATIONS = 8
"""Turns by right angles, each mirrored or not."""
NEIGHBOURS = 25
"""Candidates kept for each picture; among 10,000 lesions that many look more alike than a heavy crop."""
LEAST_SIMILARITY = 0.72
"""Cosine between two hashes below which they are not compared further."""
MOST_PAIRS_FOR_CROPS = 40_000**2
"""With more pairs of pictures than this, copies are looked for turned and mirrored, but not cropped."""
_CHUNK = 512
_PAIRS = 4096
_FADE = 0.25
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Window:
    """A square part of a picture, in shares of its side: `left` and `top` corner, `side`."""

    left: float
    top: float
    side: float


@dataclass(frozen=True)
class Candidates:
    """Pairs of rows that may be one photograph: `query`, turned by `orientation`, looks like a window of `reference`.

    All arrays are (pairs,); `windows` lists what `window` counts; `similarity` is a cosine, −1…1.
    """

    query: np.ndarray
    reference: np.ndarray
    orientation: np.ndarray
    window: np.ndarray
    similarity: np.ndarray
    windows: tuple[Window, ...]
    _COLUMNS: ClassVar = ("query", "reference", "orientation", "window", "similarity")

    def of(self, rows: np.ndarray) -> "Candidates":
        """Some of the pairs."""
        return replace(self, **{name: getattr(self, name)[rows] for name in self._COLUMNS})

    def joined(self, more: "Candidates") -> "Candidates":
        """These pairs and those of `more`, which has the same windows, that are not among them."""
        count = 1 + max(int(c.max(initial=0)) for c in (self.query, self.reference, more.query, more.reference))
        new = more.of(~np.isin(more.query * count + more.reference, self.query * count + self.reference))
        both: dict[str, Any] = {n: np.concatenate([getattr(self, n), getattr(new, n)]) for n in self._COLUMNS}
        return replace(self, **both)


def grey_pictures(pictures: ImageCache, rows: np.ndarray | None = None) -> np.ndarray:
    """Pictures in grey at 64×64, (rows, 64, 64) float32 in 0…255, all unless `rows` are given.

    The cache's side is a multiple of 64.
    """
    rows = np.arange(len(pictures.images)) if rows is None else rows
    block = pictures.size // GREY_SIDE
    grey = np.empty((len(rows), GREY_SIDE, GREY_SIDE), np.float32)
    for start in range(0, len(grey), _CHUNK):
        part = np.asarray(pictures.images[rows[start : start + _CHUNK]], np.float32) @ _GREY
        grey[start : start + _CHUNK] = part.reshape(-1, GREY_SIDE, block, GREY_SIDE, block).mean(axis=(2, 4))
    return grey


def windows(crops: bool) -> tuple[Window, ...]:
    """The whole picture, and with `crops` 29 windows that any crop of up to a fifth of the side lies close to."""
    found = [Window(0.0, 0.0, 1.0)]
    for side, places in ((0.94, 2), (0.87, 3), (0.8, 4)) if crops else ():
        corners = np.linspace(0, 1 - side, places)
        found += [Window(float(left), float(top), side) for top in corners for left in corners]
    return tuple(found)


def hashes(grey: np.ndarray, window: Window) -> np.ndarray:
    """Low frequencies of a window of each picture, (pictures, 8, 8) float32; that of the mean brightness is 0."""
    rows, fade_rows = _transform(window.top, window.side)
    columns, fade_columns = _transform(window.left, window.side)
    numbers = rows @ grey @ columns.T
    fade = np.outer(fade_rows, fade_columns).astype(np.float32)
    return numbers - numbers[:, :1, :1] / fade[0, 0] * fade


def oriented(numbers: np.ndarray, orientation: int) -> np.ndarray:
    """The hashes of pictures turned into one of eight orientations: bit 0 mirrors left-right, 1 up-down, 2 transposes.

    A picture is transposed first.
    """
    if orientation & 4:
        numbers = numbers.transpose(0, 2, 1)
    odd = (-1.0) ** np.arange(FREQUENCIES, dtype=np.float32)
    if orientation & 1:
        numbers = numbers * odd[None, None, :]
    if orientation & 2:
        numbers = numbers * odd[None, :, None]
    return numbers


def find_candidates(grey: np.ndarray, progress: Progress = silent) -> Candidates:
    """Compare every picture in all orientations with every window of every other.

    Each frequency is divided by its spread over the data set, so that the dark spot in the middle, which all
    lesions share, does not decide.
    """
    places, queries, references = _all_hashes(grey)
    query, reference = _compared(queries, references, progress, each_with_itself=True)
    return _in_best_orientation(queries, references, query, reference, places)


def find_candidates_between(grey: np.ndarray, first: int, progress: Progress = silent) -> Candidates:
    """Compare the `first` pictures with the others: those that may lie in another, and those in which it may lie."""
    places, queries, references = _all_hashes(grey)
    parts = np.stack(references)
    these, others = slice(first), slice(first, None)
    one, in_another = _compared(queries[:, these], list(parts[:, others]), progress)
    whole, of_another = _compared(parts[:, these], list(queries[:, others]), progress)
    query, reference = np.append(one, of_another + first), np.append(in_another + first, whole)
    return _in_best_orientation(queries, references, query, reference, places)


def pairs_in_orientations(grey: np.ndarray, query: np.ndarray, reference: np.ndarray) -> Candidates:
    """Given pairs of rows, each in the orientation and window in which the hash sees it nearest."""
    places, queries, references = _all_hashes(grey)
    return _in_best_orientation(queries, references, query, reference, places)


def _all_hashes(grey: np.ndarray) -> tuple[tuple[Window, ...], np.ndarray, list[np.ndarray]]:
    """The windows; hashes of all pictures in all orientations (8, pictures, 64); those of their windows."""
    places = windows(crops=len(grey) ** 2 <= MOST_PAIRS_FOR_CROPS)
    whole = hashes(grey, places[0])
    spread = whole.std(axis=0)
    scale = 1 / np.maximum((spread + spread.T) / 2, 1e-3)
    scale[0, 0] = 0
    queries = np.stack([_unit(oriented(whole, o), scale) for o in range(ORIENTATIONS)])
    return places, queries, [_unit(hashes(grey, window), scale) for window in places]


def _compared(
    queries: np.ndarray, references: list[np.ndarray], progress: Progress, *, each_with_itself: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of pictures and of those that look most like them in any orientation and window, a chunk at a time."""
    count, chunks = queries.shape[1], [(np.empty(0, int), np.empty(0, int))]
    for start in range(0, count, _CHUNK):
        chunk = queries[:, start : start + _CHUNK]

        def report(fraction: float, start: int = start, size: int = chunk.shape[1]) -> None:
            progress(start + round(fraction * size), count, "Comparing all pictures with each other")

        rows, nearest = _neighbours(chunk, references, start if each_with_itself else None, report)
        chunks.append((start + rows, nearest))
    query, reference = (np.concatenate(column) for column in zip(*chunks, strict=True))
    return query, reference


def _neighbours(
    queries: np.ndarray, references: list[np.ndarray], itself: int | None, report: Callable[[float], None]
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of some pictures with those that look most like them; `itself` is the reference that is the first query."""
    size, count = queries.shape[1], len(references[0])
    best = np.full((size, count), -1, np.float32)
    product = np.empty_like(best)
    for number, reference in enumerate(references, start=1):
        for query in queries:
            np.matmul(query, reference.T, out=product)
            np.maximum(best, product, out=best)
        report(number / len(references))
    if itself is not None:
        best[np.arange(size), itself + np.arange(size)] = -1
    kept = min(NEIGHBOURS, count if itself is None else count - 1)
    nearest = np.argpartition(-best, kept - 1, axis=1)[:, :kept] if kept > 0 else np.empty((size, 0), int)
    row, place = np.nonzero(np.take_along_axis(best, nearest, axis=1) >= LEAST_SIMILARITY)
    return row, nearest[row, place]


def _in_best_orientation(
    queries: np.ndarray, references: list[np.ndarray], query: np.ndarray, reference: np.ndarray, places
) -> Candidates:
    top = np.full(len(query), -1, np.float32)
    orientation, window = np.zeros(len(query), np.int8), np.zeros(len(query), np.int8)
    for start in range(0, len(query), _PAIRS):
        rows = slice(start, start + _PAIRS)
        own = queries[:, query[rows]]
        for number, of_window in enumerate(references):
            similarity = np.einsum("oij,ij->oi", own, of_window[reference[rows]])
            best = similarity.argmax(axis=0)
            value = np.take_along_axis(similarity, best[None], axis=0)[0]
            better = value > top[rows]
            top[rows][better], orientation[rows][better], window[rows][better] = value[better], best[better], number
    return Candidates(query, reference, orientation, window, top, places)


def _unit(numbers: np.ndarray, scale: np.ndarray) -> np.ndarray:
    flat = (numbers * scale).reshape(len(numbers), -1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


@cache
def _transform(start: float, side: float, samples: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """A matrix (8, 64) that cuts, shrinks, fades and transforms along one axis, and what it makes of plain white."""
    edges = (start + side * np.arange(samples + 1) / samples) * GREY_SIDE
    pixel = np.arange(GREY_SIDE)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    shrink = np.clip(overlap, 0, None) / (edges[1:] - edges[:-1])[:, None]
    place = (np.arange(samples) + 0.5) / samples
    fading = np.exp(-0.5 * ((place - 0.5) / _FADE) ** 2)
    cosines = np.cos(np.pi * np.arange(FREQUENCIES)[:, None] * place) * fading
    return (cosines @ shrink).astype(np.float32), cosines.sum(axis=1)
