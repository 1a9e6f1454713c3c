"""`python -m famus_ext report`: the folder of an experiment as one page that needs no network.

- `cli`: options in, exit code out
- `trust`: which examples are suspicious, and how well that is known to work
- `gallery`: the least trusted examples with their images
- `suspicious`: the same as a CSV file
- `thumbnails`: images as parts of a page
- `facts`: what was trained on what, and what came of it, in words
- `charts/`: the charts, a file each
- `selection`: which charts there is something to draw for
- `page`: all of it through the template in `templates/`
"""
