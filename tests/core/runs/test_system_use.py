"""What a run took of its machine is read from whatever its file says, and its file stays small."""

from core.runs.run_folder import RunFolder
from core.runs.system_use import GpuUse, SystemSample, halved, system_samples


def test_lines_of_any_version_are_read_and_damaged_ones_passed_over(tmp_path) -> None:
    run = RunFolder(tmp_path)
    assert system_samples(run) == ()
    run.system_file.write_text(
        '{"time": 10, "seconds": 2, "cpu": 1.5, "attempt": 3, "of_a_later_version": {"a": 1}}\n'
        'nonsense\n[1]\n{"seconds": 2}\n{"time": 11, "seconds": "2"}\n'
        '{"time": 12, "seconds": 2, "cpu": -1, "memory": NaN, "cores": true, "gpus": [3, {"index": "0", "use": "x"}]}\n'
        '{"time": 14, "seconds": 2, "gpus": {"index": "0"}}\n'
        '{"time": 16, "seconds"'
    )
    first, second, third = system_samples(run)
    assert first == SystemSample(10.0, 2.0, attempt=3, cpu=1.5)
    assert second == SystemSample(12.0, 2.0, gpus=(GpuUse("0"),))
    assert third == SystemSample(14.0, 2.0)


def test_a_sample_is_read_as_it_was_written(tmp_path) -> None:
    import json

    run = RunFolder(tmp_path)
    sample = SystemSample(10.0, 2.0, 1, 1.5, 1.9, 2, 1e9, 2e9, 8e9, (GpuUse("1", 97.0, 3e9, 8e10), GpuUse("2")))
    run.system_file.write_text(json.dumps(sample.to_json()) + "\n")
    assert system_samples(run) == (sample,)


def test_neighbours_of_one_attempt_become_one_with_the_mean_in_time_and_the_most_memory() -> None:
    samples = [
        SystemSample(2, 2, 1, cpu=1.0, memory=5, gpus=(GpuUse("0", 50.0, 7),)),
        SystemSample(8, 6, 1, cpu=2.0, memory=4, gpus=(GpuUse("0", 90.0, 6),)),
        SystemSample(10, 2, 1, cpu=None),
        SystemSample(90, 2, 2, cpu=0.5),
        SystemSample(92, 2, 2, cpu=None),
    ]
    first, alone, last = halved(samples)
    assert (first.time, first.seconds, first.cpu, first.memory) == (8, 8, 1.75, 5)
    assert first.gpus == (GpuUse("0", 80.0, 7),)
    assert (alone.attempt, alone.seconds) == (1, 2)
    assert (last.attempt, last.seconds, last.cpu) == (2, 4, 0.5)
    assert sum(sample.seconds for sample in (first, alone, last)) == sum(sample.seconds for sample in samples)
