"""The formats in which a model is handed over: their names, what each is for, and which packages write and check it."""

from dataclasses import dataclass
from importlib.util import find_spec

from core.base.errors import ConfigurationError
from core.models.outside import HOW_TO_INSTALL

_ONNX, _LITERT = ("tf2onnx", "onnx", "onnxruntime"), ("ai_edge_litert",)


@dataclass(frozen=True)
class Format:
    """One format. `runtime` answers with it elsewhere; `file` is the model's file or folder in what is handed over."""

    key: str
    title: str
    runtime: str
    file: str
    meaning: str
    modules: tuple[str, ...] = ()
    """Python modules without which it cannot be written and checked, beside TensorFlow."""

    @property
    def exact(self) -> bool:
        """Whether it holds the very weights; otherwise they are rounded, and answers differ a little."""
        return self.key in ("keras", "savedmodel", "onnx", "litert")

    @property
    def quantised(self) -> bool:
        """Whether it computes with whole numbers of eight bits."""
        return self.key == "litert-int8"

    def missing(self) -> list[str]:
        """Which of its modules are not installed."""
        return [name for name in self.modules if find_spec(name) is None]


FORMATS = {
    each.key: each
    for each in (
        Format("keras", "Keras", "Keras 3", "model.keras", "To go on working in Python: one file, with Keras alone."),
        Format(
            "savedmodel", "SavedModel", "TensorFlow", "saved_model", "For TensorFlow Serving and tools of TensorFlow."
        ),
        Format("onnx", "ONNX", "ONNX Runtime", "model.onnx", "For servers, C++, C#, Java and browsers.", _ONNX),
        Format(
            "onnx-float16",
            "ONNX, float16",
            "ONNX Runtime",
            "model.onnx",
            "Half the size: weights rounded to 16 bits, computed with in 32.",
            _ONNX,
        ),
        Format("litert", "LiteRT", "LiteRT", "model.tflite", "For phones and small computers.", _LITERT),
        Format(
            "litert-float16",
            "LiteRT, float16",
            "LiteRT",
            "model.tflite",
            "Half the size: weights rounded to 16 bits.",
            _LITERT,
        ),
        Format(
            "litert-int8",
            "LiteRT, int8",
            "LiteRT",
            "model.tflite",
            "A quarter of the size, without the gate. It often changes answers: look at its figures first.",
            _LITERT,
        ),
    )
}
"""Every format by its key, which the command line and the API take."""


def wanted_format(key: str) -> Format:
    """A format by its key.

    Raises:
        ConfigurationError: there is none of this name, or packages that it needs are not installed.
    """
    if key not in FORMATS:
        raise ConfigurationError(f"There is no format “{key}”. There are: {', '.join(FORMATS)}.")
    if missing := FORMATS[key].missing():
        raise ConfigurationError(f"{FORMATS[key].title} needs {', '.join(missing)}. {HOW_TO_INSTALL}.")
    return FORMATS[key]
