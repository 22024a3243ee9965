"""What went wrong once: each test names the behaviour that was mended."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import alliance as al

FORM = al.instrument("wai-sr-client")


def plain(rows=2, **changes):
    """Give WAI-SR answers of 4, with some columns changed."""
    return {f"q{item}": [4] * rows for item in range(1, 13)} | changes


def score(data, **options):
    return al.score(pl.DataFrame(data), FORM, columns="q{item}", **options)


def test_a_prorated_total_does_not_depend_on_the_scales_asked_for():
    no_bond = plain(**{f"q{item}": [None, 4] for item in (3, 5, 7, 9)})
    rule = al.Prorate(min_answered=1)
    for scales in (None, ["total"], ["total", "goal"]):
        total = score(no_bond, missing=rule, scales=scales)["total"]
        assert np.isnan(total[0])
        assert total[1] == 4.0


def test_a_type_is_named_without_the_names_inside_it():
    data = pl.DataFrame(plain(q1=[{"SENTINEL": 1}] * 2, who=[{"SENTINEL": 1}] * 2))
    for call in (
        lambda: al.score(data, FORM, columns="q{item}"),
        lambda: al.score(data.with_columns(q1=4), FORM, columns="q{item}", client="who"),
    ):
        with pytest.raises(al.AllianceError) as caught:
            call()
        assert caught.value.code == "unsupported-column"
        assert "SENTINEL" not in str(caught.value)
        assert "a structure" in str(caught.value)
    assert "SENTINEL" not in str(al.check(data, FORM, columns="q{item}", client="who", session="q2"))


def test_a_pandas_result_can_be_changed_without_changing_the_scores():
    scores = al.score(pd.DataFrame(plain(who=["a", "b"])), FORM, columns="q{item}", client="who")
    for options in ({}, {"shape": "long"}):
        frame = scores.to_frame(**options)
        frame.loc[0, "bond" if not options else "score"] = 3.0
    assert scores["bond"].tolist() == [4.0, 4.0]
    frame = scores.to_frame()
    assert frame.loc[0, "bond"] == 4.0
    del scores
    frame.loc[0, "bond"] = 3.0
    assert frame.loc[0, "bond"] == 3.0


def test_a_study_keeps_the_date_beside_the_ids():
    data = pl.DataFrame(plain(who=["a", "a"], when=[1, 2], day=["x", "y"]))
    study = al.Study(client="who", session="when", date="day").with_forms(data, FORM, columns="q{item}")
    assert study.scores()["client"].to_frame().columns[:3] == ["who", "when", "day"]


def test_a_study_does_not_follow_later_changes_of_its_arguments():
    names = [f"q{item}" for item in range(1, 13)]
    labels = {"x": 1}
    data = pl.DataFrame(plain(who=["a", "a"], when=[1, 2]))
    study = al.Study(client="who", session="when").with_forms(data, FORM, columns=names, labels=labels)
    names[0] = "zz"
    labels["x"] = "zz"
    assert study.scores()["client"]["total"].tolist() == [4.0, 4.0]


def test_an_unreadable_column_is_named_and_the_others_are_still_looked_at():
    data = pl.DataFrame(plain(q1=[True, False], q2=[4, 99]))
    with pytest.raises(al.AllianceError) as caught:
        al.score(data, FORM, columns="q{item}")
    assert (caught.value.code, caught.value.column) == ("unsupported-column", "q1")
    findings = {finding.code: finding for finding in al.check(data, FORM, columns="q{item}")}
    assert findings["unsupported-column"].column == "q1"
    assert findings["undeclared-missing-code"].column == "q2"
    assert "wrong-column-count" not in findings


def test_check_says_that_a_key_is_unverified_unless_that_was_accepted():
    data = pl.DataFrame({f"c{item}": [4] for item in range(1, 25)})
    calpas = al.instrument("calpas-client")
    assert "unverified-key" in al.check(data, calpas, columns="c{item}").codes
    assert "unverified-key" not in al.check(data, calpas, columns="c{item}", accept_unverified=True).codes


def test_text_among_totals_is_text():
    with pytest.raises(al.AllianceError) as caught:
        al.Scores.from_totals(pl.DataFrame({"t": ["x"]}), FORM, totals={"total": "t"}, metric="mean")
    assert caught.value.code == "text-answer"


def test_the_other_byte_order_is_read_right():
    data = pd.DataFrame({name: np.array(values, dtype=">i2") for name, values in plain().items()})
    assert al.score(data, FORM, columns="q{item}")["total"].tolist() == [4.0, 4.0]


def test_a_form_can_be_given_by_name():
    data = pl.DataFrame(plain())
    assert al.score(data, "wai-sr-client", columns="q{item}") == al.score(data, FORM, columns="q{item}")
    assert al.check(data, "wai-sr-client", columns="q{item}").ok


def test_true_is_no_answer():
    data = pd.DataFrame(plain()).astype(object)
    data.loc[0, "q1"] = True
    with pytest.raises(al.AllianceError) as caught:
        al.score(data, FORM, columns="q{item}")
    assert caught.value.code == "text-answer"


def test_a_column_pattern_cannot_ask_for_endless_names():
    with pytest.raises(al.AllianceError) as caught:
        score(plain()) and al.score(pl.DataFrame(plain()), FORM, columns="q{item:x>99999999999}")
    assert caught.value.code == "invalid-option"


def test_methods_say_how_the_answers_were_read():
    keyed = al.instrument("wai-s-client")
    said = al.score(pl.DataFrame(plain()), keyed, columns="q{item}", already_reversed=True).methods()
    assert "Items 4 and 10 had been reversed before scoring." in said
    said = al.score(pl.DataFrame(plain()), FORM, columns="q{item}", entry="position").methods()
    assert "typed in by position" in said
