"""The lock holds a version for everything that is asked for, and says nothing of where it was made."""

import re

import pytest
from packaging.requirements import Requirement

from core.base.settings import PROJECT_ROOT

REQUIREMENTS = tuple(f"requirements{kind}.txt" for kind in ("", "-dev", "-gpu", "-more-weights", "-formats", "-bench"))


def requirements(file: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (PROJECT_ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


@pytest.mark.parametrize("file", REQUIREMENTS)
def test_what_is_required_is_locked_in_a_version_that_fits(file: str) -> None:
    locked = {each.name: each for each in requirements("constraints.txt")}
    for required in requirements(file):
        [version] = [pin.version for pin in locked[required.name].specifier]  # `make lock` renews a lock that lacks it
        assert required.specifier.contains(version, prereleases=True), required


def test_the_lock_names_versions_alone() -> None:
    lock = (PROJECT_ROOT / "constraints.txt").read_text()
    assert not re.search(r"://|^\s*-|@", lock, re.MULTILINE)
    assert {pin.operator for each in requirements("constraints.txt") for pin in each.specifier} == {"=="}
