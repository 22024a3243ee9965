"""Methods paragraphs and citations, from facts that results hold."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from alliance import _native
from alliance.instruments import Instrument
from alliance.missing import Prorate
from alliance.rules import Preset

if TYPE_CHECKING:
    from alliance.scores import Scores

__all__ = ["cite"]


@runtime_checkable
class Citable(Protocol):
    """A result that knows the instruments it used."""

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """The instruments used."""


def cite(*results: Any) -> str:
    """Give BibTeX entries for what results used: instruments, rules, methods and this software.

    Parameters
    ----------
    *results : Instrument, Scores, Study or other result
        What is to be cited.

    Returns
    -------
    str
        BibTeX, one entry each, without repeats. Fields that were recalled and not read are named in ``note``.

    Examples
    --------
    >>> import alliance as al
    >>> print(al.cite(al.instrument("wai-36-client")).split(",")[0])
    @article{wai-36-client
    """
    entries: dict[str, str] = {}
    rules = [result for result in results if isinstance(result, Preset)]
    for form in _instruments(tuple(result for result in results if not isinstance(result, Preset))):
        if form.reference is not None:
            entries.setdefault(form.id, _entry(form.id, form.reference, form.name))
    for rule in rules:
        entries.setdefault(rule.id, _entry(rule.id, rule.citation or {}, rule.name))
    for key in (key for result in results for key in getattr(result, "_references", ())):
        entries.setdefault(key, _entry(key, _references()[key], key))
    entries["alliance"] = _software()
    return "\n\n".join(entries.values()) + "\n"


def _instruments(results: tuple[Any, ...]) -> Iterator[Instrument]:
    for result in results:
        if isinstance(result, Instrument):
            yield result
        elif isinstance(result, Citable):
            yield from result.instruments
        elif isinstance(getattr(result, "instrument", None), Instrument):
            yield result.instrument
        else:
            raise TypeError(f"an object of type `{type(result).__name__}` cannot be cited")


def _entry(key: str, reference: Mapping[str, Any], title: str) -> str:
    fields = {name: str(value) for name, value in reference.items() if name != "recalled"}
    fields.setdefault("title", title)
    recalled = [str(name) for name in reference.get("recalled", ())]
    if recalled:
        fields["note"] = f"From memory, not read: {', '.join(recalled)}"
    kind = "article" if "journal" in fields else "misc"
    body = ",\n".join(f"  {name} = {{{_escape(text)}}}" for name, text in fields.items())
    return f"@{kind}{{{key},\n{body}\n}}"


@functools.cache
def _references() -> dict[str, dict[str, Any]]:
    """Give the sources of methods."""
    return tomllib.loads(resources.files("alliance").joinpath("references.toml").read_text("utf-8"))


def _software() -> str:
    return (
        "@software{alliance,\n  title = {alliance: measurement of the therapeutic alliance},\n"
        f"  version = {{{_native.version()}}}\n}}"
    )


def _escape(text: str) -> str:
    return re.sub(r"([&%#_$])", r"\\\1", text)


def scoring_paragraph(scores: Scores) -> str:
    """Say in prose how scores came about."""
    form = scores.instrument
    scales = _listed([f"{scale.name} ({scale.items} items)" for scale in scores.scales])
    unit = {
        "mean": "item means",
        "sum": "sums of items",
        "pomp": "percentages of the maximum possible score (POMP)",
    }[scores.metric]
    sentences = [
        f"The alliance was rated by the {form.rater} with the {form.name} ({form.id}, key version {form.version}, "
        f"{form.hash[:12]}).",
        f"Scores are {unit}: {scales}.",
    ]
    if form.range is not None:
        low, high = form.range
        sentences.append(f"Answers range from {low:g} to {high:g}.")
    sentences.extend(_keying_sentences(scores))
    sentences.append(_missing_sentence(scores))
    counts = _listed(
        [
            f"{scale.name} {scale.complete + scale.prorated} of {len(scores)}"
            + (f" ({scale.prorated} prorated)" if scale.prorated else "")
            for scale in scores.scales
        ]
    )
    sentences.append(f"Forms scored: {counts}.")
    sentences.extend(scores.notes)
    sentences.append(f"Scored with alliance {_native.version()}.")
    return " ".join(sentences)


def _keying_sentences(scores: Scores) -> Iterator[str]:
    """Say how answers were read: what is reversed, what had been, how they were typed in, what was double."""
    form, source = scores.instrument, scores._source
    if source.entry == "totals":
        yield "Totals were computed elsewhere and taken over."
        return
    done = source.already_reversed
    if form.reversed:
        items = _listed([str(item) for item in form.reversed])
        if done is True:
            yield f"Items {items} had been reversed before scoring."
        else:
            yield f"Items {items} are reversed."
        if isinstance(done, tuple) and done:
            yield f"Of these, {_listed([str(item) for item in done])} had been reversed before scoring."
    if source.entry == "position":
        backwards = _listed([str(item) for item in form.printed_backwards])
        yield f"Answers had been typed in by position; items {backwards}, printed highest first, were turned round."
    if source.duplicates in ("first", "last") and source.rows_read > len(scores):
        dropped = source.rows_read - len(scores)
        yield f"Of several forms for one session the {source.duplicates} was kept ({dropped} left out)."
    elif source.duplicates == "keep":
        yield "Several forms for one session were all kept."


def _missing_sentence(scores: Scores) -> str:
    if not isinstance(scores.missing, Prorate):
        return "A scale was scored only when all its items were answered."
    if scores.missing.min_share is not None:
        rule = f"at least {100 * scores.missing.min_share:g} % of its items were answered"
    else:
        rule = f"at least {scores.missing.min_answered} of its items (or all, where it has fewer) were answered"
    return f"A scale was scored from the mean of the answered items when {rule}."


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "none"
