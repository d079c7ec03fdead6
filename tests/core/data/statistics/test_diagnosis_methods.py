from core.data.statistics.diagnosis_methods import method_in_words


def test_codes_are_said_in_full_and_other_values_as_they_stand() -> None:
    said = [method_in_words(value) for value in ("histo", "follow_up", "consensus", "confocal", "serial imaging")]
    assert said == ["histopathology", "follow-up", "expert consensus", "confocal microscopy", "serial imaging"]
