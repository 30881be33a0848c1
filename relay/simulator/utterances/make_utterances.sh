#!/bin/sh
# Rebuilds every <name>.opus in this folder from index.json.
# Needs espeak-ng, sox, opusenc (opus-tools) and python3. See README.md.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -c 'import json
for name, text in json.load(open("index.json", encoding="utf-8")).items():
    print(name, text, sep="\t")' >"$work/lines"

rm -f ./*.opus
while IFS="$(printf '\t')" read -r name text; do
    espeak-ng -v en-us -s 155 -p 48 -a 60 -w "$work/raw.wav" -- "$text"
    # Trim both ends, smooth the edges, even the loudness out, keep 40 ms before and 100 ms behind.
    sox -R "$work/raw.wav" -b 16 "$work/even.wav" \
        silence 1 0.01 0.2% fade t 0.005 reverse silence 1 0.01 0.2% fade t 0.02 reverse \
        rate -v 48000 highpass 70 lowpass 8000 gain -n -1 \
        compand 0.005,0.12 6:-70,-70,-40,-34,-20,-13,0,-6 -8 -40 0 gain -n -3 gain -l 3 pad 0.04 0.1
    opusenc --quiet --speech --bitrate 24 --framesize 20 --padding 0 --discard-comments --serial 1 \
        "$work/even.wav" "$name.opus"
done <"$work/lines"
