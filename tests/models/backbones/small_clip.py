"""Small untrained models of open_clip, built without a network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import open_clip

from nodulens.models.backbones.minilm import model_folder

NAME = "nodulens-small"
CONFIG = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 64, "layers": 4, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 2},
}


def register(folder: Path) -> None:
    """Make open_clip know the small model by name."""
    if NAME not in open_clip.list_models():
        path = folder / f"{NAME}.json"
        path.write_text(json.dumps(CONFIG))
        open_clip.add_model_config(path)


def hub_like(folder: Path) -> Path:
    """Write a folder as BiomedCLIP's repository: timm's eyes, a BERT for words, configuration."""
    import torch

    words = folder / "words"
    words.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        for target in (folder, words):
            shutil.copy(model_folder() / name, target)
    config: dict[str, Any] = json.loads((model_folder() / "config.json").read_text())
    config |= {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
    config |= {"intermediate_size": 32, "max_position_embeddings": 64}
    (words / "config.json").write_text(json.dumps(config))
    model_config = {
        "embed_dim": 20,
        "vision_cfg": {
            "timm_model_name": "vit_tiny_patch16_224",
            "timm_model_pretrained": False,
            "timm_pool": "",
            "timm_proj": "linear",
            "image_size": 224,
        },
        "text_cfg": {
            "hf_model_name": str(words),
            "hf_tokenizer_name": str(words),
            "hf_model_pretrained": False,
            "hf_proj_type": "mlp",
            "hf_pooler_type": "cls_last_hidden_state_pooler",
            "context_length": 64,
        },
    }
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": model_config}))
    torch.manual_seed(0)
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return folder
