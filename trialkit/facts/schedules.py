"""How often the cells are given: the schedules that a record states for the product under study."""

import re
from dataclasses import replace

from trialkit.facts import schedule_patterns as p
from trialkit.facts.finding import Finding
from trialkit.facts.schedule_readers import Schedule, read_schedule
from trialkit.facts.scope import Clause, Scope, sentences
from trialkit.vocabulary import fold

__all__ = ["Schedule", "read_schedule", "read_schedules"]


def read_schedules(scope: Scope) -> list[Finding]:
    """Schedules of the investigational product, in order of appearance; value = `Schedule`.

    Read are sentences that speak of giving cells, or that follow such a sentence in an arm or intervention; not those
    of another drug, and not visits. The description counts only when titles, interventions and cell arms say nothing.
    """
    found = []
    for passage in scope.product:
        before = ""
        for clause in sentences(passage):
            carried = passage.section != "title" and p.CELLS.search(fold(before).decode("ascii")) is not None
            if finding := _finding(clause, carried):
                found.append(finding)
            before = clause.text
    told = [f for clause in scope.fallback if (f := _finding(clause, False))]
    if found and not any(f.value.interval_days for f in found):
        numbers = {f.value.n_administrations for f in found}
        found += [f for f in told if f.value.interval_days and f.value.n_administrations in numbers]
    found = _without_dose_names(found or told)
    return [variant for f in _whole_courses(found) for variant in _with_and_without(f)]


def _without_dose_names(found: list[Finding]) -> list[Finding]:
    """Without "single dose" where the same text goes on to repeat it: the dose of each infusion."""
    repeated = {
        f.passage.field
        for f in found
        if (f.value.n_administrations or 0) > 1
        and "conditional" not in f.flags
        and not p.SEVERAL_ARMS.search(f.passage.text)
    }
    return [f for f in found if not (f.passage.field in repeated and f.quote.lower().startswith("single dos"))]


def _whole_courses(found: list[Finding]) -> list[Finding]:
    """ "6 infusions ... weekly for 4 weeks, the last two every two weeks" is one course of 6 with both gaps.

    A passage that states one plain count and smaller parts of a course after it gives the count with the gaps of its
    parts; the quote then runs from the count to the last part.
    """
    courses: list[Finding] = []
    for field in dict.fromkeys(f.passage.field for f in found):
        here = [f for f in found if f.passage.field == field]
        counts = [f for f in here if f.rule == "schedule:count"]
        whole = counts[0] if len({f.value.n_administrations for f in counts}) == 1 else None
        parts = [f for f in here if f.value.interval_days and whole and f.start > whole.start]
        if (
            not whole
            or not parts
            or any((f.value.n_administrations or 0) >= whole.value.n_administrations for f in parts)
        ):
            courses += here
            continue
        gaps = tuple(sorted({gap for f in parts for gap in f.value.interval_days}))
        end = max(f.end for f in parts)
        value = replace(whole.value, interval_days=gaps, rule="schedule:course")
        courses += [f for f in here if f not in parts and f not in counts]
        courses.append(replace(whole, value=value, end=end, rule="schedule:course"))
    return courses


def _with_and_without(finding: Finding) -> list[Finding]:
    """A second dose that is only possible gives two schedules, without it and with it; so does "3-5 doses"."""
    if finding.value.at_most:
        return [finding, replace(finding, value=replace(finding.value, n_administrations=finding.value.at_most))]
    if "conditional" not in finding.flags:
        return [finding]
    once = replace(finding.value, n_administrations=1, interval_days=(), days=())
    return [replace(finding, value=once), finding]


def _belongs_to(between: str) -> bool:
    """True when the words between a schedule and another drug tie the two ("daily injections of filgrastim")."""
    return len(between) < 40 and re.search(r"\bcells?\b|mscs?\b|[,;]|\band\b", between) is None


def _finding(clause: Clause, carried: bool) -> Finding | None:
    folded = fold(clause.text).decode("ascii")
    if not (carried or p.CELLS.search(folded)):
        return None
    acts = p.AFTERWARDS.sub(" ", p.TEST_GIVEN.sub(" ", folded))
    if p.ASSESSING.search(folded) and not p.GIVING.search(acts):
        return None
    other = p.OTHER_DRUG.search(folded)
    if other and other.start() <= 30:
        return None
    stop = other.start() if other else len(folded)
    if other and (own := p.LAST_GIVEN.search(folded[:stop])):
        stop = own.start()  # "one injection of cells and three injections of platelet-rich plasma"
    schedule = read_schedule(clause.text[:stop])
    if schedule and clause.passage.section == "title" and schedule.rule == "schedule:count":
        return None  # "a study of 3 doses of X" tells levels, not administrations
    if schedule is None or (other and _belongs_to(folded[schedule.end : other.start()])):
        return None
    start, end = clause.start + schedule.start, clause.start + schedule.end
    return Finding(schedule, clause.passage, start, end, schedule.rule, schedule.flags)
