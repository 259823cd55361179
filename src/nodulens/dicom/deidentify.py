"""Files without identity: one by one, checked before they appear, resumed after a kill.

What is given away lies in one folder. What leads back to the patients lies outside of it: the key,
the page to review with its journal, and the table of pseudonyms where it is asked for.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image
from pydantic import ValidationError

import nodulens
from nodulens.dicom.clean_pixels import View, clean_frames, clean_pages
from nodulens.dicom.intake import SOP_CLASSES
from nodulens.dicom.profile import PrivateTag, Profile, read_element
from nodulens.dicom.pseudonym import Pseudonyms, load_key
from nodulens.dicom.review import Record, show, write_review
from nodulens.dicom.self_check import Identifiers
from nodulens.errors import NodulensError, UnreadableFile
from nodulens.files import replacing, sha256_of
from nodulens.frames.dicom import DicomFile, quiet, read_header
from nodulens.frames.reading import DICOM, open_file
from nodulens.report.journal import Journal
from nodulens.report.sources import Source, as_text, collect_sources

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_IMAGES = (*SOP_CLASSES, "1.2.840.10008.5.1.4.1.1.7.3")
"""SOP classes whose pixels are a picture of ultrasound, or of its screen: what the node takes in,
and Multi-frame Grayscale Word Secondary Capture."""
_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
_TAKEN = "ultrasound images, secondary captures and segmentations can be de-identified"


@dataclass(frozen=True)
class Settings:
    """How to de-identify, and where what leads back is kept.

    Attributes:
        key: file of the secret key; made if it is not there.
        review: the page to look through; its journal lies beside it, with the ending ``.jsonl``.
        mapping: table of originals and pseudonyms to write, if any.
        keep_private: private attributes to keep, each ``CREATOR:GGGGxxEE``.
    """

    key: Path
    review: Path
    mapping: Path | None = None
    keep_private: tuple[str, ...] = ()

    @classmethod
    def beside(
        cls,
        out: Path,
        *,
        key: Path | None = None,
        review: Path | None = None,
        mapping: Path | None = None,
        keep_private: Sequence[str] = (),
    ) -> Settings:
        """Return settings whose files lie beside ``out`` where nothing else is said."""
        place = out.resolve()
        return cls(
            key or place.with_name(f"{place.name}-key.txt"),
            review or place.with_name(f"{place.name}-review.html"),
            mapping,
            tuple(keep_private),
        )

    @property
    def journal(self) -> Path:
        """What was done so far, with the pictures of the page."""
        return self.review.with_suffix(".jsonl")


@dataclass
class Counts:
    """What a batch came to.

    Attributes:
        files: looked at.
        written: without identity.
        resumed: of these, by an earlier run.
        left_out: other files in the folder that are neither pictures nor DICOM.
        new_key: a key was made.
        failures: why files were not written, in their order.
    """

    files: int
    written: int
    resumed: int
    left_out: int
    new_key: bool
    failures: list[str]


def deidentify_files(
    source: Path,
    out: Path,
    settings: Settings | None = None,
    *,
    resume: bool = False,
    progress: Callable[[int, int, int], None] | None = None,
) -> Counts:
    """De-identify a file, or a folder and all below it.

    Each file appears in ``out`` only after its bytes were searched for what identified it. Its name
    and its folders' are pseudonyms. What cannot be made safe is left out, and the others go on.

    Args:
        source: a file or a folder.
        out: folder of the results; made if need be.
        settings: files beside ``out`` if None.
        resume: go on where an earlier run stopped.
        progress: called with the number of files done, of all files, and of those done before.

    Returns:
        How many files were written, and why others were not.

    Raises:
        NodulensError: no input, an ``out`` that holds something else, no key, or something secret
            that would lie in ``out``.
    """
    settings = settings or Settings.beside(out)
    private = [PrivateTag.parse(text) for text in settings.keep_private]
    _refuse_places(source, out, settings)
    sources = collect_sources([source], out)
    _prepare(out, settings, resume)
    key, new_key = load_key(settings.key)
    pseudonyms = Pseudonyms(key)
    run = _fingerprint(pseudonyms, settings)
    _refuse_other_run(settings.journal, run)
    desk = _Desk(out, Profile(pseudonyms, private), pseudonyms, run)
    settings.journal.parent.mkdir(parents=True, exist_ok=True)
    settings.journal.touch(mode=0o600)
    with Journal(settings.journal, Record) as journal:
        pending = [file for file in sources.files if not desk.is_done(file, journal)]
        total, before = len(sources.files), len(sources.files) - len(pending)
        if progress is not None:
            progress(before, total, before)
        for done, file in enumerate(pending, start=before + 1):
            journal.add(file.shown, [desk.deidentify(file).model_dump_json()])
            if progress is not None:
                progress(done, total, before)
        journal.rewrite(file.shown for file in sources.files)
    settings.journal.chmod(0o600)
    failures = [record.error for record in _records(settings.journal) if record.error is not None]
    written = total - len(failures)
    write_review(settings.review, _records(settings.journal), written, len(failures))
    if settings.mapping is not None:
        _write_mapping(settings.mapping, _records(settings.journal))
    return Counts(total, written, before, sources.left_out, new_key, failures)


@dataclass(frozen=True)
class _Desk:
    """Where one file after the other is worked on."""

    out: Path
    profile: Profile
    pseudonyms: Pseudonyms
    run: str

    def is_done(self, file: Source, journal: Journal) -> bool:
        """Tell whether an earlier run's result of a file still holds."""
        if file.shown not in journal:
            return False
        for line in journal.lines(file.shown):
            record = Record.model_validate_json(line)
            if record.output is None or not record.output.startswith(self._place(file)):
                return False
            output = self.out / record.output
            # Empty files are what a power cut can leave of one that was not flushed.
            if not output.is_file() or not output.stat().st_size:
                return False
            if not file.path.is_file() or sha256_of(file.path) != record.sha256:
                return False
        return True

    def deidentify(self, file: Source) -> Record:
        """De-identify one file; never raises for what a file can be: the error is recorded."""
        record = Record(source=file.shown, run=self.run)
        try:
            stream, kind = open_file(file.path)
            with stream:
                record.sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
                stream.seek(0)
                if kind == DICOM:
                    self._dicom(stream, file, record)
                else:
                    self._picture(stream, kind, file, record)
        except NodulensError as error:
            return self._failed(record, str(error))
        except Exception as error:
            # A fault of ours that one file brings out must not cost the others.
            problem = f"{file.shown}: unexpected {type(error).__name__}: {error}; please report it"
            return self._failed(record, problem)
        return record

    def _dicom(self, stream: BinaryIO, file: Source, record: Record) -> None:
        from pydicom.dataelem import DataElement

        pixels, dataset = read_header(stream, file.shown)
        _refuse_others(dataset, file.shown)
        identifiers = Identifiers.of_dataset(dataset)
        result = self.profile.clean(dataset, identifiers.tell)
        if "SOPInstanceUID" not in result:
            raise UnreadableFile(f"{file.shown}: it has no SOP Instance UID; export it again")
        with tempfile.TemporaryFile() as spool:
            views: list[View] = []
            if result.SOPClassUID == _SEGMENTATION:
                spool.write(_mask_bytes(pixels, dataset, file.shown))
            else:
                stream.seek(0)
                image = DicomFile(stream, file.shown)
                elements, views = clean_frames(image, file.shown, spool)
                for keyword, value in elements.items():
                    setattr(result, keyword, value)
                if _is_lossy(dataset):
                    result.LossyImageCompression = "01"
                if result.get("ImageType"):
                    # Its pixels are no longer those of the scanner (PS3.3, C.7.6.1.1.2).
                    stated = result.ImageType
                    others = [] if isinstance(stated, str) else list(stated)[1:]
                    result.ImageType = ["DERIVED", *others]
            length = spool.tell()
            spool.write(b"\0" * (length % 2))
            length += length % 2
            spool.seek(0)
            kind = "OW" if dataset.BitsAllocated > 8 else "OB"
            result["PixelData"] = DataElement(0x7FE00010, kind, spool)
            target = f"{self._place(file)}.dcm"
            with replacing(self.out / target) as written:
                _write(result, written)
                noise = written.seek(0, io.SEEK_END) - length
                identifiers.check(written, file.shown, noise=noise)
        identity = read_element(dataset, "PatientID")
        record.output, record.views = target, show(views)
        record.patient = "" if identity is None else as_text(str(identity.value or ""))
        record.pseudonym = str(result.get("PatientID", "")) or None
        record.frames = int(result.get("NumberOfFrames") or 1)

    def _picture(self, stream: BinaryIO, kind: str, file: Source, record: Record) -> None:
        identifiers = Identifiers.of_picture(stream, kind, file.name)
        stream.seek(0)
        pages, views = clean_pages(stream, kind, file.shown)
        # Whatever is not a TIFF becomes a PNG, so that pixels stay as they are.
        ending, form = (".tif", "TIFF") if kind == "TIFF" else (".png", "PNG")
        target = f"{self._place(file)}{ending}"
        first, *others = (Image.fromarray(page) for page in pages)
        more: dict[str, Any] = {"append_images": others, "save_all": True} if others else {}
        if form == "TIFF":
            more["compression"] = "tiff_adobe_deflate"
        with replacing(self.out / target) as written:
            first.save(written, form, **more)
            identifiers.check(written, file.shown, noise=0)
        record.output, record.views, record.frames = target, show(views), len(pages)

    def _failed(self, record: Record, error: str) -> Record:
        return Record(
            source=record.source, sha256=record.sha256, run=self.run, error=as_text(error)
        )

    def _place(self, file: Source) -> str:
        return self.pseudonyms.place(file.name)


def _refuse_others(dataset: Dataset, source: str) -> None:
    """Refuse objects that hold more than a picture: their words cannot be cleaned here."""
    from pydicom.uid import UID

    kind = read_element(dataset, "SOPClassUID")
    uid = UID("" if kind is None else str(kind.value))
    if uid not in (*_IMAGES, _SEGMENTATION):
        named = f"is of the kind {uid.name!r}" if uid else "does not say of which kind it is"
        raise UnreadableFile(
            f"{source}: {named}, whose content cannot be cleaned here, so it is left out; {_TAKEN}"
        )


def _mask_bytes(pixels: BinaryIO, dataset: Dataset, source: str) -> bytes:
    """Return the pixels of a segmentation as they are: outlines, in which nothing is written."""
    from pydicom.filereader import read_dataset

    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated or not syntax.is_little_endian:
        raise UnreadableFile(
            f"{source}: a segmentation as {syntax.name}; convert it to Explicit VR Little Endian"
        )
    with quiet():
        rest = read_dataset(pixels, syntax.is_implicit_VR, True)
    if "PixelData" not in rest:
        raise UnreadableFile(f"{source}: a segmentation without pixels; send it again")
    return bytes(rest.PixelData)


def _is_lossy(dataset: Dataset) -> bool:
    """Whether the pixels went through a lossy compression, now or before (PS3.3, C.7.6.1.1.5)."""
    from pydicom.uid import JPEG2000, JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

    # JPEG 2000 may be either; only the file itself can say that it was lossless.
    lossy = {JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless}
    stated = dataset.get("LossyImageCompression")
    syntax = dataset.file_meta.TransferSyntaxUID
    return stated == "01" or syntax in lossy or (syntax == JPEG2000 and stated != "00")


def _write(dataset: Dataset, stream: BinaryIO) -> None:
    from pydicom import dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with quiet():
        dcmwrite(stream, dataset, enforce_file_format=True)


def _refuse_places(source: Path, out: Path, settings: Settings) -> None:
    """Keep apart what is given away, what is not, and the originals."""
    place = out.resolve()
    if source.resolve() == place or place in source.resolve().parents:
        raise NodulensError(f"{out}: holds the originals; give another folder for the results")
    secrets = (settings.key, settings.review, settings.journal, settings.mapping)
    for secret in secrets:
        if secret is not None and place in (secret.resolve(), *secret.resolve().parents):
            raise NodulensError(
                f"{secret}: leads back to the patients, so it must not lie in {out}, which is to "
                "be given away; name another place"
            )


def _prepare(out: Path, settings: Settings, resume: bool) -> None:
    """Make the folder of the results ready, or refuse it."""
    if out.exists() and not out.is_dir():
        raise NodulensError(f"{out}: a file; give a folder for the results")
    filled = out.is_dir() and any(out.iterdir())
    if (filled or settings.journal.exists()) and not resume:
        raise NodulensError(
            f"{out if filled else settings.journal}: from an earlier run, or something else; add "
            "--resume to go on with it, or give another folder"
        )
    if filled and not settings.journal.exists():
        raise NodulensError(
            f"{out}: not empty, and {settings.journal} of an earlier run is not there; give "
            "another folder"
        )
    out.mkdir(parents=True, exist_ok=True)
    # What a kill left half written, and unchecked.
    for part in out.rglob(".*.part"):
        part.unlink(missing_ok=True)


def _fingerprint(pseudonyms: Pseudonyms, settings: Settings) -> str:
    """Tell apart runs whose results differ."""
    parts = (nodulens.__version__, pseudonyms.fingerprint, *sorted(settings.keep_private))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _refuse_other_run(journal: Path, run: str) -> None:
    if not journal.exists():
        return
    first = next(_records(journal), None)
    if first is not None and first.run != run:
        raise NodulensError(
            f"{journal}: of a run with another key, another version or other private attributes; "
            "give the same again, or another folder"
        )


def _records(journal: Path) -> Iterator[Record]:
    """Read a journal line by line, up to what a kill cut off."""
    with journal.open("rb") as stream:
        for line in stream:
            try:
                yield Record.model_validate_json(line)
            except ValidationError:
                return


def _write_mapping(path: Path, records: Iterator[Record]) -> None:
    with replacing(path) as stream:
        text = io.TextIOWrapper(stream, "utf-8", newline="")
        table = csv.writer(text)
        table.writerow(("file", "written", "patient_id", "pseudonym"))
        for record in records:
            if record.output is not None:
                table.writerow((record.source, record.output, record.patient, record.pseudonym))
        text.flush()
        text.detach()
    path.chmod(0o600)
