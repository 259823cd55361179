"""What we write goes into a real PACS and comes out as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from nodulens.dicom.results import Written
from tests.dicom.orthanc import Orthanc

pynetdicom = pytest.importorskip("pynetdicom", reason="needs the [pacs] extra")
dicomweb_client = pytest.importorskip("dicomweb_client", reason="needs the [pacs] extra")


@pytest.fixture
def sent(written: Written, orthanc: Orthanc) -> list[Dataset]:
    """Return the objects of a cine and of a still, and leave the PACS empty afterwards."""
    orthanc.clear()
    names = ("cine.frame-0003", "split", "empty-cine")
    return [dcmread(path) for path in written.files if path.name.startswith(names)]


def store(orthanc: Orthanc, datasets: list[Dataset]) -> None:
    entity = pynetdicom.AE("NODULENS")
    for dataset in datasets:
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", orthanc.port, ae_title=orthanc.title)
    assert association.is_established
    for dataset in datasets:
        assert association.send_c_store(dataset).Status == 0
    association.release()


def retrieve(orthanc: Orthanc, dataset: Dataset) -> Dataset:
    """Return an object by C-GET."""
    got: list[Dataset] = []

    def keep(event: pynetdicom.events.Event) -> int:
        got.append(event.dataset)
        return 0

    entity = pynetdicom.AE("NODULENS")
    entity.add_requested_context(pynetdicom.sop_class.StudyRootQueryRetrieveInformationModelGet)
    entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    role = pynetdicom.build_role(dataset.SOPClassUID, scp_role=True)
    association = entity.associate(
        "127.0.0.1",
        orthanc.port,
        ae_title=orthanc.title,
        ext_neg=[role],
        evt_handlers=[(pynetdicom.evt.EVT_C_STORE, keep)],
    )
    assert association.is_established
    query = Dataset()
    query.QueryRetrieveLevel = "IMAGE"
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(query, name, dataset[name].value)
    model = pynetdicom.sop_class.StudyRootQueryRetrieveInformationModelGet
    statuses = [status.Status for status, _ in association.send_c_get(query, model)]
    association.release()
    assert statuses[-1] == 0
    (one,) = got
    return one


def differences(one: Dataset, other: Dataset) -> list[str]:
    """Return the names of elements that are not the same in two data sets, apart from group 2."""
    tags = [tag for tag in {*one.keys(), *other.keys()} if tag.group != 2]
    return [
        str(tag) for tag in tags if tag not in one or tag not in other or one[tag] != other[tag]
    ]


def test_objects_go_in_by_dimse_and_come_out_by_dimse(
    orthanc: Orthanc, sent: list[Dataset]
) -> None:
    assert {dataset.Modality for dataset in sent} >= {"SEG", "SR", "OT"}
    store(orthanc, sent)
    assert len(orthanc.ask("/instances")) == len(sent)
    for dataset in sent:
        assert differences(retrieve(orthanc, dataset), dataset) == []


def test_objects_go_in_and_come_out_by_the_web(orthanc: Orthanc, sent: list[Dataset]) -> None:
    client = dicomweb_client.DICOMwebClient(orthanc.web)
    client.store_instances(sent)
    for dataset in sent:
        got = client.retrieve_instance(
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID
        )
        assert differences(got, dataset) == []


def test_sent_again_there_is_no_second_result(
    orthanc: Orthanc, sent: list[Dataset], analyzed: Path
) -> None:
    store(orthanc, sent)
    before = orthanc.ask("/statistics")
    store(orthanc, sent)
    after = orthanc.ask("/statistics")
    for count in ("CountInstances", "CountSeries", "CountStudies"):
        assert after[count] == before[count]
    assert before["CountInstances"] == len(sent)
