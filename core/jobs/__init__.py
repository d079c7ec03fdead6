"""Work in the background that is no training: downloads, feature maps, searches for duplicates.

A job is a folder under `artifacts/jobs` and a process of its own, so that it survives a closed tab and a
restarted dashboard.
"""

from core.jobs.job_folder import Job, JobStatus, list_jobs, newest_job
from core.jobs.job_states import JobState
from core.jobs.start import start_job

__all__ = ["Job", "JobState", "JobStatus", "list_jobs", "newest_job", "start_job"]
