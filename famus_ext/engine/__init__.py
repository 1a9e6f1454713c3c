"""The meta step: Virtual-Train, Meta-Train, Actual-Train, and the engines that carry a direction to the logits."""
