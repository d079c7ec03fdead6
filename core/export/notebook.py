"""A training as a Jupyter notebook (nbformat 4.4, https://nbformat.readthedocs.io)."""

import json
from typing import Any

from core.export.training_code import TrainingCode


def notebook(code: TrainingCode) -> str:
    """The same code as the script, a cell per section, with its explanations as text between."""
    cells = [_text(code.introduction)]
    for section in code.sections:
        cells += [_text(f"## {section.title}\n\n{section.text}"), _code(section.code)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(whole, indent=1) + "\n"


def _text(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.strip().splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }
