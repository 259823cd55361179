"""A cine as one thing: analyzed frame by frame, reported nodule by nodule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from nodulens.analysis.analyzer import Analyzer
from nodulens.analysis.cine import LEAST_FRAMES, Follower, is_key, with_tracks
from nodulens.files import write_bytes
from nodulens.finding import Finding
from nodulens.frames import FrameFile
from nodulens.pages import jpeg
from nodulens.report.pictures import write_masks, write_pictures
from nodulens.report.sources import Source
from nodulens.report.strip import Strip

_QUALITY = 80


def analyze_cine(
    file: FrameFile, source: Source, out: Path, analyzer: Analyzer, every: int = 1
) -> list[str]:
    """Analyze a cine and write its pictures.

    Every analyzed frame has a finding and its masks; the key frames of each nodule have an overlay
    besides, and the whole has ``strips/<name>.jpg``. One frame is in memory at a time, and of the
    others their findings as JSON.

    Args:
        file: opened.
        source: where it comes from, what it is called, what is said about it.
        out: folder of the results.
        analyzer: to ask.
        every: analyze the first frame and each one this many further on.

    Returns:
        The findings, a line of JSON each, in the order of the frames.

    Raises:
        UnreadableFile: a frame is damaged.
    """
    indices = range(0, len(file), every)
    follower, strip, lines = Follower(), Strip(len(indices)), []
    for index in indices:
        frame = file[index]
        frame.source = source.shown
        finding = analyzer.analyze_frame(
            frame, source.text, text_from=source.text_from, explain=False
        )
        follower.add(frame, finding)
        strip.add(frame.pixels, finding)
        lines.append(write_masks(out, frame_name(source, index), finding).to_json_line())
    tracks = follower.tracks()
    name = f"strips/{source.name}.jpg"
    write_bytes(out / name, jpeg(strip.draw(tracks), _QUALITY), durable=False)
    for number, index in enumerate(indices):
        finding = with_tracks(Finding.from_json_line(lines[number]), tracks)
        if is_key(finding):
            # Once more, for the pictures of these few frames: keeping all would fill the memory.
            frame = file[index]
            frame.source = source.shown
            finding = analyzer.analyze_frame(frame, source.text, text_from=source.text_from)
            finding = with_tracks(finding, tracks)
            finding = write_pictures(out, frame_name(source, index), frame.pixels, finding)
        lines[number] = finding.model_copy(update={"strip": name}).to_json_line()
    return lines


def reported(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Leave what a reader wants to see of a batch's findings: nodules, not frames.

    Of a still picture that is its finding. Of a cine, each nodule is left on the frame of its
    largest section alone; where there is none, the first frame is left, without nodules.

    Args:
        findings: of one or more files, those of a file together and in order.
    """
    for _, group in groupby(findings, key=lambda finding: finding.source):
        yield from _of_file(group)


def _of_file(findings: Iterator[Finding]) -> Iterator[Finding]:
    first, passing, found = None, set(), False
    for finding in findings:
        if finding.strip is None:
            yield finding
            continue
        first = first or finding
        largest = [nodule for nodule in finding.nodules if nodule.is_reported]
        passing |= {nodule.number for nodule in finding.nodules}
        if largest:
            found = True
            yield finding.model_copy(update={"nodules": largest})
    if first is not None and not found:
        note = f"outlined on fewer than {LEAST_FRAMES} frames each and not reported: {len(passing)}"
        notes = [*first.notes, note] if passing else first.notes
        yield first.model_copy(update={"nodules": [], "confidence": None, "notes": notes})


def frame_name(source: Source, index: int) -> str:
    """Return the name of a frame's results, counted from 1 in it."""
    return f"{source.name}.frame-{index + 1:04d}"
