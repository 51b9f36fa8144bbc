"""What difference a trial of a given size could show, and how it compares with differences that matter to patients."""

from functools import cache

import polars as pl
from scipy.optimize import brentq
from scipy.stats import nct, t

from trialkit.frames import Frames
from trialkit.prose import listing, plural, share
from trialkit.summaries import label_trials
from trialkit.summaries.endpoints import list_instruments
from trialkit.vocabulary import load_vocabulary

POWER, ALPHA = 0.8, 0.05  # two-sided
ONE, TWO, ASSUMED = "one group, before and after", "two groups, sizes stated", "two groups of equal size assumed"
COMPARED = ["placebo", "sham", "no_treatment", "standard_of_care", "active"]


@cache
def detectable_difference(n: int, other: int = 0) -> float | None:
    """The mean difference, in standard deviations, that a t test shows with 80 % probability (two-sided 5 %).

    `n` patients in one group measured before and after (standard deviation of the change), or `n` against `other` in two
    groups (standard deviation of the measure). None where the groups are too small for any test (below 3 in all).
    """
    freedom = n + other - 2 if other else n - 1
    if min(n, other or n) < 2 or freedom < 1:
        return None
    scale = (n * other / (n + other)) ** 0.5 if other else n**0.5
    critical = t.ppf(1 - ALPHA / 2, freedom)

    def lacking(difference: float) -> float:
        # The other tail is left out: at this power its share is below one in a million.
        return float(nct.sf(critical, freedom, difference * scale)) - POWER

    # Few degrees of freedom need a shift far above the critical value; farther out the distribution is not computed.
    return float(brentq(lacking, 1e-3, (3 * critical + 4) / scale, xtol=1e-5))


def list_differences(frames: Frames) -> pl.DataFrame:
    """trial_id, title, url, condition, source, n, n_kind, design, difference: the smallest detectable difference of every trial.

    In standard deviations. A trial with a control group is taken as two groups: of the stated sizes, else of equal size,
    as `design` says; others as one group measured before and after. Trials without a number, or too small, are left out.
    """
    sizes = _group_sizes(frames)
    rows = []
    for trial in (
        label_trials(frames)
        .join(frames.trials.select("trial_id", pl.col("control_type").cast(pl.String)), on="trial_id")
        .iter_rows(named=True)
    ):
        n, compared = trial["n"], trial["control_type"] in COMPARED
        cells, control = sizes.get(trial["trial_id"], (0, 0))
        if compared and cells and control:
            design, difference = TWO, detectable_difference(cells, control)
        elif not n:
            continue
        elif compared:
            design, difference = ASSUMED, detectable_difference(n - n // 2, n // 2)
        else:
            design, difference = ONE, detectable_difference(n)
        if difference is not None:
            rows.append(
                trial | {"n": cells + control if design == TWO else n, "design": design, "difference": difference}
            )
    columns = ["trial_id", "title", "url", "condition", "source", "n", "n_kind", "design", "difference"]
    schema = dict.fromkeys(columns, pl.String) | {"n": pl.Int64, "difference": pl.Float64}
    return pl.DataFrame([{c: row[c] for c in columns} for row in rows], schema=schema).sort("n", "trial_id")


def _group_sizes(frames: Frames) -> dict[str, tuple[int, int]]:
    """Trial -> patients in cell arms and in the others, where every arm states its size."""
    stated = frames.arms.group_by("trial_id").agg(
        pl.col("n").filter("is_cell_arm").sum().alias("cells"),
        pl.col("n").filter(~pl.col("is_cell_arm")).sum().alias("control"),
        pl.col("n").null_count().alias("unknown"),
    )
    return {trial: (cells, control) for trial, cells, control, unknown in stated.iter_rows() if not unknown}


def compare_with_mcid(frames: Frames) -> pl.DataFrame:
    """instrument, trials, difference that matters, middle trial shows, spread needed, source: one row per instrument with a published value.

    SD: standard deviations. `spread needed` is the largest standard deviation at which the middle trial that names the instrument could show the
    published difference: whether patients spread less than that is for the reader to judge; registers do not tell.
    """
    entries = {key: e.more for key, e in load_vocabulary("instruments").entries.items() if "mcid_range" in e.more}
    named = list_instruments(frames).filter(pl.col("key").is_in(list(entries)))
    found = named.join(list_differences(frames).select("trial_id", "difference"), on="trial_id")
    rows = []
    for (key, instrument), trials in found.group_by("key", "instrument"):
        low, high = entries[key]["mcid_range"]
        middle = float(trials["difference"].median())
        needed = f"under {low / middle:.2g}" if low == high else f"under {low / middle:.2g} to {high / middle:.2g}"
        rows.append(
            {
                "instrument": instrument,
                "trials": trials["trial_id"].n_unique(),
                "difference that matters": entries[key]["mcid"],
                "middle trial shows": f"{middle:.2g} SD",
                "spread needed": needed,
                "source": entries[key].get("source"),
            }
        )
    schema = {"instrument": pl.String, "trials": pl.Int64, "difference that matters": pl.String, "middle trial shows": pl.String, "spread needed": pl.String, "source": pl.String}  # fmt: skip
    return pl.DataFrame(rows, schema=schema).sort(["trials", "instrument"], descending=[True, False])


def tell_differences(frames: Frames) -> str:
    """How large a difference must be for the middle trial to show it, and how many could show a large one only."""
    found = list_differences(frames)
    if not len(found):
        return "No trial of this selection states a size from which a detectable difference follows."
    parts = []
    for design, words in (
        (ONE, "in one group"),
        (TWO, "between groups of stated size"),
        (ASSUMED, "between two groups taken as equal"),
    ):
        some = found.filter(design=design)["difference"]
        if len(some):
            parts.append(f"{some.median():.2f} standard deviations {words} ({plural(len(some), 'trial')})")
    large = int((found["difference"] > 0.8).sum())
    return (
        f"With a probability of 80 %, the middle trial shows a mean difference of {listing(parts)}. "
        f"{share(large, len(found))} could show only differences above 0.8 standard deviations, which are called large."
    )


def difference_curve(frames: Frames) -> pl.DataFrame:
    """n, design, difference: the detectable difference over n patients in all, for one group and for two equal ones."""
    sizes = list_differences(frames)["n"]
    top = min(max(40, int(sizes.max()) if len(sizes) else 40), 1000)
    steps = [*range(4, min(top, 60) + 1, 2), *range(65, top + 1, 15)]
    rows = [(n, ONE, detectable_difference(n)) for n in steps] + [
        (n, "two equal groups", detectable_difference(n // 2, n // 2)) for n in steps
    ]
    return pl.DataFrame(rows, schema={"n": pl.Int64, "design": pl.String, "difference": pl.Float64}, orient="row")
