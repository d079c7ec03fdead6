"""The charts of the explore page show what the table says, in full words, missing values included."""

import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.data.adapters.ham10000 import HAM10000_SPEC
from core.data.adapters.skin import HAM10000_CLASSES
from core.data.demo.demo import plan_demo
from core.data.spec import ClassSpec
from core.data.statistics.counts import UNKNOWN, encode
from core.data.statistics.diagnosis_methods import method_in_words
from dashboard.charts import exploration, exploration_age, exploration_record, exploration_site
from dashboard.charts.exploration import PALE, Chart
from dashboard.charts.exploration_body import body_map
from dashboard.charts.palette import NOT_RECORDED, class_colours
from dashboard.filters.encoded_columns import SIDES, by_malignancy

NAMES = {c.key: c.name for c in HAM10000_CLASSES}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Tidy metadata of the demo data set, without its pictures."""
    plan = plan_demo(seed=1, lesions=400).replace("unknown", np.nan)
    renamed = {"dx": "label", "localization": "site", "dx_type": "diagnosis_method", "lesion_id": "group_id"}
    return plan.rename(columns=renamed).assign(source=np.nan)


def all_charts(rows: pd.DataFrame) -> Iterator[Chart]:
    """Every chart of the page, of the same rows."""
    for draw in (
        exploration.class_counts,
        exploration_age.age_histogram,
        exploration_age.age_by_diagnosis,
        exploration.sex_by_diagnosis,
        exploration_site.site_by_diagnosis,
        body_map,
    ):
        yield draw(rows, HAM10000_CLASSES)
    for draw in (
        exploration.sex_counts,
        exploration_site.site_counts,
        exploration_record.missing_fractions,
        exploration_record.missing_together,
    ):
        yield draw(rows)
    yield exploration_record.group_sizes(rows, "lesion")


def test_every_chart_is_as_plotly_would_have_checked_it(table: pd.DataFrame) -> None:
    """`styled` leaves Plotly's check out, which takes longest; what it would refuse or change must not be there."""
    rows = encode(table)
    women = rows[(rows["sex"] == "female").to_numpy()]
    narrowed = [
        exploration.class_counts(women, HAM10000_CLASSES, rows),
        exploration_age.age_histogram(women, HAM10000_CLASSES, rows),
        body_map(women, HAM10000_CLASSES, malignant_fraction=True, others=rows),
        exploration.sex_counts(women, rows),
        exploration_record.group_sizes(women, "lesion", rows),
        exploration.kind_by_diagnosis(rows, HAM10000_CLASSES, "diagnosis_method", "Title", "made by"),
    ]
    for chart in [*all_charts(rows), *all_charts(rows[:1]), *narrowed]:
        sent = json.loads(chart.figure.to_json())
        assert json.loads(go.Figure(chart.figure.to_dict()).to_json()) == sent


def test_bars_of_the_diagnoses_are_the_counts_of_the_table(table: pd.DataFrame) -> None:
    chart = exploration.class_counts(table, HAM10000_CLASSES)
    bars = chart.figure.data[0]
    shown = {pick[0][1]: count for pick, count in zip(chart.picks[0], bars.x, strict=True)}
    assert shown == table["label"].value_counts().to_dict()
    assert chart.table["images"].is_monotonic_decreasing
    assert chart.table["share"].sum() == pytest.approx(1)


def test_bars_of_the_diagnoses_have_the_colours_of_their_classes(table: pd.DataFrame) -> None:
    chart = exploration.class_counts(table, HAM10000_CLASSES)
    colours = {pick[0][1]: c for pick, c in zip(chart.picks[0], chart.figure.data[0].marker.color, strict=True)}
    assert colours == class_colours(HAM10000_CLASSES)


def test_every_image_is_in_the_age_histogram_once(table: pd.DataFrame) -> None:
    chart = exploration_age.age_histogram(table, HAM10000_CLASSES)
    assert sum(sum(trace.y) for trace in chart.figure.data) == len(table)
    assert chart.table.drop(columns="age").to_numpy().sum() == len(table)


def test_an_age_falls_into_the_bin_that_begins_with_it() -> None:
    rows = pd.DataFrame({"label": "mel", "age": [39.0, 40.0, 44.0, 45.0]})
    behind = exploration_age.age_histogram(rows, HAM10000_CLASSES).table.set_index("age")["melanoma"]
    assert behind[["35–39 years", "40–44 years", "45–49 years"]].tolist() == [1, 2, 1]


def test_images_without_age_have_a_bar_of_their_own_beyond_the_oldest(table: pd.DataFrame) -> None:
    chart = exploration_age.age_histogram(table, HAM10000_CLASSES)
    missing = int(table["age"].isna().sum())
    assert missing > 0
    assert sum(trace.y[-1] for trace in chart.figure.data) == missing
    assert min(trace.x[-1] for trace in chart.figure.data) > table["age"].max() + 5
    assert chart.table.iloc[-1]["age"] == "age not recorded"
    assert chart.figure.layout.xaxis.ticktext[-1].replace("<br>", " ") == UNKNOWN


def test_boxes_are_the_quantiles_of_the_known_ages_and_count_the_unknown_ones(table: pd.DataFrame) -> None:
    chart = exploration_age.age_by_diagnosis(table, HAM10000_CLASSES)
    behind = chart.table.set_index("diagnosis")
    for key, name in NAMES.items():
        ages = table.loc[table["label"] == key, "age"]
        assert behind.loc[name, "median"] == ages.median()
        assert behind.loc[name, "images with age"] == ages.notna().sum()
        assert behind.loc[name, UNKNOWN] == ages.isna().sum()
    assert f"n = {table['age'].notna().sum():,} images" in chart.figure.layout.title.subtitle.text


def test_the_whole_row_of_a_diagnosis_among_the_ages_can_be_clicked(table: pd.DataFrame) -> None:
    chart = exploration_age.age_by_diagnosis(
        table.assign(age=table["age"].where(table["label"] != "df")), HAM10000_CLASSES
    )
    *boxes, rows = chart.figure.data
    assert {trace.type for trace in boxes} == {"box"}
    assert rows.type == "bar"
    assert rows.marker.opacity < 0.01
    assert list(rows.y) == [label for trace in boxes for label in trace.y]
    for start, length in zip(rows.base, rows.x, strict=True):
        assert (start, start + length) == tuple(chart.figure.layout.xaxis.range)
    whiskers = [end for trace in boxes for end in (*trace.lowerfence, *trace.upperfence) if not np.isnan(end)]
    assert rows.base[0] <= min(whiskers) < max(whiskers) <= rows.base[0] + rows.x[0]
    for label, [[column, key]], said in zip(rows.y, chart.picks[-1], rows.customdata, strict=True):
        assert column == "label"
        assert label.replace("<br>", " ").replace("\u00a0", " ").startswith(NAMES[key])
        assert said.startswith(f"<b>{NAMES[key]}</b>")
        assert "nan" not in said
    assert not any(point for trace in chart.picks[:-1] for point in trace)


def test_how_a_diagnosis_was_made_is_said_in_words_and_asked_for_by_its_code(table: pd.DataFrame) -> None:
    column, words = "diagnosis_method", method_in_words
    counts = exploration.kind_counts(table, column, "Title", "made by", words=words)
    fractions = exploration.kind_by_diagnosis(table, HAM10000_CLASSES, column, "Title", "made by", words=words)
    said = {"histopathology", "follow-up", "expert consensus", "confocal microscopy", UNKNOWN}
    assert {label.replace("<br>", " ") for label in counts.figure.data[0].y} == said
    assert set(counts.table["made by"]) == said
    assert {trace.name for trace in fractions.figure.data} == said - {UNKNOWN} < {*fractions.table.columns}
    codes = {"histo", "follow_up", "consensus", "confocal", UNKNOWN}
    assert {value for picks in counts.picks[0] for _, value in picks} == codes
    assert {value for trace in fractions.picks for _, (_, value) in trace} == codes - {UNKNOWN}


@pytest.mark.parametrize(("draw", "column"), [(exploration.sex_counts, "sex"), (exploration_site.site_counts, "site")])
def test_unrecorded_sexes_and_sites_are_a_grey_bar(draw, column: str, table: pd.DataFrame) -> None:
    chart = draw(table)
    bars = chart.figure.data[0]
    shown = dict(zip(bars.y, bars.x, strict=True))
    assert shown.pop(UNKNOWN) == table[column].isna().sum() > 0
    assert shown == table[column].value_counts().to_dict()
    assert bars.marker.color[list(bars.y).index(UNKNOWN)] == NOT_RECORDED
    assert chart.table["images"].sum() == len(table)


def test_shares_of_the_sexes_add_up_to_one_in_every_diagnosis(table: pd.DataFrame) -> None:
    chart = exploration.sex_by_diagnosis(table, HAM10000_CLASSES)
    assert [trace.name for trace in chart.figure.data] == ["female", "male", UNKNOWN]
    assert np.allclose(sum(np.array(trace.x) for trace in chart.figure.data), 1)
    behind = chart.table.set_index("diagnosis")
    melanomas = table[table["label"] == "mel"]
    assert behind.loc["melanoma", "female"] == (melanomas["sex"] == "female").sum()
    assert behind.loc["melanoma", "images"] == len(melanomas)
    assert behind[UNKNOWN].sum() == table["sex"].isna().sum()


def test_shares_of_the_sites_add_up_to_one_in_every_diagnosis(table: pd.DataFrame) -> None:
    chart = exploration_site.site_by_diagnosis(table, HAM10000_CLASSES)
    cells = chart.figure.data[0]
    assert np.allclose(np.array(cells.z).sum(axis=0), 1)
    assert set(cells.y) == {*table["site"].dropna(), UNKNOWN}
    assert chart.table.drop(columns="site").to_numpy().sum() == len(table)


def test_what_is_missing_is_the_share_of_images_without_it(table: pd.DataFrame) -> None:
    behind = exploration_record.missing_fractions(table).table.set_index("field")
    assert behind.loc["age", "share"] == table["age"].isna().mean()
    assert behind.loc["anatomical site", UNKNOWN] == table["site"].isna().sum()
    assert behind.loc["source", "share"] == 1
    assert behind.loc["how the diagnosis was made", UNKNOWN] == 0


def test_every_chart_says_on_how_many_images_it_rests(table: pd.DataFrame) -> None:
    for chart in all_charts(table[table["age"].notna()]):
        assert chart.figure.layout.title.text
        assert chart.figure.layout.title.subtitle.text.startswith(f"n = {table['age'].notna().sum():,} images")
        assert chart.alt.endswith(".")


def test_hover_texts_and_legends_name_diagnoses_in_full(table: pd.DataFrame) -> None:
    for chart in all_charts(table):
        words = set(" ".join(_hover_texts(chart.figure)).replace("<", " ").replace(">", " ").split())
        assert not words & set(NAMES), chart.figure.layout.title.text


@pytest.mark.parametrize("only", ["age", "sex", "site"])
def test_charts_can_be_drawn_of_images_of_which_nothing_is_recorded(only: str, table: pd.DataFrame) -> None:
    rows = table[table[only].isna()].assign(**{only: np.nan})
    for chart in all_charts(rows):
        assert "nan" not in chart.alt
        assert chart.figure.to_json()


def test_charts_can_be_drawn_of_a_single_image(table: pd.DataFrame) -> None:
    for chart in all_charts(table.head(1)):
        assert chart.figure.layout.title.subtitle.text.startswith("n = 1 image")
        assert chart.figure.to_json()


def test_sexes_the_palette_does_not_know_are_shown() -> None:
    rows = pd.DataFrame({"label": ["a", "a", "a"], "sex": ["female", "intersex", np.nan]})
    chart = exploration.sex_by_diagnosis(rows, [ClassSpec("a", "adenoma", False)])
    assert {trace.name: list(trace.x) for trace in chart.figure.data}["intersex"] == [pytest.approx(1 / 3)]
    assert set(exploration.sex_counts(rows).table["sex"]) == {"female", "male", "intersex", UNKNOWN}


def test_encoded_rows_give_the_same_figures(table: pd.DataFrame) -> None:
    for plain, fast in zip(all_charts(table), all_charts(encode(table)), strict=True):
        assert plain.figure.to_plotly_json() is not None
        assert plain.table.round(4).to_csv() == fast.table.round(4).to_csv(), plain.alt
        assert plain.words == fast.words
        assert plain.picks == fast.picks


def test_every_point_that_can_be_clicked_has_something_to_ask_for(table: pd.DataFrame) -> None:
    for chart in all_charts(table):
        for trace, asked in zip(chart.figure.data, chart.picks, strict=False):
            points = trace.x if trace.type == "bar" and trace.orientation != "h" else trace.y
            assert len(asked) in (0, len(points)), chart.alt


def test_what_a_filter_takes_away_stays_pale_and_is_not_counted(table: pd.DataFrame) -> None:
    women = table[table["sex"] == "female"]
    chart = exploration.sex_counts(women, others=table)
    bars = chart.figure.data[0]
    opacity = dict(zip(bars.y, bars.marker.opacity, strict=True))
    assert opacity == {"female": 1, "male": PALE, UNKNOWN: PALE}
    assert chart.table["images"].sum() == len(women)
    assert f"n = {len(women):,} images" in chart.figure.layout.title.subtitle.text
    assert dict(zip(bars.y, bars.x, strict=True))["male"] == (table["sex"] == "male").sum()


def test_the_words_on_age_are_mean_and_standard_deviation_of_a_sample(table: pd.DataFrame) -> None:
    words = exploration_age.ages_in_words(table)
    assert f"{table['age'].mean():.1f} ± {table['age'].std():.1f} years" in words
    assert f"not recorded for {table['age'].isna().sum()}" in words


def test_the_imbalance_ratio_is_the_largest_class_by_the_smallest(table: pd.DataFrame) -> None:
    counted = table["label"].value_counts()
    words = exploration.class_counts(table, HAM10000_CLASSES).words
    assert f"{counted.max() / counted.min():.1f} to 1." in words


def test_only_malignancy_counts_where_that_is_wanted(table: pd.DataFrame) -> None:
    sides = by_malignancy(encode(table), HAM10000_SPEC)
    chart = exploration.class_counts(sides, SIDES)
    malignant = table["label"].isin(HAM10000_SPEC.malignant_keys).sum()
    assert chart.table.set_index("diagnosis").loc["malignant", "images"] == malignant
    assert chart.table["images"].sum() == len(table)


def test_what_is_missing_together_counts_every_image_once() -> None:
    rows = pd.DataFrame(
        {"age": [1.0, np.nan, np.nan, np.nan], "sex": ["female", None, None, "male"], "site": ["back"] * 4}
    )
    behind = exploration_record.missing_together(rows).table.set_index("missing together")["images"]
    assert behind.to_dict() == {"age + sex": 2, "nothing is missing": 1, "age": 1}


def test_groups_are_counted_by_their_photos_and_images_beside_them() -> None:
    rows = pd.DataFrame({"group_id": ["a", "b", "b", "c", "c", "c"]})
    chart = exploration_record.group_sizes(rows, "lesion")
    assert chart.table.set_index("photos")["lesions"].to_dict() == {"1": 1, "2": 1, "3": 1}
    assert chart.table["images"].tolist() == [1, 2, 3]
    assert "83.3\u00a0% of the images share their lesion with another image" in chart.words


@pytest.mark.real_data
def test_isic_2019_has_the_ages_and_gaps_of_its_paper(real_data) -> None:
    folder = real_data / "isic2019"
    metadata = pd.read_csv(folder / "ISIC_2019_Training_Metadata.csv")
    truth = pd.read_csv(folder / "ISIC_2019_Training_GroundTruth.csv").set_index("image")
    tidy = metadata.rename(
        columns={"image": "image_id", "age_approx": "age", "anatom_site_general": "site", "lesion_id": "group_id"}
    )
    tidy["label"] = tidy["image_id"].map(truth.idxmax(axis=1)).str.lower()
    tidy["group_id"] = tidy["group_id"].fillna(tidy["image_id"])
    encoded = encode(tidy.assign(diagnosis_method=None, source=None, split=None))  # and no column for pictures
    assert "54.0 ± 18.1 years" in exploration_age.ages_in_words(encoded)
    behind = exploration_record.missing_fractions(encoded).table.set_index("field")[UNKNOWN]
    assert (behind["age"], behind["sex"], behind["anatomical site"]) == (437, 384, 2631)
    drawn = body_map(encoded, HAM10000_CLASSES)
    assert "2,631 without a site" in drawn.figure.layout.title.subtitle.text
    assert "not on the map" not in drawn.figure.layout.title.subtitle.text


def _hover_texts(figure: go.Figure) -> Iterator[str]:
    for trace in figure.data:
        yield trace.hovertemplate or ""
        yield trace.name or ""
        for about in np.ravel(np.array(trace.customdata if trace.customdata is not None else [], dtype=object)):
            yield str(about)


def test_both_bars_of_malignancy_follow_one_rule_when_a_diagnosis_is_chosen(table: pd.DataFrame) -> None:
    every = by_malignancy(encode(table), HAM10000_SPEC)
    melanomas = every[(table["label"] == "mel").to_numpy()]
    chart = exploration.class_counts(melanomas, SIDES, every)
    behind, counted = chart.figure.data
    of = {pick[0][1]: place for place, pick in enumerate(chart.picks[1])}
    malignant, benign = of[SIDES[0].key], of[SIDES[1].key]
    whole = every["label"].value_counts()
    assert [behind.x[malignant], behind.x[benign]] == [whole[SIDES[0].key], whole[SIDES[1].key]]
    assert counted.x[malignant] == len(melanomas) < whole[SIDES[0].key]
    assert f"{len(melanomas):,} of {whole[SIDES[0].key]:,}" in counted.text[malignant]
    assert counted.marker.opacity[benign] == behind.marker.opacity == exploration.PALE
    assert chart.picks[0] == chart.picks[1]


def test_what_is_not_recorded_has_no_place_in_a_legend_where_all_is_recorded(table: pd.DataFrame) -> None:
    known = table[table["sex"].notna()]
    figure = exploration.sex_by_diagnosis(known, HAM10000_CLASSES).figure
    assert [trace.name for trace in figure.data] == ["female", "male"]
    assert figure.layout.legend.traceorder == "normal"
