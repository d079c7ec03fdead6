"""Schemas of the OpenAPI document: what is sent to the API and what it answers."""

from typing import Any

from core.data.images.pictures import MAX_BYTES
from core.data.spec import OLDEST
from core.explain.methods import Method
from core.runs.run_states import State
from core.training.recipe import Recipe
from dashboard.rest.bodies import BODY_BYTES, MOST_PICTURES

Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """What is sent and answered, by name."""
    text: Schema = {"type": "string"}
    number: Schema = {"type": "number"}
    fraction = {"type": "number", "minimum": 0, "maximum": 1}
    maybe_text, maybe_fraction = {"type": ["string", "null"]}, {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    heat_map = "true for the most likely class, or the key of a class."
    persons = "For a run that takes it, what is known of the person: once for all pictures, or once for each."
    keep = "Whether an undecided picture may be kept in the review queue. Without it only the answer is kept."
    base64 = {"type": "string", "contentEncoding": "base64", "description": "A picture file as base64."}
    named = _object({"data": base64, "name": text}, "data")
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    kinds = f"A file part; at most {MAX_BYTES // 1024**2} MB each and {BODY_BYTES // 10**6} MB in all."
    metrics = _object({"part": text, **dict.fromkeys(("accuracy", "balanced_accuracy", "majority_accuracy"), number)})
    metrics["description"] = "Of the part that speaks for the run, beside what always giving one class would reach."
    for name in ("accuracy", "balanced_accuracy", "majority_accuracy"):
        metrics["properties"][name] = maybe_fraction
    class_entry = _object({"key": text, "name": text, "malignant": {"type": ["boolean", "null"]}})
    run_fields: Schema = {
        "run": text,
        "address": text,
        "state": {"enum": [str(each) for each in State]},
        "message": text,
        "model": text,
        "dataset": text,
        "created": {"type": "number", "description": "Seconds since 1970."},
        "ended": {"type": ["number", "null"]},
        "progress": maybe_fraction,
        "seconds_left": {"type": ["number", "null"]},
        "leaking": {"type": ["boolean", "null"], "description": "Whether the split leaks."},
        "metrics": {"oneOf": [metrics, {"type": "null"}]},
    }
    return {
        "PredictionForm": _object(
            {
                "run": {**text, "description": "Which run answers."},
                "picture": {"type": "array", "items": file, "maxItems": MOST_PICTURES, "description": kinds},
                "heat_map": {**text, "description": f"Whether to draw a heat map: {heat_map}"},
                "keep_picture": {"enum": ["true", "false"], "default": "false", "description": keep},
                "patient": {
                    "type": "array",
                    "items": {**text, "contentMediaType": "application/json", "contentSchema": ref("Patient")},
                    "description": persons,
                },
            },
            "run",
            "picture",
        ),
        "PredictionJson": _object(
            {
                "run": {**text, "description": "Which run answers."},
                "picture": {
                    "description": "One picture or a list of them.",
                    "oneOf": [
                        base64,
                        named,
                        {"type": "array", "items": {"oneOf": [base64, named]}, "maxItems": MOST_PICTURES},
                    ],
                },
                "heat_map": {"type": ["boolean", "string"], "default": False, "description": heat_map},
                "keep_picture": {"type": "boolean", "default": False, "description": keep},
                "patient": {
                    "description": persons,
                    "oneOf": [
                        ref("Patient"),
                        {"type": "array", "items": {"oneOf": [ref("Patient"), {"type": "null"}]}},
                    ],
                },
            },
            "run",
            "picture",
        ),
        "Patient": {
            "type": "object",
            "properties": {
                "age": {"type": ["number", "null"], "minimum": 0, "maximum": OLDEST, "description": "In years."},
                "sex": maybe_text,
                "site": maybe_text,
            },
            "additionalProperties": False,
        },
        "Prediction": _object(
            {
                "error": {**text, "description": "Only where no picture could be read: the first reason."},
                "run": text,
                "model": text,
                "dataset": text,
                "leaking": {"type": "boolean", "description": "Whether the split of the run leaks."},
                "lacking": {
                    "type": "array",
                    "items": text,
                    "description": "What the run could not be given for want of a validation or test part.",
                },
                "classes": {"type": "array", "items": class_entry},
                "pictures": {"type": "array", "items": {"oneOf": [ref("AnsweredPicture"), ref("RefusedPicture")]}},
                "disclaimer": text,
            },
            "run",
            "model",
            "dataset",
            "leaking",
            "lacking",
            "classes",
            "pictures",
            "disclaimer",
        ),
        "AnsweredPicture": _object(
            {
                "name": {**text, "description": "What the file is called, without its path."},
                "notes": {"type": "array", "items": text, "description": "What was changed or should be known of it."},
                "label": {**text, "description": "Key of the most likely class."},
                "probabilities": {"type": "object", "additionalProperties": fraction, "description": "By class key."},
                "malignant": {**maybe_fraction, "description": "Sum over malignant classes; null if not known which."},
                "set": {
                    "type": ["array", "null"],
                    "items": text,
                    "description": "Classes that cannot be ruled out; null where the run has no such sets.",
                },
                "always_in_set": {
                    "type": ["array", "null"],
                    "items": text,
                    "description": "Classes that are in every set of the run, because there were too few lesions to "
                    "tell; null where it has no such sets.",
                },
                "answer": {
                    "enum": ["high", "low", "review", "refused", None],
                    "description": "high or low risk, for a person to look at, or refused; null where it is not known.",
                },
                "score": {**maybe_fraction, "description": "What is compared with the threshold."},
                "threshold": {**maybe_fraction, "description": "From which score on the answer is high."},
                "reasons": {"type": "array", "items": text, "description": "Why it is refused or for a person."},
                "queued": {
                    "type": "boolean",
                    "description": "Whether it is in the review queue, where an instructor chose that for the run.",
                },
                "gate": {
                    **_object({"passed": {"type": ["boolean", "null"]}, "reason": maybe_text}),
                    "description": "Whether the picture is one that the run can judge; null where the run has no gate.",
                },
                "heat_map": {
                    "type": "string",
                    "contentEncoding": "base64",
                    "contentMediaType": "image/png",
                    "description": "Only if asked for: the picture under the heat map.",
                },
                "heat_map_class": text,
                "heat_map_method": {
                    "enum": [str(each) for each in Method if each.knows_the_model],
                    "description": "How it was made: the usual way for the model of the run.",
                },
                "heat_map_check": {
                    **_object({"good": {"type": ["boolean", "null"]}, "said": text}),
                    "description": "How far maps by this method can be believed for this run, by deletion and random "
                    "weights on many pictures; good is null where that was not checked, or says nothing.",
                },
            },
            "name",
            "notes",
            "label",
            "probabilities",
            "malignant",
            "set",
            "always_in_set",
            "answer",
            "score",
            "threshold",
            "reasons",
            "gate",
            "queued",
        ),
        "RefusedPicture": _object({"name": text, "error": text}),
        "Models": _object(
            {
                "models": {"type": "array", "items": ref("Model")},
                "networks": {"type": "array", "items": ref("Network"), "description": "What a recipe can name."},
            }
        ),
        "Model": _object(
            {
                "run": text,
                "model": text,
                "takes": {"enum": ["pictures", "genes"]},
                "image_size": {"type": ["integer", "null"], "description": "Side in pixels."},
                "dataset": text,
                "dataset_title": text,
                "synthetic": {"type": "boolean"},
                "leaking": {"type": "boolean"},
                "calibrated": {
                    "type": "boolean",
                    "description": "Whether it has a validation part: else its probabilities are not calibrated, and "
                    "it has no sets of classes.",
                },
                "heat_map": {"type": "boolean", "description": "Whether it can draw one."},
                "answered_by": {
                    "enum": ["Keras", "ONNX Runtime"],
                    "description": "Who answers without a heat map; one with a heat map is always by Keras, where it "
                    "has the model.",
                },
                "answered_by_note": {"type": "string", "description": "Why, and how both were compared."},
                "classes": {"type": "array", "items": class_entry},
                "metrics": run_fields["metrics"],
            }
        ),
        "Network": _object(
            {
                "name": text,
                "title": text,
                "takes": {"enum": ["pictures", "genes"]},
                "image_size": {"type": ["integer", "null"]},
                "source": text,
            }
        ),
        "Run": _object(run_fields),
        "Runs": _object(
            {"total": {"type": "integer"}, "runs": {"type": "array", "items": ref("Run")}},
        ),
        "Recipe": _recipe(),
        "Health": {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]},
        "Error": _object({"error": {**text, "description": "A sentence that says what is wrong."}}),
    }


def _recipe() -> Schema:
    schema = Recipe.model_json_schema(ref_template="#/components/schemas/Recipe/$defs/{model}")
    schema["required"] = ["dataset"]
    schema["properties"]["preset"] = {
        "type": "string",
        "description": "A whole recipe by name; fields go over its own.",
    }
    return schema


def _object(properties: Schema, *required: str) -> Schema:
    """An object that has these properties alone; all of them unless some are named."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required or properties),
        "additionalProperties": False,
    }


def ref(name: str) -> Schema:
    """A reference to one of `schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}
