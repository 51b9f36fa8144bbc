"""What the tests of `--select` share: small studies of API v2, archives of them, and what of the results is compared."""

import json
import zipfile
from pathlib import Path

from trialkit.gate import open_gate
from trialkit.record import TrialRecord
from trialkit.registries.files import Rejected

GATE = open_gate("msc")
WANTED = "mesenchymal stem cells"


def study(number=1, summary="", **sections) -> dict:
    ident = {"nctId": f"NCT9{number:07}", "briefTitle": "A study"}
    protocol = {"identificationModule": ident, "descriptionModule": {"briefSummary": summary}, **sections}
    return {"protocolSection": protocol}


def dump(number=1, summary="", **sections) -> bytes:
    return json.dumps(study(number, summary, **sections), separators=(",", ":")).encode()


def write_zip(path: Path, *entries: bytes, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for n, entry in enumerate(entries):
            archive.writestr(f"NCT9{n:07}.json", entry)
    return path


def kept(results) -> list[tuple]:
    return [(r.source_file, r.position, r.record_id) for r in results if isinstance(r, TrialRecord)]


def rejections(results) -> list[Rejected]:
    return [r for r in results if isinstance(r, Rejected)]
