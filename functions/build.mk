# What `sam build` makes of a function: its handler, with bytecode (docs/adr/0006).

PYTHON ?= python3.13

build-%:
	cp handler.py "$(ARTIFACTS_DIR)/"
	$(PYTHON) -m compileall -q --invalidation-mode unchecked-hash -s "$(ARTIFACTS_DIR)" -p /var/task "$(ARTIFACTS_DIR)"
