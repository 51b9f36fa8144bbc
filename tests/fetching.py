"""What the tests of fetching share: a small register, a fetch that does not wait, and what it wrote."""

import gzip
import json
import tomllib
from functools import cache
from hashlib import sha256

import httpcore2
from register_server import Register, invent, with_people

from trialkit.fetch import fetch_ctgov

httpcore2.default_ssl_context = cache(httpcore2.default_ssl_context)  # reads all certificates: 50 ms in every fetch

QUERY = "mesenchymal AND lupus"
DAY = "2026-11-20"  # of the data of the register


def small_register():
    """17 studies: three pages of five and one of two."""
    return Register([with_people(invent(number)) for number in range(1, 18)])


def get(register, folder, query=QUERY, **options):
    """Fetch without waiting between requests; but wait long for answers, for the machine may be busy."""
    quick = {"page_size": 5, "rate": 0, "backoff": 0.01, "timeout": 30, "attempts": 4}
    return fetch_ctgov(query, folder, **{"base_url": register.url, **quick, **options})


def files_of(folder):
    """Name -> SHA-256 of every file below, the hidden ones too."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in files}


def studies_of(folder):
    return [json.loads(line) for line in gzip.decompress((folder / "studies.jsonl.gz").read_bytes()).splitlines()]


def source_of(folder):
    return tomllib.loads((folder / "SOURCE.toml").read_text(encoding="utf-8"))
