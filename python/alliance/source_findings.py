"""What looks wrong in the sources of a study besides its forms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alliance.checking import Finding, _as_finding
from alliance.errors import AllianceError
from alliance.indicators import sources_of
from alliance.sources import Source, grouped, ids_of, stack_ids

if TYPE_CHECKING:
    from alliance._frames import Frame
    from alliance.study import Study

__all__ = ["findings_of"]


def findings_of(study: Study) -> Iterator[Finding]:
    """List broken skip logic, codes that are there twice, and sources whose sessions have no form."""
    from alliance._frames import Frame

    for report in study._self_reports:
        yield from report.findings
    if study._codes is not None:
        yield from study._codes._findings
    forms = [(forms.instrument.id, ids_of(Frame(forms.data), study.client, study.session)) for forms in study._forms]
    for source in sources_of(study) if forms else ():
        try:
            finding = _without_form(study, forms, source)
        except AllianceError as error:
            finding = _as_finding(error)
        if finding is not None:
            yield finding


def _without_form(study: Study, forms: list[tuple[str, Frame]], source: Source) -> Finding | None:
    """Count the sessions of a source that none of the forms has."""
    import numpy as np

    stacked, sizes = stack_ids([*forms, (source.name, source.ids)], study.client, study.session)
    groups = grouped(stacked, [study.client, study.session], source.name)
    own = groups[sum(sizes[:-1]) :]
    alone = int((~np.isin(own, groups[: sum(sizes[:-1])])).sum())
    if not alone:
        return None
    if alone == len(own):
        message = f"{source.name}: none of its {alone} sessions has a form of the study; are the ids the same?"
        return Finding("unpaired-sessions", "warning", message, count=alone)
    message = f"{source.name}: {alone} of its {len(own)} sessions have no form of the study"
    return Finding("unpaired-sessions", "note", message, count=alone)
