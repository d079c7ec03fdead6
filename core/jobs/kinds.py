"""What can be done in the background: one line for each kind of job.

A kind names a function as "module:function", called as
`function(arguments: dict, progress: core.base.progress.Progress, cancelled: Callable[[], bool]) -> dict`. It looks at
`cancelled()` every second or so and then raises `core.base.errors.CancelledError`; what it returns is the job's
result, in plain JSON types; what a person must know it raises as a `LesionLabError`.
"""

KINDS: dict[str, str] = {
    "download": "core.data.download.download:run_download_job",
    "weights": "core.training.weights_download:run_weights_job",
    "unpack": "core.data.packed:run_unpack_job",
    "measure": "core.serving.measuring_job:run_measuring_job",
    "map": "core.features.mapping:run_map_job",
    "gate": "core.serving.gate_making:run_gate_job",
    "submission": "core.serving.submission:run_submission_job",
    "predictions": "core.runs.answers.many_jobs:run_predictions_job",
    "explain": "core.runs.explanations.explaining:run_explain_job",
    "training pictures": "core.runs.explanations.training_bank:run_bank_job",
    "bring": "core.runs.outside:run_bring_job",
    "fast answers": "core.export.fast_answers:run_fast_answers_job",
    "export": "core.export.model_export:run_export_job",
    "out-of-fold": "core.combined.out_of_fold:run_out_of_fold_job",
    "ensemble": "core.combined.ensembles:run_ensemble_job",
    "source probe": "core.features.source_probe:run_source_probe_job",
    "external test": "core.integrity.external_test_job:run_external_test_job",
    "integrity": "core.integrity.checking:run_integrity_job",
}

GIVE_WAY = frozenset({"gate", "fast answers"})
"""Kinds that nobody waits for: they have the lowest priority, so that a training or an answer comes first."""
