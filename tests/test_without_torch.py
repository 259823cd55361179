"""From ``finding`` to ``dicom``, and ``serve``: all that a clinic needs runs without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.pictures import save, scan

CODE = """
import importlib, pkgutil, sys

FORBIDDEN = {
    "torch", "torchvision", "lightning", "timm", "monai", "sklearn", "pandas", "matplotlib",
    "segmentation_models_pytorch", "open_clip", "onnx", "onnxscript", "skl2onnx", "safetensors",
    "tensorboard",
}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())

import nodulens

ROOMS = ("frames", "measure", "text", "runtime", "analysis", "report", "dicom", "serve")
seen = []
for module in pkgutil.walk_packages(nodulens.__path__, "nodulens."):
    room = module.name.split(".")[1]
    if room in ROOMS or not module.ispkg and module.name.count(".") == 1:
        importlib.import_module(module.name)
        seen.append(module.name)
assert {"nodulens.cli", "nodulens.analysis.analyzer", "nodulens.report.batch"} <= set(seen), seen

from nodulens.cli import main
sys.argv = ["nodulens", *sys.argv[1:]]
main()
"""


def test_analyze_runs_where_torch_is_not_installed(bundle_store: Path, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", scan((120, 90, 60, 30)))
    arguments = [
        "analyze", tmp_path / "in", "--out", tmp_path / "out", "--store", bundle_store,
        "--segmenter", "bright-blobs", "--classifier", "mean-brightness",
    ]  # fmt: skip
    result = subprocess.run(
        [sys.executable, "-c", CODE, *map(str, arguments)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "nodules: 1" in result.stdout
