#!/usr/bin/env bash
# Several processes, a GPU each or, without GPUs, on the CPU: first your own loop, then the command line.
#
#     bash examples/multi_gpu.sh [processes] [epochs]
set -euo pipefail
processes=${1:-2} epochs=${2:-20}
here=$(dirname "$0")
launch=(torchrun --standalone --nproc-per-node "$processes")

"${launch[@]}" "$here/own_loop_ddp.py" --epochs "$epochs"
"${launch[@]}" -m famus_ext train --epochs "$epochs"
