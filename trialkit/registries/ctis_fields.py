"""Parts of a CTIS trial -> the values of single fields; each function gets the part of the JSON it reads."""

from collections.abc import Iterable
from typing import Any, Literal

from trialkit.record import Arm, Outcome
from trialkit.registries import ctis_codes as codes
from trialkit.registries.ctis_shape import at, iso_date, items, number, ordered, text, unique

REST = "rest of the world"


def secondary_ids(names: Any, application: Any) -> list[str]:
    """Protocol code, numbers in other registers, and the EudraCT number of a trial that moved here."""
    others = at(names, "secondaryIdentifyingNumbers")
    numbers = [at(others, key, "number") for key in ("nctNumber", "isrctnNumber", "whoUniversalTrialNumber")]
    numbers += [item.get("number") for item in items(others, "additionalRegistries")]
    eudract = at(application, "eudraCt", "eudraCtCode") or at(application, "eudraCtInfo", "eudraCtCode")
    return unique(map(text, [at(names, "shortTitle"), *numbers, eudract]))


def conditions(part: Any, about: Any) -> list[str]:
    """The conditions as the sponsor words them, then their MedDRA terms."""
    worded = items(part, "medicalConditions") or items(about, "medicalCondition", "partIMedicalConditions")
    terms = items(about, "medicalCondition", "meddraConditionTerms")
    return unique([*(text(c.get("medicalCondition")) for c in worded), *(text(t.get("termName")) for t in terms)])


def sponsor_of(part: Any, trial: Any) -> Any:
    """The organisation that is the primary sponsor."""
    primary = next((s for s in items(part, "sponsors") if s.get("primary") is True), at(trial, "primarySponsor"))
    return at(primary, "organisation")


def joined(node: Any, key: str) -> str | None:
    """The numbered texts of a list, one below the other."""
    return "\n".join(filter(None, (text(item.get(key)) for item in ordered(node)))) or None


def outcomes(about: Any, role: Literal["primary", "secondary"]) -> list[Outcome]:
    points = filter(None, (text(p.get("endPoint")) for p in ordered(at(about, "endPoint", f"{role}EndPoints"))))
    return [Outcome(role=role, position=n, measure=measure) for n, measure in enumerate(points)]


def status_words(trial: Any) -> str | None:
    """The status in the words of the register, which today prints a number."""
    code = number(at(trial, "ctPublicStatusCode")) or number(at(trial, "ctStatus"))
    return codes.STATUS_WORDS.get(code or 0) or text(at(trial, "ctStatus"))


def status(trial: Any, application: Any) -> str | None:
    """`Ended` is terminated or completed where every member state reports the same kind of end, else None."""
    words = (status_words(trial) or "").lower()
    if words != "ended":
        return codes.STATUS.get(words)
    states = [{text(event.get("notificationType")) for event in items(s, "events")} for s in _events(trial)]
    if states and len(states) >= len(member_states(application)):
        for kind, meaning in (("EARLY_TERMINATION", "terminated"), ("END_OF_TRIAL", "completed")):
            if all(kind in state for state in states):
                return meaning
    return None


def _events(trial: Any) -> list[dict[str, Any]]:
    return items(trial, "events", "trialEvents")


def phase_code(about: Any) -> int:
    return number(at(about, "trialCategory", "trialPhase")) or 0


def allocations(periods: list[dict[str, Any]]) -> list[int]:
    return [code for period in periods if (code := number(period.get("allocationMethod")))]


def allocation(periods: list[dict[str, Any]]) -> str | None:
    """A trial with a randomised period is randomised, whatever its run-in and follow-up are."""
    return codes.ALLOCATION.get(min(allocations(periods), default=0))


def told(periods: list[dict[str, Any]], *keys: str) -> str | None:
    """What the periods say under these keys, a line for each period."""
    lines = (": ".join(filter(None, (text(period.get(key)) for key in keys))) for period in periods)
    return "\n".join(unique(lines)) or None


def coded(entries: list[dict[str, Any]], key: str, what: str) -> str:
    """Codes whose meaning is not documented publicly, for `printed`: `scope code 4, scope code 5`."""
    return ", ".join(unique(f"{what} {code}" for entry in entries if (code := entry.get(key))))


def arms(periods: list[dict[str, Any]]) -> list[Arm]:
    """The arms of all periods, each label once, with the first description given."""
    found: dict[str, Arm] = {}
    for arm in (arm for period in periods for arm in items(period, "armDetails")):
        if label := text(arm.get("title")):
            found.setdefault(label.lower(), Arm(label=label, description=text(arm.get("description"))))
    return list(found.values())


def member_states(application: Any) -> list[str]:
    """The names of the member states, in the order of the application."""
    concerned = items(application, "memberStatesConcerned") or [
        at(part, "mscInfo") for part in items(application, "authorizedPartsII")
    ]
    return unique(text(at(state, "mscName")) or text(at(state, "countryName")) for state in concerned)


def planned(part: Any, application: Any, trial: Any) -> list[tuple[str, int]]:
    """Planned participants of each member state and of the rest of the world; [] where a member state gives none."""
    states = [
        (
            text(at(p, "mscInfo", "mscName")) or text(at(p, "mscInfo", "countryName")) or "",
            p.get("recruitmentSubjectCount"),
        )
        for p in items(application, "authorizedPartsII")
    ]
    given = [(name, count) for name, value in states if (count := number(value)) is not None]
    if not given or len(given) < len(states):
        total = number(at(trial, "totalNumberEnrolled"))
        given = [] if total is None else [("member states", total)]
    rest = number(at(part, "rowSubjectCount"))
    return [*given, (REST, rest)] if given and rest is not None else given


def sites(application: Any) -> int | None:
    parts = items(application, "authorizedPartsII")
    return sum(len(items(part, "trialSites")) for part in parts) if parts else None


def sex(people: Any) -> str | None:
    female, male = at(people, "isFemaleSubjects"), at(people, "isMaleSubjects")
    if female is True and male is True:
        return "all"
    return "female" if female is True and male is False else "male" if male is True and female is False else None


def kinds_of_people(people: Any) -> list[str]:
    return unique(text(group.get("name")) for group in items(people, "clinicalTrialGroups"))


def healthy(people: Any) -> bool | None:
    kinds = kinds_of_people(people)
    return any(kind.lower().startswith("healthy") for kind in kinds) if kinds else None


def age_groups(people: Any) -> list[codes.Group]:
    """The age groups with participants, youngest first; those of children as finely as the register has them."""
    coarse = _codes(items(people, "ageRanges"), "ageRangeCategory")
    inner = [r for r in items(people, "ageRangeSecondaryIds") if _codes([r], "ageRangeCategory") == [2]]
    children = [codes.CHILDREN[code] for code in _codes(inner, "ctAgeRange") if code in codes.CHILDREN]
    groups: list[codes.Group] = []
    for code in coarse:
        groups += children if code == 2 and children else [codes.AGES[code]] if code in codes.AGES else []
    return groups


def _codes(ranges: Iterable[dict[str, Any]], key: str) -> list[int]:
    """The codes under a key, ascending; today it ends in `Code`."""
    found = {number(r.get(f"{key}Code")) or number(r.get(key)) for r in ranges}
    return sorted(code for code in found if code)


def start(trial: Any, application: Any, about: Any) -> tuple[str | None, str | None]:
    """The reported start in the EU, else the planned start of recruitment; then how it is printed."""
    printed = text(at(trial, "startDateEU"))
    reported = iso_date(printed)
    if not reported:
        printed = None  # not where the date comes from
        events = [event for state in _events(trial) for event in items(state, "events")]
        days = [iso_date(e.get("date")) for e in events if e.get("notificationType") == "START_OF_TRIAL"]
        periods = [p for part in items(application, "authorizedPartsII") for p in items(part, "mscInfo", "trialPeriod")]
        reported = min(filter(None, [*days, *(iso_date(p.get("trialStartDate")) for p in periods)]), default=None)
    return (reported, printed) if reported else _estimated(about, "estimatedRecruitmentStartDate")


def end(trial: Any, about: Any) -> tuple[str | None, str | None]:
    """The reported end, of the whole trial before that in the EU, else the planned one; then how it is printed."""
    for key in ("endDate", "endDateEU"):
        if reported := iso_date(at(trial, key)):
            return reported, text(at(trial, key))
    return _estimated(about, "estimatedGlobalEndDate", "estimatedEndDate")


def _estimated(about: Any, *keys: str) -> tuple[str | None, str | None]:
    for key in keys:
        printed = text(at(about, "trialDuration", key))
        if day := iso_date(printed):
            return day, f"{key} {printed}"
    return None, None


def has_results(trial: Any) -> bool | None:
    results = at(trial, "results")
    if isinstance(results, dict) and any(results.values()):
        return True
    said = {"yes": True, "no": False}.get((text(at(trial, "resultsFirstReceived")) or "").lower())
    return False if said is None and isinstance(results, dict) else said
