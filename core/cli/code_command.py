"""What the command `code` does."""

import argparse
from pathlib import Path

from core.base.errors import ConfigurationError
from core.base.files import write_atomically
from core.cli.commands import Answer, TerminalProgress
from core.data.catalog import open_dataset
from core.export.package import Package, package_of_recipe, package_of_run, refuse_without_code
from core.runs.run_folder import open_run
from core.training.recipe import recipe_in


def code(options: argparse.Namespace) -> Answer:
    """`code RUN_OR_RECIPE [--out FOLDER]`."""
    progress = TerminalProgress()
    try:
        package = _package(options.of, progress)
    finally:
        progress.close()
    if options.out is None:
        script = package.code.script()
        return {"script": script, "pictures": str(package.pictures)}, [script]
    files = {options.out / name: text for name, text in package.files().items()}
    if there := [str(path) for path in files if path.exists()]:
        raise ConfigurationError(f"{', '.join(there)} would be overwritten. Name another folder after --out.")
    for path, text in files.items():
        write_atomically(path, text)
    result = {"folder": str(options.out), "files": [path.name for path in files], "pictures": str(package.pictures)}
    said = f"{', '.join(result['files'])} are in {options.out}. Start it there with:"
    return result, [said, package.command]


def _package(of: str, progress: TerminalProgress) -> Package:
    file = Path(of)
    if file.suffix != ".json":
        run = open_run(of)
        refuse_without_code(run.recipe())
        return package_of_run(run, open_dataset(run.recipe().dataset, progress))
    recipe = recipe_in(file)
    refuse_without_code(recipe)
    return package_of_recipe(recipe, open_dataset(recipe.dataset, progress))
