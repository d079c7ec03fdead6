"""Scratch."""
import time, json, os, socket
from dataclasses import replace
import pytest
from core.files import write_json
from core.runs.folder import create_run
from core.runs.processes import ProcessId
from core.runs.states import State
from core.training.recipe import make_recipe

NOTHING_LEAKS = {"kind": "random","held_out_part": "test","groups_shared": 0,"identical_images_shared": 0,"held_out": 20,
    "with_group_in_train": 0,"with_copy_in_train": 0,"by_class": [],"leaking": False}

def badges(test):
    return [element.value for element in test.markdown if "-badge[" in element.value]

def mk(split="grouped", **st):
    run = create_run(make_recipe(dataset="demo", model="cnn-59k", split=split, epochs=10))
    run.write_status(replace(run.written_status(), **st))
    return run

def test_random_no_leak(demo_artifacts, open_page):
    run = mk("random", state=State.STOPPED)
    write_json(run.leakage_file, NOTHING_LEAKS)
    t = open_page("4_runs.py")
    assert badges(t) == [":orange-badge[stopped]"]

@pytest.mark.parametrize("damage", ["split", "epochnoval", "epochnull", "valnull", "evalmetrics", "leakage", "statuslist", "metricsempty", "logbin", "batchnosteps"])
def test_damage(damage, trained, open_page, errors_shown):
    run = trained
    if damage == "split": run.split_file.write_bytes(b"PAR1 junk")
    if damage == "epochnoval": run.metrics_file.write_text('{"kind":"epoch","epoch":0,"loss":1.0,"accuracy":0.5,"images_per_second":3}\n')
    if damage == "epochnull": run.metrics_file.write_text('{"kind":"epoch","epoch":null}\n')
    if damage == "valnull": run.metrics_file.write_text('{"kind":"epoch","epoch":0,"loss":1.0,"accuracy":0.5,"images_per_second":3, "val_accuracy":null,"val_loss":null,"val_balanced_accuracy":null}\n')
    if damage == "evalmetrics": (run.evaluation/"metrics.json").write_text('{"head')
    if damage == "leakage": run.leakage_file.write_text('{"head')
    if damage == "statuslist": (run.path/"status.json").write_text('[]')
    if damage == "metricsempty": (run.evaluation/"metrics.json").write_text('{}')
    if damage == "logbin": run.log.write_bytes(bytes(range(256))*100)
    if damage == "batchnosteps": run.metrics_file.write_text('{"kind":"batch","epoch":0,"loss":1.0,"accuracy":0.5,"step":1,"steps":0}\n{"kind":"batch","epoch":0,"loss":1.0,"accuracy":0.5}\n')
    for page in ("4_runs.py", "5_results.py", "6_predict.py"):
        t = open_page(page)
        print("@@", damage, page, [e.value for e in t.error], [e.value for e in t.info], badges(t), [e.value[:50] for e in t.warning])

@pytest.mark.parametrize("damage", ["predictions", "nopred", "predcols", "predpart", "metricslist", "metricshead", "metricskeys", "metricsnohead", "predictor", "leakkeys", "nomodel", "noleak", "model", "predictorgone"])
def test_damage_results(damage, trained, open_page, errors_shown):
    import pandas as pd
    run = trained
    ev = run.evaluation
    if damage == "predictions": (ev/"predictions.parquet").write_bytes(b"junk")
    if damage == "nopred": (ev/"predictions.parquet").unlink()
    if damage == "predcols": pd.read_parquet(ev/"predictions.parquet").drop(columns="p_mel").to_parquet(ev/"predictions.parquet")
    if damage == "predpart": pd.read_parquet(ev/"predictions.parquet").query("part=='validation'").to_parquet(ev/"predictions.parquet")
    if damage == "metricslist": (ev/"metrics.json").write_text('[1]')
    if damage == "metricshead": (ev/"metrics.json").write_text('{"headline": "test"}')
    if damage == "metricskeys": (ev/"metrics.json").write_text('{"headline": "test", "test": {"accuracy": 1}}')
    if damage == "metricsnohead":
        v = json.loads((ev/"metrics.json").read_text()); del v["headline"]; (ev/"metrics.json").write_text(json.dumps(v))
    if damage == "predictor": run.predictor_file.write_text("{")
    if damage == "predictorgone": run.predictor_file.unlink()
    if damage == "leakkeys": run.leakage_file.write_text('{"leaking": false}')
    if damage == "noleak": run.leakage_file.unlink()
    if damage == "nomodel": run.model_file.unlink()
    if damage == "model": run.model_file.write_bytes(b"junk")
    for page in ("4_runs.py", "5_results.py", "6_predict.py"):
        t = open_page(page)
        print("@@", damage, page, t.title[0].value, [e.value for e in t.error], [e.value for e in t.info], badges(t), [e.value[:50] for e in t.warning])
