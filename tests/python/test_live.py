"""Rules session by session: the same answers as the report."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ruptures import FORM, POINT, WORKED, scores

import alliance as al
from alliance.live_events import Event, LiveEpisode, Verdict

MEAN = al.rules.BelowReference(reference="running-mean", unit="points", threshold=1.0)
OWN = al.rules.BelowReference(reference="person-mean", unit="own-sd", threshold=1.0)
CLINIC = al.Spread(pooled_within=0.5, between=0.7, first=0.8)


def rule(reference="previous", unit="points", threshold=1.0, **fields):
    return al.rules.BelowReference(reference=reference, unit=unit, threshold=threshold, **fields)


def live(own=POINT, **options):
    return al.LiveRule(own, **({"range": (1, 7)} | options))


def run(running, values, first=1):
    return [running.update(session, value) for session, value in enumerate(values, first)]


LIVE_RULES = st.builds(
    rule,
    reference=st.one_of(
        st.sampled_from(["previous", "running-mean", "running-median", "running-maximum"]),
        st.tuples(st.just("baseline"), st.integers(1, 4)),
        st.tuples(st.just("fixed"), st.floats(2.0, 6.0)),
    ),
    unit=st.one_of(
        st.sampled_from(["points", "pomp", "pooled-within-sd", "between-person-sd"]),
        st.just(("difference-error", 0.8)),
    ),
    threshold=st.floats(0.3, 2.5),
    comparison=st.sampled_from(["at-least", "more-than"]),
    fall_sessions=st.integers(1, 3),
    repair=st.one_of(
        st.just("not-asked"),
        st.tuples(st.sampled_from(["return-to-previous", "return-to-reference"]), st.floats(0.0, 1.0)),
        st.tuples(st.just("regain-share"), st.floats(0.1, 1.0)),
        st.tuples(st.just("rise"), st.floats(0.1, 2.0)),
    ),
    tolerance_in=st.sampled_from(["points", "units"]),
    repair_window=st.integers(1, 4),
    least_sessions=st.integers(0, 5),
    history=st.integers(1, 4),
    gaps=st.sampled_from(["bridge", "break"]),
    overlap=st.sampled_from(["merge", "first", "deepest"]),
)
LIVE_PRESETS = [preset for preset in al.rules.all_presets() if not preset.is_retrospective]
SERIES = st.lists(st.one_of(st.none(), st.integers(4, 28).map(lambda sum: sum / 4)), min_size=1, max_size=20)


def clinic_of(series, form=FORM):
    """Score several clients; a session without a score has a form that could not be scored."""
    rows = [(f"c{who}", when, value) for who, own in enumerate(series) for when, value in enumerate(own, 1)]
    frame = pl.DataFrame(rows, schema={"who": pl.String, "when": pl.Int64, "t": pl.Float64}, orient="row")
    ids = {"client": "who", "session": "when"}
    return al.Scores.from_totals(frame, form, totals={"total": "t"}, metric="mean", **ids)


def told(updates, running):
    """Put together what the events say happened, as a reader of them would."""
    books = []
    for event in [event for update in updates for event in update.events] + [running.finish()[1]]:
        if event is None or event.kind in ("flagged", "onset", "deepened"):
            continue
        if event.kind == "replaced":
            books.pop()
        books.append(event.episode)
    return books


def assert_same_as_report(running, updates, report, who):
    sessions = report.sessions.filter(pl.col("who") == who)
    client = report.clients.filter(pl.col("who") == who).row(0, named=True)
    so_far = running.so_far
    assert (so_far.observed, so_far.evaluable, so_far.flagged) == tuple(
        client[name] for name in ("observed", "evaluable", "flagged")
    )
    assert so_far.client_class == client["class"]
    assert running.finish()[0] == so_far
    if updates[-1].is_provisional:
        assert not sessions["flagged"].any()
        return
    assert [update.session for update in updates] == sessions["session"].to_list()
    assert [update.is_flagged for update in updates] == sessions["flagged"].to_list()
    assert [update.reference for update in updates] == [
        None if score is None else reference for score, reference in sessions.select("score", "reference").rows()
    ]
    assert [update.limit for update in updates] == [
        None if score is None else limit for score, limit in sessions.select("score", "limit").rows()
    ]
    names = ("onset", "nadir", "recovery", "resolution", "magnitude", "length", "shape")
    episodes = report.episodes.filter(pl.col("who") == who).select(*names).rows()
    assert [tuple(getattr(episode, name) for name in names) for episode in told(updates, running)] == episodes


class TestStreamingEqualsBatch:
    @settings(max_examples=150)
    @given(own=LIVE_RULES, series=st.lists(SERIES, min_size=3, max_size=4))
    def test_for_every_live_rule(self, own, series):
        given = clinic_of(series)
        report = al.find_ruptures(given, rule=own)
        for who, values in enumerate(series):
            try:
                running = al.LiveRule(own, like=given)
            except al.AllianceError as error:
                # A unit that is 0 in this clinic: the report assesses nobody either.
                assert error.code == "invalid-option"
                assert set(report.clients["class"]) == {"not-assessed"}
                continue
            assert_same_as_report(running, run(running, values), report, f"c{who}")

    @settings(max_examples=40)
    @given(series=st.lists(SERIES, min_size=3, max_size=4))
    @pytest.mark.parametrize("own", LIVE_PRESETS, ids=lambda own: own.id)
    def test_for_every_live_preset(self, own, series):
        form = al.instrument("wai-36-client").with_range(0, 10)
        given = clinic_of([[*values, 5.0, 6.0] for values in series], form)
        report = al.find_ruptures(given, rule=own)
        for who, values in enumerate(series):
            try:
                running = al.LiveRule(own, like=given)
            except al.AllianceError as error:
                assert error.code == "invalid-option"
                assert set(report.clients["class"]) == {"not-assessed"}
                continue
            assert_same_as_report(running, run(running, [*values, 5.0, 6.0]), report, f"c{who}")

    def test_there_are_live_presets_and_others(self):
        assert {preset.id for preset in LIVE_PRESETS} >= {"larsson-2018-as-read", "srs-36-below"}
        for preset in al.rules.all_presets():
            if preset.is_retrospective:
                with pytest.raises(al.AllianceError) as caught:
                    live(preset, like=CLINIC)
                assert caught.value.code == "not-live"

    def test_sessions_left_out_are_missing_ones(self):
        told_of, silent = live(rule(gaps="break")), live(rule(gaps="break"))
        run(told_of, [5.0, None, 3.0, 5.0])
        for session, value in ((1, 5.0), (3, 3.0), (4, 5.0)):
            silent.update(session, value)
        assert told_of == silent

    def test_scores_that_run_the_other_way(self):
        symptoms = live(higher_is_better=False)
        flags = [update.is_flagged for update in run(symptoms, [3.0, 4.0, 3.0, 3.5])]
        assert flags == [False, True, False, False]


class TestWorkedSeries:
    def test_tells_its_story(self):
        running = live(rule(repair=("return-to-previous", 0.25)))
        story = [(update.session, event.kind) for update in run(running, WORKED) for event in update.events]
        assert story == [
            (5, "flagged"),
            (5, "onset"),
            (6, "repaired"),
            (11, "flagged"),
            (11, "onset"),
            (12, "deepened"),
            (14, "repaired"),
        ]
        assert running.so_far.client_class == "repaired"
        assert running.last_session == 16

    def test_episodes_have_session_numbers(self):
        running = live()
        run(running, [6.0, 6.0, 4.0], first=-3)
        assert running.open_episode == LiveEpisode(-1, -1, None, -1, "open", 2.0, 1, "open")
        client, event = running.finish()
        assert (client.client_class, event.kind, event.episode.resolution) == ("undecided", "censored", "censored")
        (repaired,) = running.update(3, 6.0).events
        assert repaired == Event("repaired", LiveEpisode(-1, -1, 3, 3, "repaired", 2.0, 4, "slow-repair"))
        assert running.open_episode is None
        assert running.finish()[1] is None

    def test_few_sessions_are_provisional(self):
        running = live()
        first, second, third = run(running, [6.0, 4.0, 6.0])
        assert second.is_flagged
        assert second.is_provisional
        assert (second.reference, second.limit) == (6.0, 5.0)
        assert (first.reference, first.limit) == (None, None)
        assert not third.is_provisional
        assert live().so_far.client_class == "not-assessed"


class TestSpread:
    def test_of_a_clinic_gives_the_unit_of_the_report(self):
        given = clinic_of([[5.0, 6.0, 4.0], [3.0, 3.5, 3.25], [6.0, None, 6.5]])
        spread = al.Spread.of(given)
        for unit in ("pooled-within-sd", "between-person-sd", ("difference-error", 0.9)):
            own = rule(unit=unit)
            expected = al.find_ruptures(given, rule=own).clients["unit"][0]
            assert live(own, like=spread).unit == al.LiveRule(own, like=given).unit == expected
        assert spread.pooled_within == pytest.approx(np.sqrt((2 + 0.125 + 0.125) / 5))

    def test_can_be_stored(self):
        again = al.Spread(**json.loads(json.dumps(vars(CLINIC))))
        assert again == CLINIC

    def test_is_asked_for_where_it_is_needed(self):
        for unit, name in (("pooled-within-sd", "pooled_within"), ("between-person-sd", "between")):
            for like in (None, al.Spread(), al.Spread(**{name: 0.0})):
                with pytest.raises(al.AllianceError, match=name) as caught:
                    live(rule(unit=unit), like=like)
                assert caught.value.code == "invalid-option"
        assert live(like=al.Spread()).unit == 1.0

    @pytest.mark.parametrize("wrong", [None, "x", True])
    def test_holds_numbers(self, wrong):
        with pytest.raises(al.AllianceError, match="between"):
            live(like=al.Spread(between=wrong))


class TestRefused:
    @pytest.mark.parametrize(
        ("own", "part"),
        [
            (rule("person-mean"), "reference"),
            (rule("person-median"), "reference"),
            (rule("trend"), "reference"),
            (rule(gaps="interpolate"), "interpolating"),
            *((rule(unit=unit), "unit") for unit in ("own-sd", "own-residual-sd", "shrunken-sd", "moving-range")),
        ],
    )
    def test_rules_that_need_the_future_name_what_they_need(self, own, part):
        with pytest.raises(al.AllianceError, match=part) as caught:
            live(own, like=CLINIC)
        assert caught.value.code == "not-live"
        assert "lag" in str(caught.value)

    @pytest.mark.parametrize(
        ("session", "score", "code"),
        [
            (3, 5.0, "out-of-order"),
            (-1, None, "out-of-order"),
            (4, 7.5, "out-of-range"),
            (4, -math.inf, "not-finite"),
            (10_004, 5.0, "session-span"),
            (4.0, 5.0, "invalid-option"),
            ("4", 5.0, "invalid-option"),
            (True, 5.0, "invalid-option"),
            (None, 5.0, "invalid-option"),
            (2**63, 5.0, "invalid-option"),
            (4, "5.0", "invalid-option"),
            (4, True, "invalid-option"),
            (4, [5.0], "invalid-option"),
            (4, b"5", "invalid-option"),
        ],
    )
    def test_nothing_changes(self, session, score, code):
        for running in (live(), al.LaggedRule(OWN, 1, range=(1, 7))):
            running.update(3, 5.0)
            before = running.copy()
            with pytest.raises(al.AllianceError) as caught:
                running.update(session, score)
            assert caught.value.code == code
            assert caught.value.__cause__ is None
            assert caught.value.__context__ is None
            assert running == before

    @pytest.mark.parametrize(
        "options",
        [
            {"range": None},
            {"range": (7, 1)},
            {"range": (1, math.inf)},
            {"range": (1,)},
            {"range": "17"},
            {"range": (1, "7")},
            {"range": (1, 7), "higher_is_better": 1},
            {"range": (1, 7), "like": "clinic"},
        ],
    )
    @pytest.mark.parametrize("make", [al.LiveRule, lambda own, **options: al.LaggedRule(own, 2, **options)])
    def test_options_that_make_no_sense(self, make, options):
        with pytest.raises(al.AllianceError) as caught:
            make(POINT, **options)
        assert caught.value.code == "invalid-option"

    @pytest.mark.parametrize("make", [al.LiveRule, lambda own, **options: al.LaggedRule(own, 2, **options)])
    def test_what_is_no_rule_or_does_not_fit(self, make):
        for own in (None, "stiles-2004-as-read", al.rules.preset("srs-36-below")):
            with pytest.raises(al.AllianceError) as caught:
                make(own, range=(1, 7))
            assert caught.value.code == "invalid-option"

    @pytest.mark.parametrize("lag", [-1, 1.5, "2", True, None, 2**40])
    def test_lags_that_are_none(self, lag):
        with pytest.raises(al.AllianceError, match="lag"):
            al.LaggedRule(OWN, lag, range=(1, 7))

    def test_numbers_of_other_libraries_will_do(self):
        running = live()
        running.update(np.int64(1), np.float32(5.0))
        assert running.update(np.uint8(2), np.int64(4)).is_flagged
        assert running.update(3, np.float64("nan")).reference is None
        assert type(running.update(np.int64(4), 4).session) is int


class TestReplay:
    @given(own=LIVE_RULES, values=SERIES, at=st.integers(0, 19), late=st.integers(4, 28).map(lambda sum: sum / 4))
    def test_a_late_form_gives_what_a_report_gives(self, own, values, at, late):
        """One form comes last of all: the replayed rule is where it would be had the form been there."""
        at %= len(values)
        without = [*values[:at], None, *values[at + 1 :]]
        running = live(own, like=CLINIC)
        run(running, without)
        before = running.copy()
        history = list(enumerate([*values[:at], late, *values[at + 1 :]], 1))
        again, updates = running.replay(history)
        straight = live(own, like=CLINIC)
        assert list(updates) == [straight.update(*entry) for entry in history]
        assert again == straight
        assert again.rule is own
        assert running == before

    def test_a_corrected_form(self):
        running = live()
        run(running, [6.0, 4.0, 6.0])
        again, updates = running.replay([(1, 6.0), (2, 6.0), (3, 6.0)])
        assert not any(update.is_flagged for update in updates)
        assert again.so_far.client_class == "no-rupture"
        assert running.so_far.client_class == "repaired"

    def test_of_a_lagged_rule(self):
        late = al.LaggedRule(OWN, 1, range=(1, 7))
        run(late, [6.0, 4.0, 6.0])
        again, verdicts = late.replay([(1, 6.0), (2, 5.5), (4, None)])
        assert [verdict.session for verdict in verdicts] == [1, 2, 3]
        assert again.lag == 1
        assert late.last_session == 3
        assert again.last_session == 4

    @pytest.mark.parametrize("history", [[1], [(1, 5.0, 3)], ["15"], [(2, 5.0), (1, 5.0)], [("a", 5.0)]])
    def test_of_what_is_no_history_is_refused(self, history):
        with pytest.raises(al.AllianceError) as caught:
            live().replay(history)
        assert caught.value.code in ("invalid-option", "out-of-order")


class TestLagged:
    @settings(max_examples=100)
    @given(
        own=st.sampled_from(
            [preset for preset in al.rules.all_presets() if "srs" not in preset.id]
            + [rule("trend", "shrunken-sd", 1.5), rule("previous", "moving-range", 2.0), rule(gaps="interpolate")]
        ),
        lag=st.integers(0, 5),
        values=SERIES,
    )
    def test_a_verdict_is_the_reports_some_sessions_on(self, own, lag, values):
        others = [[5.0, 6.0, 5.5], [3.0, 3.5, 4.5], [4.0, 4.25, 3.0]]
        spread = al.Spread.of(clinic_of(others))
        late = al.LaggedRule(own, lag, range=(1, 7), like=spread)
        verdicts = [verdict for due in run(late, values) for verdict in due] + list(late.finish())
        assert [verdict.session for verdict in verdicts] == list(range(1, len(values) + 1))
        pools = own.unit != "points" and own.unit not in ("own-sd", "moving-range")
        if pools:
            return  # a report pools over the client's own sessions too; the crate's tests hold these
        for at, verdict in enumerate(verdicts):
            seen = values[: at + lag + 1]
            sessions = al.find_ruptures(clinic_of([seen]), rule=own).sessions
            assert verdict.is_flagged == sessions["flagged"][at]
            assert verdict.reference == sessions["reference"][at]

    def test_gives_verdicts_when_they_are_due(self):
        late = al.LaggedRule(rule("person-mean"), 2, range=(1, 7))
        due = run(late, [5.4, 5.6, 5.7, 5.5, 4.2, 5.3, 5.8])
        assert [len(verdicts) for verdicts in due] == [0, 0, 1, 1, 1, 1, 1]
        assert [verdict.session for verdict in late.finish()] == [6, 7]
        assert late.finish() == late.finish()
        assert len(late.update(10, 5.0)) == 3

    def test_takes_live_rules_too(self):
        late, now = al.LaggedRule(MEAN, 0, range=(1, 7)), live(MEAN)
        for session, value in enumerate(WORKED, 1):
            (verdict,) = late.update(session, value)
            update = now.update(session, value)
            if not update.is_provisional and value is not None:
                assert (verdict.is_flagged, verdict.reference) == (update.is_flagged, update.reference)


RUNNING = {
    "live": lambda: live(rule("running-median", "pooled-within-sd"), like=CLINIC),
    "preset": lambda: live(al.rules.preset("larsson-2018-as-read"), like=CLINIC),
    "lagged": lambda: al.LaggedRule(al.rules.preset("gumz-2012-2sd-as-read"), 2, range=(1, 7), like=CLINIC),
    "points": lambda: al.LaggedRule(rule("trend"), 3, range=(1, 7)),
}


@pytest.mark.parametrize("make", RUNNING.values(), ids=RUNNING)
class TestStored:
    def test_goes_on_as_if_nothing_had_been(self, make):
        for cut in range(len(WORKED) + 1):
            running = make()
            run(running, WORKED[:cut])
            text = running.to_json()
            copies = [
                type(running).from_json(text),
                pickle.loads(pickle.dumps(running)),
                copy.copy(running),
                copy.deepcopy(running),
                running.copy(),
            ]
            for again in copies:
                assert again == running
                assert again.rule == running.rule
                assert again.to_json() == text
                assert run(again.copy(), WORKED[cut:], cut + 1) == run(running.copy(), WORKED[cut:], cut + 1)

    def test_moves_on_by_itself(self, make):
        running = make()
        other = running.copy()
        other.update(1, 5.0)
        assert other != running
        assert running.last_session is None
        assert running != RUNNING["live" if make is RUNNING["lagged"] else "lagged"]()
        with pytest.raises(TypeError):
            hash(running)

    def test_shows_no_score(self, make):
        running = make()
        shown = []
        for session, value in enumerate([6.125, 6.25, 3.375, 3.375, 6.125], 1):
            said = running.update(session, value)
            shown += [said, *getattr(said, "events", ()), getattr(running, "open_episode", None)]
        shown += [running, running.finish(), getattr(running, "so_far", None)]
        text = " ".join(map(repr, shown)) + " ".join(map(str, shown))
        assert not re.search(r"\d\.\d*[1-9]\d", text.replace(str(running.rule), "")), text

    def test_a_state_that_was_changed_is_refused(self, make):
        running = make()
        run(running, WORKED)
        text = running.to_json()
        state = json.loads(text)
        state["state"]["layout"] = 99
        wrong = [
            "",
            "{}",
            "null",
            "[]",
            text[:-1],
            text + "x",
            text.replace('"state"', '"stat"'),
            json.dumps(state),
            "\ud800",
        ]
        for broken in [*wrong, None, 3, b"{}", text.encode()]:
            with pytest.raises(al.AllianceError, match="state") as caught:
                type(running).from_json(broken)
            assert caught.value.code == "invalid-option"
            assert caught.value.__context__ is None
        other = al.LaggedRule if isinstance(running, al.LiveRule) else al.LiveRule
        with pytest.raises(al.AllianceError):
            other.from_json(text)


def leaves(value, path=()):
    """Give the paths of all parts of a JSON value."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))


def changed(value, path, new):
    if not path:
        return new
    whole = copy.copy(value)
    whole[path[0]] = changed(value[path[0]], path[1:], new)
    return whole


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.lists(st.floats(), max_size=3),
)


@settings(max_examples=400)
@given(name=st.sampled_from(sorted(RUNNING)), sessions=st.integers(0, 12), data=st.data())
def test_no_state_makes_it_panic(name, sessions, data):
    """A state in which anything was changed is refused, or runs on and refuses what it cannot take."""
    running = RUNNING[name]()
    run(running, WORKED[:sessions])
    state = json.loads(running.to_json())
    path = data.draw(st.sampled_from(list(leaves(state))))
    try:
        again = type(running).from_json(json.dumps(changed(state, path, data.draw(JUNK))))
        for session, value in enumerate(WORKED, (again.last_session or 0) + 1):
            again.update(session, value)
        again.finish()
        repr(again)
        assert type(again).from_json(again.to_json()) == again
    except al.AllianceError:
        pass


def test_a_stored_preset_is_itself_again_unless_the_rule_was_changed():
    preset = al.rules.preset("larsson-2018-as-read")
    running = live(preset, like=CLINIC)
    again = al.LiveRule.from_json(running.to_json())
    assert again.rule == preset
    assert again.notes == preset.notes
    state = json.loads(running.to_json())
    for name in ("nobody-1999", "stiles-2004-as-read"):
        other = al.LiveRule.from_json(json.dumps(state | {"preset": name}))
        assert type(other.rule) is al.rules.BelowReference
        assert other == running
    plain = al.LiveRule.from_json(json.dumps(state | {"preset": None})).rule
    assert plain.describe() == preset.describe()


def test_results_are_frozen_and_equal():
    first, second = run(live(), [6.0, 4.0]), run(live(), [6.0, 4.0])
    assert first == second
    assert first[1] != second[0]
    with pytest.raises(AttributeError):
        first[0].is_flagged = True
    with pytest.raises(AttributeError):
        live().rule = MEAN
    assert pickle.loads(pickle.dumps(first)) == first
    assert repr(first[1]) == "<Update flagged, onset, provisional>"
    assert repr(live()) == "<LiveRule previous - 1 points: 0 sessions observed>"
    assert repr(Verdict(3, 5.0, True)) == "<Verdict flagged>"


def test_the_range_is_that_of_the_clinics_form():
    given = scores(pl.DataFrame, WORKED)
    running = al.LiveRule(POINT, like=given)
    assert running == live()
    with pytest.raises(al.AllianceError) as caught:
        running.update(1, 7.5)
    assert caught.value.code == "out-of-range"
    wide = al.LiveRule(POINT, like=given, range=(0, 10))
    assert wide.update(1, 7.5).events == ()


def test_threads_may_share_one():
    from concurrent.futures import ThreadPoolExecutor

    running = live(MEAN)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda session: try_update(running, session), range(1, 200)))
    assert running.so_far.observed == sum(done)


def try_update(running, session):
    try:
        running.update(session, 5.0)
    except al.AllianceError as error:
        assert error.code == "out-of-order"
        return False
    return True
