# make craters   the simulated region, from nothing to results/demo/craters.gpkg and results/demo/report.html
# make test      every check that CI runs
# make test-faults   fifty stages of a chain killed, 400 damaged files, full disks (about twenty minutes)
# make test-slurm   a region as jobs of a SLURM cluster on this machine (needs the packages slurm-wlm and munge)
# make test-lowest   the tests against the lowest versions that pyproject.toml allows, in an environment of their own
# make docs      regenerate config/README.md, docs/columns.md and the README's rule graph
# make site      the documentation's site, strictly: results/site/index.html
# Needs python >= 3.11 and a package index; everything is installed into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: craters test test-faults test-slurm test-lowest check install docs site site-tools clean

# The first interpreter that runs and is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
CORES ?= all
WORKERS ?= 2
INSTALLED := .venv/.installed
SITE_TOOLS := .venv/.installed-docs
export PATH := $(CURDIR)/.venv/bin:$(PATH)

craters: $(INSTALLED)
	snakemake --cores $(CORES) results/demo/craters.gpkg results/demo/report.html

test: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	snakefmt --check Snakefile workflow
	snakemake --lint
	pytest -n $(WORKERS) --dist loadfile

test-faults: $(INSTALLED)
	CRATER_KILLS=50 CRATER_DAMAGES=400 pytest tests/faults

test-slurm: $(INSTALLED)
	pytest tests/cluster

# Torch goes first here too; its one version is that of constraints.txt.
test-lowest:
	"$(PYTHON)" -m venv .venv-lowest
	"$(PYTHON)" .ci/lowest > .venv-lowest/pins.txt
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/pins.txt "$$(grep '^torch==' constraints.txt)"
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/pins.txt --editable '.[dev]'
	.venv-lowest/bin/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

docs: $(INSTALLED)
	python -m crater_pipeline.configuration.documentation

# Anew each time, since Sphinx says nothing of the warnings of pages that it has not read again.
site: $(SITE_TOOLS)
	python -m sphinx --builder html --fresh-env --fail-on-warning --keep-going docs results/site

site-tools: $(SITE_TOOLS)

install: $(INSTALLED)

# Torch goes first and alone: its pinned version is taken from the index as it is, a CPU build where there is one.
$(INSTALLED): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "error: no python >= 3.11 found; install one, or run make PYTHON=/path/to/python" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	.venv/bin/python -m pip install --quiet --constraint constraints.txt "$$(grep '^torch==' constraints.txt)"
	.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev,engine,slurm]'
	touch $@

$(SITE_TOOLS): $(INSTALLED)
	.venv/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[docs]'
	touch $@

clean:
	rm -rf .venv .venv-lowest results .snakemake
