"""Words of registers have one spelling; a word without a counterpart gives none."""

import pytest

from trialkit.registries import wording

MEANINGS = [
    (wording.status, "Open to Recruitment", "recruiting"),
    (wording.status, "NOT_YET_RECRUITING", "not_yet_recruiting"),
    (wording.status, "Active, not recruiting", "active_not_recruiting"),
    (wording.status, "Other (Terminated)", "terminated"),
    (wording.status, "Not Recruiting", None),
    (wording.phases, "Phase 1/Phase 2", ["phase1", "phase2"]),
    (wording.phases, "Phase II/III", ["phase2", "phase3"]),
    (wording.phases, "Phase IIa", ["phase2"]),
    (wording.phases, "Phase 0", ["early_phase1"]),
    (wording.phases, "Early Phase 1", ["early_phase1"]),
    (wording.phases, "N/A", ["na"]),
    (wording.phases, "Phase 2 Study of Cells in Lupus", []),
    (wording.phases, "Post Marketing Surveillance", []),
    (wording.ages, "15 to 60 years old", ("15 Years", "60 Years")),
    (wording.ages, "6 months to 5 years old", ("6 Months", "5 Years")),
    (wording.ages, "18+ years old", ("18 Years", None)),
    (wording.ages, "Under 18 years old", (None, "18 Years")),
    (wording.ages, "All ages", (None, None)),
    (wording.masking, "None (Open label)", "none"),
    (wording.masking, "Quadruple Blind", "quadruple"),
    (wording.masking, "Masking unclear", None),
    (wording.allocation, "N/A", "na"),
    (wording.allocation, "Non-Randomized", "non_randomized"),
    (wording.allocation, "Randomised, open", "randomized"),
]


@pytest.mark.parametrize(("meaning_of", "words", "expected"), MEANINGS)
def test_printed_words_have_one_spelling(meaning_of, words, expected):
    assert meaning_of(words) == expected
