"""Weights of a reference implementation to a run of this package's network.

nodulens weights convert clip-tnseg FILE --clip CLIPFILE --out RUN
nodulens weights convert transunet FILE --out RUN
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from nodulens.errors import BadData, NodulensError
from nodulens.files import sha256_of, write_json, write_text
from nodulens.models.checkpoint import save_network
from nodulens.models.parameters import count_parameters
from nodulens.training.convert_clip_tnseg import from_clip_tnseg
from nodulens.training.convert_transunet import from_transunet
from nodulens.training.recipe import to_toml
from nodulens.training.reference import Conversion, Converted, read_reference
from nodulens.training.run import RUN


def convert(network: str, file: Path, out: Path, *, clip: Path | None = None) -> Conversion:
    """Write a run's folder with the weights of a reference checkpoint.

    The run can be evaluated and exported like a trained one; what it learned from is not known.

    Args:
        network: ``clip-tnseg`` or ``transunet``, the two with a reference to convert from.
        file: PyTorch state dict in the reference's names; nothing but tensors is read from it.
        out: folder of the run; holds none yet.
        clip: for ``clip-tnseg`` OpenAI's CLIP ViT-B/16 archive, or a state dict in its names. The
            run refers to it where it lies.

    Raises:
        NodulensError: another network.
        BadData: the file has names missing, unknown ones or tensors of a wrong shape, or there is
            no CLIP file or another one than the checkpoint was trained on.
    """
    if (out / RUN).exists():
        raise BadData(f"{out}: holds a run already; choose another --out")
    converted = _converted(network, file, clip)
    recipe, result = converted.recipe, converted.conversion
    save_network(out, converted.network, recipe.network.name, recipe.network.options)
    write_text(out / "recipe.toml", to_toml(recipe))
    write_json(
        out / RUN,
        {
            "schema_version": "1.0",
            "recipe": recipe.model_dump(mode="json"),
            # Nobody knows what it learned from.
            "data": {"identity": None},
            "fold": None,
            "labels": {},
            "versions": {name: metadata.version(name) for name in ("nodulens", "torch")},
            "finished": True,
            "converted": {
                "file": file.name,
                "sha256": sha256_of(file),
                "clip_sha256": sha256_of(clip) if clip is not None and clip.is_file() else None,
                "used": result.used,
                "skipped": result.skipped,
            },
            "parameters": count_parameters(converted.network),
        },
    )
    return result


def _converted(network: str, file: Path, clip: Path | None) -> Converted:
    if network == "transunet":
        if clip is not None:
            raise BadData("--clip: transunet is built on no CLIP; leave it out")
        return from_transunet(read_reference(file), file.name)
    if network != "clip-tnseg":
        raise NodulensError(
            f"weights of {network!r} cannot be converted; those of clip-tnseg and transunet can"
        )
    if clip is None or not clip.exists():
        missing = "" if clip is None else f"{clip}: no such file; "
        raise BadData(
            f"{missing}give --clip, the CLIP ViT-B/16 weights of OpenAI, from which the frozen "
            "part comes"
        )
    return from_clip_tnseg(read_reference(file), file.name, clip)
