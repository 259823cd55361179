from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from nodulens.analysis.cine import (
    LONGEST_GAP,
    SHORT_CINE,
    Follower,
    is_key,
    measure_sharpness,
    with_tracks,
)
from nodulens.finding import Area, Finding, Frame, Nodule
from nodulens.measure.outline import outline
from nodulens.measure.shape import measure_shape
from nodulens.measure.size import measure_size
from tests.masks import ellipse
from tests.pictures import scan

SHAPE = (180, 240)
Ellipse = tuple[float, float, float, float]


def _nodule(number: int, mask: NDArray[np.bool_], scan_area: int) -> Nodule:
    return Nodule(
        id=number,
        scan_area=scan_area,
        contour=[[(x, y) for x, y in outline(mask).tolist()]],
        **vars(measure_size(mask, None)),
        taller_than_wide=False,
        shape=measure_shape(mask),
        confidence=0.9,
        pixels=mask,
    )


def _follow(
    frames: list[list[Ellipse]],
    blurred: tuple[int, ...] = (),
    colour: tuple[int, ...] = (),
    scan_areas: tuple[int, ...] = (),
) -> list[Finding]:
    """Follow ellipses (x, y, semi-axes), left to right in each frame; return what comes out."""
    follower, findings = Follower(), []
    for index, ellipses in enumerate(frames):
        pixels = scan(*ellipses, seed=index)
        if index in blurred:
            pixels = ndimage.gaussian_filter(pixels, 2)
        area = scan_areas[index] if scan_areas else 0
        nodules = [
            _nodule(number, ellipse(a, b, 0, SHAPE, (x, y)), area)
            for number, (x, y, a, b) in enumerate(ellipses, 1)
        ]
        frame = Frame(pixels, "x", "0" * 64, index, b_mode=index not in colour)
        findings.append(Finding(source="x", frame=index, nodules=nodules))
        follower.add(frame, findings[-1])
    return [with_tracks(finding, follower.tracks()) for finding in findings]


def _numbers(findings: list[Finding]) -> list[list[int]]:
    return [[nodule.number for nodule in finding.nodules] for finding in findings]


def _keys(findings: list[Finding], number: int) -> dict[str, int]:
    return {
        key: finding.frame
        for finding in findings
        for nodule in finding.nodules
        if nodule.number == number
        for key in nodule.track.key
    }


def test_two_nodules_keep_their_numbers_while_they_drift_and_swap_order():
    frames = [
        [(60 + 4 * k, 60, 25, 18), (180 - 4 * k, 130, 30, 20)]
        if k < 15
        else [(180 - 4 * k, 130, 30, 20), (60 + 4 * k, 60, 25, 18)]
        for k in range(25)
    ]
    found = _follow(frames)
    assert _numbers(found) == [[1, 2]] * 15 + [[2, 1]] * 10
    track = found[3].nodules[0].track
    assert (track.first, track.last, track.frames, track.analyzed) == (0, 24, 25, 25)


@pytest.mark.parametrize(("missed", "same"), [(1, True), (LONGEST_GAP, True), (8, False)])
def test_a_nodule_that_is_missed_for_a_while(missed, same):
    nodule = [(100.0, 90.0, 30.0, 20.0)]
    found = _follow([nodule] * 6 + [[]] * missed + [nodule] * 6)
    assert found[0].nodules[0].number == 1
    assert (found[-1].nodules[0].number == 1) is same


def test_another_place_is_another_nodule():
    found = _follow([[(60, 60, 25, 18)]] * 4 + [[(180, 130, 25, 18)]] * 4)
    assert _numbers(found) == [[1]] * 4 + [[2]] * 4


def test_another_scan_area_is_another_nodule():
    found = _follow([[(60, 60, 25, 18)]] * 4, scan_areas=(0, 0, 1, 1))
    assert _numbers(found) == [[1], [1], [2], [2]]


def test_one_that_divides_goes_on_in_its_larger_part():
    found = _follow([[(120, 90, 60, 30)]] * 3 + [[(85, 90, 24, 28), (140, 90, 40, 29)]] * 3)
    assert _numbers(found) == [[1]] * 3 + [[2, 1]] * 3 or _numbers(found)[3:] == [[1, 2]] * 3


def test_key_frames_are_the_largest_section_and_the_sharpest_of_the_large():
    sizes = [18, 22, 26, 30, 29, 28, 20, 16, 14, 12, 10]
    # The last, small section is as sharp as the fifth; those between are blurred.
    found = _follow(
        [[(120, 90, size, 0.8 * size)] for size in sizes], blurred=(0, 1, 2, 3, 5, 6, 7, 8)
    )
    assert _keys(found, 1) == {"largest": 3, "sharpest": 4}
    assert [finding.frame for finding in found if is_key(finding)] == [3, 4]
    assert [finding.nodules[0].is_reported for finding in found].index(True) == 3


def test_one_frame_can_be_both():
    found = _follow([[(120, 90, 20, 15)], [(120, 90, 30, 22)]], blurred=(0,))
    assert found[1].nodules[0].track.key == ["largest", "sharpest"]
    assert found[0].nodules[0].track.key == []


def test_a_colour_map_is_a_key_frame_only_where_there_is_nothing_else():
    frames = [[(120, 90, size, 0.8 * size)] for size in (20, 30, 25)]
    assert _keys(_follow(frames, colour=(1,)), 1)["largest"] == 2
    assert _keys(_follow(frames, colour=(0, 1, 2)), 1)["largest"] == 1


@pytest.mark.parametrize(("frames", "reported"), [(SHORT_CINE, True), (SHORT_CINE + 1, False)])
def test_a_passing_shadow_is_not_reported_in_a_long_cine(frames, reported):
    shadow = [[(60.0, 60.0, 25.0, 18.0)]] * 2
    found = _follow(shadow + [[]] * (frames - 2))
    assert _numbers(found)[:2] == [[1], [1]]
    assert any(is_key(finding) for finding in found) is reported


def test_nothing_at_all():
    assert Follower().tracks() == {}
    assert _numbers(_follow([[], []])) == [[], []]


def test_sharpness_falls_with_blur_and_does_not_rise_with_gain():
    pixels = scan((120, 90, 30, 20), tissue=40)
    box = Area(x=90, y=70, width=60, height=40)
    sharp = measure_sharpness(pixels, box)
    assert measure_sharpness(ndimage.gaussian_filter(pixels, 1), box) < 0.5 * sharp
    assert measure_sharpness((pixels // 2).astype(np.uint8), box) == pytest.approx(sharp, rel=0.1)
    assert measure_sharpness(pixels, Area(x=0, y=0, width=5, height=5)) > 0
