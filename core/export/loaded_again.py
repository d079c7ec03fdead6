"""Load a model that is to be handed over in a fresh process, ask it, and say how long it takes and what memory.

`python -m core.export.loaded_again FORMAT MODEL EXAMPLES.npz ANSWERS.npz` knows nothing of how the model was made: it
imports what runs the format alone, so that what it can use can be used elsewhere.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Asked = dict[str, np.ndarray]
"""Inputs or outputs by name, each with a row per example."""
TIMED = 30
"""Answers of one example each whose median time counts, after three that do not."""


def loaded(form: str, path: str) -> Callable[[Asked], Asked]:
    """A model as a function of a batch.

    Args:
        form: a key of `core.export.formats.FORMATS`.
        path: of the model's file or folder.
    """
    if form.startswith("onnx"):
        import onnxruntime

        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = [each.name for each in session.get_outputs()]
        return lambda given: dict(zip(names, session.run(names, given), strict=True))
    if form.startswith("litert"):
        from ai_edge_litert.interpreter import Interpreter

        runner = Interpreter(path).get_signature_runner("serve")

        def one_by_one(given: Asked) -> Asked:
            many = len(next(iter(given.values())))
            rows = [runner(**{name: each[row : row + 1] for name, each in given.items()}) for row in range(many)]
            return {name: np.concatenate([np.array(row[name]) for row in rows]) for name in rows[0]}

        return one_by_one
    if form == "savedmodel":
        import tensorflow as tf

        saved = tf.saved_model.load(path)  # kept: its variables go with it
        return lambda given: {name: np.asarray(value) for name, value in saved.serve(given).items()}
    import keras

    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    return lambda given: {name: np.asarray(value) for name, value in model.predict_on_batch(given).items()}


def main(form: str, path: str, examples: str, answers: str) -> None:
    """Answer for all examples; what was measured is printed as one JSON object on the last line."""
    began = time.perf_counter()
    with np.load(examples) as file:
        given = {name: file[name] for name in file.files}
    answer = loaded(form, path)
    load_seconds = time.perf_counter() - began
    one = {name: values[:1] for name, values in given.items()}
    taken = []
    for number in range(TIMED + 3):
        began = time.perf_counter()
        answer(one)
        if number >= 3:
            taken.append(time.perf_counter() - began)
    memory = most_memory()
    np.savez(answers, **answer(given))  # type: ignore[arg-type]  # names of outputs are none of its options
    seconds = statistics.median(taken)
    print(json.dumps({"load_seconds": load_seconds, "seconds": seconds, "memory": memory}))  # noqa: T201


def most_memory() -> int | None:
    """The most that this process has had in memory, in bytes; None where the system does not tell.

    Not from `getrusage`, which counts what the process that started this one had, too.
    """
    try:
        found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


if __name__ == "__main__":
    main(*sys.argv[1:])
