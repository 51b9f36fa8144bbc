"""What every fact returns, and the texts it reads."""

from dataclasses import dataclass, field
from typing import Any, Protocol


class Passage(Protocol):
    """A text of a record: `field` is its path, `section` its kind (title, arm, intervention, ...), `arm` its arm."""

    field: str
    section: str
    text: str
    arm: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One value read from one passage: `passage.text[start:end]` is the quote, `rule` what read it."""

    value: Any
    passage: Passage
    start: int
    end: int
    rule: str
    flags: tuple[str, ...] = field(default=())

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


def distinct(findings: list[Finding]) -> list[Any]:
    """The values found, each once, in order of appearance."""
    return list(dict.fromkeys(finding.value for finding in findings))
