"""What stands in a report of where an answer comes from: what the run was tested on, and hashes."""

from hashlib import sha256

import numpy as np
from markupsafe import Markup

from core.base.files import sha256_if_readable
from core.base.percents import percent, percent_range
from core.runs.answers.html_page import paragraph
from core.runs.judging.class_sensitivity import class_sensitivities
from core.runs.judging.results import headline_metrics, load_leakage_of
from core.runs.run_folder import RunFolder
from core.serving.brought import BroughtPicture
from core.serving.predictor import DISCLAIMER, PredictorInfo


def tested(run: RunFolder, info: PredictorInfo) -> Markup:
    """What a run was tested on, and how it did.

    Raises:
        RunError, DataError: a file of the run is missing or damaged.
    """
    part, metrics = headline_metrics(run)
    leakage = load_leakage_of(run)
    names = {each.key: each.name for each in info.classes}
    intervals = {name: percent_range(low, high) for name, (low, high) in metrics.intervals.items()}
    figures = [
        ("accuracy", percent(metrics.accuracy), intervals.get("accuracy", "")),
        (
            f"always “{names.get(metrics.majority_class, metrics.majority_class)}”",
            percent(metrics.majority_accuracy),
            "",
        ),
        ("balanced accuracy", percent(metrics.balanced_accuracy), intervals.get("balanced_accuracy", "")),
    ]
    figures += [
        (
            f"sensitivity for {names[key]}",
            percent(each.share),
            f"{percent_range(*each.limits)}, {each.support:,} pictures"
            if each.limits
            else f"{each.support:,} pictures",
        )
        for key, each in class_sensitivities(run).items()
    ]
    rows = Markup("").join(
        Markup('<tr><td>{}</td><td class="number">{}</td><td>{}</td></tr>').format(*figure) for figure in figures
    )
    intro = (
        f"On the {part} part of {info.dataset_title}: {metrics.images:,} pictures of {metrics.groups:,} groups "
        f"(lesions or patients) that it has not learnt from. Split: {info.split}."
    )
    cautions = [paragraph(said) for said in leakage.cautions]
    data = f"Data: {info.citation} Licence: {info.licence}."
    return Markup(
        "<h2>What the model was tested on</h2>{}<table><thead><tr><th>figure</th><th>value</th>"
        "<th>95 % interval, or counted on</th></tr></thead><tbody>{}</tbody></table>{}{}"
    ).format(paragraph(intro), rows, Markup("").join(cautions), paragraph(data))


def origin(run: RunFolder, info: PredictorInfo, picture: BroughtPicture) -> Markup:
    """Hashes by which model and picture are known again, and the disclaimer once more."""
    side = info.image_size
    pixels = sha256(np.ascontiguousarray(picture.squares[side]).tobytes()).hexdigest()
    rows = [
        (f"model ({run.model_file.name})", sha256_if_readable(run.model_file) or "not here"),
        (
            "file of the picture" + (", from which it was cropped" if picture.cropped else ""),
            picture.digest or "not known",
        ),
        (f"the {side}×{side} pixels that the model got", pixels),
    ]
    lines = Markup("").join(Markup("<tr><td>{}</td><td><code>{}</code></td></tr>").format(*row) for row in rows)
    return Markup(
        "<h2>By what model and picture are known again</h2><table><thead><tr><th>of</th><th>SHA-256</th></tr></thead>"
        '<tbody>{}</tbody></table><p class="notice"><strong>{}</strong></p>'
    ).format(lines, DISCLAIMER)
