#!/usr/bin/env bash
# Does the network listen? Invented frames with two nodules, each asked for in words of its own.
#
#     runs/two_nodules.sh out
#
# Both questions of a frame show the same pixels: whoever does not read gives one answer to both, and
# the mean Dice of that cannot pass two thirds. The U-Net stands for those. Each step goes on where an
# interrupted one stopped.
set -euo pipefail
out=$1
nodulens=${NODULENS:-nodulens}
data=$out/two-nodules

if [ ! -f "$data/splits.json" ]; then
    "$nodulens" data phantom 1000 --two-nodules --seed 0 --out "$data"
    "$nodulens" data split "$data" --folds 5 --seed 0
fi
size=(--set input.height=160 --set input.width=224)
"$nodulens" train unet-lite0 --data "$data" --fold 0 --out "$out/unet-lite0" "${size[@]}" \
    --set training.epochs=5
"$nodulens" evaluate "$out/unet-lite0" --data "$data" --out "$out/figures/unet-lite0"
"$nodulens" train tgc-net-lite --data "$data" --fold 0 --out "$out/tgc-net" "${size[@]}" \
    --cache "$out/features" --set words.source=rows --set words.distractors=0 --set words.exposures=0 \
    --set words.silent=0.1 --set words.fixed=0 --set words.reach=10 --set "objective.attributes=[]" \
    --set training.epochs=24 --set training.views=2 --set network.options.compare=2 \
    --set "network.options.backbone=lite:$out/unet-lite0"
"$nodulens" evaluate "$out/tgc-net" --data "$data" --prompts --out "$out/figures/tgc-net"
