"""Every quote stands in the sentence it was taken from."""

import pytest
from making import read_frames

from trialkit.record import Intervention, TrialRecord
from trialkit.rows.evidence import REACH, sentence_around


def around(text, quote):
    start = text.index(quote)
    first, last = sentence_around(text, start, start + len(quote))
    return text[first:last]


@pytest.mark.parametrize(
    ("text", "quote", "sentence"),
    [
        ("Cells help. They are given once. Then rest.", "once", "They are given once."),
        ("One line\n* 1 x 10^6 cells/kg\nAnother", "10^6", "* 1 x 10^6 cells/kg"),
        ("A dose of 1.5 million cells", "million", "A dose of 1.5 million cells"),
        ("Once.", "Once.", "Once."),
        ("First. Cells are given. Twice", "given. Twice", "Cells are given. Twice"),
    ],
)
def test_a_sentence_ends_where_a_reader_ends_it(text, quote, sentence):
    assert around(text, quote) == sentence


def test_a_long_sentence_is_cut_between_words():
    found = around("word " * 200 + "dose " + "word " * 200, "dose")
    assert len(found) <= 2 * REACH + 5
    assert set(found.split()) == {"word", "dose"}


def test_every_quote_of_a_text_stands_in_its_sentence(bundled):
    quoted = bundled.evidence.filter(bundled.evidence["start"].is_not_null())
    assert quoted["sentence"].null_count() == 0
    for quote, start, sentence, first in quoted.select("quote", "start", "sentence", "sentence_start").iter_rows():
        assert sentence[start - first :].startswith(quote)


def test_descriptions_that_no_frame_holds_give_their_sentence():
    given = Intervention(name="MSC", description="Cells are thawed. One million cells/kg are infused. Then rest.")
    evidence = read_frames(TrialRecord(register="test", trial_id="TEST-1", interventions=[given])).evidence
    assert evidence.filter(column="dose")["sentence"].to_list() == ["One million cells/kg are infused."]
