"""An explanation as JSON and as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nodulens.files import write_json, write_text
from nodulens.finding import NOTICE
from nodulens.pages import data_address, load_template
from nodulens.report.heat import draw_heat, draw_region, limit_of

if TYPE_CHECKING:
    from nodulens.training.explain import Seen

REPORT = "explain.json"
PAGE = "explain.html"


def write_explanation(out: Path, explanation: dict[str, Any], seen: Sequence[Seen] = ()) -> None:
    """Write ``explain.json`` and ``explain.html``.

    Args:
        out: folder for both.
        explanation: plain data with ``configuration``, and any of ``sanity``, ``agreement`` and
            ``inside`` (:func:`nodulens.training.explain.explain`) and ``importance``
            (:func:`nodulens.evaluation.importance.explain_features`).
        seen: the regions to show with their maps.
    """
    write_json(out / REPORT, {"notice": NOTICE, **explanation})
    # One scale for all regions: the colours of two can be compared.
    limit = limit_of(one.maps["occlusion"] for one in seen)
    page = load_template(Path(__file__).with_name("explain.html.j2")).render(
        notice=NOTICE,
        explanation=explanation,
        regions=[_region(one, limit) for one in seen],
    )
    write_text(out / PAGE, page)


def _region(one: Seen, limit: float) -> dict[str, Any]:
    label, hidden = one.model.objective.classes[-1], one.maps["occlusion"]
    return {
        "id": one.row.id,
        "number": one.number,
        "truth": one.model.objective.class_of(one.row.labels),
        "label": label,
        "probability": one.probability,
        "threshold": one.model.threshold,
        "lowest": float(hidden.min()),
        "highest": float(hidden.max()),
        "nothing": not one.maps["grad_cam"].any(),
        "pictures": {
            "region": _address(draw_region(one.pixels, one.inside)),
            "Grad-CAM": _address(
                draw_heat(
                    one.pixels, one.maps["grad_cam"], one.inside, label=label, signed=False, limit=1
                )
            ),
            "occlusion": _address(
                draw_heat(one.pixels, hidden, one.inside, label=label, limit=limit)
            ),
        },
    }


def _address(picture: NDArray[np.uint8]) -> str:
    return data_address(Image.fromarray(picture), 85)
