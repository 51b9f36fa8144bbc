"""What the codes of CTIS mean, where that is documented, in the spelling of `TrialRecord`.

Source: the value lists of CTIS as kept by the R package ctrdata (f.statusRecruitment, f.trialPhase, f.assignmentType);
the age groups by the words that the register's overview prints beside the codes.
"""

STATUS_WORDS = {
    1: "Under evaluation", 2: "Authorised, recruitment pending", 3: "Authorised, recruiting", 4: "Ongoing, recruiting",
    5: "Ongoing, recruitment ended", 6: "Temporarily halted", 7: "Suspended", 8: "Ended", 9: "Expired", 10: "Revoked",
    11: "Not authorised", 12: "Cancelled",
}  # fmt: skip
STATUS = {  # the other words have no counterpart; "Ended" may be early or not
    "authorised, not started": "not_yet_recruiting",
    "authorised, recruitment pending": "not_yet_recruiting",
    "authorised, recruiting": "recruiting",
    "ongoing, recruiting": "recruiting",
    "ongoing, recruitment ended": "active_not_recruiting",
    "temporarily halted": "suspended",
    "suspended": "suspended",
}
PHASES = {
    1: ["phase1"], 2: ["phase1"], 3: ["phase1"], 4: ["phase2"], 5: ["phase3"], 6: ["phase4"],
    7: ["phase1", "phase2"], 8: ["phase1", "phase2"], 9: ["phase1", "phase2"], 10: ["phase2", "phase3"],
    11: ["phase3", "phase4"],
}  # fmt: skip
PHASE_WORDS = {
    1: "Human pharmacology (Phase I) - First administration to humans",
    2: "Human pharmacology (Phase I) - Bioequivalence study",
    3: "Human pharmacology (Phase I) - Other",
    4: "Therapeutic exploratory (Phase II)",
    5: "Therapeutic confirmatory (Phase III)",
    6: "Therapeutic use (Phase IV)",
    7: "Phase I and Phase II (Integrated) - First administration to humans",
    8: "Phase I and Phase II (Integrated) - Bioequivalence study",
    9: "Phase I and Phase II (Integrated) - Other",
    10: "Phase II and Phase III (Integrated)",
    11: "Phase III and Phase IV (Integrated)",
}
ALLOCATION = {1: "randomized", 2: "non_randomized", 3: "na"}
ALLOCATION_WORDS = {1: "Randomised controlled", 2: "Non-randomised controlled", 3: "Not applicable"}

# Age groups, youngest first: words, lower edge, upper edge. The second list divides "0-17 years".
Group = tuple[str, str | None, str | None]
AGES: dict[int, Group] = {
    1: ("In utero", None, None),
    2: ("0-17 years", "0 Years", "17 Years"),
    3: ("18-64 years", "18 Years", "64 Years"),
    4: ("65+ years", "65 Years", None),
}
CHILDREN: dict[int, Group] = {
    1: ("Preterm newborn infants", None, None),
    2: ("Newborns (0-27 days)", "0 Days", "27 Days"),
    3: ("Infants and toddlers (28 days-23 months)", "28 Days", "23 Months"),
    4: ("Children (2-11 years)", "2 Years", "11 Years"),
    5: ("Adolescents (12-17 years)", "12 Years", "17 Years"),
}
