from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from nodulens.errors import BadData
from nodulens.models import feature_cache
from nodulens.models.feature_cache import FeatureCache, Half

ROOM = 10**9
WRITER = """
import sys
from pathlib import Path
import numpy as np
from nodulens.models.feature_cache import FeatureCache

cache = FeatureCache(Path(sys.argv[1]), int(sys.argv[2]))
for turn in range(int(sys.argv[3])):
    for number in range(40):
        cache.put(f"key{number}", [np.full((50, 40), number, np.float16)])
        found = cache.get(f"key{number}")
        assert found is None or (found[0] == number).all()
"""


def arrays(seed: int = 0) -> tuple[Half, ...]:
    draw = np.random.default_rng(seed)
    return tuple(draw.normal(size=shape).astype(np.float16) for shape in [(4, 3, 5), (7,)])


def same(one: tuple[Half, ...] | None, other: tuple[Half, ...]) -> bool:
    return one is not None and all(map(np.array_equal, one, other)) and len(one) == len(other)


def file_of(cache: FeatureCache) -> Path:
    (path,) = cache.folder.glob("*/*")
    return path


def size_of(folder: Path) -> int:
    total = 0
    for path in folder.glob("*/*"):
        # Files come and go while another process writes here.
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def writer(folder: Path, limit: int, turns: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(limit), str(turns)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_what_was_put_is_got_from_the_disk(tmp_path: Path) -> None:
    FeatureCache(tmp_path / "a" / "b", ROOM).put("key", arrays())
    cache = FeatureCache(tmp_path / "a" / "b", ROOM)
    found = cache.get("key")
    assert same(found, arrays())
    assert found is not None
    assert all(part.dtype == np.float16 for part in found)
    # Mapped: not read until looked at, and nobody can change it by mistake.
    assert isinstance(found[0], np.memmap)
    assert not found[0].flags.writeable
    assert cache.get("other") is None


def test_empty_and_scalar_arrays_keep_their_shapes(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, ROOM)
    cache.put("key", [np.zeros((0, 4), np.float16), np.array(2, np.float16)])
    found = cache.get("key")
    assert found is not None
    assert [part.shape for part in found] == [(0, 4), ()]
    assert found[1] == 2


def test_a_key_put_again_is_replaced(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, ROOM)
    cache.put("key", arrays(0))
    old = cache.get("key")
    cache.put("key", arrays(1))
    assert same(cache.get("key"), arrays(1))
    # Whoever still holds the old ones keeps them.
    assert same(old, arrays(0))


@pytest.mark.parametrize("harm", ["cut", "empty", "longer", "flipped", "shapes", "other", "header"])
def test_a_damaged_entry_is_found_out_and_removed(tmp_path: Path, harm: str) -> None:
    FeatureCache(tmp_path, ROOM).put("key", arrays())
    cache = FeatureCache(tmp_path, ROOM)
    path = file_of(cache)
    content = path.read_bytes()
    path.write_bytes(
        {
            "cut": content[:-2],
            "empty": b"",
            "longer": content + b"ab",
            "flipped": content[:-1] + bytes([content[-1] ^ 1]),
            "shapes": content.replace(b"[4, 3, 5]", b"[4, 5, 3]"),
            "other": content.replace(b'"format": 1', b'"format": 0'),
            "header": b"[1]" + content,
        }[harm]
    )
    assert cache.get("key") is None
    assert not path.exists()
    cache.put("key", arrays())
    assert same(cache.get("key"), arrays())


def test_an_entry_cut_after_it_was_read_is_found_out(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, ROOM)
    cache.put("key", arrays())
    assert same(cache.get("key"), arrays())
    path = file_of(cache)
    path.write_bytes(path.read_bytes()[:-10])
    assert cache.get("key") is None


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    FeatureCache(tmp_path, ROOM).put("key0", arrays())
    each = size_of(tmp_path)
    cache = FeatureCache(tmp_path, 10 * each)
    for number in range(1, 10):
        cache.put(f"key{number}", arrays())
    for number in range(10):
        # Old by the clock: no need to wait between them.
        path = tmp_path / "ke" / f"key{number}.features"
        os.utime(path, (1000 + number, 1000 + number))
    assert cache.get("key0") is not None
    cache.put("new", arrays())
    kept = {path.stem for path in tmp_path.glob("*/*")}
    assert {"key0", "new", "key9"} <= kept
    assert "key1" not in kept
    assert size_of(tmp_path) <= 10 * each


def test_it_never_grows_beyond_its_limit(tmp_path: Path) -> None:
    limit = 50_000
    cache = FeatureCache(tmp_path, limit)
    for number in range(100):
        cache.put(f"{number:03}", [np.zeros(1000, np.float16)])
        assert size_of(tmp_path) <= limit
    assert size_of(tmp_path) > limit / 2
    # A smaller limit holds from the start.
    FeatureCache(tmp_path, limit // 5)
    assert size_of(tmp_path) <= limit // 5


def test_what_is_larger_than_the_cache_is_left_out(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, 1000)
    cache.put("small", [np.zeros(10, np.float16)])
    cache.put("large", [np.zeros(1000, np.float16)])
    assert cache.get("large") is None
    assert cache.get("small") is not None


def test_a_full_disk_is_survived_with_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = FeatureCache(tmp_path, ROOM)
    cache.put("before", arrays())

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(feature_cache, "write_bytes", full)
    with pytest.warns(UserWarning, match="No space left on device.*going on without storing"):
        cache.put("key", arrays())
    with warnings.catch_warnings(record=True) as heard:
        cache.put("key", arrays())
    assert heard == []
    assert cache.get("key") is None
    assert same(cache.get("before"), arrays())


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadData, match="cannot be a feature cache"):
        FeatureCache(tmp_path / "file" / "cache", ROOM)


def test_what_a_killed_writer_left_is_swept_away_later(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, ROOM)
    cache.put("key", arrays())
    old, young = (tmp_path / "ke" / f".key.features.{age}.part" for age in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half of the n")
    os.utime(old, (time.time() - 7200,) * 2)
    cache = FeatureCache(tmp_path, ROOM)
    # The young one may belong to a writer who is still at it.
    assert young.exists()
    assert not old.exists()
    assert same(cache.get("key"), arrays())


def test_two_writers_and_one_killed(tmp_path: Path) -> None:
    limit = 100_000
    doomed = writer(tmp_path, limit, 10_000)
    other = writer(tmp_path, limit, 3)
    try:
        deadline = time.monotonic() + 120
        while size_of(tmp_path) < limit / 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        doomed.kill()
        assert other.wait(120) == 0
    finally:
        for process in (doomed, other):
            process.kill()
            process.wait()
    cache = FeatureCache(tmp_path, limit)
    assert size_of(tmp_path) <= limit
    found = {number: cache.get(f"key{number}") for number in range(40)}
    whole = {number: parts for number, parts in found.items() if parts is not None}
    assert len(whole) > 5
    for number, parts in whole.items():
        assert parts[0].shape == (50, 40)
        assert (parts[0] == number).all()
