from __future__ import annotations

from typing import Any, ClassVar

import pytest

from tests.models.contract import ClassificationContract

pytestmark = pytest.mark.train


class TestResNet18(ClassificationContract):
    name = "resnet18"
    options: ClassVar[dict[str, Any]] = {"labels": 5}
    labels = 5
