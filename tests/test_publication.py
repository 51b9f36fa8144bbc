"""Tables and references for a paper: what is read, what is missing, what cannot act, and what other programs make of it."""

import re
import shutil
import subprocess
from datetime import date

import polars as pl
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st
from making import make_frames

from trialkit.export_latex import escape_latex, latex_files
from trialkit.export_ris import ABOUT_ABSTRACT, TAGS, write_ris
from trialkit.publication import (
    CHARACTERISTICS,
    ENTRIES,
    EVIDENCE,
    EVIDENCE_TABLE,
    characteristics,
    describe_columns,
    evidence_table,
    list_about,
    show_characteristics,
    tell_citation,
)
from trialkit.publication_entries import clean, describe_regimens, shorten

ABOUT = {"fingerprint": "abc123", "trialkit": "9.9", "sources": [{"register": "R", "data_version": "2020-01-02", "records": 1}]}  # fmt: skip
REGIMEN = {"trial_id": "T-1", "dose_low": 1e6, "dose_high": 1e6, "dose_basis": "per_kg"}
HOSTILE = [
    "a\r\nER  - \r\nTY  - JOUR", "a\u2028TY  - JOUR", "a\x85ER  - ", "\x00\x1b[2J", "a\u202eb", "<script>alert(1)</script>", "=1+1",
    "\\input{/etc/passwd}", "\\write18{ls}", "$x$ % & # _ ^ ~ { }", "}{", "[2pt] *", "100 %\n& more \\\\", "^^5cinput", "]]>", "`?' << >> --",
]  # fmt: skip


def entry(name, trial=None, **tables) -> str:
    """One entry of the table for one trial."""
    return characteristics(make_frames(ABOUT, trials=[{"trial_id": "T-1", **(trial or {})}], **tables))[name].item()


def evidence(column, value, frame="regimens", **more) -> dict:
    return {"trial_id": "T-1", "frame": frame, "column": column, "value": value, "record": "r:T-1", "field": "arms[0].description", "quote": "words", "rule": "x", **more}  # fmt: skip


def status(fact, word) -> list[dict]:
    return [{"trial_id": "T-1", "fact": fact, "status": word}]


# Characteristics


def test_order_and_labels_are_fixed(bundled):
    table = characteristics(bundled)
    assert table.columns == list(CHARACTERISTICS)
    assert list(ENTRIES) == ["methods", "participants", "interventions", "comparison", "outcomes", "notes"]
    assert table["trial_id"].to_list() == sorted(bundled.trials["trial_id"])
    words = table.filter(pl.col("trial_id") == "NCT01539902").row(0, named=True)
    assert re.findall(r"(\w[\w ]*): ", words["methods"]) == ["Type", "Model", "Allocation", "Masking", "Phase", "Status", "Start", "Completion"]  # fmt: skip


def test_every_cell_is_filled_and_short_enough_to_print(bundled):
    table = characteristics(bundled)
    for name in ("title", *ENTRIES):
        assert table[name].str.len_chars().min() > 0
        assert table[name].str.len_chars().max() <= 1000


def test_a_trial_that_says_nothing_is_not_reported_throughout():
    row = characteristics(make_frames(trials=[{"trial_id": "T-1"}])).row(0, named=True)
    assert row["title"] == "T-1"
    assert row["url"] is None
    told = re.findall(r"([\w ]+): (.*?)\.(?: |$)", " ".join(row[name] for name in ENTRIES))
    assert {value for label, value in told if label.strip() not in ("Other numbers",)} == {"not reported"}


@pytest.mark.parametrize(
    ("kind", "words"),
    [("actual", "21 actual"), ("estimated", "21 planned"), (None, "21 (planned or actual is not told)")],
)
def test_planned_and_actual_numbers_are_told_apart(kind, words):
    assert f"Number: {words}." in entry("participants", {"enrollment_count": 21, "enrollment_type": kind})


def test_dose_says_per_kg_or_in_all():
    per_kg, total = REGIMEN, REGIMEN | {"dose_basis": "total"}
    assert describe_regimens([with_lists(per_kg)]) == ["1 million cells per kg, schedule not reported"]
    assert describe_regimens([with_lists(total)]) == ["1 million cells in all, schedule not reported"]


def test_regimens_of_several_arms_are_named_and_equal_ones_told_once():
    rows = [with_lists(REGIMEN | {"arm": arm, "n_administrations": n}) for arm, n in (("A", 1), ("B", 2), ("C", 2))]
    assert describe_regimens(rows) == ["A: 1 million cells per kg, 1 administration", "B / C: 1 million cells per kg, 2 administrations"]  # fmt: skip
    assert describe_regimens(rows, named=False)[0] == "1 million cells per kg, 1 administration"
    assert describe_regimens(rows, most=1)[1:] == ["1 more"]


def test_a_dose_tied_to_no_arm_is_left_out_only_when_an_arm_states_it():
    loose, tied = with_lists(REGIMEN), with_lists(REGIMEN | {"arm": "A", "n_administrations": 1})
    assert describe_regimens([tied, loose]) == describe_regimens([tied]) == describe_regimens([loose, tied])
    assert len(describe_regimens([tied, loose | {"dose_low": 2e6, "dose_high": 2e6}])) == 2
    assert describe_regimens([loose, loose]) == describe_regimens([loose]) != []


def with_lists(regimen) -> dict:
    return make_frames(regimens=[regimen]).regimens.row(0, named=True)


@pytest.mark.parametrize(
    ("word", "told"), [("unparsed", "Dose: stated, but not read."), ("not_reported", "Dose: not reported.")]
)
def test_unread_words_are_not_called_missing(word, told):
    assert told in entry("interventions", fact_status=status("dose", word))


def test_a_schedule_beside_an_unread_dose_says_which_is_unread():
    words = entry("interventions", fact_status=status("dose", "unparsed"), regimens=[{"trial_id": "T-1", "n_administrations": 2}])  # fmt: skip
    assert "Dose and schedule: dose stated, but not read, 2 administrations." in words


def test_a_contradicted_value_says_so():
    trial = {"donor": "allogeneic", "enrollment_count": 5, "enrollment_type": "actual"}
    assert "Donor: allogeneic (contradicted in the record)." in entry("interventions", trial, fact_status=status("donor", "conflicting"))  # fmt: skip
    assert "Number: 5 actual (contradicted in the record)." in entry("participants", trial, fact_status=status("enrollment", "conflicting"))  # fmt: skip


def test_values_of_the_product_dictionary_are_marked():
    words = entry("interventions", {"donor": "allogeneic", "from_product_dictionary": ["donor"]})
    assert "Donor: allogeneic (from the product dictionary)." in words


def test_outcomes_show_the_first_primary_ones_and_count_the_rest():
    rows = [{"trial_id": "T-1", "role": "primary", "position": n, "measure": f"M{n}", "is_duplicate": n == 1} for n in range(7)]  # fmt: skip
    rows += [{"trial_id": "T-1", "role": "secondary", "position": 0, "measure": "S", "instruments": ["SF-36"], "is_duplicate": False}]  # fmt: skip
    words = entry("outcomes", endpoints=rows)
    assert words.startswith("Primary: M0 (time frame not reported); M2 ")
    assert "; and 2 more. Secondary: 1. Instruments: SF-36." in words


def test_arm_sizes_say_how_many_arms_they_cover():
    arms = [{"trial_id": "T-1", "position": n, "label": label, "n": size, "is_cell_arm": True} for n, (label, size) in enumerate([("B", 3), ("A", None)])]  # fmt: skip
    assert "Arm sizes: B 3 (stated for 1 of 2 arms)." in entry("participants", arms=arms)
    assert "Arms that name no cells" not in entry("comparison", arms=arms)


def test_retrospective_registration_and_contradictions_stand_in_the_notes():
    rows = [{"trial_id": "T-1", "kind": "implausible", "column": column, "message": "m"} for column in ("first_posted_date", "phases")]  # fmt: skip
    words = entry("notes", {"first_posted_date": date(2020, 3, 1), "first_posted_date_precision": "month"}, conflicts=rows)  # fmt: skip
    assert "First posted: 2020-03, after the start." in words
    assert words.endswith("Contradictions: phases.")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_on_one_line_and_inert_in_html(text):
    assert len(clean(text).splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u202e]", clean(text))
    trial = {"trial_id": "T-1", "public_title": text, "url": f"javascript:{text}", "lead_sponsor": text, "conditions": [text]}  # fmt: skip
    html = show_characteristics(make_frames(trials=[trial])).html
    assert "<script" not in html
    assert "href" not in html
    assert {tag.lower() for tag in re.findall(r"<(\w+)", html)} <= {"details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "em", "br"}  # fmt: skip


@given(st.text(max_size=80), st.integers(min_value=2, max_value=40))
def test_shortened_text_is_never_longer_and_says_that_it_is_cut(text, limit):
    short = shorten(text, limit)
    assert len(short) <= limit
    assert short == clean(text) or short.endswith("…")


def test_html_links_the_register_and_tells_when_there_is_nothing(bundled):
    html = show_characteristics(bundled).html
    assert html.count("<tr><td>") == len(bundled.trials)
    assert html.count("<a href=") == len(bundled.trials.filter(pl.col("url").is_not_null()))
    assert "none" in show_characteristics(bundled.select([])).html


# Evidence


@pytest.mark.parametrize(
    ("frame", "column", "value", "words"),
    [
        ("regimens", "dose", "1e+06 per_kg", "1 million cells per kg"),
        ("regimens", "dose", "1e+07 to 2.5e+07 total", "10 million to 25 million cells in all"),
        ("regimens", "dose", "up to 2e+06 per_ml", "up to 2 million cells per mL"),
        ("regimens", "dose", "500000 unclear", "500,000 cells (per what is unclear)"),
        ("regimens", "schedule", "1 times", "1 administration"),
        ("regimens", "schedule", "4 times, every 3/7 days", "4 administrations, with gaps of 3 and 7 days"),
        ("regimens", "schedule", "every 30 days", "every 30 days"),
        ("endpoints", "time_frame", "horizon 180.0; points [0.0, 180.0]; every 30.0", "days 0 and 180, every 30 days"),
        ("endpoints", "time_frame", "study_window", "study window, no days"),
        ("trials", "cell_source", "umbilical_cord", "Umbilical cord"),
        ("trials", "control_type", "standard_of_care", "standard of care"),
        ("trials", "enrollment_count", "21", "21 planned"),
        ("trials", "enrollment_count", "22", "22"),
    ],
)
def test_evidence_is_told_in_words_on_its_own_scale(frame, column, value, words):
    trial = {"trial_id": "T-1", "enrollment_count": 21, "enrollment_type": "estimated"}
    table = evidence_table(make_frames(trials=[trial], evidence=[evidence(column, value, frame)]))
    assert table["value"].to_list() == [words]


def test_evidence_has_one_row_a_value_with_the_number_of_further_places():
    rows = [evidence("dose", "1e+06 per_kg", quote=quote) for quote in ("first", "second")]
    rows += [evidence("dose", "2e+06 per_kg"), evidence("donor", "allogeneic", "trials"), evidence("time_frame", "unknown", "endpoints")]  # fmt: skip
    table = evidence_table(make_frames(evidence=rows))
    assert table.columns == list(EVIDENCE_TABLE)
    assert table.select("fact", "quote", "more").rows() == [("Donor", "words", 0), ("Dose", "first", 1), ("Dose", "words", 0)]  # fmt: skip


def test_evidence_names_no_folder_of_the_machine():
    row = evidence("dose", "1e+06 per_kg", record="ctgov:T-1 (/srv/a/b/2020/studies.json, position 3)")
    assert evidence_table(make_frames(evidence=[row]))["record"].item() == "ctgov:T-1 (2020/studies.json, position 3)"


def test_quotes_are_those_of_the_evidence(bundled):
    table = evidence_table(bundled)
    known = {(i, clean(q)) for i, q in bundled.evidence.select("trial_id", "quote").iter_rows()}
    whole = table.filter(~pl.col("quote").str.ends_with("…")).select("trial_id", "quote")
    assert len(whole) > 1000
    assert set(whole.rows()) <= known
    assert list(dict.fromkeys(table.filter(pl.col("trial_id") == "NCT04318600")["fact"])) == [
        name for name in EVIDENCE.values() if name in set(table.filter(pl.col("trial_id") == "NCT04318600")["fact"])
    ]


# About


def test_about_tells_fingerprint_version_dates_and_citation_and_no_other_date(bundled):
    about = "\n".join(f"{label}: {text}" for label, text in list_about(bundled).iter_rows())
    assert f"Data fingerprint: {bundled.meta['fingerprint']}" in about
    assert f"Read by: trialkit {bundled.meta['trialkit']}" in about
    assert set(re.findall(r"\d{4}-\d\d-\d\d", about)) == {"2022-10-09", "2023-12-01"}
    assert "re-worded" in about


def test_citation_is_right_for_none_one_and_many():
    one = make_frames(ABOUT, trials=[{"trial_id": "T-1"}])
    assert tell_citation(one) == "trialkit 9.9. Characteristics of 1 clinical trial, read from R (2020-01-02). Data fingerprint abc123. Cite each trial by its register number."  # fmt: skip
    assert "no clinical trials, read from sources that are not recorded. Data fingerprint not recorded." in tell_citation(make_frames())  # fmt: skip


def test_dictionary_explains_every_column():
    told = describe_columns()
    assert told.filter(pl.col("meaning") == "").is_empty()
    assert told["column"].to_list() == [*CHARACTERISTICS, *EVIDENCE_TABLE]


# RIS


def test_references_are_read_back_by_rispy(bundled):
    references = rispy.loads(write_ris(bundled))
    assert [r["id"] for r in references] == [r["accession_number"] for r in references] == sorted(bundled.trials["trial_id"])  # fmt: skip
    by_id = {row["trial_id"]: row for row in bundled.trials.iter_rows(named=True)}
    for r in references:
        trial = by_id[r["id"]]
        assert (r["type_of_reference"], r["type_of_work"]) == ("RPRT", "Clinical trial registration")
        assert r["publisher"] == clean(trial["lead_sponsor"])
        assert r.get("urls", [None]) == [trial["url"]]
        assert r.get("year") == (str(trial["first_posted_date"].year) if trial["first_posted_date"] else None)
        assert r["abstract"].endswith(ABOUT_ABSTRACT)
        assert "unknown_tag" not in r


@pytest.mark.parametrize(
    ("precision", "told"), [("day", "2020/03/01"), ("month", "2020/03/"), ("year", "2020//"), (None, None)]
)
def test_the_date_of_a_reference_is_as_precise_as_it_is_known(precision, told):
    day = date(2020, 3, 1) if precision else None
    frames = make_frames(trials=[{"trial_id": "T-1", "first_posted_date": day, "first_posted_date_precision": precision}])  # fmt: skip
    [reference] = rispy.loads(write_ris(frames))
    assert (reference.get("date"), reference.get("year")) == (told, told and "2020")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_register_begins_a_tag_or_ends_a_reference(text):
    trial = {"trial_id": "T-1", "public_title": text, "acronym": text, "lead_sponsor": text, "conditions": [text], "url": f"https://x.org/{text}", "secondary_ids": [text]}  # fmt: skip
    ris = write_ris(make_frames(trials=[trial, {"trial_id": "T-2"}]))
    assert [r["id"] for r in rispy.loads(ris)] == ["T-1", "T-2"]
    lines = [line for line in ris.split("\r\n") if line]
    assert ris.splitlines() == ris.split("\r\n")[:-1]
    assert all(re.match(rf"({'|'.join(TAGS)})  - ", line) for line in lines)
    assert not any("<" in line for line in lines if line.startswith("N1"))


def test_the_abstract_holds_no_text_of_the_register():
    mark = "REGISTERED"
    trial = {"trial_id": "T-1", "conditions": [mark], "countries": [mark], "lead_sponsor": mark, "secondary_ids": [mark], "public_title": mark, "scientific_title": mark, "acronym": mark, "condition_group": "lupus_nephritis", "enrollment_count": 5}  # fmt: skip
    frames = make_frames(
        trials=[trial],
        arms=[{"trial_id": "T-1", "position": n, "label": mark, "description": mark, "n": 5, "is_cell_arm": n == 0} for n in (0, 1)],
        regimens=[REGIMEN | {"arm": mark, "cohort": mark}, REGIMEN | {"arm": f"{mark} 2", "n_administrations": 2}],
        endpoints=[{"trial_id": "T-1", "role": role, "position": 0, "measure": mark, "time_frame": mark, "is_duplicate": False} for role in ("primary", "other")],
        cell_products=[{"trial_id": "T-1", "position": 0, "product_name": mark, "donor": "not_reported"}],
    )  # fmt: skip
    [reference] = rispy.loads(write_ris(frames))
    assert mark not in reference["abstract"]
    assert "1 million cells per kg, 2 administrations" in reference["abstract"]
    assert "Primary outcomes: 1." in reference["abstract"]
    assert reference["keywords"] == ["Lupus nephritis", mark]


def test_no_trial_gives_no_reference():
    assert write_ris(make_frames()) == ""


# LaTeX


def check_latex(text: str) -> None:
    """ASCII, braces that balance, no sign that acts outside a command."""
    assert text.isascii()
    bare = re.sub(r"\\ensuremath\{(?:[^{}]|\{[^{}]*\})*\}", "", text)
    bare = re.sub(r"\\(?:[A-Za-z]+|[^A-Za-z])", "", bare)
    depth = 0
    for c in bare:
        depth += (c == "{") - (c == "}")
        assert depth >= 0, text
        assert c not in "$&#%^_~\\", text
        assert c.isprintable(), text
    assert depth == 0, text


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("1×10⁶/kg", r"1{\texttimes}10{\ensuremath{^6}}/\allowbreak{}kg"),
        ("≥ 5 µg", r"{\ensuremath{\geq}} 5 {\textmu}g"),
        ("Sjögren, Ñuñoa, Iași", r"Sj{\"o}gren, {\~N}u{\~n}oa, Ia\textcommabelow{s}i"),
        ("e\u0301", r"{\'e}"),
        ("50 % & #1_a", r"50 \% \& \#1\_\allowbreak{}a"),
        ("Ⅱ ㎎ （ﬁ） ①", r"II mg (fi) (1)"),
        ("1--2 <<a>>", r"1-{}-2 \textless{}\textless{}a\textgreater{}\textgreater{}"),
        ("[2pt]", "{[}2pt{]}"),
        ("中 🧬", "{[}U+4E2D{]} {[}U+1F9EC{]}"),
        ("\\input{x}", r"\textbackslash{}input\{x\}"),
    ],
)
def test_text_is_written_as_ascii_that_latex_sets_as_it_is(text, latex):
    assert escape_latex(text) == latex
    check_latex(escape_latex(text))


@given(st.text(max_size=60))
def test_no_text_acts_in_latex(text):
    check_latex(escape_latex(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_row_has_its_columns_whatever_the_register_says(text):
    trial = {"trial_id": "T-1", "public_title": text, "lead_sponsor": text, "conditions": [text], "url": f"https://x.org/{text}"}  # fmt: skip
    files = latex_files(make_frames(ABOUT, trials=[trial], evidence=[evidence("dose", "1e+06 per_kg", quote=text)]))
    assert all(content.isascii() for content in files.values())
    rows = {name: re.findall(r"^(?!%|\\).*\\\\\*?$", files[f"{name}.tex"], re.M) for name in ("characteristics", "evidence_table")}  # fmt: skip
    cells = {name: [len(re.findall(r"(?<!\\)&", row)) for row in found] for name, found in rows.items()}
    assert cells == {"characteristics": [1] * 6, "evidence_table": [6] * 3}  # its heads stand twice


def test_tables_carry_how_to_read_and_to_cite(bundled):
    for name, text in latex_files(bundled.select([])).items():
        assert bundled.meta["fingerprint"] in text
        assert "How to cite" in text or "Source:" in text
        assert (
            "they are not quotations of the register" in text
        )  # which a quote of the bundled data may not be taken for
        assert "No trial." in text or name == "trialkit.tex"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-recommended)")  # fmt: skip
def test_the_document_compiles(bundled, tmp_path):
    hostile = [{"trial_id": f"T-{n}", "public_title": text, "lead_sponsor": text, "url": f"https://x.org/{text}"} for n, text in enumerate([*HOSTILE, "Œ ł ß ∆ ≈ ½ ² → ‰ ™ Ω ﬁ º"])]  # fmt: skip
    words = [evidence("dose", "1e+06 per_kg", trial_id=row["trial_id"], quote=row["public_title"]) for row in hostile]
    for name, frames in {"none": bundled.select([]), "bundled": bundled, "hostile": make_frames(ABOUT, trials=hostile, evidence=words)}.items():  # fmt: skip
        folder = tmp_path / name
        folder.mkdir()
        for file, text in latex_files(frames).items():
            (folder / file).write_text(text, encoding="ascii")
        run = subprocess.run(["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "trialkit.tex"], cwd=folder, capture_output=True, text=True, errors="replace")  # fmt: skip
        assert run.returncode == 0, f"{name}: {run.stdout[-2000:]}"
        assert "Missing character" not in (folder / "trialkit.log").read_text(encoding="utf-8", errors="replace")
