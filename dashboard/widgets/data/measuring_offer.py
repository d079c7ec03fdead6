"""Having the pictures of a data set measured, where that takes longer than opening a page may."""

from core.data.spec import Dataset
from dashboard.widgets.data.job_progress import newest_job, offer_job, show_unless_done

KIND = "measure"


def offer_to_measure(dataset: Dataset) -> None:
    """Say that the pictures have not been measured, with the button to do it, or the job that does it now."""
    spec = dataset.spec
    job = newest_job(KIND, spec.name)
    if job is not None:
        show_unless_done(job)
        if job.status().state.active:
            return
    offer_job(
        KIND,
        f"Measure the pictures of {spec.title}",
        {"dataset": spec.name},
        why=f"The {len(dataset.table):,} pictures of {spec.title} have not been measured yet: brightness, sharpness, "
        "colour, mean pictures and neighbours need every picture to be read once.",
        label="Measure the pictures",
        icon=":material/straighten:",
    )
