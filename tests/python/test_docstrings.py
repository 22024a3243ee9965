"""Docstrings: the examples run, and the sections name what is there."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import alliance as al

MODULES = ["alliance"] + [
    module.name
    for module in pkgutil.walk_packages(al.__path__, "alliance.")
    if module.name not in ("alliance._native", "alliance.__main__")
]


def public_callables():
    """Give every public function and method, by its dotted name."""
    objects = {name: getattr(al, name) for name in al.__all__ if name not in ("__version__", "errors", "export")}
    objects |= {f"errors.{name}": getattr(al.errors, name) for name in al.errors.__all__}
    objects |= {f"export.{name}": getattr(al.export, name) for name in al.export.__all__}
    found = {}
    for name, each in objects.items():
        if inspect.isfunction(each) or hasattr(each, "__wrapped__"):
            found[name] = each
        elif inspect.isclass(each):
            for member, attribute in vars(each).items():
                function = getattr(attribute, "__func__", attribute)
                if not member.startswith("_") and inspect.isfunction(function):
                    found[f"{name}.{member}"] = function
    return found


CALLABLES = public_callables()


def sections(text):
    """Split a numpydoc docstring into its sections."""
    lines = inspect.cleandoc(text or "").splitlines()
    heads = [at for at in range(len(lines) - 1) if re.fullmatch(r"-{3,}", lines[at + 1]) and lines[at].strip()]
    ends = [*heads[1:], len(lines)]
    return {lines[at]: lines[at + 2 : end] for at, end in zip(heads, ends, strict=True)}


def documented(lines):
    """Give the names of a Parameters section, groups taken apart."""
    names = []
    for line in lines:
        if line and not line.startswith(" "):
            names += [name.strip().lstrip("*") for name in line.partition(" : ")[0].split(",")]
    return names


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    failures, _ = doctest.testmod(importlib.import_module(name), verbose=False)
    assert failures == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    tests = [test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples]
    assert len(tests) >= 10


@pytest.mark.parametrize("name", CALLABLES)
def test_parameters_are_those_of_the_signature(name):
    function = CALLABLES[name]
    expected = [parameter for parameter in inspect.signature(function).parameters if parameter not in ("self", "cls")]
    assert documented(sections(function.__doc__).get("Parameters", [])) == expected


@pytest.mark.parametrize("name", CALLABLES)
def test_returns_are_described(name):
    function = CALLABLES[name]
    returned = inspect.signature(function).return_annotation
    assert returned is not inspect.Signature.empty
    assert ("Returns" in sections(function.__doc__)) == (returned not in (None, "None"))


@pytest.mark.parametrize("name", [name for name in al.__all__ if name != "__version__"])
def test_everything_public_is_described(name):
    each = getattr(al, name)
    assert inspect.getdoc(each)
    if inspect.isclass(each):
        for member, attribute in vars(each).items():
            if not member.startswith("_") and isinstance(attribute, property):
                assert inspect.getdoc(attribute), f"{name}.{member}"


@pytest.mark.parametrize("name", [name for name in al.__all__ if hasattr(getattr(al, name), "__dataclass_fields__")])
def test_fields_of_dataclasses_are_described(name):
    kind = getattr(al, name)
    fields = [field for field in kind.__dataclass_fields__ if not field.startswith("_")]
    assert documented(sections(kind.__doc__).get("Parameters", [])) == fields


def test_sections_are_numpydoc_ones():
    known = {"Parameters", "Returns", "Raises", "Notes", "Examples", "Attributes", "See Also", "References", "Warns"}
    for name, function in CALLABLES.items():
        assert set(sections(function.__doc__)) <= known, name


def test_all_is_sorted_and_there():
    for module in (al, al.errors, al.export):
        assert len(set(module.__all__)) == len(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


def test_python_dash_m(capsys):
    from alliance.__main__ import main

    main()
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"alliance {al.__version__} (")
    assert second.startswith(f"{len(al.catalog())} forms: ")
