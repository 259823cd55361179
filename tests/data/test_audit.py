from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from nodulens.data.audit import Audit, audit_dataset
from nodulens.data.audit_page import write_audit
from nodulens.data.imports import import_dataset
from nodulens.data.manifest import read_manifest, write_manifest
from nodulens.data.phantom_set import write_phantoms
from tests.data.conftest import Save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six good phantoms, each in a fold of its own turn."""
    rows = write_phantoms(6, tmp_path / "set", split_screens=0, width=400, height=300)
    write_manifest(
        tmp_path / "set",
        [row.model_copy(update={"fold": number % 2}) for number, row in enumerate(rows)],
    )
    return tmp_path / "set"


def found(audit: Audit) -> dict[str, list[list[str]]]:
    return {
        check.name: [case.ids for case in check.cases]
        for check in audit.checks
        if check.cases and check.severity != "note"
    }


def name(number: int) -> str:
    return f"phantom-{number:05d}"


def test_good_set(folder: Path) -> None:
    audit = audit_dataset(folder)
    assert found(audit) == {}
    assert (audit.images, audit.groups, audit.folds, audit.errors) == (6, 6, 2, 0)
    assert sum(audit.labels["malignancy"].values()) == 6
    assert sum(sum(counts.values()) for counts in audit.labels_by_fold.values()) == 6
    assert audit.mask_share is not None
    assert 0 < audit.mask_share[0] <= audit.mask_share[2] <= audit.mask_share[4] < 1


def test_copies_leaks_and_conflicts(folder: Path) -> None:
    rows = read_manifest(folder)
    # 1 becomes the same file as 0, with another label; 3 a recompressed 2 with its own words.
    (folder / rows[1].image).write_bytes((folder / rows[0].image).read_bytes())
    copy = Image.open(folder / rows[2].image)
    ImageDraw.Draw(copy).text((60, 280), "TIRADS 4C", fill=255, font=ImageFont.load_default(14))
    copy.save(folder / "copy.jpg", quality=80)
    (folder / rows[3].image).write_bytes((folder / "copy.jpg").read_bytes())
    from nodulens.files import sha256_of

    labels = [{"malignancy": "benign"}, {"malignancy": "suspicious"}, *[{"a": "b"}] * 4]
    rows = [
        row.model_copy(
            update={
                "sha256": sha256_of(folder / row.image),
                "labels": label,
                "group": name(4) if number == 5 else row.group,
                "split": "train" if number % 2 else "test",
            }
        )
        for number, (row, label) in enumerate(zip(rows, labels, strict=True))
    ]
    write_manifest(folder, rows)
    audit = audit_dataset(folder)
    first, second, third = ([name(n), name(n + 1)] for n in (0, 2, 4))
    assert found(audit) == {
        "exact-duplicates": [first],
        "near-duplicates": [second],
        "conflicting-labels": [first],
        "conflicting-masks": [first],
        "across-folds": [third, first, second],
        "across-splits": [first, second],
        "grade-burned-in": [[name(3)]],
    }
    assert audit.errors == 3


@pytest.fixture
def asked_twice(tmp_path: Path) -> Path:
    """Two frames with two rows each, told apart by their texts."""
    write_phantoms(2, tmp_path / "two", two_nodules=True, width=320, height=240)
    return tmp_path / "two"


def test_rows_told_apart_by_text_are_no_copies(asked_twice: Path) -> None:
    audit = audit_dataset(asked_twice)
    assert found(audit) == {}
    noted = {check.name: check.cases for check in audit.checks if check.severity == "note"}
    assert [case.ids for case in noted["told-apart"]] == [
        [f"{name(number)}-{which}" for which in "ab"] for number in range(2)
    ]


def test_rows_told_apart_must_still_stay_in_one_fold(asked_twice: Path) -> None:
    rows = [
        # Neither patient nor group joins them: the picture itself does.
        row.model_copy(update={"fold": number % 2, "patient": None, "group": row.id})
        for number, row in enumerate(read_manifest(asked_twice))
    ]
    write_manifest(asked_twice, rows)
    pairs = [[f"{name(number)}-{which}" for which in "ab"] for number in range(2)]
    assert found(audit_dataset(asked_twice)) == {"across-folds": pairs}


@pytest.mark.parametrize("change", ["same text", "no text", "another file"])
def test_rows_not_told_apart_are_copies(asked_twice: Path, change: str) -> None:
    rows = read_manifest(asked_twice)[:2]
    if change == "another file":
        (asked_twice / "copy.png").write_bytes((asked_twice / rows[0].image).read_bytes())
        update = {"image": "copy.png"}
    else:
        update = {"text": None if change == "no text" else rows[0].text}
    write_manifest(asked_twice, [rows[0], rows[1].model_copy(update=update)])
    both = [[row.id for row in rows]]
    assert found(audit_dataset(asked_twice)) == {
        "exact-duplicates": both,
        "conflicting-labels": both,
        "conflicting-masks": both,
    }


def test_files_that_went_wrong(folder: Path, save: Save) -> None:
    rows = read_manifest(folder)
    masks = [folder / str(row.mask) for row in rows]
    whole = np.asarray(Image.open(masks[1]))
    save(masks[0], whole[:100])
    save(masks[1], np.where(whole, 200, 0).astype(np.uint8))
    save(masks[2], np.roll(whole, (140, 160), axis=(0, 1)))
    save(masks[3], whole * 0)
    (folder / rows[4].image).write_bytes(b"\x89PNG")
    save(folder / rows[5].image, np.zeros((300, 400), np.uint8))
    audit = audit_dataset(folder)
    assert found(audit) == {
        "unreadable": [[name(4)]],
        "changed": [[name(5)]],
        "mask-size": [[name(0)]],
        "mask-values": [[name(1)]],
        "mask-off-scan": [[name(2)]],
    }
    empty = next(check for check in audit.checks if check.name == "empty-mask")
    assert [case.ids for case in empty.cases] == [[name(3)]]


def test_page_and_json(folder: Path, tmp_path: Path) -> None:
    rows = read_manifest(folder)
    odd = "<script>alert(1)</script>"
    rows[0] = rows[0].model_copy(update={"labels": {"note": odd}, "mask": None})
    write_manifest(folder, rows)
    audit = audit_dataset(folder)
    write_audit(audit, folder, tmp_path / "audit")
    saved = json.loads((tmp_path / "audit" / "audit.json").read_text("utf-8"))
    assert Audit.model_validate(saved) == audit
    page = (tmp_path / "audit" / "index.html").read_text("utf-8")
    assert odd not in page
    assert "&lt;script&gt;" in page
    assert "data:image/jpeg;base64," in page
    # Self-contained: nothing is fetched.
    assert not re.search(r"""(src|href)\s*=\s*["'](?!data:|#)""", page)


@pytest.mark.realdata
def test_ddti(shared_data: Path, tmp_path: Path) -> None:
    import_dataset("ddti", shared_data / "ddti", tmp_path / "set")
    # A fifth of the set, with the known copies.
    keep = {"150_1", "233_2", "323_1", "326_1", "349_1", "353_2", "396_1", "294_2", "294_3"}
    rows = [
        row
        for number, row in enumerate(read_manifest(tmp_path / "set"))
        if row.id in keep or number % 12 == 0
    ]
    write_manifest(tmp_path / "set", rows)
    cases = found(audit_dataset(tmp_path / "set"))
    assert ["150_1", "233_2", "323_1", "326_1", "349_1"] in cases["exact-duplicates"]
    assert cases["near-duplicates"] == [["294_2", "294_3"]]
    graded = {ids[0] for ids in cases["grade-burned-in"]}
    assert {"353_2", "396_1", "294_3"} <= graded
    assert not graded & {"150_1", "294_2"}


@pytest.mark.realdata
def test_busi(shared_data: Path, tmp_path: Path) -> None:
    import_dataset("busi", shared_data / "busi", tmp_path / "set")
    rows = [row for row in read_manifest(tmp_path / "set") if "malignant" in row.id]
    write_manifest(tmp_path / "set", rows)
    cases = found(audit_dataset(tmp_path / "set"))
    on_scan = {ids[0].split("/")[1] for ids in cases["text-on-scan"]}
    assert on_scan == {"malignant (148)", "malignant (205)", "malignant (53)"}
