"""Ways in which a file gets damaged, drawn at random from a seed."""

import random


def damaged(content, seed):
    """The bytes with one random damage, and with other bytes than before."""
    draw = random.Random(seed)
    result = content
    while result == content:
        result = draw.choice([cut, flip, blank, insert, remove, repeat])(content, draw)
    return result


def cut(content, draw):
    """The end is missing."""
    return content[: draw.randrange(len(content))]


def flip(content, draw):
    """One to eight bits are wrong."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 8)):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def blank(content, draw):
    """A stretch is zeros, as of a block that never reached the disk."""
    start = draw.randrange(len(content))
    length = min(draw.randint(1, 512), len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


def insert(content, draw):
    """Random bytes in between."""
    start = draw.randrange(len(content) + 1)
    return content[:start] + draw.randbytes(draw.randint(1, 16)) + content[start:]


def remove(content, draw):
    """A stretch is missing."""
    start = draw.randrange(len(content))
    return content[:start] + content[start + draw.randint(1, 64) :]


def repeat(content, draw):
    """A stretch is there twice."""
    start = draw.randrange(len(content))
    return content[:start] + content[start : start + draw.randint(1, 64)] + content[start:]
