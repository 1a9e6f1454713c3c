"""`python -m famus_ext report`: the folder of an experiment as one page that needs no network.

- `cli`: options in, exit code out
- `trust`: which labels are suspicious, and how well that finds the wrong ones
- `gallery`, `suspicious`: the least trusted examples for the page, and as a CSV file
- `images`, `thumbnails`: the training images, where they can still be had, as parts of the page
- `facts`, `verdict`, `cost`: what was trained on what, what came of it, and what it cost
- `charts_of_run`, `charts/`: the charts that there is something to draw for, a file each
- `report`, `page`: all of it together, and through the templates in `templates/`
"""
