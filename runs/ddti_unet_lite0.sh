#!/usr/bin/env bash
# The shipped segmentation bundle and its out-of-fold figures, from DDTI's published files.
#
#     runs/ddti_unet_lite0.sh path/to/ddti out
#
# Each step goes on where an interrupted one stopped; run it again after a kill.
set -euo pipefail
source=$1 out=$2
nodulens=${NODULENS:-nodulens}
data=$out/ddti

if [ ! -f "$data/splits.json" ]; then
    "$nodulens" data import ddti "$source" --out "$data"
    "$nodulens" data split "$data" --folds 5 --seed 0
fi
"$nodulens" train unet-lite0 --data "$data" --out "$out/unet-lite0/all"
for fold in 0 1 2 3 4; do
    "$nodulens" train unet-lite0 --data "$data" --fold "$fold" --out "$out/unet-lite0/fold$fold"
done
"$nodulens" evaluate "$out"/unet-lite0/fold{0,1,2,3,4} --data "$data" --out "$out/figures/out-of-fold"
"$nodulens" export "$out/unet-lite0/all" --data "$data" --out weights/ddti-unet-lite0 --version 1.2.0 \
    --metrics "$out/figures/out-of-fold/metrics.json"
