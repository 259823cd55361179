"""Learning data: importers, manifest, splits, audit, phantoms, torch data sets, augmentation."""
