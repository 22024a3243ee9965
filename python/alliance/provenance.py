"""How a table came about, written beside it."""

from __future__ import annotations

import errno
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from alliance import _native
from alliance.missing import Prorate

if TYPE_CHECKING:
    from alliance.scores import Scores


def of_scores(scores: Scores) -> dict[str, Any]:
    """Give the provenance of scores: no ids, dates or answers, and the same for the same input."""
    form = scores.instrument
    source = scores._source
    missing = asdict(scores.missing) if isinstance(scores.missing, Prorate) else scores.missing
    return {
        "alliance_provenance": 1,
        "software": {"name": "alliance", "version": _native.version()},
        "input": {
            "sha256": source.hash(),
            "hash_of": "column names and answers as read, column by column",
            "rows_read": source.rows_read,
            "forms": len(scores),
        },
        "mapping": {
            "columns": list(source.columns),
            "ids": dict(scores._id_roles),
            "labels": len(source.labels),
            "missing_codes": len(source.missing_texts) + len(source.missing_numbers),
            "entry": source.entry,
            "already_reversed": source.already_reversed,
            "duplicates": source.duplicates,
        },
        "instrument": {
            "id": form.id,
            "version": form.version,
            "key_sha256": form.hash,
            "rater": form.rater,
            "range": form.range,
            "reversed": form.reversed,
            "key_supplied_by_caller": [source.title for source in form.sources if source.kind == "caller"],
        },
        "scoring": {"metric": scores.metric, "missing": missing},
        "scales": {
            scale.name: {
                "items": list(form.scales[scale.name]),
                "required": scale.required,
                "evidence": scale.level,
                "complete": scale.complete,
                "prorated": scale.prorated,
                "not_scored": scale.not_scored,
            }
            for scale in scores.scales
        },
        "left_out": [scale.name for scale in scores.left_out],
        "notes": list(scores.notes),
    }


def write_table(frame: Any, path: Path, kind: Literal["csv", "parquet"], provenance: Any) -> Path:
    """Write a frame and its provenance: both files whole, or neither."""
    import narwhals as nw

    path = path.expanduser()
    beside = path.with_name(path.name + ".provenance.json")
    for target in (path, beside):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder", str(target))
    table = nw.from_native(frame, eager_only=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".alliance-") as folder:
        written, described = Path(folder) / "table", Path(folder) / "provenance"
        table.write_csv(written) if kind == "csv" else table.write_parquet(written)
        text = json.dumps(provenance, indent=2, ensure_ascii=False, allow_nan=False)
        described.write_text(text + "\n", encoding="utf-8")
        described.replace(beside)
        written.replace(path)
    return path
