#!/usr/bin/env bash
# The shipped malignancy bundle and its out-of-fold figures: regions from drawn outlines (the upper
# bound) and from the masks that the U-Nets of the same folds predict (what a user gets).
#
#     runs/ddti_unet_lite0.sh path/to/ddti out    # first
#     runs/ddti_resnet18.sh path/to/tg3k out
#
# TG3K's frames (pictures and masks of the gland, no nodules, no case of DDTI) give ResNet-18 its
# start without a label. Each step goes on where an interrupted one stopped; run it again after a
# kill.
set -euo pipefail
source=$1 out=$2
nodulens=${NODULENS:-nodulens}
data=$out/ddti runs=$out/resnet18-linear

[ -f "$out/tg3k/manifest.parquet" ] ||
    "$nodulens" data import folder "$source" --out "$out/tg3k"
"$nodulens" train resnet18-start --data "$out/tg3k" --out "$out/resnet18-start"
train() {
    "$nodulens" train resnet18-linear --data "$data" \
        --set network.start_from="$out/resnet18-start" "$@"
}
train --out "$runs/all"
for fold in 0 1 2 3 4; do train --fold "$fold" --out "$runs/fold$fold"; done
folds=("$runs"/fold{0,1,2,3,4})
"$nodulens" evaluate "${folds[@]}" --data "$data" --out "$out/figures/drawn-outlines"
segmenters=()
for fold in 0 1 2 3 4; do segmenters+=(--segmenter "$out/unet-lite0/fold$fold"); done
"$nodulens" evaluate "${folds[@]}" "${segmenters[@]}" \
    --data "$data" --out "$out/figures/predicted-outlines"
"$nodulens" export "$runs/all" --data "$data" --out weights/ddti-resnet18 --version 1.2.0 \
    --calibration "$out/figures/predicted-outlines/calibration.json" \
    --metrics "$out/figures/predicted-outlines/metrics.json" \
    --metrics "$out/figures/drawn-outlines/metrics.json" \
    --note "The start saw frames of TG3K (Gong et al. 2021, research use with citation), no label."
