#!/usr/bin/env bash
# Do words help on DDTI? CLIP-TNseg, TGC-Net and the U-Net, out of fold, with every kind of prompt.
#
#     runs/ddti_words.sh path/to/ddti out
#
# Runs ddti_unet_lite0.sh's trainings first, if they are not there: each fold's U-Net is the frozen
# image tower of that fold's networks. Each step goes on where an interrupted one stopped.
set -euo pipefail
source=$1 out=$2
nodulens=${NODULENS:-nodulens}
data=$out/ddti

if [ ! -f "$data/splits.json" ]; then
    "$nodulens" data import ddti "$source" --out "$data"
    "$nodulens" data split "$data" --folds 5 --seed 0
fi
guided() {
    "$nodulens" train "$1" --data "$data" --fold "$fold" --out "$out/$1/fold$fold" \
        --cache "$out/features" --set "network.options.backbone=lite:$out/unet-lite0/fold$fold" \
        "${@:2}"
}
for fold in 0 1 2 3 4; do
    "$nodulens" train unet-lite0 --data "$data" --fold "$fold" --out "$out/unet-lite0/fold$fold"
    guided tgc-net-lite
    # Depth 5 is the U-Net's own decoder: without it a branch this narrow does not reach the U-Net.
    guided clip-tnseg-lite --set "network.options.depths=[5,4,3]"
done
for network in unet-lite0 tgc-net-lite clip-tnseg-lite; do
    "$nodulens" evaluate "$out/$network"/fold{0,1,2,3,4} --data "$data" --prompts \
        --out "$out/figures/$network"
done
