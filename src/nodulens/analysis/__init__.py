"""The pipeline: frame to mask to region of interest to malignancy to finding."""
