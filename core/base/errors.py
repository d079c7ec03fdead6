"""The project's few named errors. Each message says what is wrong and what to do about it."""


class LesionLabError(Exception):
    """Anything a person can cause or repair; its text is shown to them as it stands."""


class DataError(LesionLabError):
    """A data set, a table or a file of one cannot be used."""


class DatasetNotFoundError(DataError):
    """No data set of this name is known or present."""


class PictureError(DataError):
    """A file is not a picture that can be read."""


class ConfigurationError(LesionLabError):
    """A recipe, an option or a setting has a value that cannot work."""


class DiskFullError(LesionLabError):
    """There is not enough free space to finish; nothing half-done was left behind."""


class OutOfMemory(LesionLabError, MemoryError):
    """A training step needs more memory than there is.

    `batch_size` is what did not fit; `fits` the largest halving of it that does, None if not even one picture.
    """

    def __init__(self, batch_size: int, fits: int | None):
        self.batch_size, self.fits = batch_size, fits
        remedy = (
            "Not even one picture fits: choose a smaller picture size or a smaller model."
            if fits is None
            else f"{fits:,} fit: clone the run with batch_size {fits}."
        )
        super().__init__(f"There is not enough memory for steps of {batch_size:,} pictures. {remedy}")


class RunError(LesionLabError):
    """A run is missing, or is not in a state that allows what was asked."""


class SearchError(LesionLabError):
    """A search is missing, its files are damaged, or it is not in a state that allows what was asked."""


class EngineError(LesionLabError):
    """The engine that executes runs cannot be started or reached."""


class PermissionDeniedError(LesionLabError):
    """This person may look and predict, but not launch, stop or delete."""


class LessonError(LesionLabError):
    """A lesson cannot go on: a class session or a kept result is missing, closed or damaged, or has too little data."""


class JobError(LesionLabError):
    """A job in the background cannot be started, or its files cannot be read."""


class CancelledError(LesionLabError):
    """A person asked the work to stop; nothing half-done was left behind."""
