"""Exported networks: model bundles, the weights store, ONNX Runtime sessions. No torch."""
