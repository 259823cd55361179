"""Words: reports read into descriptors, prompts written from them, the terms and their meaning."""
