"""When a scale is scored although answers are missing, and how uncertain it then is."""

from __future__ import annotations

from dataclasses import dataclass

from alliance.errors import from_code

__all__ = ["ItemSpread", "Prorate"]


@dataclass(frozen=True, kw_only=True)
class Prorate:
    """Score a scale from the mean of its answered items when enough are answered.

    No published rule was found for any alliance form, so this is the analyst's choice and belongs in the
    methods section. Give exactly one of the two.

    Parameters
    ----------
    min_share : float, optional
        Share of the scale's items that must be answered, above 0 and at most 1. The count is the smallest that
        fulfils it, never rounded down: 0.75 of 5 items is 4.
    min_answered : int, optional
        Number of the scale's items that must be answered; all of them where the scale has fewer.

    Raises
    ------
    AllianceError
        ``invalid-option`` unless exactly one is given, within its range.

    Notes
    -----
    A prorated total needs at least one answer in every scale of the form's partition.

    Examples
    --------
    >>> import alliance as al
    >>> al.Prorate(min_share=0.75)
    Prorate(min_share=0.75)
    """

    min_share: float | None = None
    min_answered: int | None = None

    def __post_init__(self) -> None:
        if (self.min_share is None) == (self.min_answered is None):
            raise from_code("invalid-option", "Prorate: give either `min_share` or `min_answered`")
        if self.min_share is not None and not 0 < self.min_share <= 1:
            raise from_code("invalid-option", "Prorate: `min_share` must be above 0 and at most 1")
        if self.min_answered is not None and not (isinstance(self.min_answered, int) and 1 <= self.min_answered <= 255):
            raise from_code("invalid-option", "Prorate: `min_answered` must be a whole number from 1 to 255")

    def __repr__(self) -> str:
        name = "min_share" if self.min_answered is None else "min_answered"
        return f"Prorate({name}={getattr(self, name)!r})"


@dataclass(frozen=True)
class ItemSpread:
    """How far the items of a scale lie apart within one form.

    Parameters
    ----------
    variance : float
        Mean item variance less mean covariance, in squared units of the response scale.
    forms : int
        Complete forms it was estimated from; 0 where the caller states it.

    Notes
    -----
    The standard error of the mean of m of k items is sqrt(variance * (1/m - 1/k)): the variance of the missing
    part for exchangeable items with variance s^2 and correlation r, where ``variance`` = s^2 (1 - r)
    (Mazza, Enders & Ruehlman 2015).

    Examples
    --------
    >>> import alliance as al
    >>> round(al.ItemSpread.exchangeable(1.2, 0.5).standard_error(9, 12), 7)
    0.1414214
    """

    variance: float
    forms: int = 0

    @classmethod
    def exchangeable(cls, standard_deviation: float, correlation: float) -> ItemSpread:
        """State the spread from a standard deviation and a correlation.

        Parameters
        ----------
        standard_deviation : float
            Standard deviation of an item, in units of the response scale; not negative.
        correlation : float
            Correlation between two items, -1 to 1.

        Returns
        -------
        ItemSpread
            With variance s^2 (1 - r).

        Raises
        ------
        AllianceError
            ``invalid-option`` outside these ranges.
        """
        if not (standard_deviation >= 0 and -1 <= correlation <= 1):
            raise from_code(
                "invalid-option",
                "ItemSpread: the standard deviation cannot be negative and the correlation lies in -1 to 1",
            )
        return cls(standard_deviation**2 * (1 - correlation))

    def standard_error(self, answered: int, items: int) -> float:
        """Give the standard error of an item mean.

        Parameters
        ----------
        answered : int
            Answered items.
        items : int
            Items of the scale.

        Returns
        -------
        float
            In units of the response scale; NaN without an answer or where the spread is undefined.
        """
        if not 0 < answered <= items:
            return float("nan")
        if answered == items:
            return 0.0
        square = self.variance * (1 / answered - 1 / items)
        return square**0.5 if square >= 0 else float("nan")
