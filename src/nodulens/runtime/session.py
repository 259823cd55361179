"""Run a bundle's network with ONNX Runtime on the processor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from nodulens.errors import BadData, NodulensError
from nodulens.runtime.bundle import MODEL, Bundle, Task
from nodulens.runtime.preprocess import Letterbox


class OnnxModel:
    """A bundle's graph, loaded.

    Args:
        bundle: as :func:`nodulens.runtime.bundle.load_bundle` returns it.
        threads: that one answer may use.

    Raises:
        BadData: the graph cannot be loaded, or does not take and give what a bundle's must.
    """

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        self.bundle = bundle
        self.size = (bundle.description.input.height, bundle.description.input.width)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The arena keeps its largest size for good: a third more memory for no measurable speed.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        # Threads that wait by spinning take the processor from other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            # From checked bytes, so that no other file than the one that was checked is run.
            self._session = onnxruntime.InferenceSession(
                bundle.read_model(), options, providers=["CPUExecutionProvider"]
            )
        except BadData:
            raise
        except Exception as error:  # ONNX Runtime's own exceptions share no narrower base
            raise BadData(f"{bundle.folder / MODEL}: cannot be loaded ({error})") from error
        self._check_interface()

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return ``probability`` for ``pixels``, uint8 (B, 1, H, W) of the input's size.

        Raises:
            NodulensError: an answer is not a probability (NaN, or outside 0 to 1).
        """
        (answer,) = self._session.run(["probability"], {"pixels": pixels})
        result = np.asarray(answer, np.float32)
        # NaN fails this comparison too.
        if not (result.min() >= -1e-6 and result.max() <= 1 + 1e-6):
            raise NodulensError(
                f"the model {self.bundle.description.name} gave numbers that are no probabilities; "
                "verify it with `nodulens weights verify`"
            )
        return result.clip(0, 1)

    def _check_interface(self) -> None:
        takes = {value.name: (value.type, value.shape) for value in self._session.get_inputs()}
        gives = [value.name for value in self._session.get_outputs()]
        kind, shape = takes.get("pixels", ("", []))
        if (
            len(takes) != 1
            or kind != "tensor(uint8)"
            or tuple(shape[1:]) != (1, *self.size)
            or "probability" not in gives
        ):
            raise BadData(
                f"{self.bundle.folder / MODEL}: takes {takes} and gives {gives}; a bundle's graph "
                f"takes pixels, uint8 (B, 1, {self.size[0]}, {self.size[1]}), and gives probability"
            )


class _ForTask:
    """A bundle's graph for one task.

    Args:
        bundle: of a network for the task.
        threads: that one answer may use.

    Raises:
        BadData: the bundle is for another task, or its graph is not a bundle's.
    """

    task: ClassVar[Task]

    def __init__(self, bundle: Bundle, threads: int = 1) -> None:
        if bundle.description.task != self.task:
            raise BadData(
                f"{bundle.description.name}: a model for {bundle.description.task}, where one for "
                f"{self.task} is needed; see `nodulens weights list`"
            )
        self.bundle = bundle
        self._model = OnnxModel(bundle, threads)


class OnnxSegmenter(_ForTask):
    """Segmenter of views at their own size, from a segmentation's bundle."""

    task = "segmentation"

    def __call__(self, views: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each uint8 view (h, w) the probability of nodule, float32 (h, w)."""
        result = []
        # One at a time: memory stays flat, and an answer does not depend on its neighbours.
        for view in views:
            letterbox = Letterbox((view.shape[0], view.shape[1]), self._model.size)
            answer = self._model(letterbox.into(view)[None, None])
            result.append(letterbox.out_of(answer[0, 0]))
        return result


class OnnxClassifier(_ForTask):
    """Classifier of regions of interest, from a classification's bundle."""

    task = "classification"

    def __call__(self, regions: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each uint8 region (h, w) the probability of each label, float32 (L,)."""
        result = []
        for region in regions:
            letterbox = Letterbox((region.shape[0], region.shape[1]), self._model.size)
            result.append(self._model(letterbox.into(region)[None, None])[0])
        return result
