"""The fields of one EU Clinical Trials Register entry -> TrialRecord.

The form asks yes or no ("E.8.1.4 Double blind: Yes"), so most choices are made from several answers; `printed` keeps
them under the register's words. Answers that contradict each other (open and double blind) give None.
"""

import datetime
import re
from collections.abc import Iterable
from typing import Literal

from trialkit.record import Intervention, Outcome, TrialRecord
from trialkit.registries import wording
from trialkit.registries.euctr_shape import Answers, Field, answers_of, texts_of, words_of, yes

_NUMBER = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}")
_OTHER_ID = re.compile(r"Number:([^\n]*?)(?=Name:|$)", re.M)
_SILENT = {"information not present in eudract", "n/a", "na", "none", "not applicable"}
_STATUS = {"prematurely ended": "terminated", "suspended by ca": "suspended", "temporarily halted": "suspended"}
_PHASES = ("phase1", "phase2", "phase3", "phase4")
_MASKING = {"open": "none", "single": "single", "double": "double"}
_PURPOSE = {"diagnosis": "diagnostic", "prophylaxis": "prevention", "therapy": "treatment"}
_AGES = {
    "in_utero": (None, None),
    "preterm": (None, None),
    "newborns": ("0 Days", "27 Days"),
    "infants": ("28 Days", "23 Months"),
    "children": ("2 Years", "11 Years"),
    "adolescents": ("12 Years", "17 Years"),
    "adults": ("18 Years", "64 Years"),
    "elderly": ("65 Years", None),
}
_ADVANCED = ("somatic", "gene", "tissue")
_PRODUCT_NAMES = ("product_name", "trade_name", "inn", "other_name", "product_code", "sponsor_code")


def record_of(fields: list[Field]) -> TrialRecord:
    """The entry of one member state -> its record. Raises ValueError when its EudraCT number is not among the fields."""
    fields = [field._replace(text=text) for field in fields if (text := _text(field.text))]
    said = answers_of(fields)
    number = said.get("number", "")
    if not _NUMBER.fullmatch(number):
        found = f"EudraCT number {number!r}" if number else "no EudraCT number (A.2)"
        raise ValueError(f"{found}: expected one such as 2017-001234-56")
    planned = "planned" if "planned" in said else "planned_here"
    count = _whole(said.get(planned))
    youngest, oldest = _ages(said)
    return TrialRecord(
        register="euctr",
        trial_id=number,
        source_date=_date(said.get("imported")),
        url=said.get("url"),
        secondary_ids=[name for name in dict.fromkeys(_secondary_ids(fields)) if name and name != number],
        public_title=said.get("lay_title"),
        scientific_title=said.get("title"),
        acronym=said.get("short_title"),
        conditions=_conditions(fields, said),
        keywords=[said[name] for name in ("lay_condition", "area") if name in said],
        brief_summary=said.get("objective"),
        detailed_description=said.get("objectives"),
        overall_status=_status(said.get("ended") or said.get("status")),
        phases=[phase for phase in _PHASES if yes(said, phase)],
        study_type="interventional" if "kind" in said else None,
        allocation={True: "randomized", False: "non_randomized", None: None}[yes(said, "randomised")],
        intervention_model=_model(said),
        intervention_model_description=said.get("design"),
        masking=_only(_MASKING[name] for name in _MASKING if yes(said, name)),
        primary_purpose=_only(_PURPOSE[name] for name in _PURPOSE if yes(said, name)),
        enrollment_count=count,
        enrollment_type=None if count is None else "estimated",
        sex=_sex(said),
        minimum_age=youngest,
        maximum_age=oldest,
        healthy_volunteers=yes(said, "healthy"),
        inclusion=said.get("inclusion"),
        exclusion=said.get("exclusion"),
        interventions=_interventions(fields),
        outcomes=_outcomes(said),
        start_date=_date(said.get("recruitment_start")),
        primary_completion_date=_date(said.get("primary_completion")),
        completion_date=_date(said.get("end_date")),
        first_posted_date=_date(said.get("entered")),
        lead_sponsor=said.get("sponsor"),
        sponsor_class="industry" if said.get("sponsor_status", "").lower() == "commercial" else None,
        countries=_countries(said),
        n_sites=_whole(said.get("sites")),
        has_results=True if "results" in said else None,
        printed=_printed(said, planned),
    )


def _text(text: str) -> str:
    """Plain text, or nothing for the words that stand for no answer."""
    plain = wording.plain_text(text).replace("\t", " ").strip()
    return "" if wording.is_missing(plain) or plain.lower() in _SILENT else plain


def _only(found: Iterable[str]) -> str | None:
    """The one value found; None for none and for several that contradict each other."""
    values = list(found)
    return values[0] if len(values) == 1 else None


def _whole(text: str | None) -> int | None:
    digits = (text or "").replace(",", "")
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else None


def _date(text: str | None) -> str | None:
    """The day of an ISO date or time; the register prints no other form."""
    try:
        return datetime.date.fromisoformat((text or "")[:10]).isoformat()
    except ValueError:
        return None


def _status(words: str | None) -> str | None:
    return (wording.status(words) or _STATUS.get(words.lower())) if words else None


def _secondary_ids(fields: list[Field]) -> list[str]:
    """The sponsor's code and the numbers in other registers; A.5.4 has them as `Name:IND Number:12345`."""
    others = (_OTHER_ID.findall(text) or [text] for text in texts_of(fields, "other_id"))
    return [*texts_of(fields, "protocol_code", "isrctn", "nct", "utn"), *(n.strip() for found in others for n in found)]


def _conditions(fields: list[Field], said: Answers) -> list[str]:
    """The condition as the sponsor words it, then its MedDRA terms."""
    said_so = [Field("meddra", "", said["condition"])] if "condition" in said else []
    return texts_of([*said_so, *fields], "meddra")


def _model(said: Answers) -> str | None:
    models = [model for model in ("parallel", "crossover") if yes(said, model)]
    return _only(models or (["single_group"] if said.get("arms") == "1" else []))


def _sex(said: Answers) -> str | None:
    both = (yes(said, "female"), yes(said, "male"))
    return {(True, True): "all", (True, False): "female", (False, True): "male"}.get(both)  # type: ignore[arg-type]


def _ages(said: Answers) -> tuple[str | None, str | None]:
    """Lower edge of the youngest and upper edge of the oldest age group with participants."""
    groups = [edges for name, edges in _AGES.items() if yes(said, name)]
    return (groups[0][0], groups[-1][1]) if groups else (None, None)


def _countries(said: Answers) -> list[str]:
    """`Spain - AEMPS` -> Spain; an entry on a trial outside the EEA names the country of its first authorisation."""
    country = said.get("country", said.get("third_country", "")).partition(" - ")[0].strip()
    return [country] if country else []


def _outcomes(said: Answers) -> list[Outcome]:
    roles: tuple[Literal["primary", "secondary"], ...] = ("primary", "secondary")
    return [
        Outcome(role=role, position=0, measure=said[role], time_frame=said.get(f"{role}_time"))
        for role in roles
        if role in said
    ]


def _interventions(fields: list[Field]) -> list[Intervention]:
    """Every product and placebo that has a name, in the order of the form."""
    products: list[list[Field]] = []
    for field in fields:
        if field.name in {"imp", "placebo"}:
            products.append([])
        elif products:
            products[-1].append(field)
    return [item for product in products if (item := _intervention(product))]


def _intervention(product: list[Field]) -> Intervention | None:
    said = answers_of(product)
    if "placebo_form" in said or "placebo_route" in said:
        lines = {"Pharmaceutical form": said.get("placebo_form"), "Routes of administration": said.get("placebo_route")}
        return Intervention(name="Placebo", description=_lines(lines))
    names = texts_of(product, *_PRODUCT_NAMES)
    if not names:
        return None
    role = said.get("role", "")
    advanced = [words_of(kind) for kind in _ADVANCED if yes(said, kind)]
    lines = {
        "IMP role": None if role.lower() == "test" else role,
        "Pharmaceutical form": said.get("form"),
        "Routes of administration": ", ".join(said.get("routes", "").splitlines()),
        "Strength": "; ".join(_strengths(product)),
        "Advanced therapy": ", ".join(advanced),
    }
    cells = bool(advanced) or yes(said, "advanced") or yes(said, "biological")
    kinds = [kind for kind, given in (("biological", cells), ("drug", yes(said, "chemical"))) if given]
    return Intervention(name=names[0], type=_only(kinds), description=_lines(lines), other_names=names[1:])


def _strengths(product: list[Field]) -> list[str]:
    """`not less than 100 mg/ml` of each active substance that has a number."""
    found: list[Answers] = []
    for name, _, text in product:
        if name == "unit":
            found.append({})
        if name in {"unit", "relation", "concentration"} and found:
            found[-1][name] = text
    return [
        " ".join(filter(None, ["" if said.get("relation") == "equal" else said.get("relation"), number, said["unit"]]))
        for said in found
        if (number := said.get("concentration"))
    ]


def _lines(lines: dict[str, str | None]) -> str | None:
    return "\n".join(f"{label}: {text}" for label, text in lines.items() if text) or None


def _printed(said: Answers, planned: str) -> dict[str, str]:
    """The answers behind every value that is not the register's own text: `Double blind: Yes`, one a line."""
    behind: dict[str, Iterable[str]] = {
        "overall_status": ("ended",) if "ended" in said else ("status",),
        "phases": _PHASES,
        "study_type": ("kind",),
        "allocation": ("randomised",),
        "intervention_model": ("parallel", "crossover", "arms"),
        "masking": _MASKING,
        "primary_purpose": _PURPOSE,
        "enrollment_count": (planned,),
        "sex": ("female", "male"),
        "minimum_age": _AGES,
        "maximum_age": _AGES,
        "healthy_volunteers": ("healthy",),
        "completion_date": ("end_date",),
        "first_posted_date": ("entered",),
        "sponsor_class": ("sponsor_status",),
        "countries": ("country",) if "country" in said else ("third_country",),
        "n_sites": ("sites",),
    }
    given = {field: [name for name in names if name in said] for field, names in behind.items()}
    told = {field: [name for name in names if said[name] != "No"] or names for field, names in given.items()}
    return {field: "\n".join(f"{words_of(n)}: {said[n]}" for n in names) for field, names in told.items() if names}
