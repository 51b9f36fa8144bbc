"""How often the cells are given: the schedules that a record states for the product under study."""

import re
from dataclasses import replace

from trialkit.facts import schedule_patterns as p
from trialkit.facts.finding import Finding
from trialkit.facts.schedule_parts import Schedule, read_count
from trialkit.facts.schedule_readers import read_schedule
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
        for clause in sentences(passage):
            carried = passage.section in ("arm", "intervention")
            if finding := _finding(clause, carried):
                found.append(_added(finding, found))
    told = [f for clause in scope.fallback if (f := _finding(clause, False))]
    if found and not any(f.value.interval_days for f in found):
        numbers = {f.value.n_administrations for f in found}
        found += [f for f in told if f.value.interval_days and f.value.n_administrations in numbers]
    found = _without_lone_days(_without_dose_names(found or told))
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


def _without_lone_days(found: list[Finding]) -> list[Finding]:
    """Without the one day an arm names ("on day 0") where its text says more, and without those of prose."""
    told = {f.passage.field for f in found if f.rule != "schedule:one_day"}
    return [
        f
        for f in found
        if f.rule != "schedule:one_day"
        or (
            f.passage.section in ("arm", "intervention")
            and (f.passage.field not in told or p.SEVERAL_ARMS.search(f.passage.text))
        )
    ]


def _added(finding: Finding, found: list[Finding]) -> Finding:
    """ "2 additional infusions" after a course of 4 in the same text: a course of 6, for those who need it."""
    before = [f.value.n_administrations for f in found if f.passage.field == finding.passage.field]
    folded = fold(finding.passage.text[max(0, finding.start - 60) : finding.end + 40]).decode("ascii")
    more = p.ADDITIONAL.search(folded)
    n = read_count(more["n"] or more["n2"]) if more else None
    if not n or not before or not before[-1]:
        return finding
    value = replace(finding.value, n_administrations=before[-1] + n, at_most=None)
    return replace(finding, value=value, rule="schedule:additional", flags=())


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
    variants = [finding]
    if finding.value.at_most:
        variants.append(replace(finding, value=replace(finding.value, n_administrations=finding.value.at_most)))
    if "conditional" in finding.flags:
        once = replace(finding.value, n_administrations=1, interval_days=(), days=())
        variants.insert(0, replace(finding, value=once))
    return variants


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
    start, stop = _own_part(folded)
    schedule = read_schedule(clause.text[start:stop]) if stop > start else None
    if schedule is None:
        return None
    if clause.passage.section == "title" and schedule.rule == "schedule:count":
        return None  # "a study of 3 doses of X" tells levels, not administrations
    if stop < len(folded) and _belongs_to(folded[start + schedule.end : stop]):
        return None
    start += clause.start
    return Finding(
        schedule, clause.passage, start + schedule.start, start + schedule.end, schedule.rule, schedule.flags
    )


def _own_part(folded: str) -> tuple[int, int]:
    """The stretch of a sentence that tells of the product: up to another drug, or from the cells named after it."""
    drugs = list(p.OTHER_DRUG.finditer(folded))
    if not drugs:
        return 0, len(folded)
    stop = drugs[0].start()
    first = stop <= 30
    if own := p.LAST_GIVEN.search(folded[:stop]):
        stop = own.start()  # "one injection of cells and three injections of platelet-rich plasma"
    if not first and read_schedule(folded[:stop]):
        return 0, stop
    if own := p.OWN.search(folded, drugs[-1].end()):
        return own.start(), len(folded)  # "tacrolimus and MSC twice a week"
    return 0, 0 if first else stop
