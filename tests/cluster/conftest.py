from tests.cluster.slurm import slurm  # noqa: F401
from tests.core.engine.conftest import (  # noqa: F401
    eventually,
    leaving_nothing_behind,
    processes_about,
    tiny_data,
)
