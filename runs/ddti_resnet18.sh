#!/usr/bin/env bash
# The shipped malignancy bundle and its out-of-fold figures: regions from drawn outlines (the upper
# bound) and from the masks that the U-Nets of the same folds predict (what a user gets).
#
#     runs/ddti_unet_lite0.sh path/to/ddti out    # first
#     runs/ddti_resnet18.sh out
set -euo pipefail
out=$1
nodulens=${NODULENS:-nodulens}
data=$out/ddti

"$nodulens" train resnet18-roi --data "$data" --out "$out/resnet18-roi/all"
for fold in 0 1 2 3 4; do
    "$nodulens" train resnet18-roi --data "$data" --fold "$fold" --out "$out/resnet18-roi/fold$fold"
done
runs=("$out"/resnet18-roi/fold{0,1,2,3,4})
"$nodulens" evaluate "${runs[@]}" --data "$data" --out "$out/resnet18-roi/drawn-outlines"
segmenters=()
for fold in 0 1 2 3 4; do segmenters+=(--segmenter "$out/unet-lite0/fold$fold"); done
"$nodulens" evaluate "${runs[@]}" "${segmenters[@]}" \
    --data "$data" --out "$out/resnet18-roi/predicted-outlines"
"$nodulens" export "$out/resnet18-roi/all" --data "$data" --out weights/ddti-resnet18 \
    --calibration "$out/resnet18-roi/predicted-outlines/calibration.json" \
    --metrics "$out/resnet18-roi/predicted-outlines/metrics.json" \
    --metrics "$out/resnet18-roi/drawn-outlines/metrics.json"
