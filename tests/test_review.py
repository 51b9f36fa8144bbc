"""The review loop on real records: what is unread or contradicted, filled by a person, wins in the next build."""

import csv
import re
import zipfile

import polars as pl
import pytest
import typer
from making import make_frames
from typer.testing import CliRunner
from xlsxwriter import Workbook

from trialkit.assemble import build_frames
from trialkit.cli import main
from trialkit.cli_review import review
from trialkit.curation import COLUMNS as CURATED
from trialkit.curation import Curation, read_curation
from trialkit.evaluate import read_gold, score_fields
from trialkit.frames import DATA, SNAPSHOTS, load_frames
from trialkit.review import COLUMNS, FILLED, UNREAD, list_review, tell_review
from trialkit.review_book import write_review
from trialkit.review_import import ReviewError, read_review
from trialkit.summaries.profile import profile
from trialkit.tables import table

TRIAL = "NCT04318600"  # amnion, 1 million cells per kg, three times
ANSWERS = {
    (TRIAL, "cell_source", ""): ("change", "Placenta", "the whole placenta, says the protocol"),
    (TRIAL, "dose", ""): ("change", "2x10^6 MSC/kg", "the table of the protocol"),
    (TRIAL, "route", ""): ("accept", "", ""),
    (TRIAL, "donor", ""): ("not reported", "", "the word is about the assay"),
    ("NCT00659217", "time_frame", "outcomes.secondary[0]"): ("change", "5 years", "years must be meant"),
    ("NCT05523011", "arm_size", "arms[0]"): ("change", "10", "n=10 in the summary"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the frames of the bundled records without any decision, and the frames."""
    frames = build_frames([SNAPSHOTS], engine="serial", base=DATA)
    return frames.write(tmp_path_factory.mktemp("built") / "frames"), frames


@pytest.fixture(scope="module")
def command():
    app = typer.Typer()
    app.command()(review)

    def run(*words):
        done = CliRunner().invoke(app, [str(word) for word in words])
        return done.exit_code, done.output

    return run


def fill(table_file, out, answers):
    """Save a review table as a person does who answers some rows, and adds those that are not there."""
    lines = [dict(line.cells) for line in read_review(table_file)]
    rows = {(c["trial_id"], c["fact"], c["path"]): c for c in lines}
    for key, answer in answers.items():
        row = rows.setdefault(key, dict.fromkeys(COLUMNS, "") | dict(zip(("trial_id", "fact", "path"), key, strict=True)))  # fmt: skip
        row |= dict(zip(("decision", "curated_value", "reason"), answer, strict=True))
    if out.suffix == ".csv":
        with out.open("w", encoding="cp1252", errors="replace", newline="") as handle:  # as Excel on Windows saves it
            writer = csv.DictWriter(handle, COLUMNS, delimiter=";")
            writer.writeheader()
            writer.writerows(rows.values())
        return out
    with Workbook(out) as book:
        book.add_worksheet("how to fill")
        sheet = book.add_worksheet("review")
        sheet.write_row(0, 0, COLUMNS)
        for n, row in enumerate(rows.values(), 1):
            sheet.write_row(n, 0, [row[name] for name in COLUMNS])
        book.add_worksheet("choices").write_row(0, 0, ["donor", "route"])
    return out


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_whole_loop(built, command, tmp_path, capsys, suffix):
    folder, before = built
    asked, decisions = tmp_path / f"review{suffix}", tmp_path / "mine" / "curation.csv"
    status, said = command("--frames", folder, "--out", asked, "--trial", "nct 04318600")
    assert (status, asked.exists()) == (0, True), said
    filled = fill(asked, tmp_path / f"filled{suffix}", ANSWERS)
    status, said = command("--import", filled, "--curation", decisions, "--frames", folder)
    assert (status, f"{len(ANSWERS)} decisions in" in said) == (0, True), said
    frames = build_frames([SNAPSHOTS], engine="serial", base=DATA, curation=read_curation(decisions))
    assert frames.curation["state"].to_list() == ["curated"] * len(ANSWERS)
    trial = frames.trials.row(by_predicate=pl.col("trial_id") == TRIAL, named=True)
    assert (trial["cell_source"], trial["donor"]) == (["placenta"], "not_reported")
    assert set(frames.regimens.filter(trial_id=TRIAL)["dose_low"]) == {2e6}
    later = frames.write(tmp_path / "later")
    page = profile(frames, TRIAL)
    for shown in (page.glance, page.values, page.regimens):
        assert "curated" in table(shown, "As in the report")._repr_html_().lower()
    with pytest.raises(SystemExit):
        main(["show", TRIAL, "--frames", str(later)])
    told = capsys.readouterr().out
    assert re.search(r"Cell source: Placenta.*\n +Curated: the whole placenta, says the protocol", told)
    own = [label for label in read_gold() if label["trial_id"] == TRIAL]
    assert score_fields(load_frames(later), own).equals(score_fields(before, own))
    again = list_review(frames).table
    assert not {tuple(row) for row in again.select("trial_id", "fact", "path").iter_rows()} & set(ANSWERS)


def test_every_unread_and_contradicted_value_is_asked_for_once(built):
    _, frames = built
    asked, left_out = list_review(frames)
    assert tuple(asked.columns) == COLUMNS
    assert not asked.select("trial_id", "fact", "path").is_duplicated().any()
    assert asked.select(pl.col(FILLED).null_count().sum()).row(0) == (len(asked),) * len(FILLED)
    unread = frames.fact_status.filter(pl.col("status") == "unparsed")["trial_id"].unique()
    assert set(unread) <= set(asked.filter(pl.col("why").str.starts_with(UNREAD))["trial_id"])
    named = set(asked["why"].str.split("\n").explode())
    single = frames.conflicts.filter(pl.col("message").is_in(list(named)))
    assert len(single) + left_out == len(frames.conflicts)


def test_row_tells_what_was_read_from_which_words_and_why_it_is_there(built):
    rows = list_review(built[1]).table
    [row] = rows.filter(trial_id="NCT04519697", fact="enrollment").to_dicts()
    assert row["value"] == "40 planned"
    assert row["words"] == "“enrolment 40” ↔ “20 participants are randomized”"
    assert row["why"] == "The text tells of 20 participants, the enrolment field says 40."
    assert row["register_link"] == "https://clinicaltrials.gov/study/NCT04519697"
    assert row["expected"] == "40 planned, 40 actual or 40 not told"
    [unread] = rows.filter(trial_id="NCT05523011", fact="arm_size").to_dicts()
    assert (unread["value"], unread["path"], unread["about"]) == ("", "arms[0]", "Exosome Ointment")
    assert "(n=10)" in unread["words"]


def test_only_the_age_limit_that_differs_is_asked_for(built):
    asked = list_review(built[1]).table.filter(trial_id="NCT00659217")
    assert set(asked["fact"]) & {"minimum_age", "maximum_age"} == {"maximum_age"}


def test_sentence_counts_and_says_what_is_left_out(built):
    review = list_review(built[1].select(["NCT04519697"]))
    assert tell_review(review).startswith("1 value of 1 trial to decide: 1 contradicted.")
    nothing = list_review(make_frames())
    assert tell_review(nothing) == "no values of no trials to decide."


@pytest.mark.parametrize(
    ("decision", "value", "why"),
    [
        (("donor", "", "", "", "both"), "allogeneic", "read as nothing when it was decided, as allogeneic now"),
        (("instrument", "outcomes.primary[0]", "Blood count", "", "VAS"), "", "outcomes.primary[0] was “Blood count”"),
    ],
)
def test_decision_on_another_reading_or_outcome_is_asked_for_again(decision, value, why):
    frames = build_frames([SNAPSHOTS / "medpath"], engine="serial", curation=[Curation(TRIAL, *decision, "why")])
    asked = list_review(frames).table.filter(pl.col("why").str.starts_with("Decided as"))
    assert asked.select("fact", "value").rows() == [(decision[0], value)]
    assert f"Decided as {decision[4]} (why), but {why}" in asked["why"].item()


# The workbook


def test_workbook_offers_lists_wraps_text_and_freezes_its_header(built, tmp_path):
    book = write_review(list_review(built[1], [TRIAL]).table, tmp_path / "review.xlsx")
    with zipfile.ZipFile(book) as parts:
        names = re.findall(r'<sheet name="([^"]+)"', parts.read("xl/workbook.xml").decode())
        sheet = parts.read("xl/worksheets/sheet2.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert names == ["how to fill", "review", "choices"]
    assert '<pane xSplit="1" ySplit="1"' in sheet
    assert "wrapText" in styles
    assert "<formula1>choices!$" in sheet
    assert '<formula1>"change,not reported"</formula1>' in sheet  # nothing was read: nothing to accept
    assert '<formula1>"accept,change,not reported"</formula1>' in sheet


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_text_of_a_register_never_runs_in_a_table(built, tmp_path, suffix):
    evil = list_review(built[1]).table.head(1).with_columns(
        title=pl.lit('=HYPERLINK("http://x.example")'), about=pl.lit("@SUM(A1)"), register_link=pl.lit("javascript:alert(1)")
    )  # fmt: skip
    file = write_review(evil, tmp_path / f"review{suffix}")
    if suffix == ".csv":
        assert "'=HYPERLINK" in file.read_text()
    else:
        with zipfile.ZipFile(file) as parts:
            assert b"<f>" not in parts.read("xl/worksheets/sheet2.xml")
            assert not any("sheet2.xml.rels" in name for name in parts.namelist())  # no link was made
    assert read_review(file)[0].cells["about"] == "@SUM(A1)"


def test_other_format_is_refused_and_nothing_is_written(built, command, tmp_path):
    status, said = command("--frames", built[0], "--out", tmp_path / "review.doc")
    assert (status, "expected .xlsx or .csv" in said, list(tmp_path.iterdir())) == (2, True, [])


def test_filled_table_is_not_written_over(built, command, tmp_path):
    asked = tmp_path / "review.xlsx"
    assert command("--frames", built[0], "--out", asked, "--trial", TRIAL)[0] == 0
    assert command("--frames", built[0], "--out", asked)[0] == 0  # nobody filled it
    filled = fill(asked, tmp_path / "filled.xlsx", ANSWERS)
    status, said = command("--frames", built[0], "--out", filled)
    assert (status, "holds decisions" in said) == (2, True)
    (tmp_path / "thesis.xlsx").write_text("years of work")
    assert command("--frames", built[0], "--out", tmp_path / "thesis.xlsx")[0] == 2
    assert (tmp_path / "thesis.xlsx").read_text() == "years of work"


# The import


@pytest.mark.parametrize(
    ("key", "answer", "message"),
    [
        (("NCT99999999", "dose", ""), ("change", "2 million cells", "why"), "column trial_id: 'NCT99999999' is not among the 117 trials"),
        ((TRIAL, "colour", ""), ("change", "red", "why"), "column fact: 'colour' cannot be curated"),
        ((TRIAL, "cell_source", ""), ("change", "amniom", "why"), "column curated_value: 'amniom' is no cell source; did you mean 'amnion'"),
        ((TRIAL, "dose", ""), ("change", "a few cells", "why"), "column curated_value: no dose can be read in 'a few cells'; expected such as"),
        ((TRIAL, "instrument", "outcomes.primary[7]"), ("change", "VAS", "why"), "column path: there is no outcomes.primary[7] for instrument; the trial has outcomes.primary[0]"),
        ((TRIAL, "donor", ""), ("maybe", "", "why"), "column decision: 'maybe' is no decision; expected accept, change, not reported"),
        ((TRIAL, "donor", ""), ("change", "", "why"), "column curated_value: is empty"),
        ((TRIAL, "donor", ""), ("not reported", "both", "why"), "column curated_value: 'both' is a value; expected none"),
        ((TRIAL, "donor", ""), ("accept", "both", "why"), "column curated_value: 'both' is not what was read"),
        ((TRIAL, "donor", ""), ("change", "both", ""), "column reason: is empty"),
        (("NCT05523011", "arm_size", "arms[0]"), ("accept", "", ""), "column decision: nothing was read that could be accepted"),
    ],
)  # fmt: skip
def test_row_that_cannot_be_used_is_refused_by_row_and_column(built, command, tmp_path, key, answer, message):
    asked = write_review(list_review(built[1]).table, tmp_path / "review.csv")
    right = ("NCT04519697", "enrollment", "")
    filled = fill(asked, tmp_path / "filled.xlsx", {right: ("accept", "", ""), key: answer})
    status, said = command("--import", filled, "--curation", tmp_path / "curation.csv", "--frames", built[0])
    assert status == 2
    assert re.search(rf"row \d+, {re.escape(message)}", said), said
    assert not (tmp_path / "curation.csv").exists()  # the right row is not written either


def test_every_wrong_row_is_told_at_once(built, command, tmp_path):
    asked = write_review(list_review(built[1]).table, tmp_path / "review.csv")
    wrong = {(TRIAL, "donor", ""): ("maybe", "", "x"), (TRIAL, "dose", ""): ("change", "many", "x")}
    said = command("--import", fill(asked, tmp_path / "f.xlsx", wrong), "--curation", tmp_path / "c.csv", "--frames", built[0])[1]  # fmt: skip
    assert ("column decision" in said, "column curated_value" in said) == (True, True)


def test_new_decision_takes_the_place_of_the_old_one_and_leaves_the_others(built, command, tmp_path):
    asked = write_review(list_review(built[1]).table, tmp_path / "review.csv")
    kept = tmp_path / "curation.csv"
    line = f"{TRIAL},donor,,,allogeneic,both,first,AB\n{TRIAL},route,,,intravenous,,other,\n"
    kept.write_text(",".join(CURATED) + "\n" + line, encoding="utf-8")
    filled = fill(asked, tmp_path / "filled.csv", {(TRIAL, "donor", ""): ("change", "autologous", "=second")})
    status, said = command("--import", filled, "--curation", kept, "--frames", built[0])
    assert (status, "1 in the place of an earlier one" in said) == (0, True), said
    assert "'=second" in kept.read_text()  # opened in a spreadsheet, it runs no formula
    assert [(d.fact, d.now, d.reason) for d in read_curation(kept)] == [("donor", "autologous", "=second"), ("route", "", "other")]  # fmt: skip


def test_table_of_other_frames_is_noticed(built, command, tmp_path):
    asked = list_review(built[1], [TRIAL]).table
    moved = asked.with_columns(about=pl.when(pl.col("fact") == "instrument").then(pl.lit("Blood count")).otherwise("about"))  # fmt: skip
    key = (TRIAL, "instrument", "outcomes.primary[0]")
    filled = fill(write_review(moved, tmp_path / "r.csv"), tmp_path / "f.xlsx", {key: ("change", "VAS", "why")})
    status, said = command("--import", filled, "--curation", tmp_path / "c.csv", "--frames", built[0])
    assert (status, "column about: was 'Blood count', the frames hold" in said) == (2, True), said
    older = asked.with_columns(value=pl.when(pl.col("fact") == "donor").then(pl.lit("autologous")).otherwise("value"))
    filled = fill(write_review(older, tmp_path / "r.csv"), tmp_path / "f.xlsx", {(TRIAL, "donor", ""): ("change", "both", "why")})  # fmt: skip
    status, said = command("--import", filled, "--curation", tmp_path / "c.csv", "--frames", built[0])
    assert (status, "no longer read as autologous but as allogeneic" in said) == (0, True), said


def test_file_that_is_no_review_table_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(ReviewError, match="is no table; expected the columns trial_id"):
        read_review(tmp_path / "letter.txt")
    (tmp_path / "other.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(ReviewError, match="no column trial_id"):
        read_review(tmp_path / "other.csv")
    with Workbook(tmp_path / "other.xlsx") as book:
        book.add_worksheet("data").write_row(0, 0, ["a", "b"])
    with pytest.raises(ReviewError, match="has no sheet 'review'; it has 'data'"):
        read_review(tmp_path / "other.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ReviewError, match="cannot be opened"):
        read_review(tmp_path / "broken.xlsx")


def test_import_without_a_decision_or_a_place_for_it_is_refused(built, command, tmp_path):
    asked = write_review(list_review(built[1]).table, tmp_path / "review.xlsx")
    status, said = command("--import", asked, "--curation", tmp_path / "c.csv", "--frames", built[0])
    assert (status, "no row has a decision" in said) == (2, True)
    status, said = command("--import", asked, "--frames", built[0])
    assert (status, "name the file for the decisions" in said) == (2, True)
