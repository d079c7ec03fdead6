"""How a model that was handed over is used: a script of about ten lines for each format, which goes with it."""

from core.export.formats import Format

_LOADED = {
    "Keras 3": ("import keras", 'model = keras.saving.load_model("model.keras")', "model.predict(given, verbose=0)"),
    "TensorFlow": (
        "import tensorflow as tf",
        'model = tf.saved_model.load("saved_model")',
        "{name: value.numpy() for name, value in model.serve(given).items()}",
    ),
    "ONNX Runtime": (
        "import onnxruntime",
        'model = onnxruntime.InferenceSession("model.onnx")',
        "dict(zip([o.name for o in model.get_outputs()], model.run(None, given)))",
    ),
    "LiteRT": (
        "from ai_edge_litert.interpreter import Interpreter",
        'model = Interpreter("model.tflite").get_signature_runner("serve")',
        "model(**given)",
    ),
}
"""By runtime: what is imported, how the model is loaded, and how it is asked for a dictionary of outputs."""
_PICTURE = """picture = Image.open(sys.argv[1]).convert("RGB")
given = {name: np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR))[None]
         for name, side in about["pictures"].items()}"""
_METADATA = """given["metadata"] = np.array([about["unknown_patient"]], np.float32)  # how to tell more: about.json"""
_SAMPLE = """table = pandas.read_csv(sys.argv[1], index_col=0)  # a row per sample, a column per gene, as measured
given = {"expression": table[about["genes"]].to_numpy(np.float32)[:1]}"""
_GATE = """print("known kind of picture" if answer["gate"][0] >= 0 else "NOT the kind of picture it has learnt from")"""


def usage(form: Format, *, genes: bool = False, metadata: bool = False, gate: bool = False) -> str:
    """A script that reads one picture, or the first sample of a table, and prints what the model answers.

    Args:
        form: of the model.
        genes: whether it answers for samples.
        metadata: whether it is told of the patient.
        gate: whether it says what the gate says, too.
    """
    imported, load, ask = _LOADED[form.runtime]
    reading = ["import pandas"] if genes else ["from PIL import Image"]
    lines = ["import json", "import sys", "", "import numpy as np", *sorted([imported, *reading]), ""]
    lines += ['about = json.load(open("about.json", encoding="utf-8"))', _SAMPLE if genes else _PICTURE]
    lines += [_METADATA] if metadata else []
    lines += [load, f"answer = {ask}"]
    lines += ['for name, probability in zip(about["classes"], answer["probabilities"][0]):']
    lines += ['    print(f"{probability:.4f} {name}")']
    lines += [_GATE] if gate else []
    return "\n".join(lines) + "\n"
