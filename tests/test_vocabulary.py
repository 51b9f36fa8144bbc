"""Every vocabulary tests itself: its examples yield their own entry, its counter-examples nothing, no term twice."""

import pytest

from trialkit.vocabulary import fold, fold_words, load_vocabulary, vocabulary_names

ENTRIES = [(name, key) for name in vocabulary_names() for key in load_vocabulary(name).entries]


@pytest.mark.parametrize(("name", "key"), ENTRIES)
def test_examples_yield_their_own_entry_and_no_other(name, key):
    vocabulary = load_vocabulary(name)
    entry = vocabulary.entries[key]
    expected = set() if entry.decoy else {key}
    assert entry.examples or not (entry.synonyms or entry.cased), f"{name}.toml [{key}] has terms but no example"
    for example in entry.examples:
        assert {hit.key for hit in vocabulary.find(example)} == expected, example


@pytest.mark.parametrize(("name", "key"), ENTRIES)
def test_counter_examples_yield_nothing(name, key):
    vocabulary = load_vocabulary(name)
    for text in vocabulary.entries[key].not_examples:
        assert vocabulary.find(text) == [], text


@pytest.mark.parametrize("name", vocabulary_names())
def test_no_term_belongs_to_two_entries(name):
    owner = {}
    for entry in load_vocabulary(name).entries.values():
        terms = [(fold_words(t), None) for t in entry.synonyms] + [(fold_words(t), t) for t in entry.cased]
        for term in terms:
            assert owner.setdefault(term, entry.key) == entry.key, f"{term} is in [{owner[term]}] and [{entry.key}]"
            assert len([t for t in terms if t == term]) == 1, f"{term} stands twice in [{entry.key}]"


@pytest.mark.parametrize(
    "text", ["2×10⁶ cells/kg", "İstanbul ﬁbre 🇨🇳 Wharton´s", "\ud800 lone surrogate", "≥１２，５％"]
)
def test_folding_keeps_every_offset(text):
    assert len(fold(text)) == len(fold_words(text)) == len(text)


def test_superscript_and_plain_digits_stay_apart():
    assert fold("10⁶") != fold("106")


@pytest.mark.parametrize("text", ["IL- 2", "C - peptide", "umbilical  cord", "HbA1c,  IL-  6 and C -  peptide"])
def test_wide_gaps_hide_no_term_and_move_no_offset(text):
    hits = [h for name in ("instruments", "cell_sources") for h in load_vocabulary(name).find(text)]
    assert hits
    assert all(fold_words(text[h.start : h.end]).split() == fold_words(h.term).split() for h in hits)


def test_no_term_reaches_over_the_end_of_a_line():
    assert load_vocabulary("cell_sources").find("umbilical\n\ncord")[0].term == "umbilical"
