"""Write what the server answers, as OpenAPI describes it, without a server.

    python -m nodulens.serve.describe docs/reference/openapi.json

From that file the types of the page are made, and so can any client be.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nodulens.files import write_text
from nodulens.serve.app import answering


def described() -> str:
    """Return the description as JSON, its names sorted: it changes where the API does."""
    description = answering(None).openapi()
    return json.dumps(description, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), described())
