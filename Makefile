# Desktop Chat: make run, make test, make package, make campaign. Each begins with make setup.
SHELL := /bin/bash
PYTHON := .venv/bin/python
READY := .venv/.ready

.PHONY: setup run test package campaign
.DEFAULT_GOAL := run

# Quick and silent when nothing changed.
setup: $(READY)
	@:

$(READY): pyproject.toml setup/prepare.sh setup/system-packages.txt
	@setup/prepare.sh

run: $(READY)
	@$(PYTHON) -m desktop_chat --with-pair

test: $(READY)
	@setup/test.sh

package: $(READY)
	@$(PYTHON) -m PyInstaller --noconfirm --clean --log-level WARN build.spec
	@echo "package: dist/desktop-chat holds both programs, desktop-chat and desktop-chat-server"

# Long runs, not part of the tests: thousands of simulator seeds, a minute of torture, the figures.
campaign: $(READY)
	@setup/campaign.sh
