"""Corrections of upstream errors: guarded by what the source says, and never silent."""

import pytest

from trialkit.assemble import build_frames
from trialkit.corrections import CorrectionError, correct, read_corrections
from trialkit.record import TrialRecord

HEAD = "trial_id,field,was,now,reason,reference\n"


def record(**more):
    return TrialRecord(register="ctgov", trial_id="NCT99000001", **more)


def corrections(tmp_path, *lines):
    file = tmp_path / "corrections.csv"
    file.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return read_corrections(file)


def test_correction_changes_the_value_and_keeps_what_the_source_says(tmp_path):
    known = corrections(tmp_path, "nct 99000001,enrollment_count,400,40,one nought too many,the paper of the trial")
    [one], [row] = correct([record(enrollment_count=400)], known)
    assert (one.enrollment_count, one.printed["enrollment_count"]) == (40, "400")
    assert one.origins["enrollment_count"] == "corrections"
    assert (row["left"], row["right"], row["left_evidence"]) == ("40", "400", "the paper of the trial")
    assert "one nought too many" in row["message"]


def test_mended_source_makes_a_correction_idle(tmp_path):
    known = corrections(tmp_path, "NCT99000001,enrollment_count,400,40,one nought too many,the paper")
    records, rows = correct([record(enrollment_count=40)], known)
    assert (records[0].enrollment_count, rows) == (40, [])


def test_source_that_says_something_third_stops_the_build(tmp_path):
    known = corrections(tmp_path, "NCT99000001,enrollment_count,400,40,one nought too many,the paper")
    with pytest.raises(CorrectionError, match=r"line 2: NCT99000001 enrollment_count is 38, neither '400' nor '40'"):
        correct([record(enrollment_count=38)], known)


def test_trials_that_are_not_there_need_no_correction(tmp_path):
    known = corrections(tmp_path, "NCT99000002,sex,male,all,a slip,the protocol")
    assert correct([record(sex="male")], known) == ([record(sex="male")], [])


def test_missing_is_corrected_to_a_list_and_back(tmp_path):
    known = corrections(
        tmp_path, "NCT99000001,phases,,phase1; phase2,left empty,the protocol", "NCT99000001,sex,male,,wrong,it"
    )
    [one], rows = correct([record(sex="male")], known)
    assert (one.phases, one.sex, len(rows)) == (["phase1", "phase2"], None, 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("NCT99000001,arms,a,b,why,where", "field 'arms' cannot be corrected"),
        ("NCT99000001,sex,a,b,,where", "needs trial_id, reason and reference"),
    ],
)
def test_unusable_line_is_named(tmp_path, line, message):
    with pytest.raises(CorrectionError, match=message):
        corrections(tmp_path, line)


def test_file_without_its_columns_is_refused(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("trial_id,field\n")
    with pytest.raises(CorrectionError, match="no column was, now, reason, reference"):
        read_corrections(file)


def test_number_that_is_none_is_refused(tmp_path):
    known = corrections(tmp_path, "NCT99000001,enrollment_count,400,forty,why,where")
    with pytest.raises(CorrectionError, match="is a number, not 'forty'"):
        correct([record(enrollment_count=400)], known)


def test_corrected_value_stands_in_the_frames_with_its_source(tmp_path):
    page = tmp_path / "study.json"
    page.write_text(
        '{"protocolSection": {"identificationModule": {"nctId": "NCT99000001", "briefTitle": "Cells"}, '
        '"designModule": {"enrollmentInfo": {"count": 400, "type": "ACTUAL"}}}}'
    )
    known = corrections(tmp_path, "NCT99000001,enrollment_count,400,40,one nought too many,the paper")
    frames = build_frames([page], corrections=known)
    assert frames.trials["enrollment_count"].to_list() == [40]
    [row] = frames.evidence.filter(column="enrollment_count").to_dicts()
    assert (row["record"], row["quote"]) == ("corrections", "400")
    assert frames.conflicts.filter(column="enrollment_count")["right"].to_list() == ["400"]
