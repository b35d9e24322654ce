"""Agreement of two analyses, against the implementations of scikit-learn and SciPy."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from rapport.analytics.agreement import labelled, scored

LABELS = st.sampled_from(["joy", "anger", "neutral"])
SCORES = st.integers(-10, 10).map(lambda n: n / 10)


@settings(deadline=None)
@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=60))
def test_kappa_is_cohens(pairs):
    found = labelled(pairs)
    first, second = zip(*pairs, strict=True)
    assert found["n"] == len(pairs)
    assert found["exact"] == round(sum(a == b for a, b in pairs) / len(pairs), 4)
    if len({*first, *second}) > 1:  # with one label chance gives all of it
        assert math.isclose(found["kappa"], cohen_kappa_score(first, second), abs_tol=1e-4)
    else:
        assert found["kappa"] is None


@settings(deadline=None)
@given(st.lists(st.tuples(SCORES, SCORES), min_size=3, max_size=60))
def test_ranks_correlate_as_spearmans(pairs):
    found = scored(pairs)
    first, second = zip(*pairs, strict=True)
    assert math.isclose(found["meanAbsoluteDifference"], sum(abs(a - b) for a, b in pairs) / len(pairs), abs_tol=1e-4)
    if len(set(first)) > 1 and len(set(second)) > 1:
        assert math.isclose(found["spearman"], spearmanr(first, second).statistic, abs_tol=1e-4)
    else:
        assert found["spearman"] is None


def test_nothing_compared_is_nothing_said():
    assert labelled([]) == {"n": 0, "exact": None, "kappa": None}
    assert scored([]) == {"n": 0, "meanAbsoluteDifference": None, "spearman": None}


def test_a_side_that_never_changes_has_no_ranks():
    assert scored([(0.0, 0.1), (0.0, 0.1), (0.1, 0.1)])["spearman"] is None  # three times 0.1 has a standard deviation of 1e-17
