"""How well the facts are read that the other benchmarks time: against the bundled labels.

python benchmarks/accuracy.py
"""

from collections.abc import Iterator

from rows import Row, alone

import trialkit as tk
from trialkit.evaluate import covered, read_gold, score_fields


def rows(quick: bool = False) -> Iterator[Row]:
    frames, gold = tk.load(), read_gold()
    f1 = {row["field"]: row["f1"] for row in score_fields(frames, gold).iter_rows(named=True)}
    yield Row(
        f"accuracy on {len(list(covered(frames, gold)))} labelled trials: dose F1 / instrument F1",
        f"{f1['dose']:.2f} / {f1['instrument']:.2f}",
        limit="1.00 / 1.00",
    )


if __name__ == "__main__":
    alone(rows())
