"""Which versions of what a model is made with are installed here."""

import platform
from importlib.metadata import PackageNotFoundError, version

from core import __version__

PACKAGES = ("tensorflow", "keras", "numpy", "pandas", "scikit-learn", "pillow")


def versions_here() -> dict[str, str]:
    """Versions by name: Lesion Lab, Python, the system, and those of `PACKAGES` that are installed."""
    found = {"Lesion Lab": __version__, "Python": platform.python_version(), "system": platform.platform(terse=True)}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
