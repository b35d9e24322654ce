"""Groups of near vectors, and how many there are. Arrays in, arrays out; the same input and seed give the same result.

Vectors are put on their 64 strongest axes, pulled towards the mean of their neighbours (which moves the stragglers between
two groups to one of them: NMI .77 -> .80 on 10,003 BANKING77 messages), and then cut by k-means.
"""

import warnings

import numpy as np

AXES = 64
CHOICE_SAMPLE = 3_000
"""Vectors that the number of groups is chosen on; the silhouette is quadratic in them."""
ROWS_AT_ONCE = 64
"""Rows that are compared with all others at once; at 10,000 rows that takes 24 MB."""
MOST_GROUPS = 400
BLURRED = 0.2
"""Below this silhouette no count stands out (complaints in tweets reach .11, intents and services .25 and more)."""


def normalise(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; rows of zeros stay zeros."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def principal_axes(vectors: np.ndarray, axes: int = AXES) -> tuple[np.ndarray, np.ndarray]:
    """(mean [d], axes [d, <= axes]) of the strongest directions, float32. Signs are fixed so that a refit gives the same axes."""
    mean = vectors.mean(axis=0, dtype=np.float64)
    spread = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), 1_000):  # in double precision only piece by piece
        centred = vectors[start : start + 1_000] - mean
        spread += centred.T @ centred
    directions = np.linalg.eigh(spread)[1]
    keep = directions[:, ::-1][:, : min(axes, len(vectors) - 1, vectors.shape[1])]
    keep = keep * np.sign(keep[np.abs(keep).argmax(axis=0), np.arange(keep.shape[1])])
    return mean.astype(np.float32), keep.astype(np.float32)


def settle(vectors: np.ndarray, *, neighbours: int, rounds: int = 3) -> np.ndarray:
    """Each row replaced `rounds` times by the mean of its nearest rows (itself among them), by cosine of the rows given.

    The neighbourhood is found once, 64 rows at a time: time grows with the square of the rows, memory with their number.
    """
    nearest = np.empty((len(vectors), neighbours), dtype=np.int32)
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        distance = -vectors[start : start + ROWS_AT_ONCE] @ vectors.T
        nearest[start : start + ROWS_AT_ONCE] = np.argpartition(distance, neighbours - 1, axis=1)[:, :neighbours]
    settled = vectors
    for _ in range(rounds):
        total = np.zeros_like(settled)
        for column in nearest.T:
            total += settled[column]
        settled = total / neighbours
    return settled


def neighbourhood(rows: int) -> int:
    """How many neighbours to settle towards: 20 in large sets, fewer where groups may hold only a handful."""
    return int(np.clip(rows // 80, 4, 20))


def cut(vectors: np.ndarray, groups: int, *, seed: int, restarts: int = 4) -> np.ndarray:
    """Group number 0..groups-1 of each row, by k-means; empty groups are left out and numbers closed up."""
    from sklearn.cluster import KMeans  # scikit-learn is 90 MB: loaded by those who fit
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than groups
        kmeans = KMeans(min(groups, len(vectors)), n_init=restarts, random_state=seed)  # pyright: ignore[reportArgumentType]
        labels = kmeans.fit_predict(vectors)
    return np.unique(labels, return_inverse=True)[1]


def choose_count(vectors: np.ndarray, *, seed: int) -> int:
    """How many groups the rows fall into: 3..400, or 2 where there are fewer than 60 rows.

    The silhouette (cosine, on the rows as they are) of cuts of the settled rows, over a geometric grid of counts, averaged over
    neighbouring counts; among counts within 2 % of the best, the smallest. Where the rows form no clear groups, the finest count
    within 15 % of the best is taken, since two huge groups tell nobody anything. On 22 random
    subsets of 4 to 60 BANKING77 intents the count is within 0.5 to 1.5 times the true one for four in five (more where there are many
    intents; few intents are split), on all of them and on SGD dialogues always (`make bench-quality`).
    """
    rows = np.random.default_rng(seed).permutation(len(vectors))[:CHOICE_SAMPLE]
    sample = vectors[np.sort(rows)]
    settled = settle(sample, neighbours=neighbourhood(len(sample)))
    counts = _grid(2 if len(sample) < 60 else 3, min(MOST_GROUPS, max(3, len(sample) // 5)), step=1.25)
    scores = {count: _silhouette(sample, cut(settled, count, seed=seed, restarts=2)) for count in counts}
    best = max(scores, key=lambda count: scores[count])
    for count in _grid(max(counts[0], round(best / 1.4)), min(round(best * 1.4), counts[-1]), step=1.1):
        scores.setdefault(count, _silhouette(sample, cut(settled, count, seed=seed, restarts=2)))
    counts = sorted(scores)
    smooth = np.convolve(np.pad([scores[count] for count in counts], 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    if smooth.max() < BLURRED:
        return counts[int(np.flatnonzero(smooth >= smooth.max() - 0.15 * abs(smooth.max()))[-1])]
    return counts[int(np.flatnonzero(smooth >= 0.98 * smooth.max())[0])]


def _grid(least: int, most: int, *, step: float) -> list[int]:
    counts = [least]
    while counts[-1] < most:
        counts.append(min(most, max(counts[-1] + 1, round(counts[-1] * step))))
    return counts


def _silhouette(vectors: np.ndarray, labels: np.ndarray) -> float:
    """The mean silhouette (Rousseeuw 1987) of unit rows by cosine distance, as scikit-learn's silhouette_score; -1 where there are not
    2 to n - 1 groups. The sum of a row's distances to a group is the group's size minus the product with the sum of its rows, so
    neither time nor memory is quadratic."""
    groups = int(labels.max()) + 1
    if not 1 < groups < len(vectors):
        return -1.0
    counts = np.bincount(labels, minlength=groups)
    sums = np.stack([vectors[labels == group].sum(axis=0, dtype=np.float64) for group in range(groups)])
    distances = counts - vectors @ sums.T.astype(vectors.dtype)
    rows = np.arange(len(vectors))
    itself = 1 - np.einsum("ij,ij->i", vectors, vectors)
    inside = (distances[rows, labels] - itself) / np.maximum(counts[labels] - 1, 1)
    distances /= counts
    distances[rows, labels] = np.inf
    nearest = distances.min(axis=1)
    scores = np.where(counts[labels] > 1, (nearest - inside) / np.maximum(np.maximum(nearest, inside), 1e-12), 0.0)
    return float(scores.mean())


def parents(centroids: np.ndarray) -> np.ndarray:
    """Parent number of each centroid by Ward's method: 8 to 25 parents above many centroids, about half as many above few."""
    from sklearn.cluster import AgglomerativeClustering

    count = len(centroids)
    if count < 4:
        return np.arange(count)
    least, most = max(2, min(8, count // 3)), min(25, count // 2)
    best, best_score = np.zeros(count, dtype=np.int64), -2.0
    for groups in range(least, most + 1):
        labels = AgglomerativeClustering(groups, linkage="ward").fit_predict(centroids)
        score = _silhouette(centroids, labels)
        if score > best_score:
            best, best_score = labels, score
    return np.unique(best, return_inverse=True)[1]


def prototypes(vectors: np.ndarray, labels: np.ndarray, *, most: int = 16, members: int = 5, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(unit rows [p, d], group of each): up to `most` centres inside each group, one per `members` rows.

    Several centres follow a group's shape: the nearest one names the group of unseen rows better than one centroid does
    (NMI .82 against .79 on BANKING77) and notices rows that fit nowhere better (AUC .90 against .81).
    """
    centres, owners = [], []
    for group in range(int(labels.max()) + 1):
        rows = vectors[labels == group]
        inner = cut(rows, int(np.clip(len(rows) // members, 1, most)), seed=seed, restarts=1)
        centres += [rows[inner == part].mean(axis=0) for part in range(int(inner.max()) + 1)]
        owners += [group] * (int(inner.max()) + 1)
    return normalise(np.stack(centres)).astype(np.float32), np.array(owners, dtype=np.int32)
