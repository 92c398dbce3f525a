# make craters   the simulated region, from nothing to results/demo/craters.gpkg and results/demo/report.html
# make test      the checks, without the tests that take minutes each
# make test-all  those too, as CI runs them
# make test-faults   fifty stages of a chain killed, 400 damaged files, full disks (about twenty minutes)
# make test-slurm   a region as jobs of a SLURM cluster on this machine (needs the packages slurm-wlm and munge)
# make test-lowest   the tests against the lowest versions that pyproject.toml allows, in an environment of their own
#                (gigabytes: the oldest torch, with CUDA's libraries where its build has them)
# make audit     licences of what is installed, known vulnerabilities of what is locked
# make lock      requirements.lock anew: versions that still fit stay (UPGRADE=--upgrade: the newest ones of a week ago)
# make docs      regenerate config/README.md, docs/columns.md and the README's rule graph
# make site      the documentation's site, strictly: results/site/index.html
# Needs python >= 3.11 and a package index; everything is installed into .venv, in the versions and from the files of
# requirements.lock (docs/reliability.md, "What is installed").

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: craters test test-all checks test-faults test-slurm test-lowest audit lock install docs site site-tools clean

# The first interpreter that runs and is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
CORES ?= all
WORKERS ?= 2
INSTALLED := .venv/.installed
SITE_TOOLS := .venv/.installed-docs
TOOLS := .venv-tools/.installed
UPGRADE ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)

craters: $(INSTALLED)
	snakemake --cores $(CORES) results/demo/craters.gpkg results/demo/report.html

test: checks
	pytest -n $(WORKERS) --dist loadfile -m "not slow"

test-all: checks
	pytest -n $(WORKERS) --dist loadfile

checks: $(INSTALLED)
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	snakefmt --check Snakefile workflow
	snakemake --lint

test-faults: $(INSTALLED)
	CRATER_KILLS=50 CRATER_DAMAGES=400 pytest tests/faults

test-slurm: $(INSTALLED)
	pytest tests/cluster

test-lowest: $(TOOLS)
	"$(PYTHON)" -m venv .venv-lowest
	.venv-tools/bin/uv pip compile --quiet --python "$(PYTHON)" --resolution lowest-direct --generate-hashes \
		--extra dev --extra engine --extra slurm --output-file .venv-lowest/pins.txt pyproject.toml
	.venv-lowest/bin/python -m pip install --quiet --require-hashes --no-deps --requirement .venv-lowest/pins.txt
	.venv-lowest/bin/python -m pip install --quiet --no-deps --editable .
	.venv-lowest/bin/python -m pip check
	PATH="$(CURDIR)/.venv-lowest/bin:$$PATH" pytest -n $(WORKERS) --dist loadfile -m "not slow"

audit: $(INSTALLED) $(TOOLS)
	.venv-tools/bin/pip-licenses --python .venv/bin/python --order license
	.venv-tools/bin/pip-audit --strict --requirement requirements.lock --disable-pip

# Files with one version of each package, for Linux, macOS and Windows and every Python from 3.11 on. What is younger
# than a week is left out, so that others have had time to find out what is wrong with it.
lock: COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" .venv-tools/bin/uv pip compile --quiet --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --exclude-newer "7 days" $(UPGRADE)
lock: $(TOOLS)
	$(COMPILE) --extra dev --extra engine --extra slurm --output-file requirements.lock pyproject.toml
	$(COMPILE) --group docs --constraint requirements.lock --output-file .ci/docs.lock
	$(COMPILE) --group tools --output-file .ci/tools.lock

docs: $(INSTALLED)
	python -m crater_pipeline.configuration.documentation

# Anew each time, since Sphinx says nothing of the warnings of pages that it has not read again.
site: $(SITE_TOOLS)
	python -m sphinx --builder html --fresh-env --fail-on-warning --keep-going docs results/site

site-tools: $(SITE_TOOLS)

install: $(INSTALLED)

# Torch goes first and alone: its locked version is taken from the index as it is, a CPU build where there is one, and
# only a build of the lock's own index can be compared with the lock's hashes. All else must have one of those, also
# setuptools, which builds what has no wheel.
$(INSTALLED): pyproject.toml requirements.lock .ci/locked
	@test -n "$(PYTHON)" || { echo "error: no python >= 3.11 found; install one, or run make PYTHON=/path/to/python" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	rm -rf .venv/torch
	.venv/bin/python -m pip download --quiet --no-deps --dest .venv/torch "$$(grep -o '^torch==[^ ]*' requirements.lock)"
	.venv/bin/python .ci/locked .venv/torch/*.whl > .venv/torch.txt
	.venv/bin/python -m pip install --quiet --no-deps --no-index --find-links .venv/torch --requirement .venv/torch.txt
	.venv/bin/python .ci/locked setuptools > .venv/setuptools.txt
	.venv/bin/python -m pip install --quiet --require-hashes --no-deps --requirement .venv/setuptools.txt
	.venv/bin/python .ci/locked > .venv/requirements.txt
	.venv/bin/python -m pip install --quiet --require-hashes --no-deps --no-build-isolation --requirement .venv/requirements.txt
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	.venv/bin/python -m pip check
	rm -r .venv/torch
	touch $@

$(TOOLS): .ci/tools.lock
	"$(PYTHON)" -m venv .venv-tools
	.venv-tools/bin/python -m pip install --quiet --require-hashes --no-deps --requirement .ci/tools.lock
	touch $@

$(SITE_TOOLS): $(INSTALLED) .ci/docs.lock
	.venv/bin/python -m pip install --quiet --require-hashes --no-deps --requirement .ci/docs.lock
	.venv/bin/python -m pip check
	touch $@

clean:
	rm -rf .venv .venv-lowest .venv-tools results .snakemake
