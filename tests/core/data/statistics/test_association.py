"""Associations are those that SciPy and the papers give, over rows that are independent."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.data.statistics.association import associate, cramers_v
from core.data.statistics.counts import encode


def rows(**columns) -> pd.DataFrame:
    """A table in which every row is a group of its own."""
    table = pd.DataFrame(columns)
    return table.assign(group_id=[f"g{n}" for n in range(len(table))])


@pytest.fixture
def linked() -> pd.DataFrame:
    """Sites that depend on the label, ages that depend on it, and a coin that depends on nothing."""
    rng = np.random.default_rng(1)
    label = rng.choice(["mel", "nv", "bcc"], 900)
    site = np.where(rng.random(900) < 0.6, np.char.add("at-", label), rng.choice(["at-mel", "at-nv"], 900))
    age = np.round(50 + 15 * (label == "bcc") + rng.normal(0, 10, 900))
    return rows(label=label, site=site, age=age, years=age + rng.normal(0, 5, 900), coin=rng.choice(["h", "t"], 900))


def test_chi_square_and_its_p_are_those_of_scipy(linked: pd.DataFrame) -> None:
    found = associate(linked, "label", "site")
    expected = stats.chi2_contingency(pd.crosstab(linked["label"], linked["site"]), correction=False)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert found.few == np.mean(expected.expected_freq < 5)
    assert found.table.to_numpy().sum() == found.rows == 900


def test_cramers_v_is_corrected_as_bergsma_writes() -> None:
    # n = 60, 2×2, phi² = 1/9: phĩ² = 1/9 − 1/59, r̃ = c̃ = 2 − 1/59.
    counts = np.array([[20, 10], [10, 20]])
    assert cramers_v(counts) == pytest.approx(np.sqrt((1 / 9 - 1 / 59) / (1 - 1 / 59)))
    assert cramers_v(np.array([[30, 30], [20, 20]])) == 0
    assert cramers_v(np.diag([40, 30, 20])) == pytest.approx(1, abs=0.01)


def test_independent_columns_have_no_association_on_average_though_plain_v_would_say_so() -> None:
    rng = np.random.default_rng(0)
    drawn = [cramers_v(pd.crosstab(rng.integers(0, 6, 100), rng.integers(0, 6, 100)).to_numpy()) for _ in range(60)]
    assert np.median(drawn) < 0.06  # the uncorrected one is about 0.22 here


def test_a_number_by_kinds_is_judged_by_kruskal_wallis(linked: pd.DataFrame) -> None:
    for found in (associate(linked, "age", "label"), associate(linked, "label", "age")):
        expected = stats.kruskal(*(linked.loc[linked["label"] == key, "age"] for key in ("bcc", "mel", "nv")))
        assert found.test == "H"
        assert found.statistic == pytest.approx(expected.statistic)
        assert found.p == pytest.approx(expected.pvalue)
        assert found.value == pytest.approx(expected.statistic / 899)
        assert found.table.loc["bcc", "median"] == linked.loc[linked["label"] == "bcc", "age"].median()
    assert found.strength == "a strong"


def test_two_numbers_are_judged_by_spearman(linked: pd.DataFrame) -> None:
    found = associate(linked, "age", "years")
    assert found.value == pytest.approx(stats.spearmanr(linked["age"], linked["years"]).statistic)
    assert found.few is None


def test_a_coin_says_nothing_of_the_diagnosis(linked: pd.DataFrame) -> None:
    assert associate(linked, "label", "coin").strength == "hardly any"


def test_photos_of_one_lesion_count_once(linked: pd.DataFrame) -> None:
    copied = pd.concat([linked, linked, linked], ignore_index=True)
    once, often = associate(linked, "label", "site"), associate(copied, "label", "site")
    assert (often.rows, often.images) == (900, 2700)
    assert often.p == once.p
    assert often.value == once.value


def test_encoded_rows_give_the_same_association(linked: pd.DataFrame) -> None:
    plain, fast = associate(linked, "label", "site"), associate(encode(linked), "label", "site")
    assert (plain.value, plain.statistic, plain.rows) == pytest.approx((fast.value, fast.statistic, fast.rows))


def test_rows_that_lack_one_of_the_two_are_left_out() -> None:
    table = rows(label=["a", "b", "a", "b", "a"], site=["x", "y", None, "y", "x"])
    assert associate(table, "label", "site").rows == 4


def test_nothing_is_said_where_a_column_has_a_single_value() -> None:
    assert associate(rows(label=["a", "b"], site=["x", "x"]), "label", "site") is None
    assert associate(rows(label=["a", "b"], site=[None, None]), "label", "site") is None


def test_p_is_never_printed_as_zero(linked: pd.DataFrame) -> None:
    assert associate(linked, "label", "site").p_in_words == "p < 0.001"


@pytest.mark.real_data
def test_in_ham10000_the_diagnosis_hangs_together_with_age_and_hardly_with_sex(real_data, monkeypatch) -> None:
    from core.data.catalog import open_dataset

    monkeypatch.setenv("LESIONLAB_DATA", str(real_data))
    table = open_dataset("ham10000").table
    assert associate(table, "label", "age").strength == "a strong"
    assert associate(table, "label", "sex").strength == "hardly any"
    assert associate(table, "label", "sex").rows < 7470 < associate(table, "label", "sex").images
