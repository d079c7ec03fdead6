"""A class without an example picture says why."""

from core.teaching.quiz.introduction import ClassExamples
from dashboard.widgets.quiz.introduction import why_none


def test_a_class_without_examples_says_whether_it_was_not_trained_is_leaking_or_is_gone() -> None:
    assert "no picture of this class" in why_none(ClassExamples((), trained=0, tested_too=0), "lesion")
    leaking = why_none(ClassExamples((), trained=92, tested_too=92), "lesion")
    assert "(92)" in leaking
    assert "the same lesion" in leaking
    gone = why_none(ClassExamples((), trained=5, tested_too=2), "lesion")
    assert "of 5 training pictures" in gone
    assert "no longer in the data set" in gone
