#!/usr/bin/env bash
# The two-stage experiment (arXiv 2511.11937) on DDTI's graded images, judged honestly: outlines,
# ResNet-18 on the region, a forest on features and both together, with either label map of the
# field, beside the answers that never look at an image. And the shipped malignancy bundle.
#
#     runs/ddti_unet_lite0.sh path/to/ddti out     # first: the data and its outlines
#     runs/ddti_two_stage.sh path/to/tg3k out
#
# TG3K's frames (pictures and masks of the gland, no nodules, no case of DDTI) give ResNet-18 its
# start without a label. Each step goes on where an interrupted one stopped; run it again after a
# kill.
set -euo pipefail
source=$1 out=$2
nodulens=${NODULENS:-nodulens}
data=$out/ddti

[ -f "$out/tg3k/manifest.parquet" ] ||
    "$nodulens" data import folder "$source" --out "$out/tg3k"
"$nodulens" train resnet18-start --data "$out/tg3k" --out "$out/resnet18-start"

cascade() { # NAME SETTINGS...: the same objective for the network and the forest
    local name=$1 settings=()
    shift
    for setting in "$@"; do
        settings+=(--set "resnet18-linear:$setting" --set "forest:$setting")
    done
    local folder=$out/two-stage/$name
    mkdir -p "$folder"
    # The same outlines for all: what is there already is not trained again.
    [ -d "$folder/unet-lite0" ] || cp -R "$out/unet-lite0" "$folder/unet-lite0"
    "$nodulens" crossval unet-lite0 resnet18-linear forest --data "$data" --out "$folder" \
        --resume "${settings[@]}" "${final[@]}" \
        --set "resnet18-linear:network.start_from=$out/resnet18-start"
}
final=(--final) # these are what is exported
cascade 2-3-or-4a-5
final=()
cascade 2-4a-or-4b-5 objective.label=tirads 'objective.classes=["2-4a", "4b-5"]' \
    'objective.merge={2-4a=["2", "3", "4a"], 4b-5=["4b", "4c", "5"]}'
"$nodulens" export "$out/two-stage/2-3-or-4a-5" --system fusion --data "$data" \
    --out weights/ddti-malignancy --version 1.0.0 \
    --note "The start saw frames of TG3K (Gong et al. 2021, research use with citation), no label."
# The two-stage paper's segmenter, as small as two cores allow, on the same folds.
for fold in 0 1 2 3 4; do
    "$nodulens" train transunet-small --data "$data" --fold "$fold" --out "$out/transunet-small/fold$fold"
done
[ -f "$out/figures/transunet-small/metrics.json" ] || "$nodulens" evaluate \
    "$out"/transunet-small/fold{0,1,2,3,4} --data "$data" --out "$out/figures/transunet-small"
cp "$(dirname "$0")/ddti_two_stage.toml" "$out/two_stage.toml"
"$nodulens" benchmark "$out/two_stage.toml"
