"""A report of one prediction: a page that stands alone, to be kept, sent and printed.

All texts are escaped, for names of files, classes and data sets come from others; pictures are in the page, and nothing
is fetched.
"""

import io
from base64 import b64encode
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from PIL import Image

from core.base.percents import percent, percent_range
from core.base.signature import when
from core.data.metadata_encoding import WORDS, Patient
from core.explain.overlay import outlined, overlay
from core.runs.answers.html_page import html_page, paragraph
from core.runs.answers.picture_answer import PictureAnswer
from core.runs.answers.report_origin import origin, tested
from core.runs.answers.verdict import Kind, Verdict, always_in_words
from core.runs.explanations.explanation_words import Said
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.explaining import Explanation
from core.serving.gate import Gate
from core.serving.predictor import DISCLAIMER, PredictorInfo

OPACITY = 0.6


@dataclass(frozen=True)
class ReportedMap:
    """The heat map of a report: what explains, the name of the class it is for, and what its checks came to."""

    explanation: Explanation
    class_name: str
    checks: tuple[Said, ...]


@dataclass(frozen=True)
class SimilarCase:
    """A training picture that the model takes for alike: a JPEG, None where it cannot be read, and what it is."""

    jpeg: bytes | None
    caption: str


@dataclass(frozen=True)
class Reported:
    """All that a report tells.

    `heat` is None where the model has no map, `similar` where no training pictures were looked through,
    for which `without_similar` is the reason. `overruled` is
    why a person overruled the gate, "" if nobody did. `at` is in seconds since the epoch.
    """

    run: RunFolder
    info: PredictorInfo
    told: PictureAnswer
    picture: BroughtPicture
    heat: ReportedMap | None = None
    similar: tuple[SimilarCase, ...] | None = None
    without_similar: str = "None were looked for."
    patient: Patient | None = None
    gate: Gate | None = None
    overruled: str = ""
    at: float = 0.0


def report_html(reported: Reported) -> str:
    """The report as one HTML page.

    Raises:
        RunError: a file of the run is missing or damaged.
    """
    refused = reported.told.verdict.kind is Kind.REFUSED
    parts = [
        _head(reported),
        _answer(reported),
        Markup("") if refused else _probabilities(reported),
        _gate(reported),
        Markup("") if refused else _explanation(reported),
        Markup("") if refused else _similar(reported),
        tested(reported.run, reported.info),
        origin(reported.run, reported.info, reported.picture),
    ]
    return html_page(f"Prediction of run {reported.info.run_id}", parts)


def _head(reported: Reported) -> Markup:
    info = reported.info
    warning = Markup("")
    if info.synthetic:
        warning += Markup(
            "<p><strong>The model learnt from synthetic pictures: it says nothing of real skin.</strong></p>"
        )
    if info.leaking:
        warning += Markup("<p><strong>The split of this run leaks: its figures are too good.</strong></p>")
    return Markup(
        '<h1>Prediction for one picture</h1><p class="small">{} · {}, trained on {} · run <code>{}</code></p>'
        '<p class="notice"><strong>{}</strong></p>{}'
    ).format(when(reported.at), info.model_at_size, info.dataset_title, info.run_id, DISCLAIMER, warning)


def _answer(reported: Reported) -> Markup:
    told, info = reported.told, reported.info
    verdict, answer = told.verdict, told.answer
    names = {each.key: each.name for each in info.classes}
    lines = [paragraph(reason) for reason in verdict.reasons]
    if reported.overruled:
        lines.append(paragraph(f"The gate refused this picture, and a person has overruled it: “{reported.overruled}”"))
    if verdict.kind is not Kind.REFUSED:
        lines.append(paragraph(f"Most likely: {names[answer.label]}, {percent(answer.probabilities[answer.label])}."))
        if answer.malignant is not None:
            lines.append(
                paragraph(f"Probability of malignant, the sum over the malignant classes: {percent(answer.malignant)}.")
            )
        if verdict.line is not None and verdict.score is not None:
            lines.append(paragraph(_threshold(verdict)))
        lines.append(paragraph(_such(told)))
    lines += [paragraph(sentence) for sentence in told.quality]
    lines += [paragraph(note) for note in reported.picture.notes]
    if reported.patient is not None and info.metadata is not None:
        lines.append(paragraph(_patient(reported.patient, info.metadata.columns)))
    return Markup(
        '<h2>Answer</h2>{}<div class="pair"><figure>{}<figcaption>{}</figcaption></figure>'
        "<figure><div>{}</div></figure></div>"
    ).format(
        Markup('<p class="answer">{}</p>').format(verdict.kind.heading) if verdict.kind else "",
        _image(reported.picture.shown, "The picture"),
        ("Cropped from " if reported.picture.cropped else "") + (reported.picture.name or "the file"),
        Markup("").join(lines),
    )


def _threshold(verdict: Verdict) -> str:
    line = verdict.line
    if line is None or verdict.score is None:
        return ""
    whose = "saved for this run" if line.saved else "nobody has saved another one for this run"
    return (
        f"An answer is high where {line.name} has at least {percent(line.value)} ({whose}); here it has "
        f"{percent(verdict.score)}."
    )


def _such(told: PictureAnswer) -> str:
    such = told.such
    if such is None:
        return "Too few pictures were held out to say how many of 100 such answers are right."
    return (
        f"{such.sentence} Counted on {such.pictures:,} test pictures of {such.lesions:,} lesions that the model was as "
        f"sure of, {percent_range(such.least, such.most, 0)}; with 95 % confidence."
    )


def _patient(patient: Patient, columns: tuple[str, ...]) -> str:
    known = [
        f"{WORDS[name]} {getattr(patient, name) if getattr(patient, name) is not None else 'unknown'}"
        for name in columns
    ]
    return f"The model was also told: {', '.join(known)}."


def _probabilities(reported: Reported) -> Markup:
    told, names = reported.told, {each.key: each.name for each in reported.info.classes}
    fractions, sets, level = told.answer.probabilities, told.verdict.sets, told.verdict.level
    chosen = () if sets is None else sets[level]
    rows = Markup("").join(
        Markup('<tr><td>{}</td><td class="number">{}</td><td>{}</td></tr>').format(
            names[key], percent(fractions[key]), "" if sets is None else "yes" if key in chosen else "no"
        )
        for key in sorted(fractions, key=lambda each: -fractions[each])
    )
    said = (
        "This run has too few validation pictures for sets that hold the true class as often as promised."
        if sets is None
        else f"The set of possible classes is made to hold the true class in {percent(level, 0)} of new lesions of "
        "each class like those that the model was tested on. At other hospitals this does not hold by itself."
    )
    more = f" {always_in_words(told.verdict.always, names)}".rstrip()
    calibrated = (
        "The percentages are not calibrated."
        if reported.info.temperature == 1.0
        else "The percentages are calibrated on validation pictures (temperature scaling)."
    )
    return Markup(
        "<h2>Which classes are possible</h2><table><thead><tr><th>class</th><th>probability</th>"
        "<th>in the set</th></tr></thead><tbody>{}</tbody></table>{}{}"
    ).format(rows, paragraph(said + more), paragraph(calibrated))


def _gate(reported: Reported) -> Markup:
    found = reported.told.answer.gate
    if found is None:
        text = "Nobody has looked at whether this picture is of the kind that the model knows: there is no gate yet."
        return Markup("<h2>Is it the right kind of picture?</h2>{}").format(paragraph(text))
    said = found.reason or "It passed: the picture is of the kind that the model has learnt from."
    numbers = (
        f"Likeness {found.likeness:.3f} (at least {found.least_likeness:.3f}); colours {found.colours:.1f} (at most "
        f"{found.most_colours:.1f})."
    )
    rates = ""
    if reported.gate is not None:
        whole = reported.gate.rates[0]
        rates = f"Of {whole.pictures:,} pictures of the right kind, {percent(whole.passed / whole.pictures)} pass."
    unknown = "The gate cannot see an unknown diagnosis: such a picture passes and gets one of the known classes."
    lines = [paragraph(each) for each in (said, numbers, rates, unknown) if each]
    return Markup("<h2>Is it the right kind of picture?</h2>{}").format(Markup("").join(lines))


def _explanation(reported: Reported) -> Markup:
    heat = reported.heat
    if heat is None:
        return Markup("<h2>What the answer rests on</h2>{}").format(paragraph("This model has no heat map."))
    found = heat.explanation
    shown = outlined(overlay(reported.picture.shown, found.values, OPACITY), found.values)
    marks = {True: "speaks for it", False: "SPEAKS AGAINST IT", None: "not known"}
    checks = Markup("").join(
        Markup('<tr><td class="mark">{}</td><td>{}</td></tr>').format(marks[each.good], each.sentence)
        for each in heat.checks
    )
    what = f"{found.method.called} for {heat.class_name}. The line marks the hottest tenth. {found.explained}"
    table = Markup("<table><thead><tr><th>can it be believed?</th><th>check</th></tr></thead><tbody>{}</tbody></table>")
    return Markup(
        '<h2>What the answer rests on</h2><div class="pair"><figure>{}<figcaption>{}</figcaption></figure></div>{}'
    ).format(
        _image(shown, f"Heat map of the evidence for {heat.class_name}"),
        what,
        table.format(checks) if checks else paragraph("The map is empty: there is nothing to check."),
    )


def _similar(reported: Reported) -> Markup:
    title = Markup("<h2>Training pictures that the model takes for alike</h2>")
    if not reported.similar:
        return title + paragraph(reported.without_similar)
    cases = Markup("").join(
        Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
            "" if each.jpeg is None else _jpeg(each.jpeg, f"Training picture: {each.caption}"), each.caption
        )
        for each in reported.similar
    )
    text = "The diagnoses are those of the data set. Alike for the model is not alike for a doctor."
    return title + Markup('<div class="cases">{}</div>{}').format(cases, paragraph(text))


def _image(rgb: np.ndarray, alt: str) -> Markup:
    content = io.BytesIO()
    Image.fromarray(rgb).save(content, "JPEG", quality=88)
    return _jpeg(content.getvalue(), alt)


def _jpeg(content: bytes, alt: str) -> Markup:
    return Markup('<img src="data:image/jpeg;base64,{}" alt="{}">').format(b64encode(content).decode(), alt)
