#!/usr/bin/env bash
# The two-stage experiment (arXiv 2511.11937) on DDTI's graded images, judged honestly: outlines,
# ResNet-18 on the region, a forest on features and both together, with either label map of the
# field, beside the answers that never look at an image.
#
#     runs/ddti_unet_lite0.sh path/to/ddti out     # first: the data and its outlines
#     runs/ddti_resnet18.sh path/to/tg3k out       # then: the start of ResNet-18
#     runs/ddti_two_stage.sh out
#
# Each step goes on where an interrupted one stopped; run it again after a kill.
set -euo pipefail
out=$1
nodulens=${NODULENS:-nodulens}
data=$out/ddti

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
cp "$(dirname "$0")/ddti_two_stage.toml" "$out/two_stage.toml"
"$nodulens" benchmark "$out/two_stage.toml"
