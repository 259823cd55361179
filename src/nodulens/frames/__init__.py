"""What comes in: images and DICOM read safely, the scan area, the physical scale."""
