"""Profile pages of all trials in one go, without a kernel: `trials/<number>.html` and a list of them."""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from trialkit.engines import batches, map_batches
from trialkit.frames import Frames
from trialkit.report_charts import content_hash, encode_json
from trialkit.report_html import TEMPLATES, asset, policy
from trialkit.report_index import PROFILES, link_profiles, write_whole
from trialkit.snapshots import package_version
from trialkit.summaries.overview import list_trials
from trialkit.summaries.profile import profile
from trialkit.summaries.profile_page import describe_page
from trialkit.summaries.profile_records import find_owner, tell_sources, tell_summary
from trialkit.summaries.profile_words import describe_places
from trialkit.tables import page_name, table

MARKER = '<meta name="generator" content="trialkit trial profile">'
SECTIONS = [
    ("told", "What the record tells"), ("missing", "What is not reported"), ("arms", "Arms"),
    ("regimens", "How the cells are given"), ("outcomes", "Outcomes"), ("limits", "Limits"),
    ("conflicts", "Contradictions"), ("sources", "Sources, related trials"), ("values", "Every value"), ("origin", "Origin"),
]  # fmt: skip
_BATCH = 50  # trials that one process renders at a time
_WORTH_A_POOL = 300  # trials; below that, starting processes costs more than it saves


def render_trials(
    frames: Frames,
    folder: Path,
    ids: Iterable[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Write one page a trial and `index.html`, the list of them, into `folder`; the pages in the order of the trials.

    `ids` names the trials to show (all by default); `progress` is called with (done, total). The folder then holds the
    pages of these trials and no older ones: pages that this function wrote before and that are of no trial now are
    removed, other files are left alone. Every file is written whole or not at all. Same frames, same bytes.

    Raises KeyError for a number that is not in the frames, FileExistsError when a page would replace a file that is not
    one of ours; then nothing is written.
    """
    folder = Path(folder)
    chosen = _chosen(frames, ids)
    names = {trial_id: page_name(trial_id) for trial_id in chosen}
    folder.mkdir(parents=True, exist_ok=True)
    ours = _check_folder(folder, {*names.values(), "index.html"})
    reports = folder.name == PROFILES or (folder.parent / "index.html").exists()
    known = frozenset(frames.trials["trial_id"])
    write = functools.partial(_write_batch, names, known, folder, _origin(frames.meta), reports)
    whole = _with_owners(frames, known)
    pieces = [whole.select(batch) for batch in batches(chosen, _BATCH)]
    done = 0
    for written in map_batches(write, pieces, engine="processes" if len(chosen) >= _WORTH_A_POOL else "serial", size=1):
        done += written
        if progress:
            progress(done, len(chosen))
    write_whole(folder / "index.html", _list_page(frames, names, reports))
    for path in ours - {folder / name for name in (*names.values(), "index.html")}:
        path.unlink(missing_ok=True)
    return [folder / name for name in names.values()]


def _chosen(frames: Frames, ids: Iterable[str] | None) -> list[str]:
    known = frames.trials["trial_id"].to_list()
    if ids is None:
        return known
    wanted = set(ids)
    if unknown := sorted(wanted - set(known)):
        raise KeyError(
            f"There is no trial {unknown[0]} among these {len(known)}: expected numbers as in frames.trials."
        )
    return [trial_id for trial_id in known if trial_id in wanted]


def _check_folder(folder: Path, names: Collection[str]) -> set[Path]:
    """The pages in `folder` that we wrote. Raises FileExistsError for one that we did not and would replace."""
    ours = {path for path in folder.glob("*.html") if _is_ours(path)}
    # Compared in lower case: on some file systems that is the same file.
    replaced = {name.lower() for name in names}
    strange = sorted(path for path in folder.glob("*.html") if path not in ours and path.name.lower() in replaced)
    if strange:
        raise FileExistsError(
            f"{strange[0]} is no trial profile of trialkit and would be replaced by one: move it, or choose another folder."
        )
    return ours


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return MARKER.encode() in file.read(400)


def _with_owners(frames: Frames, known: Collection[str]) -> Frames:
    """The frames with a column trial_id in links, once for each trial of a link, and in ledger, so that both can be cut too."""
    owners = [
        tuple(find_owner(side, known) for side in pair)
        for pair in frames.links.select("record_a", "record_b").iter_rows()
    ]
    kept = {b: a for (a, b), relation in zip(owners, frames.links["relation"], strict=True) if relation == "same_trial"}
    of = [find_owner(record or "", known) for record in frames.ledger["record_id"]]
    of = [trial_id if trial_id in known else kept.get(trial_id) for trial_id in of]
    sides = [
        frames.links.with_columns(pl.Series("trial_id", [pair[n] for pair in owners], dtype=pl.String)) for n in (0, 1)
    ]
    return replace(
        frames,
        links=pl.concat(sides).unique(maintain_order=True),
        ledger=frames.ledger.with_columns(pl.Series("trial_id", of, dtype=pl.String)),
        filled=frames.filled.clear(),
        meta={},
    )  # fmt: skip


def _write_batch(
    names: Mapping[str, str],
    known: Collection[str],
    folder: Path,
    origin: dict[str, Any],
    reports: bool,
    pieces: list[Frames],
) -> int:
    """Write the pages of some trials; how many there were. Module-level, so that worker processes can run it."""
    template = _environment().get_template("trial.html.j2")
    written = 0
    for piece in pieces:
        for own in _one_by_one(piece):
            trial_id = own.trials["trial_id"][0]
            html = template.render(
                page=describe_page(profile(own, trial_id), known), pages=names, origin=origin, reports=reports,
                sections=SECTIONS, marker=_marker(), policy=policy([]), style=_style(),
            )  # fmt: skip
            write_whole(folder / names[trial_id], html)
            written += 1
    return written


def _one_by_one(frames: Frames) -> Iterator[Frames]:
    """The frames of each trial alone; cut in one go, which is much faster than a filter for every trial."""
    parts = {
        name: frame.partition_by("trial_id", as_dict=True, maintain_order=True) if "trial_id" in frame.columns else {}
        for name, frame in frames.items()
    }
    empty = {name: frame.clear() for name, frame in frames.items()}
    for trial_id in frames.trials["trial_id"]:
        yield Frames(**{name: parts[name].get((trial_id,), empty[name]) for name in parts})


def _list_page(frames: Frames, names: Mapping[str, str], reports: bool) -> str:
    """The list of all pages, by number; it sorts and filters by itself and carries the card for the index of the reports."""
    rows = list_trials(frames.select(names)).sort("trial_id").select(
        "trial_id", "title", "condition", "cell source", "donor", "dose as written", "enrolment", "status", "url",
    )  # fmt: skip
    html = table(rows, "Trials by number", missing="not reported").html
    script = asset("report.js")
    card = {
        "title": "Trials, one page each",
        "summary": tell_summary(len(names)),
        "failure": None,
        "headlines": [{"label": "trials", "value": str(len(names))}],
        "changed": [],
        "thumbnail": None,
    }
    return _environment().get_template("trials.html.j2").render(
        table=link_profiles(html, set(names.values())), card=card, card_json=encode_json(card), origin=_origin(frames.meta),
        reports=reports, marker=_marker(), policy=policy([content_hash(script)]), script=script, style=_style(),
    )  # fmt: skip


def _origin(meta: Mapping[str, Any]) -> dict[str, Any]:
    facts = [
        ("Data fingerprint", meta.get("fingerprint", "not recorded")),
        ("Rules fingerprint", meta.get("rules", "not recorded")),
        ("trialkit", package_version()),
    ]
    return {"sources": tell_sources(meta), "facts": facts}


@functools.cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["places"] = describe_places
    return environment


@functools.cache
def _style() -> str:
    return f"{asset('style.css')}\n{asset('trial.css')}"


def _marker() -> Any:
    from markupsafe import Markup

    return Markup(MARKER)
