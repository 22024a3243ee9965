export UV_PROJECT_ENVIRONMENT := justfile_directory() / ".venv"
export UV_SYSTEM_CERTS := "1"
export PYTHONDONTWRITEBYTECODE := "1"

# List the recipes
default:
    @just --list

# Bring .venv in line with python/uv.lock
[private]
env *groups="--group dev":
    uv sync --quiet --inexact --locked --project python --no-install-project {{groups}}

# Build the native module into .venv
develop: env
    maturin develop --uv --quiet --release -m python/Cargo.toml

# Score a simulated clinic: tables, a methods paragraph and a figure
demo: develop
    python -m alliance.demo

# Everything that must pass
test: test-rust test-python

# Rust: unit, property, catalog, guides, vectors, doctests
test-rust:
    cargo test --quiet --all-features

# Python: public face, frames, boundary, vectors, docstring examples
test-python: develop
    pytest -q -c python/pyproject.toml --rootdir . tests/python

# Formatting, lints, types, stubs, spelling
lint: develop
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --all-features --quiet -- -D warnings
    ruff check --config python/pyproject.toml python tests docs
    ruff format --config python/pyproject.toml --check python tests docs
    mypy --config-file python/pyproject.toml python/alliance
    cd python && python -m mypy.stubtest --mypy-config-file pyproject.toml alliance._native
    typos

# Rewrite docs/instruments from the catalog and the pages of published rules in docs/methods from the presets
guides:
    ALLIANCE_WRITE=1 cargo test --quiet -p alliance-instruments --test guides
    ALLIANCE_WRITE=1 cargo test --quiet -p alliance-ruptures --test method_pages

# Build the site; warnings are errors
docs: develop (env "--group dev --group docs")
    sphinx-build -q -W --keep-going -b html docs docs/_build/html
    @echo "docs/_build/html/index.html"

# Time the Rust kernel and the Python round trip, side by side with other tools
bench: develop (env "--group dev --group bench")
    cargo bench --quiet -p alliance-scoring -p alliance-ruptures -p alliance-psychometrics
    python tests/python/bench_scoring.py
    python tests/python/bench_ruptures.py
    python tests/python/bench_psychometrics.py
    # Kernels beside pingouin, krippendorff and psych: needs R with psych.
    -python tests/oracles/time_reliability.py
