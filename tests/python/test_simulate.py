"""Simulated clinics: through scoring and back, in every kind of frame, with the truth beside them."""

from __future__ import annotations

import dataclasses
import pickle
import re

import numpy as np
import polars as pl
import pytest
from support import cells, kind_of, names_of, own, plain, slow_scores, vector

import alliance as al
from alliance import clinic

WHOLE = {"missing": clinic.Missing.none(), "dropout": clinic.Dropout.none()}
TABLES = {
    "client_forms": ["client", "therapist", "session", *(f"wai_{item}" for item in range(1, 13))],
    "therapist_forms": ["client", "therapist", "session", *(f"wai_{item}" for item in range(1, 11))],
    "appointments": ["client", "therapist", "session", "status"],
    "self_reports": ["client", "session", "rater", "rupture", "intensity", "resolution"],
    "codes": ["client", "session", "coder", "segment", "marker", "significance", "resolution"],
    "symptoms": ["client", "session", "score"],
}
TRUTH = ("ruptures", "sessions", "clients", "dips")

# Of the default clinic with seed 1.
PINNED_COUNTS = {
    **{"client_forms": 650, "therapist_forms": 696, "appointments": 858, "self_reports": 1346, "codes": 1005},
    **{"symptoms": 711, "ruptures": 35, "sessions": 844, "clients": 60, "dips": 29},
}
PINNED_FORM = ("C001", "T01", 1, 4, 4, 4, 3, 4, 4, 4, None, 3, 4, 4, 5)


def rows(frame):
    """Give the rows of a frame of any kind, None for what is not there."""
    return list(zip(*(cells(frame, name) for name in names_of(frame)), strict=True))


def simulated_means(sim, rater):
    """Give the simulated item mean by client and session."""
    sessions = sim.truth.sessions
    scores = cells(sessions, f"{rater}_score")
    keys = zip(cells(sessions, "client"), cells(sessions, "session"), strict=True)
    return {key: score for key, score in zip(keys, scores, strict=True) if score is not None}


@pytest.mark.parametrize(
    ("form", "stem"),
    [
        ("wai-sr-client", "wai"),
        ("wai-s-client", "wai"),
        ("wai-36-client", "wai"),
        ("haq-ii-client", "haq"),
        ("sai-client", "sai"),
        ("star-client", "star"),
        ("arm-5-client", "arm"),
    ],
)
def test_scoring_gives_the_simulated_means(form, stem):
    sim = al.simulate(dyads=40, sessions=10, seed=7, client_form=form)
    form = al.instrument(form)
    ids = {"client": "client", "session": "session", "therapist": "therapist"}
    scores = al.score(
        sim.client_forms, form, columns=stem + "_{item}", metric="mean", scales=["total"], accept_unverified=True, **ids
    )
    means = simulated_means(sim, "client")
    keys = list(zip(cells(sim.client_forms, "client"), cells(sim.client_forms, "session"), strict=True))
    assert set(keys) == set(means)
    assert len(keys) == len(means)
    found = plain(scores["total"])
    answers = list(
        zip(*(cells(sim.client_forms, f"{stem}_{item}") for item in range(1, form.item_count + 1)), strict=True)
    )
    complete = [None not in answered for answered in answers]
    assert 0 < sum(complete) < len(complete)
    for key, score, whole in zip(keys, found, complete, strict=True):
        assert score == (means[key] if whole else None)
    # The same by hand, for the key as the catalog has it.
    assert found == [mean for mean, _ in slow_scores(form, answers, scales=["total"])["total"]]
    low, high = form.range
    given = [answer for answered in answers for answer in answered if answer is not None]
    assert min(given) == low
    assert max(given) == high


def test_scoring_gives_the_simulated_means_of_therapists():
    sim = al.simulate(dyads=40, sessions=10, seed=7, client_form="wai-s-client", missing=clinic.Missing(answers=0.0))
    with pytest.warns(al.EvidenceWarning):
        scores = al.score(sim.therapist_forms, "wai-srt-therapist", columns="wai_{item}")
    assert plain(scores["total"]) == list(simulated_means(sim, "therapist").values())
    assert all(round(10 * score) / 10 == score for score in plain(scores["total"]))


@pytest.mark.parametrize("form", ["srs-client", "arm-12-client", "star-clinician", "wai-sr-therapist"])
def test_forms_of_all_sorts_can_be_simulated(form):
    form = al.instrument(form)
    sim = al.simulate(dyads=20, sessions=8, seed=3, client_form=form, therapist_form=form)
    low, high = form.range
    for frame in (sim.client_forms, sim.therapist_forms):
        columns = [name for name in names_of(frame) if name.startswith(f"{form.family}_")]
        assert len(columns) == form.item_count
        given = [answer for name in columns for answer in cells(frame, name) if answer is not None]
        assert all(low <= answer <= high for answer in given)
    assert any("not known here" in note for note in sim.notes) == (form.reversed is None)


def test_a_form_of_ones_own():
    form = own(7, low=0, high=3, reverse=(2,))
    sim = al.simulate(dyads=10, sessions=5, seed=3, client_form=form, missing=clinic.Missing.none())
    scores = al.score(sim.client_forms, form, columns="own_{item}", metric="mean")
    assert plain(scores["total"]) == list(simulated_means(sim, "client").values())


class TestFrames:
    def test_all_kinds_hold_the_same(self):
        sims = [al.simulate(dyads=30, sessions=8, seed=4, frames=kind) for kind in ("polars", "pandas", "pyarrow")]
        for name, columns in TABLES.items():
            frames = [sim.to_frame(name) for sim in sims]
            assert [kind_of(frame) for frame in frames] == ["polars", "pandas", "pyarrow"]
            assert all(names_of(frame) == columns for frame in frames)
            assert rows(frames[0]) == rows(frames[1]) == rows(frames[2])
            assert len(rows(frames[0])) > 20
        for name in TRUTH:
            frames = [getattr(sim.truth, name) for sim in sims]
            assert rows(frames[0]) == rows(frames[1]) == rows(frames[2])

    def test_all_kinds_are_scored_alike(self):
        ids = {"client": "client", "session": "session", "therapist": "therapist"}
        found = []
        for kind in ("polars", "pandas", "pyarrow"):
            sim = al.simulate(dyads=30, sessions=8, seed=4, frames=kind)
            scores = al.score(sim.client_forms, "wai-sr-client", columns="wai_{item}", **ids)
            assert kind_of(scores.to_frame()) == kind
            found.append(plain(scores["total"]))
        assert found[0] == found[1] == found[2]

    def test_what_is_missing_is_null(self):
        sim = al.simulate(dyads=30, sessions=8, seed=4, frames="polars")
        assert sim.client_forms.schema["wai_1"] == pl.Int8
        assert sim.client_forms.null_count().sum_horizontal()[0] > 0
        assert not sim.truth.sessions["client_score"].is_nan().any()
        pandas = al.simulate(dyads=30, sessions=8, seed=4, frames="pandas")
        assert pandas.client_forms.dtypes["wai_1"] == "float64"
        assert pandas.client_forms["wai_1"].isna().any()
        assert pandas.codes["marker"].isna().any()

    def test_frames_are_the_callers_own(self):
        sim = al.simulate(dyads=5, sessions=4, seed=4, frames="pandas")
        forms = sim.client_forms
        forms["wai_1"] = 1
        forms.loc[:, "session"] = 9
        assert sim.client_forms["session"].max() == 4

    def test_empty_clinics(self):
        for dyads, sessions in ((0, 5), (3, 0)):
            for kind in ("polars", "pandas", "pyarrow"):
                sim = al.simulate(dyads=dyads, sessions=sessions, seed=1, frames=kind)
                for name, columns in TABLES.items():
                    assert names_of(sim.to_frame(name)) == columns
                    assert rows(sim.to_frame(name)) == []
                assert f"{dyads} dyads" in repr(sim)
                assert sim.methods()


class TestTruth:
    sim = al.simulate(dyads=400, sessions=14, seed=11, frames="polars", ruptures=clinic.Ruptures(hazard=0.1))

    def test_ids_and_session_numbers(self):
        clients = self.sim.truth.clients
        assert clients["client"].to_list() == [f"C{number:03}" for number in range(1, 401)]
        assert clients["therapist"].to_list()[5:7] == ["T01", "T02"]
        assert clients["sessions"].unique().to_list() == [14]
        for name in TABLES:
            frame = self.sim.to_frame(name)
            assert frame["session"].min() == 1
            assert frame["session"].max() == 14
            repeats = {"self_reports": ["rater"], "codes": ["coder", "segment", "marker"]}.get(name, [])
            assert not frame.select("client", "session", *repeats).is_duplicated().any()

    def test_sessions_have_the_deficits_of_the_ruptures(self):
        deficit = {
            (who, when): value
            for who, when, value in self.sim.truth.sessions.select("client", "session", "deficit").rows()
        }
        expected = set()
        for rupture in self.sim.truth.ruptures.rows(named=True):
            who = rupture["client"]
            assert rupture["onset"] <= rupture["nadir"] <= rupture["last"]
            assert deficit[who, rupture["nadir"]] == rupture["depth"]
            expected |= {(who, session) for session in range(rupture["onset"], rupture["last"] + 1)}
            after = deficit.get((who, rupture["last"] + 1))
            assert rupture["repaired"] == (rupture["end"] == "repaired") == (after == 0.0)
        assert {key for key, value in deficit.items() if value > 0} == expected
        assert set(self.sim.truth.ruptures["shape"]) == {"v", "u", "slow-decline", "unrepaired"}
        assert set(self.sim.truth.ruptures["type"]) == {"withdrawal", "confrontation", "mixed"}
        assert set(self.sim.truth.ruptures["end"]) == {"repaired", "unrepaired", "series-ended", "dropped-out"}

    def test_nuisance_is_apart(self):
        nuisance = {
            (who, when)
            for who, when, value in self.sim.truth.sessions.select("client", "session", "nuisance").rows()
            if value > 0
        }
        dips = self.sim.truth.dips.filter(pl.col("kind") == "nuisance")
        expected = {
            (dip["client"], session)
            for dip in dips.rows(named=True)
            for session in range(dip["onset"], dip["last"] + 1)
        }
        assert nuisance == expected
        assert set(self.sim.truth.dips["kind"]) == {"nuisance", "false-alarm"}

    def test_appointments_agree_with_sessions_and_forms(self):
        statuses = {(who, when): status for who, _, when, status in self.sim.appointments.rows()}
        held = {key for key, status in statuses.items() if status in ("attended", "late", "planned-end")}
        assert set(statuses.values()) == {
            *("attended", "late", "no-show", "cancelled-by-client", "cancelled-by-therapist", "planned-end", "dropout")
        }
        sessions = self.sim.truth.sessions
        assert held == {
            (who, when) for who, when, is_held in sessions.select("client", "session", "held").rows() if is_held
        }
        for name in ("client_forms", "therapist_forms", "self_reports", "codes", "symptoms"):
            assert set(self.sim.to_frame(name).select("client", "session").rows()) <= held
        ends = {(who, when) for (who, when), status in statuses.items() if status == "dropout"}
        known = self.sim.truth.clients.filter(pl.col("dropout").is_not_null())
        assert ends == set(known.select("client", "dropout").rows())
        for who, when in ends:
            assert (who, when + 1) not in statuses
        assert all(when == 14 for (_, when), status in statuses.items() if status == "planned-end")

    def test_reports_come_with_the_forms_and_skip(self):
        reports = self.sim.self_reports
        for rater in ("client", "therapist"):
            own_reports = reports.filter(pl.col("rater") == rater)
            forms = self.sim.to_frame(f"{rater}_forms")
            assert own_reports.select("client", "session").rows() == forms.select("client", "session").rows()
        for name in ("intensity", "resolution"):
            assert (reports[name].is_not_null() == reports["rupture"]).all()
            assert set(reports[name].drop_nulls()) == {1, 2, 3, 4, 5}

    def test_codes_of_whole_dyads(self):
        codes = self.sim.codes
        coded = codes.select("client", "session").unique()
        each = codes.group_by("client", "session").agg(pl.col("coder").n_unique(), pl.col("segment").n_unique())
        assert each["coder"].unique().to_list() == [2]
        assert each["segment"].unique().to_list() == [10]
        known = {name for family, _, name in al.instrument("3rs-2015-observer").codes if family != "resolution"}
        assert set(codes["marker"].drop_nulls()) <= known
        assert (codes["marker"].is_null() == codes["significance"].is_null()).all()
        chances = self.sim.truth.sessions.join(coded, on=["client", "session"])["coding_chance"]
        assert len(chances) == len(coded)
        assert chances.unique().to_list() == [0.2]

    def test_ruptures_and_controls_with_markers_of_ones_own(self):
        markers = {"withdrawal": ["silence"], "confrontation": ["complaint"]}
        coding = clinic.Coding(sample="ruptures-and-controls", share=0.1, coders=3, segments=4, markers=markers)
        sim = al.simulate(dyads=100, sessions=14, seed=11, coding=coding, frames="polars")
        assert set(sim.codes["marker"].drop_nulls()) == {"silence", "complaint"}
        assert sim.codes["coder"].unique().sort().to_list() == ["coder-1", "coder-2", "coder-3"]
        coded = set(sim.codes.select("client", "session").rows())
        sessions = sim.truth.sessions.filter("held")
        with_rupture = set(sessions.filter(pl.col("deficit") > 0).select("client", "session").rows())
        assert with_rupture < coded
        assert set(sessions.filter(pl.col("deficit") > 0)["coding_chance"]) == {1.0}
        assert set(sessions.filter(pl.col("deficit") == 0)["coding_chance"]) == {0.1}

    def test_settings_are_in_hundredths_of_the_range(self):
        fixed = clinic.Ruptures(shallowest=25, depth_scale=0, u=0, slow_decline=0)
        for form, depth in (("wai-sr-client", 1.0), ("wai-s-client", 1.5), ("sai-client", 1.25)):
            sim = al.simulate(seed=2, client_form=form, ruptures=fixed, frames="polars")
            assert set(sim.truth.ruptures["depth"]) == {depth}


class TestReproducible:
    def test_the_numbers_of_one_seed(self):
        """A change here is a breaking change."""
        sim = al.simulate(dyads=60, sessions=16, seed=1, frames="polars")
        counts = {name: len(sim.to_frame(name)) for name in TABLES} | {
            name: len(getattr(sim.truth, name)) for name in TRUTH
        }
        assert counts == PINNED_COUNTS
        assert rows(sim.client_forms)[0] == PINNED_FORM
        assert rows(sim.truth.ruptures)[0][:4] == ("C002", "T01", 15, 15)

    def test_same_seed_same_clinic(self):
        one, same, other = (al.simulate(dyads=20, sessions=6, seed=seed) for seed in (5, 5, 6))
        assert one == same
        assert one != other
        assert pickle.loads(pickle.dumps(one)) == one

    def test_ruptures_do_not_change_the_rest(self):
        settings = {"dyads": 40, "sessions": 10, "seed": 5, "frames": "polars", **WHOLE}
        sim = al.simulate(**settings)
        calm = al.simulate(**settings, ruptures=clinic.Ruptures(hazard=0))
        assert len(calm.truth.ruptures) == 0
        lowered = calm.truth.sessions["rating"] - sim.truth.sessions["rating"]
        assert np.allclose(lowered, sim.truth.sessions["deficit"])
        assert calm.truth.clients.equals(sim.truth.clients)

    def test_nothing_missing(self):
        sim = al.simulate(dyads=20, sessions=6, seed=5, frames="polars", **WHOLE)
        for name in ("client_forms", "therapist_forms", "appointments", "symptoms"):
            assert len(sim.to_frame(name)) == 120
        assert sim.client_forms.null_count().sum_horizontal()[0] == 0


def test_defaults_are_those_of_the_rust_crate_and_the_dossier():
    listed = vector("simulation")["defaults"]
    found = {
        "clients": clinic.Clients(),
        "growth": clinic.Growth(),
        "ruptures": clinic.Ruptures(),
        "nuisance": clinic.Nuisance(),
        "missing": clinic.Missing(),
        "dropout": clinic.Dropout(),
        "therapist": clinic.TherapistRater(),
        "answers": clinic.Answers(),
        "attendance": clinic.Attendance(),
        "post_session": clinic.PostSession(),
        "coding": clinic.Coding(),
        "symptoms": clinic.SymptomCourse(),
    }
    assert set(found) == set(listed)
    for group, setting in found.items():
        given = dataclasses.asdict(setting)
        for name in ("sample", "markers"):
            given.pop(name, None)
        assert set(given) == set(listed[group])
        for name, value in given.items():
            assert value == pytest.approx(listed[group][name]), f"{group}.{name}"


def test_every_default_is_told():
    """Each setting is described, and its description holds its default."""
    for name in clinic.__all__:
        kind = getattr(clinic, name)
        text = kind.__doc__
        for field in dataclasses.fields(kind):
            assert re.search(rf"\b{field.name}\b", text), f"{name}.{field.name}"
            if isinstance(field.default, float | int) and float(field.default) not in (1 / 3, 25 / 3, 10 / 3, -20 / 3):
                written = {f"{field.default:g}", f"{field.default:.2f}"}
                assert any(number in text for number in written), f"{name}.{field.name}"


REFUSED = {
    "dyads": [{"dyads": -1}, {"dyads": 2.5}, {"dyads": True}, {"dyads": 10**9}],
    "sessions": [{"sessions": (5, 2)}, {"sessions": "many"}, {"sessions": (1, 2, 3)}, {"sessions": (1, None)}],
    "seed": [{"seed": -1}, {"seed": None}, {"seed": 2**63}, {"seed": "1"}],
    "dyads_per_therapist": [{"dyads_per_therapist": 0}],
    "clients": [{"clients": {"mean": 3}}, {"clients": clinic.Growth()}],
    "clients.mean": [{"clients": clinic.Clients(mean=101.0)}, {"clients": clinic.Clients(mean="high")}],
    "clients.noise": [{"clients": clinic.Clients(noise_df=1.0)}],
    "ruptures.hazard": [{"ruptures": clinic.Ruptures(hazard=1.5)}, {"ruptures": clinic.Ruptures(hazard=float("nan"))}],
    "ruptures.earliest": [{"ruptures": clinic.Ruptures(earliest=1.5)}],
    "ruptures.u_sessions": [
        {"ruptures": clinic.Ruptures(u_sessions=(1, 4))},
        {"ruptures": clinic.Ruptures(u_sessions=3)},
    ],
    "missing.answers": [{"missing": clinic.Missing(answers=-0.1)}],
    "missing.therapist_forms": [{"missing": clinic.Missing(therapist_forms=None)}],
    "answers.item_sd": [{"answers": clinic.Answers(item_sd=-1.0)}],
    "attendance.no_show": [{"attendance": clinic.Attendance(no_show=0.0, cancelled_by_client=0.0)}],
    "post_session.client_false_yes": [{"post_session": clinic.PostSession(client_false_yes=2)}],
    "coding.sample": [{"coding": clinic.Coding(sample="all")}],
    "coding.markers": [
        {"coding": clinic.Coding(markers="wai-sr-client")},
        {"coding": clinic.Coding(markers={"withdrawal": ["a"]})},
        {"coding": clinic.Coding(markers={"withdrawal": ["a"], "confrontation": [1]})},
        {"coding": clinic.Coding(markers=3)},
        {"coding": clinic.Coding(markers="3rs-2022-observer")},
    ],
    "coding.coders": [{"coding": clinic.Coding(coders=0)}],
    "symptoms.range": [{"symptoms": clinic.SymptomCourse(highest=26.5)}],
    "client_form": [{"client_form": "casf-client"}],
    "frames": [{"frames": "duckdb"}],
}


@pytest.mark.parametrize(("option", "settings"), [(name, each) for name, all_of in REFUSED.items() for each in all_of])
def test_nonsense_is_refused_by_name(option, settings):
    with pytest.raises(al.AllianceError) as caught:
        al.simulate(**({"dyads": 3, "sessions": 3, "seed": 1} | settings))
    assert caught.value.code == "invalid-option"
    assert str(caught.value).startswith(f"{option}:")


def test_a_form_without_a_range_is_asked_for_it():
    with pytest.raises(al.AllianceError) as caught:
        al.simulate(seed=1, therapist_form="psq-therapist")
    assert caught.value.code == "range-needed"
    stated = al.instrument("psq-therapist").with_range(1, 5)
    assert len(al.simulate(dyads=3, seed=1, therapist_form=stated).truth.clients) == 3


def test_what_a_simulation_says_of_itself():
    sim = al.simulate(dyads=12, sessions=(4, 8), seed=99, ruptures=clinic.Ruptures(hazard=0.2), frames="polars")
    assert (
        repr(sim)
        == f"<Simulation, SIMULATED: 12 dyads, 4 to 8 planned sessions, {len(sim.truth.ruptures)} ruptures, seed 99>"
    )
    page, text = sim._repr_html_(), sim.methods()
    for said in (page, text):
        assert "SIMULATED" in said
        assert "seed 99" in said
        assert "ruptures.hazard 0.2" in said
        assert "not estimated from data" in said
        assert "C001" not in said
    assert "12 dyads (6 to a therapist) with 4 to 8 planned sessions" in text
    planted = set(sim.truth.ruptures["client"])
    assert f"{len(sim.truth.ruptures)} ruptures were planted in {len(planted)} clients" in text
    assert al.cite(sim) == sim.cite()
    assert "wai-sr-client" in sim.cite()
    assert "C001" not in repr(sim.truth)
    assert sim.settings["ruptures"].hazard == 0.2
    with pytest.raises(dataclasses.FrozenInstanceError):
        sim.seed = 3
    with pytest.raises(al.AllianceError, match=r"^table: choose one of"):
        sim.to_frame("rows")


def test_from_the_clinic_to_a_report():
    sim = al.simulate(dyads=60, sessions=16, seed=20)
    study = (
        al.Study(client="client", session="session", therapist="therapist")
        .with_forms(sim.client_forms, "wai-sr-client", columns="wai_{item}")
        .with_forms(sim.therapist_forms, "wai-srt-therapist", columns="wai_{item}")
    )
    with pytest.warns(al.EvidenceWarning):
        scores = study.scores(missing=al.Prorate(min_share=0.75))
    rule = al.rules.BelowReference(reference="running-mean", unit="shrunken-sd", threshold=2.0)
    report = al.find_ruptures(scores, rule=rule, rater="client")
    planted = set(cells(sim.truth.ruptures, "client"))
    flagged = set(cells(report.episodes, "client"))
    # Far more of those with a rupture than of the others.
    assert len(flagged & planted) / len(planted) > 0.4
    assert len(flagged - planted) / (60 - len(planted)) < 0.25


def test_the_demo_does_the_main_job(tmp_path, capsys):
    from alliance.demo import main

    main(tmp_path)
    said = capsys.readouterr().out
    for part in (
        "SIMULATED",
        "The first episodes:",
        "Flag rate if nothing had happened",
        "The truth",
        "methods section",
    ):
        assert part in said
    written = {path.name for path in tmp_path.iterdir()}
    assert {"client-scores.csv", "ruptures-episodes.csv", "trajectories.png"} <= written
    assert len(list(tmp_path.glob("ruptures-of-*.png"))) == 1
    listed = said.partition("Written")[2].splitlines()[1:]
    assert {line.rpartition("/")[2] for line in listed} == {name for name in written if "provenance" not in name}
