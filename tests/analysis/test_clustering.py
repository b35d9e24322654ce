"""Arrays in, arrays out: what is computed without quadratic memory equals the textbook's definition."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from rapport.analysis import clustering


@pytest.mark.parametrize(("rows", "groups"), [(12, 11), (50, 3), (600, 40)])
def test_the_silhouette_is_the_textbooks(rows, groups):
    random = np.random.default_rng(rows)
    vectors = clustering.normalise(random.normal(size=(rows, 16)))
    vectors[0] = 0  # a text that says nothing
    labels = np.unique(random.integers(0, groups, rows), return_inverse=True)[1]
    assert clustering._silhouette(vectors, labels) == pytest.approx(silhouette_score(vectors, labels, metric="cosine"), abs=1e-9)


def test_axes_do_not_depend_on_how_the_rows_are_cut():
    vectors = np.random.default_rng(1).normal(size=(2_500, 20)).astype(np.float32)
    mean, axes = clustering.principal_axes(vectors, axes=5)
    centred = vectors.astype(np.float64) - mean
    variances = np.linalg.eigvalsh(centred.T @ centred)[::-1][:5]
    assert np.square(centred @ axes).sum(axis=0) == pytest.approx(variances, rel=1e-4)
