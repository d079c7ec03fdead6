"""What a training ran on, in words that stand beside its figures."""

import os

from core.engine.hardware import hardware_in_words


def test_a_gpu_is_named_as_it_says_and_a_processor_with_its_cores() -> None:
    assert hardware_in_words("2 × GPU (NVIDIA H100)") == "2 × GPU (NVIDIA H100)"
    cores, _, processor = hardware_in_words("CPU").partition(" of ")
    assert cores.split()[0] == str(len(os.sched_getaffinity(0)))
    assert processor.strip()
