"""Tables: numbers of trials lead to their pages, numbers of a column look alike, and nothing of a record is HTML."""

import re

import polars as pl
import pytest

from trialkit.report_index import link_profiles
from trialkit.tables import page_name, table


def cells(html):
    return re.findall(r"<td[^>]*>(.*?)</td>", html)


@pytest.mark.parametrize("column", ["trial_a", "which", "trials"])
@pytest.mark.parametrize("value", ["NCT1, NCT2", ["NCT1", "NCT2"]])
def test_every_number_of_a_list_of_trials_leads_to_its_own_page(column, value):
    made = table(pl.DataFrame({"what": ["x"], column: [value]}), "Lists").html
    linked = link_profiles(made, {page_name("NCT2")}, "trials/")
    assert re.findall(r'<a [^>]*href="([^"]+)">([^<]+)</a>', linked) == [("trials/NCT2.html", "NCT2")]
    assert link_profiles(linked, set(), "trials/") == made


def test_number_that_leads_nowhere_is_no_anchor():
    made = table(pl.DataFrame({"trial_id": ["NCT1"], "which": ["NCT2, NCT3 …"]}), "Lists").html
    assert "<a" not in link_profiles(made, set())
    assert re.sub("<[^>]+>", "", cells(made)[0]) == "NCT2, NCT3 …"


def test_counts_and_free_texts_that_name_trials_stay_as_they_are():
    made = table(pl.DataFrame({"what": ["NCT1, NCT2"], "trials": [2], "words": ["see NCT1"]}), "Counts").html
    assert "data-profile" not in made
    assert "data-profile" not in table(pl.DataFrame({"which": ["the first"]}), "Words", trials=()).html


def test_numbers_in_lists_are_escaped():
    hostile = '"><script>alert(1)</script>'
    made = table(pl.DataFrame({"what": ["x"], "which": [[hostile, "NCT1"]]}), "Lists").html
    assert "<script" not in link_profiles(made, {page_name("NCT1")})
    assert "&lt;script&gt;" in made


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.971, 0.8, 0.78], ["0.971", "0.800", "0.780"]),
        ([24.0, 31.5, None], ["24.0", "31.5", "–"]),
        ([12.0, 1024.0], ["12", "1,024"]),
        ([200.0, 0.123], ["200", "0.123"]),  # alike they would stand there as 200.000
        ([1234567.8, 0.25], ["1,234,568", "0.25"]),
        ([0.00001, 0.5], ["1e-05", "0.5"]),
        ([float("nan"), float("inf"), 2.5], ["nan", "inf", "2.5"]),
        ([None, None], ["–", "–"]),
    ],
)
def test_numbers_of_a_column_have_the_same_decimals(values, shown):
    frame = pl.DataFrame({"what": ["x"] * len(values), "n": values}, schema_overrides={"n": pl.Float64})
    assert [re.sub("<[^>]+>", "", cell) for cell in cells(table(frame, "Numbers").html)] == shown


def test_empty_table_can_say_why():
    assert table(pl.DataFrame({"a": []}), "Rows").text == "Rows: none"
    assert "Rows: no &lt;state&gt;.</p>" in table(pl.DataFrame({"a": []}), "Rows", empty="no <state>.").html
