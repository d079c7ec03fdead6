"""Having the folds of every finished cross-validation brought together, once. Light: the daemon calls it."""

import contextlib

from filelock import Timeout

from core.base.errors import LesionLabError
from core.combined.cross_validation import CrossValidation, Joining, list_cross_validations
from core.engine.queue import statuses
from core.jobs import Job, JobState, start_job
from core.runs.run_states import State

JOB = "out-of-fold"
MOST_TRIES = 3
"""A job that dies without a word, as in a machine without memory, is started again so often in all."""


def join_finished() -> list[Job]:
    """Start the job that makes the out-of-fold run of each cross-validation whose folds are all finished.

    Not again where it has been made, or where the job has failed: then a person has to ask for it.
    """
    started = []
    pending = [cv for cv in list_cross_validations() if not cv.joined_file.is_file()]
    known = statuses() if pending else []
    for cv in pending:
        with contextlib.suppress(LesionLabError, OSError, Timeout):
            if _due(cv) and all(each.state is State.FINISHED for each in cv.folds(known)):
                started.append(start_joining(cv))
    return started


def start_joining(cv: CrossValidation) -> Job:
    """Start the job that brings the folds together; one that works already is returned.

    Raises:
        DiskFullError, JobError: it could not be started.
    """
    with cv.lock:
        before = cv.joining()
        job = start_job(JOB, f"Out-of-fold run of {cv.cv_id}", {"cross_validation": cv.cv_id})
        if before is None or before.job != job.job_id:
            cv.note_joining(Joining(job.job_id, 1 if before is None else before.tries + 1))
        return job


def _due(cv: CrossValidation) -> bool:
    joining, job = cv.joining(), cv.joining_job()
    if joining is None:
        return True
    return job is not None and job[0] is JobState.LOST and joining.tries < MOST_TRIES
