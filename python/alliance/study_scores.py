"""The scores of a study, by rater."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from alliance.errors import from_code
from alliance.instruments import Instrument, all_parallel
from alliance.scores import Scores

if TYPE_CHECKING:
    from alliance.study import Study

__all__ = ["StudyScores"]


class StudyScores(Mapping[str, Scores]):
    """The scores of a study, by rater, or by form id where a rater filled in several forms."""

    def __init__(self, scores: tuple[Scores, ...], *, client: str, session: str, study: Study | None = None) -> None:
        self._client, self._session, self._study = client, session, study
        raters = [each.instrument.rater for each in scores]
        self._scores = {
            each.instrument.rater if raters.count(each.instrument.rater) == 1 else each.instrument.id: each
            for each in scores
        }

    def __getitem__(self, rater: str) -> Scores:
        if rater not in self._scores:
            known = ", ".join(f"`{name}`" for name in self._scores)
            raise from_code("invalid-option", f"the study has no scores called `{rater}`; it has {known}")
        return self._scores[rater]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The instruments used."""
        return tuple(scores.instrument for scores in self.values())

    def to_frame(self) -> Any:
        """Give all scores as one long frame.

        Returns
        -------
        frame
            One row per form and scale; see :meth:`Scores.to_frame`. Of the kind the first forms came in.
        """
        from alliance import _frames

        parts = [scores.to_frame("long") for scores in self.values()]
        kind = next(iter(self.values()))._kind
        return _frames.stack(kind, [_frames.as_kind(kind, part) for part in parts])

    def differences(
        self,
        scale: str = "total",
        *,
        first: str = "client",
        second: str = "therapist",
        across_forms: Literal["refuse", "pomp"] = "refuse",
    ) -> Any:
        """Subtract one rater's scores from another's, session by session.

        Parameters
        ----------
        scale : str
            Scale that both forms have.
        first, second : str
            Raters; the difference is first minus second.
        across_forms : {"refuse", "pomp"}
            What to do when the two forms are not parallel. ``pomp`` puts both on 0 to 100, which is a common ruler
            and no equating: their distributions still differ.

        Returns
        -------
        frame
            client, session, both scores (``total_client``, ``total_therapist``) and their ``difference``, for
            sessions that both rated.

        Raises
        ------
        AllianceError
            ``incomparable-forms`` unless the forms are parallel or ``pomp`` was asked for.
        """
        from alliance import _frames

        ours, theirs = self[first], self[second]
        if across_forms not in ("refuse", "pomp"):
            raise from_code("invalid-option", "across_forms: choose `refuse` or `pomp`")
        for scores in (ours, theirs):
            scores.answered(scale)  # refuses a scale that was not scored
        if across_forms == "refuse":
            _require_parallel(ours.instrument, theirs.instrument, scale)
            metric: Any = ours.metric
        else:
            metric = "pomp"
        return _frames.differences(
            (ours.in_metric(metric), theirs.in_metric(metric)), scale, (self._client, self._session), (first, second)
        )

    def plot(self, scale: str = "total", *, clients: Sequence[Any] | None = None) -> Any:
        """Draw the trajectories of clients, one panel each, one line per rater.

        Parameters
        ----------
        scale : str
            Scale that every form has.
        clients : sequence, optional
            Clients to draw, by the caller's own labels; by default the first twelve.

        Returns
        -------
        matplotlib.figure.Figure
            Sessions without a score break the line. Forms that are not parallel are drawn as percentages of the
            maximum possible: a common ruler, no equating. Client labels stand above the panels: mind who sees them.

        Raises
        ------
        AllianceError
            ``missing-extra`` without matplotlib; ``invalid-option`` unless sessions are numbers.
        """
        from alliance.figures import trajectories

        return trajectories(self, scale, clients)

    def methods(self) -> str:
        """Give a paragraph for a methods section.

        Returns
        -------
        str
            Plain text.
        """
        return "\n\n".join(scores.methods() for scores in self.values())

    def cite(self) -> str:
        """Give BibTeX entries of the instruments and this software.

        Returns
        -------
        str
            BibTeX.
        """
        from alliance.citing import cite

        return cite(self)

    def __repr__(self) -> str:
        return f"<StudyScores of {', '.join(scores.instrument.id for scores in self.values())}>"

    def _repr_html_(self) -> str:
        return "".join(scores._repr_html_() for scores in self.values())


def _require_parallel(first: Instrument, second: Instrument, scale: str) -> None:
    if not all_parallel((first, second), scale):
        raise from_code(
            "incomparable-forms",
            f"`{first.id}` and `{second.id}` are not parallel forms, so a difference of their levels has no meaning. "
            'Compare changes within each form, or put both on 0 to 100 with `across_forms="pomp"`, which is a ruler '
            "and no equating",
        )
