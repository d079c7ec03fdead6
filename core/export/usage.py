"""How a model that was handed over is used: a script of ten lines for each format, which goes with it."""

from core.export.formats import Format

_LOADED = {
    "Keras 3": ("keras", 'model = keras.saving.load_model("model.keras")', "model.predict(given, verbose=0)"),
    "TensorFlow": (
        "tensorflow as tf",
        'model = tf.saved_model.load("saved_model")',
        "{name: value.numpy() for name, value in model.serve(given).items()}",
    ),
    "ONNX Runtime": (
        "onnxruntime",
        'model = onnxruntime.InferenceSession("model.onnx")',
        "dict(zip([o.name for o in model.get_outputs()], model.run(None, given)))",
    ),
    "LiteRT": (
        "ai_edge_litert.interpreter as litert",
        'model = litert.Interpreter("model.tflite").get_signature_runner("serve")',
        "model(**given)",
    ),
}
"""By runtime: what is imported, how the model is loaded, and how it is asked for a dictionary of outputs."""
_PICTURE = """picture = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGBA")  # upright
picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
given = {k: np.asarray(picture.resize((n, n), Image.BILINEAR))[None] for k, n in about["pictures"].items()}"""
_METADATA = """given["metadata"] = np.array([about["unknown_patient"]], np.float32)  # how to tell more: about.json"""
_SAMPLE = """table = pandas.read_csv(sys.argv[1], index_col=0)  # a row per sample, a column per gene, as measured
given = {"expression": table[about["genes"]].to_numpy(np.float32)[:1]}"""
_PRINT = """for name, p in zip(about["classes"], answer["probabilities"][0]): print(f"{p:.4f} {name}")"""
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
    lines = [
        f"import json, sys, numpy as np, {imported}",
        "import pandas" if genes else "from PIL import Image, ImageOps",
    ]
    lines += ['about = json.load(open("about.json", encoding="utf-8"))', _SAMPLE if genes else _PICTURE]
    lines += [_METADATA] * metadata
    lines += [load, f"answer = {ask}", _PRINT]
    lines += [_GATE] * gate
    return "\n".join(lines) + "\n"
