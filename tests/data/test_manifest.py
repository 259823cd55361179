from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.data.manifest import (
    MANIFEST,
    Row,
    count_rows,
    identity,
    read_manifest,
    write_manifest,
)
from nodulens.errors import BadData


def row(number: int, **fields: object) -> Row:
    given = {
        "id": f"a/{number}",
        "image": f"images/a/{number}.png",
        "group": str(number),
        "width": 10,
        "height": 8,
        "sha256": f"{number:064x}",
    }
    return Row.model_validate(given | fields)


ROWS = [
    row(1, mask="masks/a/1.png", labels={"tirads": "4a"}, fold=0, notes=["odd"]),
    row(2, mm_per_px=0.1, scale_from="depth-ruler", text="a nodule", labels={"side": "left"}),
]


def test_rows_survive_the_file(tmp_path: Path) -> None:
    write_manifest(tmp_path, ROWS)
    assert read_manifest(tmp_path) == ROWS
    assert count_rows(tmp_path) == 2


def test_labels_are_columns_of_their_own(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_manifest(tmp_path, ROWS)
    table = pq.read_table(tmp_path / MANIFEST)
    assert table["label_tirads"].to_pylist() == ["4a", None]
    assert table["label_side"].to_pylist() == [None, "left"]


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pytest.raises(BadData, match="nodulens data import"):
        read_manifest(tmp_path)
    (tmp_path / MANIFEST).write_text("no Parquet")
    for ask in (read_manifest, count_rows):
        with pytest.raises(BadData, match="not a Parquet file"):
            ask(tmp_path)
    pq.write_table(pa.table({"id": ["1"]}), tmp_path / MANIFEST)
    with pytest.raises(BadData, match=r"lacks the columns .*sha256"):
        read_manifest(tmp_path)


def test_a_row_that_is_not_valid_is_numbered(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    write_manifest(tmp_path, ROWS)
    table = pq.read_table(tmp_path / MANIFEST)
    place = table.column_names.index("width")
    pq.write_table(
        table.set_column(place, "width", pa.array([10, -1], pa.int32())), tmp_path / MANIFEST
    )
    with pytest.raises(BadData, match="row 1 is not valid"):
        read_manifest(tmp_path)


def test_identity_is_of_what_learning_depends_on() -> None:
    same = [entry.model_copy(update={"mm_per_px": 3.0, "notes": ["x"]}) for entry in ROWS]
    assert identity(ROWS) == identity(list(reversed(same)))
    for change in ({"fold": 3}, {"group": "z"}, {"labels": {}}, {"sha256": "f" * 64}):
        assert identity([ROWS[0].model_copy(update=change), ROWS[1]]) != identity(ROWS)
