"""``python -m alliance``: version, build profile and size of the catalog, for bug reports."""

from alliance import __version__, _native, catalog


def main() -> None:
    """Print the three facts a bug report needs."""
    forms = catalog()
    levels = ("attested", "single-source", "unverified", "key-needed")
    counts = ", ".join(f"{sum(form.level == level for form in forms)} {level}" for level in levels)
    print(f"alliance {__version__} ({_native.build_profile()} build)")
    print(f"{len(forms)} forms: {counts}")


if __name__ == "__main__":
    main()
