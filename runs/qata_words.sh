#!/usr/bin/env bash
# Report-guided segmentation on TGC-Net's own benchmark, QaTa-COV19, and what each module is worth.
#
#     runs/qata_words.sh path/to/qata-cov19 out
#
# The unguided U-Net is the frozen image tower of the guided network. Each step goes on where an
# interrupted one stopped.
set -euo pipefail
source=$1 out=$2
nodulens=${NODULENS:-nodulens}
data=$out/qata

if [ ! -f "$data/splits.json" ]; then
    "$nodulens" data import lvit "$source" --out "$data"
    "$nodulens" data split "$data" --published
fi
"$nodulens" train unet-lite0 --data "$data" --fold 0 --out "$out/unet-lite0" \
    --set input.width=224 --set training.epochs=8 --set training.validation=0.05 \
    --set objective.minimum_share=0
"$nodulens" evaluate "$out/unet-lite0" --data "$data" --out "$out/figures/unet-lite0"
guided() {
    "$nodulens" train tgc-net-qata --data "$data" --fold 0 --out "$out/$1" --cache "$out/features" \
        --set "network.options.backbone=lite:$out/unet-lite0" "${@:2}"
    "$nodulens" evaluate "$out/$1" --data "$data" --prompts --out "$out/figures/$1"
}
guided tgc-net
guided without-sse --set network.options.sse=false
guided without-date --set network.options.date=false
guided without-vlcm --set network.options.vlcm=false
cp "$(dirname "$0")/qata_ablation.toml" "$out/ablation.toml"
"$nodulens" benchmark "$out/ablation.toml"
