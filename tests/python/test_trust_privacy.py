"""Questions of trust tell nothing either: no cell, id or date in a message, a repr, a methods paragraph or a log."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import SR
from test_privacy import CELLS, KINDS, ROWS, assert_silent, columns_with, frame_of, listen, make_cells

import alliance as al

# As a measurement a number may well be the mean of five equal ones, which is no secret.
NUMBERS = {"number", "negative", "integer", "huge", "decimal"}


def calls_on(frame, at):
    """Every question that a frame with a strange cell in one column can be asked."""
    ids = {"client": "who", "session": "when"}
    alone = {"client": "who"}
    pair = {"first": at, "second": "extra"}
    raters = {"rater": at, "score": "extra"}
    scored = {"score": at, **ids}
    change = {**scored, "higher_is_better": True}
    items = {"columns": ["q1", "q2", at]}
    form = {"columns": "q{item}", **ids}
    appointments = {"q1": {1: "attended", 2: "no-show", 3: "attended", 4: "attended", 5: "dropout"}}
    few = al.Bootstrap(100)
    calls = [
        lambda: al.reliability(frame, **items),
        lambda: al.reliability(frame, SR, **form, at=1),
        lambda: al.reliability(frame, SR, **form, groups={"one": [at], "two": ["q2"]}),
        lambda: al.ordinal_reliability(frame, **items, sparse="use"),
        lambda: al.session_reliability(frame, **items, **ids),
        lambda: al.session_reliability(frame, SR, **form),
        lambda: al.stability(frame, **scored, first=1, second=2),
        lambda: al.stability(frame, score="extra", client=at, session="when", first=1, second=2),
        lambda: al.rater_contrast(frame, [at, "extra"], **ids, resamples=100),
        lambda: al.rater_contrast(frame, **raters, **ids, resamples=100),
        lambda: al.reliable_change(frame, 0.8, **change),
        lambda: al.reliable_change(frame, 0.8, before=at, after="extra", higher_is_better=True),
        lambda: al.growth_change(frame, **change),
        lambda: al.growth_change(frame, score="extra", **ids, time=at, higher_is_better=True),
        lambda: al.session_drops(frame, **change),
        lambda: al.association(frame, **pair, **ids),
        lambda: al.association(frame, **raters, **ids),
        lambda: al.elevation(frame, **pair, **ids),
        lambda: al.tracking(frame, **pair, **ids),
        lambda: al.agreement(frame, **pair, **ids),
        lambda: al.congruence(frame, outcome="q1", first=at, second="extra", **alone),
        lambda: al.congruence(frame, outcome=at, first="q2", second="extra", **alone),
        lambda: al.profile_agreement(frame, first=["q1", at], second=["q4", "q5"], client="who", session="when"),
        lambda: al.intraclass_correlations(frame, ["q1", at]),
        lambda: al.intraclass_correlations(frame, **raters, **ids),
        lambda: al.team_agreement(frame, columns=["q1", at], client="when", rater="who"),
        lambda: al.team_agreement(frame, columns=["q1"], client=at, rater="who"),
        lambda: al.one_with_many(frame, first="q1", second=at, client="who", therapist="when"),
        lambda: al.one_with_many(frame, first="q1", second="extra", client="who", therapist=at),
        lambda: al.actor_partner(frame, **pair, **ids),
        lambda: al.coder_agreement(frame, unit=["who", "when"], coder="q1", code=at, interval=few),
        lambda: al.coder_agreement(frame, unit=at, coder="who", code="q2"),
        lambda: al.coder_agreement(frame, coders=["q1", at], metric="ordinal"),
        lambda: al.marker_agreement(frame, **ids, coder="q1", marker=at, segment=at),
        lambda: al.marker_agreement(frame, **ids, coder=at, marker="q2"),
        lambda: al.model_agreement(frame, model="q1", coders=["q2", at]),
        lambda: al.model_agreement(frame, model="a", unit="when", coder=at, code="q2"),
        lambda: al.disaggregate(frame, **scored),
        lambda: al.disaggregate(frame, score="extra", **ids, therapist=at),
        lambda: al.within_between(frame, outcome="q1", **scored),
        lambda: al.within_between(frame, outcome=at, score="extra", **ids, covariates=[at]),
        lambda: al.lag(frame, **scored, measured="after", outcome_measured="before"),
        lambda: al.trajectories(frame, **scored),
        lambda: al.trajectories(frame, score="extra", **ids, time=at),
        lambda: al.person_period(frame, ending=at, **{**scored, "score": "extra"}),
        lambda: al.person_period(frame, ending="q1", labels=appointments["q1"], **scored),
        lambda: al.dropout_hazard(frame, predictors=[at], event="q1", session="when"),
        lambda: al.retention(frame, time="extra", ending=at, by=at),
        lambda: al.attendance(frame, status=at, **ids),
        lambda: al.meta_correlations(frame, r=at, n="extra", study="who"),
        lambda: al.meta_correlations(frame, r="q1", n=at, study=at, cluster=at, moderators=[at]),
        lambda: al.compare_correlations(frame, x=at, z="extra", y="q1"),
        lambda: al.export.cox(frame, ending=at, **{**scored, "score": "extra"}),
        lambda: al.export.cross_lagged(frame, outcome="q1", **scored),
        lambda: al.export.growth(frame, **scored),
        lambda: al.export.two_level_omega(frame, **items, **ids),
    ]
    return calls


def asked_of(at, name):
    """Columns to ask about: ids as ids and as what they are not, numbers never as measurements."""
    return {at, "q3"} if name not in NUMBERS else {"q3"} - {at}


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    name=CELLS,
    at=st.sampled_from(["q3", "who", "when"]),
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, unique=True),
    whole=st.booleans(),
    tail=st.text("abcdefgh0123456789", min_size=12, max_size=20),
)
def test_nothing_is_told(kind, name, at, rows, whole, tail):
    secret = f"SENTINEL-{tail}"
    frame = frame_of(kind, columns_with(make_cells(secret)[name], at=at, rows=rows, fill=None if whole else 4))
    for asked in asked_of(at, name) if frame is not None else ():
        assert_silent(listen(calls_on(frame, asked)), secret)


@pytest.mark.parametrize("kind", ["polars", "pandas", "pandas-object", "pyarrow"])
@pytest.mark.parametrize("name", sorted(make_cells("x")))
def test_every_cell_in_every_kind(kind, name):
    """Nothing but our own exceptions comes out, least of all a panic."""
    secret = "SENTINEL-0123456789abcdef"
    for at in ("q3", "who", "when"):
        frame = frame_of(kind, columns_with(make_cells(secret)[name], at=at))
        for asked in asked_of(at, name) if frame is not None else ():
            assert_silent(listen(calls_on(frame, asked)), secret)


def test_clean_data_get_answers():
    """Most questions get an answer from a frame without a strange cell; the others a reason."""
    answered = 0
    for call in calls_on(frame_of("polars", columns_with(3)), "q3"):
        try:
            call()
        except al.AllianceError:
            continue
        answered += 1
    assert answered > 30
