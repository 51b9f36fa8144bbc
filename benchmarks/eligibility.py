"""Agreement of the limits read from criteria with texts that people annotated (Leaf Clinical Trials corpus).

    python benchmarks/eligibility.py lct_brat.jsonl.gz

One line of the file is a trial: {"id", "txt", "ann"}, the annotation in BRAT standoff format (Dobbins et al. 2022).
The corpus has no licence and is no part of this project. Only limits on variables of our vocabulary count: a
subject that `eligibility_variables.toml` does not know is out of scope, and told as such.
"""

import gzip
import json
import re
import sys
from collections import Counter, defaultdict

from trialkit.facts.eligibility import find_criteria
from trialkit.vocabulary import load_vocabulary

OPERATORS = {"GT": ">", "GTEQ": ">=", "LT": "<", "LTEQ": "<=", "BETWEEN": "between", "EQ": "="}


def annotated(ann: str) -> list[tuple[set[str] | None, list[float], str | None, int, int]]:
    """(variables, values, operator, start, end) of every annotated comparison with a number; None without a subject."""
    spans, events, attributes = {}, {}, {}
    for line in ann.splitlines():
        name, *rest = line.split("\t")
        if name[0] == "T":
            kind, *offsets = rest[0].replace(";", " ").split()
            spans[name] = (kind, int(offsets[0]), int(offsets[-1]), rest[1])
        elif name[0] == "E":
            events[name] = [part.split(":") for part in rest[0].split()]
        elif name[0] == "A":
            kind, target, *value = rest[0].split()
            attributes[target, kind] = value[0] if value else None
    subjects = {
        target: (parts[0][0], next((spans[v][3] for k, v in parts[1:] if k.startswith("Name") and v in spans), spans[parts[0][1]][3]))
        for parts in events.values()
        for key, target in parts[1:]
        if key.startswith("Eq-Comparison")
    }  # fmt: skip
    vocabulary, found = load_vocabulary("eligibility_variables"), []
    for name, parts in events.items():
        if parts[0][0] != "Eq-Comparison":
            continue
        arguments = defaultdict(list)
        for key, value in parts[1:]:
            arguments[re.sub(r"\d+$", "", key)].append(value)
        values = [number(spans[v][3]) for v in arguments["Value"] if v in spans]
        if not values or None in values:
            continue
        kind, words = subjects.get(name, (None, ""))
        variables = None if kind is None else {"age"} if kind == "Age" else {h.key for h in vocabulary.find(words)}
        operator = attributes.get((arguments["Operator"][0], "Eq-Operator-Value")) if arguments["Operator"] else None
        places = [spans[v][1:3] for v in arguments["Value"]]
        found.append((variables, values, OPERATORS.get(operator), places[0][0], places[-1][1]))
    return found


def number(words: str) -> float | None:
    try:
        return float(words.replace(",", "").replace(" ", ""))
    except ValueError:
        return None


def main(path: str) -> None:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    count, per = Counter(), defaultdict(Counter)
    for row in rows:
        limits = [t for criterion in find_criteria(row["txt"]) for t in criterion.thresholds]
        labels = annotated(row["ann"])
        for variables, values, operator, start, end in labels:
            count["annotated"] += variables is not None
            if not variables:
                continue
            key = min(variables)
            count["in scope"] += 1
            per[key]["n"] += 1
            near = [t for t in limits if t.start < end + 2 and t.end > start - 2 and t.variable in variables]
            if not near:
                continue
            count["found"] += 1
            per[key]["found"] += 1
            read = {v for v in (near[0].low, near[0].high) if v is not None}
            count["same numbers"] += all(any(abs(a - b) < 1e-6 * max(1, abs(b)) for a in read) for b in values)
            count["operator told"] += operator is not None
            count["same operator"] += operator == near[0].operator
        count["ours"] += len(limits)
        count["ours on an annotated number"] += sum(
            any(s < t.end + 1 and e > t.start - 1 for *_, s, e in labels) for t in limits
        )
    print(
        f"{len(rows)} texts, {count['annotated']} annotated limits with a number, {count['in scope']} on variables we know"
    )
    for words, part, whole in (
        ("found on the same variable", "found", "in scope"), ("with the same numbers", "same numbers", "found"),
        ("with the same operator", "same operator", "operator told"), ("of ours stand on an annotated number", "ours on an annotated number", "ours"),
    ):  # fmt: skip
        print(f"  {words:38} {count[part]:5} of {count[whole]:5}  {count[part] / count[whole]:.3f}")
    for key, c in sorted(per.items(), key=lambda item: -item[1]["n"])[:15]:
        print(f"  {key:20} {c['found']:4} of {c['n']:4}")


if __name__ == "__main__":
    main(sys.argv[1])
