# Needs python3 (3.11 or later, with venv), make and git; everything else goes into .venv.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
	--no-header --python-version 3.11
UV = $(shell command -v uv || echo $(BIN)/uv)

.DEFAULT_GOAL := help
.PHONY: help run test check audit otel add sbom format e2e bench bench-engine bench-control simulate rivals attack overload chaos soak screenshots filter-guide golden fuzz setup setup-dev lock clean clean-all python

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

run: setup ## start the whole system; Ctrl-C stops it (ARGS="--workers 2 --port 9000")
	@exec $(BIN)/dpip up $(ARGS)

test: setup-dev ## run the whole test suite (ARGS="tests/imaging -x")
	@exec $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup-dev ## formatting, lint (with bandit's rules), types, and what can be said of dependencies offline
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: make format" >&2; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m tools.dependencies

audit: setup-dev ## are weaknesses known of what DPIP runs with? Asks a service on the network
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-audit
	@$(UV) pip sync --quiet --require-hashes --python .venv-audit/bin/python requirements-audit.lock
	@.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.lock || \
		{ echo "weaknesses are known, or the service knows nothing or was not reached: see above" >&2; exit 1; }

otel: setup ## add OpenTelemetry's libraries to .venv, for traces
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-otel.lock

add: setup ## add a package to .venv: a filter of yours, or HEIC (ARGS="pillow-heif")
	@test -n "$(ARGS)" || { echo 'say what: make add ARGS="pillow-heif", or a folder with a filter' >&2; exit 2; }
	@$(UV) pip install --python $(BIN)/python $(ARGS)

sbom: setup-dev ## dist/dpip.cdx.json: what DPIP runs with, as CycloneDX
	@mkdir -p dist
	@PYTHONWARNINGS=ignore::UserWarning $(BIN)/cyclonedx-py requirements --pyproject pyproject.toml \
		--mc-type application --output-reproducible --of JSON --sv 1.6 --validate -o dist/dpip.cdx.json requirements.lock
	@echo dist/dpip.cdx.json

format: setup-dev ## format the code
	@$(BIN)/ruff format .

e2e: setup-dev ## a video through a freshly started system and back (ARGS="film.mp4")
	@exec $(BIN)/python -m tests.e2e $(ARGS)

bench: setup-dev ## DPIP beside a bare OpenCV loop and the rivals that are installed (ARGS="--short")
	@exec $(BIN)/python -m benchmarks.end_to_end $(ARGS)

fuzz: setup-dev ## break pictures of every format for so many seconds (ARGS="600")
	@test -e .venv-fuzz/atheris || $(UV) pip install --quiet --python $(BIN)/python --target .venv-fuzz \
		--require-hashes -r requirements-fuzz.lock || \
		echo "atheris cannot be installed here: files are broken blindly only" >&2
	@exec $(BIN)/python -m tests.fuzz $(ARGS)

screenshots: setup-dev ## docs/pictures of the page, taken anew of a real system (ARGS="DIR": every state)
	@exec $(BIN)/python -m tools.screenshots $(ARGS)

filter-guide: setup-dev ## docs/filters.md with its pictures, made of the filters
	@exec $(BIN)/python tools/filter_guide.py

golden: setup-dev ## renew tests/imaging/golden.json: what every filter's results hash to
	@exec $(BIN)/python -m tests.imaging.golden

rivals: setup-dev ## install what `make bench` compares with, into .venv-bench
	@$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes --python .venv-bench/bin/python \
		requirements-bench.lock
	@for program in redis-server:redis-server gm:graphicsmagick mogrify:imagemagick; do \
		command -v $${program%%:*} >/dev/null || \
			echo "$${program%%:*} is not installed: apt-get install -y $${program##*:}" >&2; done

bench-control: setup-dev ## jobs per second that are placed and committed, with workers that pretend (ARGS="--short")
	@exec $(BIN)/python -m benchmarks.control_plane $(ARGS)

simulate: setup-dev ## ways of placing jobs on simulated clusters of 1 to 1,000 workers (ARGS="--only-dpip")
	@exec $(BIN)/python -m benchmarks.simulation $(ARGS)

bench-engine: setup-dev ## pixels alone, beside Pillow, pyvips, GraphicsMagick, ImageMagick (ARGS="--count 4")
	@exec $(BIN)/python -m benchmarks.pixels $(ARGS)

attack: setup-dev ## thousands of requests made up from the API's description, right and wrong ones (ARGS="--cases 100")
	@exec $(BIN)/python -m tests.attack $(ARGS)

overload: setup-dev ## 200 clients upload as fast as they can; what they meet (ARGS="--clients 400 --seconds 60")
	@exec $(BIN)/python -m tests.overload $(ARGS)

chaos: setup-dev ## a system under attack, then stock is taken (ARGS="--minutes 30 --images 10000 --faults 500")
	@exec $(BIN)/python -m tests.chaos $(ARGS)

soak: setup-dev ## an hour's worth of images, and what every process holds meanwhile (ARGS="--images 36000")
	@exec $(BIN)/python -m tests.soak $(ARGS)

setup: python ## make .venv with what running needs
	@exec $(PYTHON) tools/setup.py run

setup-dev: python ## make .venv with what testing needs too
	@exec $(PYTHON) tools/setup.py dev

lock: setup-dev ## resolve the dependencies anew into the lock files
	@$(COMPILE) --upgrade --extra video pyproject.toml -o requirements.lock
	@$(COMPILE) --upgrade -c requirements.lock --group dev pyproject.toml -o requirements-dev.lock
	@$(COMPILE) --upgrade -c requirements.lock --group pyproject.toml:otel -o requirements-otel.lock
	@$(COMPILE) --upgrade --group pyproject.toml:bench -o requirements-bench.lock
	@echo uv | $(COMPILE) --upgrade - -o requirements-setup.lock
	@echo pip-audit | $(COMPILE) --upgrade - -o requirements-audit.lock
	@linux='sys_platform == "linux" and platform_machine == "x86_64" and python_version'; \
		printf 'atheris==3.0.0; %s < "3.12"\natheris>=3.1; %s >= "3.12"\n' "$$linux" "$$linux" | \
		$(COMPILE) --upgrade - -o requirements-fuzz.lock

clean: ## remove caches and build results
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist benchmarks/out
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

clean-all: clean ## remove .venv too; images, database and secrets stay
	@rm -rf .venv .venv-audit .venv-bench .venv-fuzz

python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is missing: apt-get install -y python3 python3-venv" >&2; exit 1; }
