# Every target makes the environment first if it is missing or older than its list.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
PEERS := .venv-peers/ready
DOCS := .venv-docs/ready
TORCH := .venv-torch/ready
BROWSER := .venv-browser/ready
CLUSTER := .venv-cluster/ready
FUZZ := .venv-fuzz/ready

# TensorFlow takes 8 s to import where bytecode is not kept, and 3 s where it is.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test tests test-torch test-browser test-cluster gallery audit fuzz fuzz-guided chaos lint bench bench-peers docs

demo: $(READY)
	$(BIN)/python -m experiments.mog2d

test: $(READY)
	$(MAKE) --jobs=2 lint tests

# A file's tests share what one worker made; long files come before many short ones.
tests: $(READY)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

# What needs PyTorch, and is skipped by `make test`.
test-torch: $(TORCH)
	.venv-torch/bin/python -c "import torch"
	.venv-torch/bin/python -m pytest -q tests/models/test_torch_layer.py \
		tests/front/test_torch_gan.py tests/experiments/test_sample_torch.py \
		"tests/test_gallery.py::test_a_gan_becomes_a_line_of_numbers[torch_dcgan]"

# What needs Chromium: apt-get install chromium chromium-driver.
test-browser: $(BROWSER)
	.venv-browser/bin/python -c "import selenium"
	.venv-browser/bin/python -m pytest -q tests/browser

# What needs Dask: jobs whose work several processes share.
test-cluster: $(CLUSTER)
	.venv-cluster/bin/python -c "import distributed"
	.venv-cluster/bin/python -m pytest -q -n 2 --dist loadfile tests/front/test_cluster.py \
		tests/front/test_local_workers.py tests/experiments/test_evaluate_cluster.py \
		tests/experiments/test_benchmark_cluster.py

# Eight GANs and three seeds, of some minutes each; lines that are there stay.
gallery: $(TORCH)
	.venv-torch/bin/python -m examples.gallery --seed 0 1 2 \
		--out=docs/results/gallery.jsonl

# The tables of docs/audit.md, and its picture.
audit: $(READY)
	TF_CPP_MIN_LOG_LEVEL=3 PYTHONPATH=.:tests $(BIN)/python -m audit \
		--figure=docs/figures/audit.png

# Each reader of files is a line; what lines count stays. As in: make fuzz MINUTES=30
MINUTES ?= 10
fuzz: $(READY)
	TF_CPP_MIN_LOG_LEVEL=3 TF_NUM_INTRAOP_THREADS=1 PYTHONPATH=.:tests \
		$(BIN)/python -m fuzzing.run --out=docs/results/fuzz.jsonl --minutes=$(MINUTES)

# Towards code that no input has reached yet, by atheris; as in: make fuzz-guided READER=flags
READER ?= IDX
fuzz-guided: $(FUZZ)
	TF_CPP_MIN_LOG_LEVEL=3 PYTHONPATH=.:tests .venv-fuzz/bin/python -m fuzzing.guided \
		--reader="$(READER)" --minutes=$(MINUTES)

# Each fault is a line; lines that are there stay. As in: make chaos FAULTS=500
FAULTS ?= 300
chaos: $(CLUSTER)
	TF_CPP_MIN_LOG_LEVEL=3 TF_NUM_INTRAOP_THREADS=1 PYTHONPATH=.:tests \
		.venv-cluster/bin/python -m chaos --out=docs/results/chaos.jsonl --faults=$(FAULTS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

bench-peers: $(PEERS)
	for script in benchmarks/peers_*.py; do .venv-peers/bin/python $$script || exit 1; done

# A site in site/, of the documents and the docstrings; a warning is an error.
docs: $(DOCS)
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

# By a path: else a script beside the clone would import the clone's folder as a package.
EDITABLE := --config-settings editable_mode=compat -e .

# Python compiles what is imported, a quarter of it all, when it first is.
$(READY): requirements.txt setup.py
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" \
		|| { echo "Python 3.11 to 3.13 is needed, as in: make demo PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install -q --disable-pip-version-check --no-compile -r requirements.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps $(EDITABLE)
	touch $@

$(PEERS): requirements.txt setup.py benchmarks/requirements-peers.txt
	$(PYTHON) -m venv --clear .venv-peers
	.venv-peers/bin/pip install -q --disable-pip-version-check \
		-r requirements.txt -r benchmarks/requirements-peers.txt
	.venv-peers/bin/pip install -q --disable-pip-version-check --no-deps $(EDITABLE)
	touch $@

# PyTorch, a browser's client, Dask, or atheris beside the packages of the tests, which are
# not installed twice.
PACKAGES := import sysconfig; print(sysconfig.get_path("purelib"))
$(TORCH) $(BROWSER) $(CLUSTER) $(FUZZ): .venv-%/ready: $(READY) requirements-%.txt
	$(PYTHON) -m venv --clear .venv-$*
	$(CURDIR)/$(BIN)/python -c '$(PACKAGES)' \
		> "$$(.venv-$*/bin/python -c '$(PACKAGES)')/tests.pth"
	.venv-$*/bin/pip install -q --disable-pip-version-check -r requirements-$*.txt
	touch $@

$(DOCS): requirements-docs.txt
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/pip install -q --disable-pip-version-check -r $<
	touch $@
