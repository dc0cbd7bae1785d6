# Desktop Chat: make run, make test, make package, make campaign. Each makes ready what it needs first.
SHELL := /bin/bash
PYTHON := .venv/bin/python
READY := .venv/.ready

# Tests get no variable of the person's own session that could change what they see.
CLEAN := env -i PATH="$$PATH" HOME="$$HOME" TMPDIR="$${TMPDIR:-/tmp}" LANG=C.UTF-8 \
	PYTEST_ADDOPTS="$$PYTEST_ADDOPTS" DESKTOP_CHAT_SEED="$$DESKTOP_CHAT_SEED"

.PHONY: setup run test package campaign benchmark-peers
.DEFAULT_GOAL := run

# Quick and silent when nothing changed.
setup: $(READY)
	@:

$(READY): pyproject.toml setup/prepare.sh setup/system-packages.txt
	@setup/prepare.sh

run: $(READY)
	@$(PYTHON) -m desktop_chat --with-pair

# All of it, stage by stage, a file on each of two processors; less of it: make test TESTS=tests/protocol
test: $(READY)
	@$(CLEAN) $(PYTHON) -m pytest --numprocesses 2 --no-loadscope-reorder $(TESTS)

package: $(READY)
	@$(PYTHON) -m PyInstaller --noconfirm --clean --log-level WARN build.spec
	@echo "package: dist/desktop-chat holds both programs, desktop-chat and desktop-chat-server"

# Long runs, not part of the tests: 20,000 new schedules of the simulator, a minute of torture with ten kills, five with every fault, then the figures.
campaign: $(READY)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		$(PYTHON) -m server torture --data "$$folder" --seconds 60 --kills 10
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		$(PYTHON) -m server torture --data "$$folder" --seconds 300 --kills 60 --faults all
	@$(PYTHON) -m tests.simulation.run --seeds 20000 --first $$((RANDOM * 32768 + RANDOM)) --jobs 2
	@$(PYTHON) -m tests.damage_campaign --places 2000
	@$(PYTHON) -m benchmarks

# The servers that are measured beside ours, from Debian; what is not there is left out of the table by name.
benchmark-peers:
	@setup/benchmark-peers.sh
