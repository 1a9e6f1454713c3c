"""A network whose process 1 is killed in the middle of a step, where the environment asks for it."""

import os
import signal

from famus_ext.models import build


def network(num_classes):
    net = build("digits", num_classes, in_channels=1)
    calls = iter(range(int(os.environ.get("DIES_AFTER", "1000000"))))

    def die(module, inputs):
        if module.training and os.environ.get("RANK") == "1" and next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    net.register_forward_pre_hook(die)
    return net
