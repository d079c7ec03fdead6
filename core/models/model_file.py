"""Which file of a run's folder holds its model."""

from pathlib import Path


def model_file_in(folder: Path) -> Path:
    """The model of a run: `model.onnx` where one was brought as ONNX, else `model.keras`, be it there or not."""
    onnx = folder / "model.onnx"
    return onnx if onnx.is_file() else folder / "model.keras"
