"""From a folder of results to DICOM objects beside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset

from nodulens.analysis.cine import is_key
from nodulens.dicom.capture import make_capture
from nodulens.dicom.pdf import check_pdf, make_document
from nodulens.dicom.seg import Segmentation, make_segmentation
from nodulens.dicom.source import SourceImage, read_source
from nodulens.dicom.sr import form_of, make_report
from nodulens.dicom.subject import Kind, Subject
from nodulens.errors import NodulensError
from nodulens.files import replacing
from nodulens.finding import Finding
from nodulens.frames.dicom import quiet
from nodulens.report.cine import reported
from nodulens.report.journal import read_findings
from nodulens.report.sources import FINDINGS

FOLDER = "dicom"
_ENDINGS: dict[Kind, str] = {
    "segmentation": "seg", "report": "sr", "document": "pdf", "capture": "capture"
}  # fmt: skip
_FRAME = re.compile(r"\.frame-\d+$")


@dataclass(frozen=True)
class Objects:
    """Which DICOM objects are wanted.

    Attributes:
        seg: the outlines, as Segmentation.
        sr: measurements and estimates, as Comprehensive SR.
        pdf: a page to read, as Encapsulated PDF; needs the ``[pdf]`` extra.
        capture: the overlay, as Secondary Capture.
        segmentation: form of the outlines, as for
            :func:`nodulens.dicom.seg.make_segmentation`.

    Raises:
        NodulensError: PDF is wanted and weasyprint is not installed.
    """

    seg: bool = False
    sr: bool = False
    pdf: bool = False
    capture: bool = False
    segmentation: Segmentation = "binary"

    def __post_init__(self) -> None:
        """Refuse what cannot be made, before anything is analyzed."""
        if self.pdf:
            check_pdf()


@dataclass
class Written:
    """What became of the objects.

    Attributes:
        files: all that are there now, in the order of the findings; those of an earlier time, too.
        left_out: sources that are no DICOM.
        errors: what could not be made, each with its source and the mend.
        causes: what was raised, for each of the errors.
    """

    files: list[Path] = field(default_factory=list)
    left_out: int = 0
    errors: list[str] = field(default_factory=list)
    causes: list[Exception] = field(default_factory=list)


def write_results(out: Path, wanted: Objects, made: datetime | None = None) -> Written:
    """Write DICOM objects about the findings of a folder into ``dicom/`` there.

    Of each still image, and of each key frame of a cine, there are ``NAME.seg.dcm``,
    ``NAME.sr.dcm``, ``NAME.pdf.dcm`` and ``NAME.capture.dcm``, as far as they are wanted; a frame
    without a nodule has no segmentation, for one must have a segment. A cine without a nodule to
    report has a report and a page about all its frames.

    An object that is there already, by its SOP Instance UID, is kept as it is; so are its dates.

    Args:
        out: folder of the results, as :func:`nodulens.report.batch.analyze_files` leaves it. Paths
            of sources in it are relative to the folder where the analysis ran.
        wanted: which objects.
        made: the time that new objects state; now if None.

    Returns:
        The files, and what could not be made: one failure never costs the others.

    Raises:
        NodulensError: ``out`` holds no finished results.
    """
    if not (out / FINDINGS).is_file():
        raise NodulensError(f"{out}: has no {FINDINGS}; give a folder that nodulens analyze wrote")
    made = made or datetime.now()
    written = Written()
    for source, findings in groupby(read_findings(out / FINDINGS), attrgetter("source")):
        good = [finding for finding in findings if finding.error is None]
        if not good:
            continue
        with _told(written, source):
            image = read_source(Path(source), good[0].sha256)
            if image is None:
                written.left_out += 1
                continue
            for subject in _subjects(image, good, made):
                _write_set(out, subject, wanted, written)
    return written


def _subjects(source: SourceImage, findings: list[Finding], made: datetime) -> Iterator[Subject]:
    """Yield what objects are to be about: stills, key frames, or a cine that shows no nodule."""
    frames = findings if source.frames == 1 else [one for one in findings if is_key(one)]
    for finding in frames:
        yield Subject(source, finding, False, made)
    if not frames:
        # The first frame without its nodules, and a note on those that were seen in passing.
        yield Subject(source, next(reported(findings)), True, made)


def _write_set(out: Path, subject: Subject, wanted: Objects, written: Written) -> None:
    finding = subject.finding
    name = _FRAME.sub("", _name(finding)) if subject.is_whole_image else _name(finding)

    def put(kind: Kind, form: str, make: Callable[[], Dataset]) -> Dataset | None:
        path = out / FOLDER / f"{name}.{_ENDINGS[kind]}.dcm"
        with _told(written, finding.source):
            dataset = _kept(path, subject.uid(kind, form))
            if dataset is None:
                with quiet():
                    dataset = make()
                    with replacing(path, durable=False) as stream:
                        dataset.save_as(stream, enforce_file_format=True)
            written.files.append(path)
            return dataset
        return None

    segmentation = None
    if wanted.seg and finding.nodules:
        segmentation = put(
            "segmentation", wanted.segmentation, lambda: _segment(out, subject, wanted)
        )
    if wanted.sr:
        put("report", form_of(segmentation), lambda: make_report(subject, segmentation))
    if wanted.pdf:
        picture = out / str(finding.strip if subject.is_whole_image else finding.overlay)
        put("document", "", lambda: make_document(subject, picture))
    if wanted.capture and not subject.is_whole_image:
        put("capture", "", lambda: make_capture(subject))


def _segment(out: Path, subject: Subject, wanted: Objects) -> Dataset:
    finding = subject.finding
    shares = None
    if wanted.segmentation == "fractional":
        if finding.probabilities is None:
            raise NodulensError(
                f"{finding.source}: these results hold no map of probabilities, which a fractional "
                "segmentation is made of; analyze again with --segmentation fractional, or "
                "Settings(probabilities=True)"
            )
        shares = _grey(out / finding.probabilities, finding)
    masks = [_grey(out / str(nodule.mask), finding) > 127 for nodule in finding.nodules]
    return make_segmentation(subject, masks, wanted.segmentation, shares)


def _grey(path: Path, finding: Finding) -> NDArray[np.uint8]:
    try:
        with Image.open(path) as picture:
            values = np.asarray(picture.convert("L"))
    except (OSError, ValueError) as error:
        raise NodulensError(
            f"{path}: cannot be read any more ({error}); analyze again into a new folder"
        ) from error
    if values.shape != (finding.height, finding.width):
        raise NodulensError(
            f"{path}: is not of the size that its finding states; analyze again into a new folder"
        )
    return values


def _name(finding: Finding) -> str:
    """Return the name of a frame's results, without an ending."""
    assert finding.mask is not None  # every frame with a finding has one
    return finding.mask.removeprefix("masks/").removesuffix(".png")


def _kept(path: Path, uid: str) -> Dataset | None:
    """Return the object that is there already, without its pixels; None if it is another's."""
    if not path.is_file():
        return None
    try:
        dataset = dcmread(path, stop_before_pixels=True)
    except Exception:
        # Whatever lies there is written anew; pydicom raises nearly anything.
        return None
    return dataset if dataset.get("SOPInstanceUID") == uid else None


@contextmanager
def _told(written: Written, source: str) -> Iterator[None]:
    """Take note of what goes wrong with one object, and go on with the next."""
    try:
        yield
    except NodulensError as error:
        written.errors.append(str(error))
        written.causes.append(error)
    except Exception as error:
        problem = f"{source}: unexpected {type(error).__name__}: {error}; please report it"
        written.errors.append(problem)
        written.causes.append(error)
