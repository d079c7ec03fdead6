"""High, low, for a person to look at, or refused: what decides, and what is said of it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.base.errors import DataError, RunError
from core.base.files import read_json, write_json
from core.data.demo.demo import DEMO_SPEC
from core.data.spec import ClassSpec
from core.evaluation.conformal import LEVELS, conformal_sets, for_temperature
from core.evaluation.predictions import load_predictions, probabilities, save_predictions
from core.evaluation.temperature import fitted_temperature, without_temperature
from core.runs.answers.verdict import Kind, Line, always_in_words, line_at_half, verdict_on
from core.runs.judging.caution import Caution, load_caution, save_caution
from core.runs.judging.trust import Trust, load_trust
from core.runs.run_folder import RunFolder
from core.serving.answer import Answer
from core.serving.gate import GateAnswer
from core.serving.predictor import PredictorInfo

CLASSES = (
    ClassSpec("df", "dermatofibroma", False),
    ClassSpec("mel", "melanoma", True),
    ClassSpec("nv", "nevus", False),
)
KEYS = ("df", "mel", "nv")
INFO = PredictorInfo("run", "m", 28, CLASSES, "demo", "Demo", True, "", "", "grouped", False, temperature_of_half=True)
REFUSED = GateAnswer(likeness=0.1, least_likeness=0.5, colours=1.0, most_colours=5.0)
PASSED = replace(REFUSED, likeness=0.9)


def predictions(lesions: int = 600, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    true = rng.choice(3, lesions, p=[0.01, 0.39, 0.6])
    logits = rng.normal(size=(lesions, 3))
    logits[np.arange(lesions), true] += 1.5
    values = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    table = pd.DataFrame({"group_id": [f"g{n}" for n in range(lesions)], "true": [KEYS[n] for n in true]})
    return table.assign(**{f"p_{key}": values[:, n] for n, key in enumerate(KEYS)})


def trust_of(table: pd.DataFrame, info: PredictorInfo = INFO) -> Trust:
    return Trust(info, conformal_sets(table, KEYS), table, predictions(seed=1))


TRUST = trust_of(predictions())
LINE = line_at_half(INFO)


def answer(df: float, mel: float, nv: float, gate: GateAnswer | None = PASSED) -> Answer:
    said = {"df": df, "mel": mel, "nv": nv}
    return Answer(max(said, key=said.__getitem__), said, mel, gate=gate)


def test_a_clear_answer_is_high_or_low_by_the_line() -> None:
    assert verdict_on(answer(0.01, 0.98, 0.01), TRUST, LINE, Caution()).kind is Kind.HIGH
    low = verdict_on(answer(0.01, 0.01, 0.98), TRUST, LINE, Caution())
    assert (low.kind, low.reasons) == (Kind.LOW, ())
    assert low.score == pytest.approx(0.01)
    saved = Line(0.005, "malignant", ("mel",), saved=True)
    assert verdict_on(answer(0.01, 0.01, 0.98), TRUST, saved, Caution()).kind is Kind.HIGH


def test_a_set_with_classes_of_both_sides_is_for_a_person_and_names_them() -> None:
    verdict = verdict_on(answer(0.0, 0.5, 0.5), TRUST, LINE, Caution(level=0.95))
    assert verdict.kind is Kind.REVIEW
    assert verdict.reasons[0].endswith("has classes of both sides: melanoma, nevus.")
    assert set(verdict.set or ()) >= {"mel", "nv"}
    assert set(verdict.sets or {}) == set(LEVELS)


def test_a_class_that_is_always_in_the_set_makes_nothing_undecided() -> None:
    verdict = verdict_on(answer(0.0, 0.99, 0.01), TRUST, LINE, Caution(level=0.95))
    assert verdict.always == ("df",)
    names = {each.key: each.name for each in CLASSES}
    said = "Always in the set at 95\u00a0%, because there were too few lesions to tell: dermatofibroma."
    assert always_in_words(verdict.always, names, 0.95) == said
    assert always_in_words((), names) == ""
    assert "df" in (verdict.set or ())
    assert verdict.kind is Kind.HIGH


def test_an_empty_set_is_for_a_person() -> None:
    def sure(lesions: int) -> Trust:
        table = predictions(lesions)
        known = {f"p_{key}": np.where(table["true"] == key, 0.99, 0.0) for key in ("mel", "nv")}
        return trust_of(table.assign(**known))

    verdict = verdict_on(answer(0.0, 0.5, 0.5), sure(4000), LINE, Caution(level=0.8))
    assert (verdict.kind, verdict.set) == (Kind.REVIEW, ())
    assert verdict.reasons[0].endswith("is empty: no class is likely enough.")
    verdict = verdict_on(answer(0.0, 0.5, 0.5), sure(600), LINE, Caution(level=0.95))
    assert verdict.set == verdict.always == ("df",)
    assert verdict.reasons[0].endswith("has only classes that are in every set: no class is likely enough.")


def test_of_a_likely_class_that_is_in_every_set_nobody_says_that_it_is_not_likely_enough() -> None:
    table = predictions(600)
    known = {f"p_{key}": np.where(table["true"] == key, 0.99, 0.0) for key in ("mel", "nv")}
    verdict = verdict_on(answer(0.92, 0.04, 0.04), trust_of(table.assign(**known)), LINE, Caution(level=0.95))
    assert (verdict.kind, verdict.set, verdict.always) == (Kind.REVIEW, ("df",), ("df",))
    [reason] = verdict.reasons
    assert reason.startswith(
        "The most likely class, dermatofibroma, is in the set of every picture, because there were"
    )
    assert "no class is likely enough" not in reason


def test_a_picture_of_another_kind_is_refused_until_a_person_overrules_the_gate() -> None:
    said = answer(0.01, 0.98, 0.01, REFUSED)
    verdict = verdict_on(said, TRUST, LINE, Caution())
    assert verdict.kind is Kind.REFUSED
    assert verdict.reasons == (REFUSED.reason,)
    assert verdict_on(said, TRUST, LINE, Caution(), overruled=True).kind is Kind.HIGH
    assert verdict_on(replace(said, gate=None), TRUST, LINE, Caution()).kind is Kind.HIGH


def test_the_risk_that_an_instructor_sets_keeps_unsure_answers_back() -> None:
    # All classes are of one side, so the set alone would answer.
    one_sided = replace(INFO, classes=tuple(replace(each, malignant=True) for each in CLASSES))
    trust = trust_of(predictions(), one_sided)
    unsure = answer(0.0, 0.55, 0.45)
    line = line_at_half(one_sided)
    assert verdict_on(unsure, trust, line, Caution()).kind is Kind.HIGH
    verdict = verdict_on(unsure, trust, line, Caution(risk=0.1))
    assert verdict.kind is Kind.REVIEW
    assert "For at most 10\u00a0% wrong answers it has to be" in verdict.reasons[-1]
    hopeless = trust_of(predictions().assign(true="df", p_df=0.0), one_sided)
    assert verdict_on(unsure, hopeless, line, Caution(risk=0.1)).reasons[-1].endswith("it answers nothing.")


def test_without_malignancy_a_clear_answer_has_no_side_and_an_unsure_one_is_not_made_one() -> None:
    unknown = replace(INFO, classes=tuple(replace(each, malignant=None) for each in CLASSES))
    assert line_at_half(unknown) is None
    verdict = verdict_on(answer(0.0, 0.5, 0.5), trust_of(predictions(), unknown), None, Caution(level=0.95))
    assert (verdict.kind, verdict.line, verdict.score) == (None, None, None)


def test_a_choice_of_caution_is_kept_and_what_is_not_offered_is_refused(trained: RunFolder) -> None:
    assert load_caution(trained) == Caution()
    kept = save_caution(trained, 0.8, 0.1, "anna@example.org", queue=True)
    assert load_caution(trained) == kept
    assert (kept.queue, save_caution(trained, 0.8, 0.1).queue, Caution().queue) == (True, False, False)
    save_caution(trained, 0.8, 0.1, "anna@example.org")
    assert (kept.level, kept.risk, kept.by) == (0.8, 0.1, "anna@example.org")
    for level, risk in ((0.85, None), (0.9, 0.3)):
        with pytest.raises(RunError, match="offered"):
            save_caution(trained, level, risk)
    for damaged in ('{"level": 0.85}', '{"level": "much"}', "nothing"):
        (trained.path / "caution.json").write_text(damaged)
        with pytest.raises(RunError, match=r"caution\.json is damaged"):
            load_caution(trained)


def test_sets_of_a_run_come_from_the_half_of_validation_that_the_temperature_has_not_seen(trained: RunFolder) -> None:
    trust = load_trust(trained)
    table = load_predictions(trained.evaluation / "predictions.parquet")
    validation = table[table["part"] == "validation"]
    assert not trust.approximate
    info, keys = trust.info, trust.info.class_keys
    before = without_temperature(validation, keys, info.temperature)
    half = for_temperature(validation["group_id"], validation["true"])
    for rows, temperature in ((half | True, info.temperature), (half, info.temperature_of_sets)):
        true = before["true"][rows].map(keys.index).to_numpy()
        assert fitted_temperature(probabilities(before[rows], keys), true) == pytest.approx(temperature, rel=1e-3)
    assert trust.sets is not None
    assert trust.sets.temperature == pytest.approx(info.temperature_of_sets / info.temperature)
    assert trust.held_out is not None
    assert set(trust.held_out["part"]) == {"test"}
    share = trust.calibration["group_id"].nunique() / validation["group_id"].nunique()
    assert 0.5 <= share <= 0.55
    assert load_trust(trained) is trust, "read once"
    covered = trust.coverage(0.9)
    assert covered is not None
    assert covered["coverage"][0] >= 0.8
    save_predictions(trained.evaluation / "predictions.parquet", table[table["part"] == "test"])
    with pytest.raises(DataError, match="do not belong together"):
        load_trust(trained)
    metrics = trained.evaluation / "metrics.json"
    write_json(metrics, {name: of for name, of in read_json(metrics).items() if name != "validation"})
    empty = load_trust(trained)
    assert empty.sets is None
    assert empty.coverage(0.9) is None
    assert (
        verdict_on(
            Answer("nv", dict.fromkeys(DEMO_SPEC.class_keys, 1 / 7), 0.4), empty, line_at_half(empty.info), Caution()
        ).kind
        is Kind.LOW
    )
