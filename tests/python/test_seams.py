"""Where sources meet: appointments beside indicators, codes, criteria and live rules."""

from __future__ import annotations

import datetime

import polars as pl
import pytest
from support import cells
from test_appointments import POINT, forms, study, visits

import alliance as al

WORDS = ["attended", "no-show", "late", "cancelled-by-client", "cancelled-by-therapist", "planned-end"]
SCORES = [4, None, 4, None, None, 4]


class TestMissedVisits:
    def test_each_word_means_what_it_says(self):
        sessions = study(forms(SCORES), visits(WORDS)).indicators().sessions
        assert cells(sessions, "appointment") == WORDS
        assert cells(sessions, "missed_visit") == [False, True, False, True, None, False]
        assert cells(sessions, "late") == [False, None, True, None, None, False]

    def test_of_two_appointments_the_one_that_was_held_counts(self):
        twice = visits(["no-show"])
        twice = {name: [*column, *visits(["attended"])[name]] for name, column in twice.items()}
        sessions = study(forms([4]), twice).indicators().sessions
        assert cells(sessions, "missed_visit") == [False]

    def test_its_own_chance_rate_stands_beside_it(self):
        found = study(forms(SCORES), visits(WORDS)).indicators()
        occurrence = found.summary.filter(pl.col("indicator") == "missed_visit").row(0, named=True)
        assert (occurrence["sessions"], occurrence["sessions_with"], occurrence["rate"]) == (5, 2, 0.4)
        assert occurrence["clients_by_chance"] == pytest.approx(1 - 0.6**5)
        assert any("missed visit" in note.lower() for note in found.notes)

    def test_a_study_says_that_it_has_appointments(self):
        assert repr(study(forms(SCORES), visits(WORDS))) == "<Study of wai-sr-client, 6 appointments>"


def typed(order, fallen=2):
    """Give the types of episodes where sessions go by these labels: coded as withdrawal in the fall."""
    scores = [4.0, 4.0, 2.0, 2.0, 4.0]
    columns = forms(scores) | {"when": order}
    codes = pl.DataFrame({"who": ["a"], "when": [order[fallen]], "by": ["x"], "marker": ["withdraws"]})
    own = {"withdrawal": ["withdraws"], "confrontation": ["complains"]}
    made = study(columns, visits(["attended"] * 5) | {"when": order})
    return made.with_codes(codes, coder="by", combine="consensus", system=own)


class TestTypes:
    @pytest.mark.parametrize(
        "order",
        [
            [1, 2, 3, 4, 5],
            [10, 20, 30, 40, 50],
            [datetime.date(2026, 1, day) for day in (5, 12, 19, 26, 30)],
        ],
        ids=["numbers", "numbers with gaps", "dates"],
    )
    def test_types_find_their_episode_whatever_the_labels(self, order):
        for fallen in (2, 3):
            episodes = al.find_ruptures(typed(order, fallen), rule=POINT).episodes
            assert cells(episodes, "type") == ["withdrawal"]
            assert cells(episodes, "onset") == [order[2]]

    def test_types_find_their_episode_in_a_given_order(self):
        order = ["intake", "first", "second", "third", "last"]
        episodes = al.find_ruptures(typed(order), rule=POINT, session_order=order).episodes
        assert cells(episodes, "type") == ["withdrawal"]

    def test_a_session_outside_the_episode_gives_no_type(self):
        episodes = al.find_ruptures(typed([1, 2, 3, 4, 5], fallen=1), rule=POINT).episodes
        assert cells(episodes, "type_source") == ["none"]


class TestCriterion:
    def test_nothing_can_be_coded_of_a_session_that_was_not_held(self):
        report = al.find_ruptures(study(forms(SCORES), visits(WORDS)), rule=POINT)
        criterion = pl.DataFrame({"who": ["a"] * 6, "when": [1, 2, 3, 4, 5, 6], "rupture": [0, 1, 0, 1, 1, 0]})
        counts = al.detection_accuracy(report, criterion, tolerance=(0, 0)).counts
        assert (counts.coded, counts.ruptures, counts.unknown_sessions) == (3, 0, 3)

    def test_sessions_not_held_do_not_shift_the_others(self):
        report = al.find_ruptures(
            study(forms([4, None, 4, 2]), visits(["attended", "no-show"] + ["late"] * 2)), rule=POINT
        )
        criterion = pl.DataFrame({"who": ["a"] * 3, "when": [1, 3, 4], "rupture": [0, 0, 1]})
        assert al.detection_accuracy(report, criterion, tolerance=(0, 0)).sensitivity.value == 1.0


class TestLiveEnding:
    @pytest.mark.parametrize(
        ("ending", "resolution"),
        [
            ("unknown", "censored"),
            ("ongoing", "censored-ongoing"),
            ("planned-end", "censored-planned-end"),
            ("dropout", "censored-dropout"),
        ],
    )
    def test_an_open_episode_is_censored_by_what_ended_the_course(self, ending, resolution):
        live = al.LiveRule(POINT, range=(1, 5))
        for session, score in enumerate([4.0, 4.0, 2.0], 1):
            live.update(session, score)
        _, event = live.finish(ending)
        assert event is not None
        assert event.episode.resolution == resolution

    def test_other_endings_are_refused(self):
        with pytest.raises(al.AllianceError, match="choose one of unknown, ongoing, planned-end, dropout") as caught:
            al.LiveRule(POINT, range=(1, 5)).finish("left")
        assert caught.value.code == "invalid-option"


class TestCodesAsCriterion:
    def study(self, system, rows):
        codes = pl.DataFrame(
            {"who": ["a"] * len(rows), "when": [when for when, _ in rows], "marker": [m for _, m in rows]}
        )
        return study(forms([4, 4, 2, 4, 4])).with_codes(codes, combine="mean", system=system)

    def test_codes_of_a_study_are_a_criterion(self):
        own = {"withdrawal": ["withdraws"], "confrontation": ["complains"]}
        coded = self.study(own, [(2, None), (3, "complains"), (4, "withdraws"), (5, None)])
        found = al.detection_accuracy(al.find_ruptures(coded, rule=POINT), coded.codes, tolerance=(0, 0))
        assert (found.counts.coded, found.counts.ruptures, found.counts.found, found.counts.quiet) == (4, 2, 1, 2)

    def test_without_markers_of_a_family_none_found_is_unknown(self):
        coded = self.study("3rs-2022-observer", [(3, "minimal-response"), (4, None)])
        found = al.detection_accuracy(al.find_ruptures(coded, rule=POINT), coded.codes, tolerance=(0, 0))
        assert (found.counts.coded, found.counts.ruptures) == (1, 1)


class TestTherapistOfACriterion:
    def report(self, therapists):
        columns = forms([4, 4, 2, 4]) | {"with": therapists}
        made = al.Study(client="who", session="when", therapist="with")
        made = made.with_forms(pl.DataFrame(columns), "wai-sr-client", columns="q{item}")
        return al.find_ruptures(made, rule=POINT)

    def test_it_may_be_left_out_where_it_adds_nothing(self):
        criterion = pl.DataFrame({"who": ["a"] * 4, "when": [1, 2, 3, 4], "rupture": [0, 0, 1, 0]})
        found = al.detection_accuracy(self.report(["T"] * 4), criterion, tolerance=(0, 0))
        assert (found.counts.ruptures, found.sensitivity.value) == (1, 1.0)

    def test_it_is_needed_where_a_session_is_with_two(self):
        both = pl.DataFrame(forms([4, 4, 2, 4]) | {"with": ["S"] * 4})
        both = pl.concat([both, pl.DataFrame(forms([4, 4, 4, 4]) | {"with": ["T"] * 4})])
        made = al.Study(client="who", session="when", therapist="with")
        report = al.find_ruptures(made.with_forms(both, "wai-sr-client", columns="q{item}"), rule=POINT)
        criterion = pl.DataFrame({"who": ["a"], "when": [3], "rupture": [1]})
        with pytest.raises(al.AllianceError, match="two therapists; add the column `with`") as caught:
            al.detection_accuracy(report, criterion)
        assert caught.value.code == "missing-column"


def test_scores_of_a_study_know_its_sources():
    made = typed([1, 2, 3, 4, 5])
    reports = [
        al.find_ruptures(each, rule=POINT)
        for each in (made, made.scores(), made.scores(missing=al.Prorate(min_share=0.5)))
    ]
    for report in reports:
        assert cells(report.episodes, "type") == ["withdrawal"]
        assert cells(report.sessions, "appointment") == ["attended"] * 5
