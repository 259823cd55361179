"""Results as DICOM objects, de-identification, and the node beside a PACS."""
