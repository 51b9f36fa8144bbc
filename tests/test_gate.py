"""The gate of `--select`: what it keeps, and that its look at undecoded JSON loses nothing."""

import json
import pickle

import pytest
from gating import GATE, dump, kept, rejections, study
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reading import CORPUS, needs_corpus

from trialkit.gate import SELECTIONS, SelectionError, open_gate
from trialkit.record import TrialRecord
from trialkit.registries import ctgov
from trialkit.registries.files import read_inputs
from trialkit.registries.results import gated


def outlined(entry: bytes) -> bytes:
    return ctgov.outline(entry)[1]


# Words


@pytest.mark.parametrize(
    "text",
    [
        "Mesenchymal stem cells",
        "hUC-MSCs",
        "remestemcel-L",
        "CD34+ cells",
        "stem cell therapy",
        "Wharton's jelly stem cells",
    ],
)
def test_word_of_a_cell_product_is_kept(text):
    entry = dump(summary=f"Patients get {text}.")
    assert GATE.may_hold(outlined(entry))
    assert GATE.holds(ctgov.parse_study(entry))


@pytest.mark.parametrize("text", ["aspirin", "muscle", "hematopoietic stem cell transplantation", "mscope"])
def test_other_words_are_not_kept(text):
    assert not GATE.holds(ctgov.parse_study(dump(summary=f"Patients get {text}.")))


def test_words_of_an_outcome_count():
    outcomes = {"primaryOutcomes": [{"measure": "Pain after injection of mesenchymal stem cells"}]}
    assert GATE.holds(ctgov.parse_study(dump(outcomesModule=outcomes)))


def test_narrow_selection_leaves_other_cells_out():
    blood = ctgov.parse_study(dump(summary="CD34+ cells"))
    assert (GATE.holds(blood), open_gate("stromal").holds(blood)) == (True, False)


def test_unknown_selection_is_refused_with_those_there_are():
    with pytest.raises(SelectionError, match=r"no selection 'mcs'\. Did you mean 'msc'\? There are: msc \(any cell"):
        open_gate("mcs")


def test_gate_travels_to_a_worker_by_its_name():
    assert pickle.loads(pickle.dumps(GATE)) is GATE
    assert len(pickle.dumps(GATE)) < 100


# The look at undecoded JSON

TERMS = sorted({term for gate in map(open_gate, SELECTIONS) for term in gate.terms})
GAPS = [" ", "-", "  ", "_", "/", "\n", "\n\n", "\t", "\u00a0", "\u2011", "\u2013", "\\-", "\\_", "&nbsp;", "&amp;nbsp;", "&#8209;", " \\- "]  # fmt: skip
EDGES = [" ", "(", "\n", "\\", "\\\\", '"', "\u00ae", "&lt;", "/", "\\(", "\u2019", "é", "n", "\\n", "*", "1"]
LETTERS = {"e": "é", "x": "\u00d7", "a": "ä", "i": "\uff49", "'": "\u2019", "+": "\\+", "u": "\u00b5"}


@settings(max_examples=600, deadline=None)
@given(
    term=st.sampled_from(TERMS),
    gaps=st.lists(st.sampled_from(GAPS), min_size=6, max_size=6),
    edges=st.tuples(st.sampled_from(EDGES), st.sampled_from([*EDGES, "s", "s."])),
    strange=st.sets(st.sampled_from(sorted(LETTERS))),
    written=st.sampled_from(["as it is", "in ASCII", "in codes"]),
    case=st.sampled_from([str.lower, str.upper]),
)
@example("bone marrow stem", ["\n"] * 6, ("\\\\", "s"), {"e"}, "in ASCII", str.upper)
@example("cd34+", [" "] * 6, ("\\", "\\"), {"+"}, "as it is", str.upper)
@example("neurogenic", [" "] * 6, ("\\", " "), set(), "as it is", str.lower)
@example("bone marrow stem", ["\\-"] * 6, (" ", " "), set(), "in codes", str.lower)
def test_undecoded_json_never_hides_a_word(term, gaps, edges, strange, written, case):
    words = case(term).split(" ")
    spelt = words[0] + "".join(gap + word for gap, word in zip(gaps, words[1:], strict=False))
    spelt = "".join(LETTERS[c.lower()] if c.lower() in strange else c for c in spelt)
    spelt = edges[0] + spelt + edges[1]
    if written == "in codes":
        entry = dump(summary="@").replace(b"@", "".join(f"\\u{ord(c):04x}" for c in spelt).encode())
    else:
        entry = json.dumps(study(summary=spelt), ensure_ascii=written == "in ASCII").encode()
    for gate in map(open_gate, SELECTIONS):
        if gate.holds(ctgov.parse_study(entry)):
            assert gate.may_hold(outlined(entry))


@needs_corpus
@pytest.mark.parametrize("name", SELECTIONS)
@pytest.mark.parametrize("source", ["ctgov_v2", "derived_v2_msc", "ctgov_classic_json", "ctgov_xml", "ctrdata"])
def test_of_real_records_the_gate_keeps_exactly_those_that_hold_a_word(source, name):
    gate = open_gate(name)
    whole, asked = list(read_inputs([CORPUS / source])), list(read_inputs([CORPUS / source], gate))
    assert kept(gated(whole, gate)) == kept(asked)
    assert rejections(whole) == rejections(asked)
    assert len(whole) == len(asked)


@needs_corpus
def test_no_trial_found_by_searching_the_register_for_stromal_cells_is_lost():
    found = [r for r in read_inputs([CORPUS / "derived_v2_msc"], GATE) if isinstance(r, TrialRecord)]
    assert len({r.trial_id for r in found}) == 1535
