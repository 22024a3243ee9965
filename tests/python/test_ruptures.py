"""Ruptures from scores to report."""

import dataclasses
import datetime

import polars as pl
import pytest

import alliance as al

FORM = al.instrument("wai-36-client").with_range(1, 7)
WORKED = [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8, 5.9, None, 5.7, 4.6, 4.4, 4.5, 5.6, 5.9, 6.0]
POINT = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0)


def scores(make_frame, values, sessions=None, who=None, **ids):
    """Make scores from totals: one row per session, None where no form was filled in."""
    sessions = list(range(1, len(values) + 1)) if sessions is None else sessions
    rows = [
        (client, session, value)
        for client, session, value in zip(who or ["a"] * len(values), sessions, values, strict=True)
        if value is not None
    ]
    columns = {"who": [row[0] for row in rows], "when": [row[1] for row in rows], "t": [row[2] for row in rows]}
    return al.Scores.from_totals(
        make_frame(columns), FORM, totals={"total": "t"}, metric="mean", client="who", session="when", **ids
    )


class TestWorkedSeries:
    """Section 1.9 of the rupture dossier: figures computed by hand there."""

    @pytest.mark.parametrize(
        ("rule", "flagged"),
        [
            (POINT, [5, 11]),
            (al.rules.BelowReference(reference="previous", unit="own-sd", threshold=2.0), [5]),
            (al.rules.BelowReference(reference="person-mean", unit="own-sd", threshold=1.0), [5, 11, 12, 13]),
            (al.rules.BelowReference(reference="person-mean", unit="points", threshold=1.0), [5]),
        ],
    )
    def test_flags(self, rule, flagged):
        sessions = al.find_ruptures(scores(pl.DataFrame, WORKED), rule=rule).sessions
        assert sessions.filter(pl.col("flagged"))["session"].to_list() == flagged
        assert sessions.height == 16
        assert sessions["score"].null_count() == 1

    def test_episodes(self):
        rule = al.rules.BelowReference(
            reference="previous", unit="own-sd", threshold=1.0, repair=("return-to-previous", 0.25)
        )
        episodes = al.find_ruptures(scores(pl.DataFrame, WORKED), rule=rule).episodes
        assert episodes.select("onset", "nadir", "recovery", "resolution").rows() == [
            (5, 5, 6, "repaired"),
            (11, 12, 14, "repaired"),
        ]
        assert episodes["shape"].to_list() == ["v", "slow-both"]


def test_tables_come_back_as_they_went_in(make_frame):
    report = al.find_ruptures(scores(make_frame, WORKED), rule=POINT)
    for table in ("sessions", "episodes", "clients"):
        frame = report.to_frame(table)
        expected = type(scores(make_frame, WORKED).to_frame())
        assert type(frame) is expected


def test_dates_are_an_order():
    days = [datetime.date(2026, 1, day) for day in (20, 6, 13, 27)]
    report = al.find_ruptures(scores(pl.DataFrame, [5.0, 5.0, 5.0, 3.0], days), rule=POINT)
    assert report.sessions["session"].to_list() == sorted(days)
    assert report.episodes["onset"].to_list() == [datetime.date(2026, 1, 27)]
    assert report.episodes["resolution"].to_list() == ["censored"]


def test_an_order_can_be_given_and_is_never_guessed():
    labels = ["s2", "s10", "intake", "s1"]
    data = scores(pl.DataFrame, [5.0, 3.0, 5.0, 5.0], labels)
    with pytest.raises(al.AllianceError) as caught:
        al.find_ruptures(data, rule=POINT)
    assert caught.value.code == "invalid-option"
    assert "s10" not in str(caught.value)
    report = al.find_ruptures(data, rule=POINT, session_order=["intake", "s1", "s2", "s10"])
    assert report.episodes["onset"].to_list() == ["s10"]
    with pytest.raises(al.AllianceError, match="not in it"):
        al.find_ruptures(data, rule=POINT, session_order=["s1"])


def test_a_change_of_therapist_starts_a_new_series():
    frame = pl.DataFrame(
        {"who": ["a"] * 6, "by": list("xxxyyy"), "when": list(range(1, 7)), "t": [6.0, 6.0, 6.0, 4.0, 4.0, 4.0]}
    )
    options = {"totals": {"total": "t"}, "metric": "mean", "client": "who", "session": "when"}
    together = al.Scores.from_totals(frame, FORM, **options)
    apart = al.Scores.from_totals(frame, FORM, therapist="by", **options)
    assert al.find_ruptures(together, rule=POINT).episodes.height == 1
    report = al.find_ruptures(apart, rule=POINT)
    assert report.episodes.height == 0
    assert report.clients.height == 2


def test_short_series_say_that_they_are_not_assessed():
    report = al.find_ruptures(scores(pl.DataFrame, [5.0, 3.0]), rule=POINT)
    assert report.clients["class"].to_list() == ["not-assessed"]
    assert report.episodes.height == 0
    assert report.episodes.columns[:3] == ["who", "onset", "nadir"]


def test_a_repeated_session_is_refused():
    frame = pl.DataFrame({"who": ["a", "a"], "by": ["x", "y"], "when": [1, 1], "t": [5.0, 5.0]})
    two_raters = al.Scores.from_totals(
        frame, FORM, totals={"total": "t"}, metric="mean", client="who", session="when", rater="by"
    )
    with pytest.raises(al.AllianceError) as caught:
        al.find_ruptures(two_raters, rule=POINT)
    assert caught.value.code == "repeated-session"


def test_presets_say_how_certain_they_are():
    for preset in al.rules.all_presets():
        guessed = {"inferred", "recalled"} & set(preset.provenance.values())
        assert bool(guessed) == preset.id.endswith("-as-read")
        report = al.find_ruptures(scores(pl.DataFrame, WORKED), rule=preset) if "srs" not in preset.id else None
        if report is not None:
            assert preset.id in report.methods()
            assert preset.id in report.cite()
            assert any(preset.id in note for note in report.notes)


def test_the_default_rule_is_no_preset_and_says_where_it_was_chosen():
    report = al.find_ruptures(scores(pl.DataFrame, WORKED))
    assert report.rule == al.rules.default()
    assert report.rule.is_default
    assert not isinstance(report.rule, al.rules.Preset)
    assert "the default rule" in report.methods()
    assert any("benchmark" in note and "al.calibrate" in note for note in report.notes)
    changed = dataclasses.replace(al.rules.default(), threshold=1.5)
    other = al.find_ruptures(scores(pl.DataFrame, WORKED), rule=changed)
    assert not other.rule.is_default
    assert "default" not in other.methods() + " ".join(other.notes)


def test_the_default_rule_on_the_worked_series():
    """One client, so that the pooled SD is the client's own: 0.6057, and 2 of it 1.2113 below the earlier mean."""
    sessions = al.find_ruptures(scores(pl.DataFrame, WORKED)).sessions
    assert sessions.filter(pl.col("flagged"))["session"].to_list() == [5]
    fifth = sessions.row(4, named=True)
    assert fifth["reference"] == pytest.approx(5.55)
    assert fifth["limit"] == pytest.approx(5.55 - 2 * 0.605687, abs=1e-5)
    # One session is history enough.
    assert sessions["reference"].to_list()[:2] == [None, pytest.approx(5.4)]


@pytest.mark.parametrize("preset", al.rules.all_presets(), ids=lambda preset: preset.id)
def test_a_preset_that_was_not_read_says_so_in_every_result(preset):
    form = al.instrument("srs-client") if preset.id.startswith("srs") else FORM
    frame = pl.DataFrame({"who": ["a"] * 8, "when": range(1, 9), "t": [6.0, 6.5, 6.0, 6.2, 4.0, 6.1, 6.0, 6.3]})
    made = al.Scores.from_totals(frame, form, totals={"total": "t"}, metric="mean", client="who", session="when")
    report = al.find_ruptures(made, rule=preset)
    said = [note for note in report.notes if "not every number of this rule is certain" in note]
    assert len(said) == (not preset.is_verified)
    assert (preset.note in report.methods()) == (not preset.is_verified)
    assert not any("this form" in note for note in report.notes)
    assert not preset.is_default
    assert preset.use_when


@pytest.mark.parametrize(("id", "fits"), [("wai-sr-client", False), ("wai-s-client", True)])
def test_points_of_another_scale_are_noted(id, fits):
    form = al.instrument(id)
    frame = pl.DataFrame({"who": ["a"] * 3, "when": [1, 2, 3], **{f"q{item}": [4] * 3 for item in range(1, 13)}})
    made = al.score(frame, form, columns="q{item}", client="who", session="when")
    stevens = al.find_ruptures(made, rule=al.rules.preset("stevens-2007-as-read"))
    noted = any("1 to 7; on this form, 1 to 5" in note for note in stevens.notes)
    assert noted is not fits
    assert ("this form" in stevens.methods()) is not fits
    # Units that adapt to the data need no note.
    assert not any("this form" in note for note in al.find_ruptures(made, rule=al.rules.default()).notes)


def test_the_report_holds_no_row_in_its_reprs():
    report = al.find_ruptures(scores(pl.DataFrame, WORKED, who=["SENTINEL"] * 16), rule=POINT)
    assert "SENTINEL" not in repr(report) + report._repr_html_() + report.methods()


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 0.0},
        {"threshold": float("nan")},
        {"reference": "yesterday"},
        {"reference": ("fixed", float("inf"))},
        {"unit": "inches"},
        {"unit": ("difference-error", 1.5)},
        {"repair": "hope"},
        {"repair": ("regain-share", 2.0)},
        {"gaps": "ignore"},
        {"overlap": "last"},
        {"comparison": "about"},
        {"tolerance_in": "inches"},
        {"fall_sessions": 0},
    ],
)
def test_unsound_rules_are_refused(change):
    with pytest.raises(al.AllianceError) as caught:
        al.rules.BelowReference(**{"reference": "previous", "unit": "points", "threshold": 1.0} | change)
    assert caught.value.code == "invalid-option"


def test_a_fixed_score_off_the_form_is_refused():
    rule = al.rules.BelowReference(reference=("fixed", 36.0), unit="points", threshold=0.0)
    with pytest.raises(al.AllianceError, match="1 to 7"):
        al.find_ruptures(scores(pl.DataFrame, WORKED), rule=rule)


def test_a_study_needs_a_rater_where_there_are_several():
    frame = pl.DataFrame({"who": ["a"] * 3, "when": [1, 2, 3], **{f"q{item}": [4] * 3 for item in range(1, 13)}})
    study = al.Study(client="who", session="when").with_forms(frame, "wai-sr-client", columns="q{item}")
    assert len(al.find_ruptures(study, rule=POINT).clients) == 1
    both = study.with_forms(frame.select(pl.exclude("q11", "q12")), "wai-srt-therapist", columns="q{item}")
    with pytest.warns(al.EvidenceWarning), pytest.raises(al.AllianceError, match="client"):
        al.find_ruptures(both, rule=POINT)
    with pytest.warns(al.EvidenceWarning):
        assert al.find_ruptures(both, rule=POINT, rater="therapist").instrument.rater == "therapist"


class TestNonsenseRules:
    @pytest.mark.parametrize(
        "fields",
        [
            {"threshold": "x"},
            {"threshold": True},
            {"prior_degrees": None},
            {"reference": 5},
            {"reference": ("baseline", -3)},
            {"reference": ("baseline", 2.5)},
            {"reference": ("baseline", 70_000)},
            {"reference": ("baseline", "2")},
            {"unit": None},
            {"repair": ("rise",)},
            {"fall_sessions": -1},
            {"fall_sessions": 1.5},
            {"repair_window": 10**9},
            {"gaps": 3},
        ],
    )
    def test_name_the_field(self, fields):
        with pytest.raises(al.AllianceError, match=next(iter(fields))) as caught:
            al.rules.BelowReference(**({"reference": "previous", "unit": "points", "threshold": 1.0} | fields))
        assert caught.value.code == "invalid-option"


@pytest.mark.parametrize(
    ("choices", "end"),
    [
        ({"repair": "not-asked"}, "; no repair is asked."),
        ({"repair": "reversal", "repair_window": 1}, "; repair: reversal within 1 session."),
        ({"repair": ("rise", 2.0)}, "; repair: rise 2 within 3 sessions."),
        ({"repair": ("return-to-reference", 0.5)}, "; repair: return-to-reference 0.5 points within 3 sessions."),
    ],
)
def test_a_rule_says_its_repair(choices, end):
    rule = al.rules.BelowReference(reference="previous", unit="points", threshold=1.0, **choices)
    assert rule.describe().endswith(f"below the reference (previous){end}")


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        (al.rules.AnhojRuns(repair="not-asked"), "; no repair is asked."),
        (al.rules.Ewma(repair_window=None), "; repair: return-to-reference 0 units."),
    ],
)
def test_a_detector_says_its_repair_in_the_same_words(rule, end):
    assert rule.describe().startswith("A session is flagged when ")
    assert rule.describe().endswith(end)


@pytest.mark.parametrize("rule", [al.rules.Cusum(), al.rules.Ewma()])
def test_charts_of_lasting_shifts_say_so(rule):
    assert rule.notes[-1].startswith("The chart looks for shifts that last")
    assert al.rules.ControlChart().notes[-1] != rule.notes[-1]
