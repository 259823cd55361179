from __future__ import annotations

from pathlib import Path

import pytest

from nodulens.analysis.words import LONGEST_TEXT
from nodulens.errors import BadData
from nodulens.report.sources import Source
from nodulens.report.texts import read_texts, tell


def table(folder: Path, content: str | bytes) -> Path:
    path = folder / "words.csv"
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def sources(*paths: str) -> list[Source]:
    return [Source(Path(path), path, path) for path in paths]


def told(folder: Path, content: str, *paths: str) -> dict[str, str | None]:
    return {s.shown: s.text for s in tell(sources(*paths), table(folder, content)).files}


@pytest.mark.parametrize(
    "content",
    [
        'file,text\na.png,"solid, left"\n',
        "file;text\r\na.png;solid, left\r\n",
        "Image\tDescription\na.png\tsolid, left\n",
        '\ufeffPatient,File_Name,REPORT,age\n7,./a.png,"solid, left",50\n\n,,,\n',
    ],
)
def test_tables_as_programs_write_them(tmp_path: Path, content: str) -> None:
    assert read_texts(table(tmp_path, content)) == {"a.png": "solid, left"}


def test_texts_may_have_lines_and_be_empty(tmp_path: Path) -> None:
    content = 'file,text\na.png,"one\ntwo ""three"""\nb.png,\nc.png\n'
    assert read_texts(table(tmp_path, content)) == {"a.png": 'one\ntwo "three"'}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "lacks a column called file, filename"),
        ("a.png,solid\n", "lacks a column called file"),
        ("file,label\na.png,x\n", "lacks a column called text, description"),
        ("file,image,text\na.png,b.png,x\n", "has 2 columns called file"),
        (
            "file,text\na.png,solid, left\n",
            "line 2: more cells than columns; put a text with a ','",
        ),
        ("file,text\na.png,x\n./a.png,y\n", r"line 3: a\.png again"),
        ("file,text\n,x\n", "line 2: names no file"),
        ('file,text\na.png,"x\n', "not a row of a CSV"),
        (f"file,text\na.png,{'x' * (LONGEST_TEXT + 1)}\n", "line 2: a text of 20001 characters"),
        (f"file,text\na.png,{'x' * 200_000}\n", "not a row of a CSV"),
        (b"file,text\na.png,caf\xe9\n", "cannot be read as UTF-8"),
        (b"PK\x03\x04rest", "a spreadsheet; save it as CSV"),
    ],
)
def test_broken_tables_are_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(BadData, match=rf"words\.csv.*{message}"):
        read_texts(table(tmp_path, content))


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"none\.csv: cannot be read"):
        read_texts(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "name", ["a.png", "a", "in/a.png", "in\\a.png", "in/a", str(Path.cwd() / "in" / "a.png")]
)
def test_a_file_is_known_by_its_path_or_name(tmp_path: Path, name: str) -> None:
    found = told(tmp_path, f"file,text\n{name},left\n", "in/a.png", "in/b.png")
    assert found == {"in/a.png": "left", "in/b.png": None}


def test_accents_are_the_same_however_written(tmp_path: Path) -> None:
    found = told(tmp_path, "file,text\nn\u00f3dulo.png,left\n", "in/no\u0301dulo.png")
    assert found == {"in/no\u0301dulo.png": "left"}


def test_what_fits_nothing_is_counted(tmp_path: Path) -> None:
    content = "file,text\na.png,left\nz.png,right\ny.png,right\n"
    result = tell(sources("a.png", "b.png", "c.png", "d.png"), table(tmp_path, content))
    assert (result.without, result.unused) == (3, 2)
    assert [(s.text, s.text_from) for s in result.files[:2]] == [
        ("left", "file"),
        (None, "argument"),
    ]


def test_the_same_name_in_two_folders_needs_its_folder(tmp_path: Path) -> None:
    files = ("in/1.png", "in/b/1.png")
    with pytest.raises(BadData, match=r"1\.png may mean in/1\.png and in/b/1\.png"):
        told(tmp_path, "file,text\n1.png,left\n", *files)
    with pytest.raises(BadData, match=r"a may mean in/a\.png and in/a\.jpg"):
        told(tmp_path, "file,text\na,left\n", "in/a.png", "in/a.jpg")
    # As relative to the folder that is analyzed.
    found = told(tmp_path, "file,text\n1.png,left\nb/1.png,right\n", *files)
    assert found == {"in/1.png": "left", "in/b/1.png": "right"}


def test_two_rows_for_one_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"a is a file that another row names, too"):
        told(tmp_path, "file,text\na,left\nin/a.png,right\n", "in/a.png")


def test_a_table_for_other_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"it names x\.png, they are like in/a\.png"):
        told(tmp_path, "file,text\nx.png,left\n", "in/a.png")
    with pytest.raises(BadData, match="has no row with words"):
        told(tmp_path, "file,text\na.png,\n", "in/a.png")
