# Two commands matter: `make run` and `make test`. Both work from nothing but Python 3.12 and make.
SHELL := /bin/sh
PORT ?= 8000
DATA_DIR ?= data
WXR ?=
EMAIL ?= owner@example.com
DO ?= help
N ?= 100000
POSTS ?= 1000
ROUNDS ?= 1
MINUTES ?= 10
PYTHON := .venv/bin/python
# Without cached bytecode, pytest compiles every test again in each of its processes.
unexport PYTHONDONTWRITEBYTECODE

# Settings of a local site; production sets its own (see .env.example).
LOCAL = DATA_DIR="$(DATA_DIR)" SECRET_KEY_FILE="$(DATA_DIR)/secret_key" SITE_URL=http://127.0.0.1:$(PORT) \
	ALLOWED_HOSTS=localhost
# Installs $(1), with the options $(2), when it differs from what was installed last.
install = @cmp -s $(1) .venv/$(notdir $(1)) || { echo "Installing $(1) ..."; \
	if command -v uv >/dev/null 2>&1; \
	then uv pip install --quiet --python $(PYTHON) $(2) --require-hashes -r $(1); \
	else { $(PYTHON) -c "import pip" 2>/dev/null || $(PYTHON) -m ensurepip >/dev/null; } && \
	$(PYTHON) -m pip install --quiet --disable-pip-version-check $(2) --require-hashes -r $(1); fi && \
	cp $(1) .venv/$(notdir $(1)); }

# Node and npm come with the development requirements.
NODE := PATH="$(CURDIR)/.venv/bin:$$PATH"
BIOME := $(NODE) node_modules/.bin/biome
TEMPLATES := find . \( -path ./.venv -o -path ./node_modules -o -path ./blog/demo \) -prune -o -path '*/templates/*.html' -print0

.PHONY: help run dev setup setup-dev setup-js secret owner manage test test-fast test-sqlite test-postgres test-browser test-js check format lock bench bench-staleness bench-search bench-memory bench-newsletter audit install-test release-check

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' Makefile

run: setup secret ## Serve the site with demo content; PORT=, DATA_DIR=, WXR="export.xml"
	@newer=$$(test -f "$(DATA_DIR)/static/staticfiles.json" && \
		find static requirements.txt -newer "$(DATA_DIR)/static/staticfiles.json" || echo all); \
	test -z "$$newer" || { echo "Compressing static files ..." && $(LOCAL) DEBUG=0 $(PYTHON) manage.py collectstatic --noinput --verbosity 0; }
	@exec env $(LOCAL) DEBUG=0 $(PYTHON) manage.py run_local --port $(PORT) $(if $(WXR),--wxr $(WXR))

dev: setup-dev secret ## Serve the same data with DEBUG on; reload when code changes
	@exec env $(LOCAL) DEBUG=1 $(PYTHON) manage.py run_local --port $(PORT) $(if $(WXR),--wxr $(WXR))

owner: setup secret ## Set a new password for the owner; EMAIL=
	@$(LOCAL) DEBUG=0 $(PYTHON) manage.py create_owner "$(EMAIL)"

manage: setup secret ## Run a management command on the data of make run: DO="import_wordpress export.xml"
	@$(LOCAL) DEBUG=0 $(PYTHON) manage.py $(DO)

setup: $(PYTHON) ## Create the environment in .venv
	$(call install,requirements.txt)

setup-dev: $(PYTHON)
	$(call install,requirements-dev.txt)

setup-js: setup-dev
	@cmp -s package-lock.json node_modules/installed.json || { echo "Installing package-lock.json ..."; \
		$(NODE) npm ci --ignore-scripts --no-audit --no-fund --silent || \
		{ echo "Installing Biome failed: npm could not reach its registry, or has no build for this machine." >&2; exit 1; }; \
		cp package-lock.json node_modules/installed.json; }

$(PYTHON):
	@UV_PYTHON_DOWNLOADS=never uv venv --quiet --clear .venv 2>/dev/null && exit 0; \
	for python in python3.13 python3.14 python3.12 python3; do \
		$$python -c "import sys; sys.exit(sys.version_info < (3, 12))" 2>/dev/null && \
		$$python -m venv --clear .venv >/dev/null 2>&1 && exit 0; \
	done; rm -rf .venv; \
	echo "PT Complete needs Python 3.12 or newer with its venv module: install it (on Debian and Ubuntu:" \
		"apt install python3 python3-venv) and run make again." >&2; exit 1

secret:
	@mkdir -p "$(DATA_DIR)"; test -s "$(DATA_DIR)/secret_key" || \
		(umask 077; $(PYTHON) -c "import secrets; print(secrets.token_urlsafe(50), end='')" >"$(DATA_DIR)/secret_key")

test: test-js test-sqlite test-postgres test-browser ## All tests: on SQLite, on PostgreSQL where it can differ, in a browser

test-fast: setup-dev ## The tests to run while you work: SQLite, no browser, nothing slow
	TEST_DATABASE=sqlite $(PYTHON) -m pytest -n auto -m "not browser and not slow"

# Timing differs on a busy machine, so a test that fails runs once more, alone; a second failure counts.
define pytest
$(PYTHON) -m pytest -n auto $(1) || $(PYTHON) -m pytest -n 0 $(1) --last-failed --last-failed-no-failures none
endef

test-sqlite: export TEST_DATABASE = sqlite
test-sqlite: setup-dev ## All tests but those of the browser, on SQLite
	$(call pytest,-m "not browser")

test-postgres: export TEST_DATABASE = postgres
test-postgres: setup-dev ## The tests whose result can depend on the database, on PostgreSQL; ALL=1 runs all that use one
	$(call pytest,-m "database and not browser$(if $(ALL),, and not any_database)")

test-browser: export TEST_DATABASE = sqlite
test-browser: setup-dev ## The tests that need a browser; installs one if there is none
	@$(PYTHON) -m tests.chromium
	$(call pytest,-m browser)

test-js: setup-dev ## Tests of scripts that need no browser
	@$(NODE) node --test "tests/js/**/*.test.js"

check: setup-js ## Run linters, the type checker, the layer contract and Django's checks
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(TEMPLATES) | xargs -0 .venv/bin/djade --check --target-version 6.1
	$(TEMPLATES) | xargs -0 .venv/bin/djangofmt --quiet --check
	$(BIOME) check --error-on-warnings
	$(PYTHON) -m mypy .
	.venv/bin/lint-imports
	DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON) manage.py check --fail-level WARNING
	DJANGO_SETTINGS_MODULE=tests.settings $(PYTHON) manage.py makemigrations --check --dry-run

format: setup-js ## Format code, templates, scripts and style sheets
	$(PYTHON) -m ruff check --fix --quiet .
	$(PYTHON) -m ruff format .
	$(TEMPLATES) | xargs -0 .venv/bin/djangofmt --quiet
	$(TEMPLATES) | xargs -0 .venv/bin/djade --target-version 6.1
	$(BIOME) check --write

lock: setup-dev ## Update the lock files within the bounds of pyproject.toml
	@$(PYTHON) -c "import uv" 2>/dev/null || $(PYTHON) -m pip install --quiet uv
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --group audit -o requirements-audit.txt
	$(LOCK) --group release -o requirements-release.txt
LOCK = .venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.12 \
	--generate-hashes --no-header --no-emit-index-url --no-emit-find-links

bench: setup-dev ## Measure pages through the real server; writes docs/performance.md; POSTS="1000 100000", ROUNDS=, PEER=
	@$(PYTHON) -m benchmarks.site --output docs/performance.md --posts $(POSTS) --rounds $(ROUNDS) \
		$(if $(WXR),--wxr $(WXR)) $(if $(PEER),--peer $(PEER) --peer-pids "$(PEER_PIDS)") \
		$(if $(PEER_PATHS),--peer-paths $(PEER_PATHS))

bench-staleness: setup-dev ## Check under load that nobody gets a stale page, with and without a cache server
	@$(PYTHON) -m benchmarks.staleness
	@$(PYTHON) -m benchmarks.staleness --database postgresql

bench-search: setup-dev ## Measure the CPU time of kinds of searches among N= posts
	@$(PYTHON) -m benchmarks.search --posts $(N)

bench-memory: setup-dev ## Measure the memory of web processes under mixed load for MINUTES=
	@$(PYTHON) -m benchmarks.memory --minutes $(MINUTES)

bench-newsletter: setup-dev ## Measure campaigns to N= subscribers and the cost of crashes
	$(call install,benchmarks/peers.txt,--no-deps --target .venv/peers)
	@$(PYTHON) -m benchmarks.newsletter --subscribers $(N) --peer .venv/peers
	@$(PYTHON) -m benchmarks.newsletter_crashes

audit: setup-dev ## Examine the demo and an imported site with axe, Nu and Lighthouse; writes docs/quality.md
	$(call install,requirements-audit.txt)
	@$(PYTHON) -m tests.chromium
	@cmp -s audit/package-lock.json .venv/audit/package-lock.json || { echo "Installing audit/package-lock.json ..."; \
		mkdir -p .venv/audit && cp audit/package.json audit/package-lock.json .venv/audit && \
		PATH="$(CURDIR)/.venv/bin:$$PATH" npm ci --prefix .venv/audit --ignore-scripts --no-audit --no-fund --silent || \
		{ rm -f .venv/audit/package-lock.json; \
		echo "Installing the audit's tools failed: npm could not reach its registry, or has no build for this machine." >&2; \
		exit 1; }; }
	@$(PYTHON) -m audit

install-test: ## Install, upgrade and roll back in a fresh Debian; needs root, debootstrap and the network
	@deploy/test/install_test.sh

release-check: setup-dev ## Check a release: known vulnerabilities, licenses, settings; writes sbom.cdx.json
	@$(PYTHON) -m audit.release
