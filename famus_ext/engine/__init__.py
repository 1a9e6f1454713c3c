"""The meta step, from a batch and a meta batch to new weights, θ and η.

Where things are:
    step.py             MetaStep: its arguments, its counts, what a checkpoint holds
    schedules.py        one iteration by the paper's schedule or the merged one, and one without a meta step
    meta_grad.py        sampled_meta_grad and the engines: z → g → (ŵ, ḡ) → r → u → t → ż → ∇θ, ∇η
    sections.py         what the engines do before and after the gates (selected.py) are known, without waiting for the
                        device; run at once (runner.py), or recorded and replayed (capture/)
    virtual_train.py    meta_train.py    actual_train.py    the paper's three phases
    head.py             the training loss as a function of the logits and θ alone
    meta_update.py      the step of θ and η
    pooling.py          what the gradient sampler reads
    passes/             the forward pass of the training batch, and the products with its Jacobian, an engine each
    per_example/        each example's own products, from what the layers saw: the ghost engine's, and diagnostics'
    pushforward.py      J t over a finished autograd graph, by the rules in rules/
    phases.py           what a step spends its time on, by name: for profilers
    updates/            how the virtual gradient moves the weights, and the derivative of that
    double_backward.py  the paper's own computation
    distributed/        several processes that take one step: what they send and agree on
    task.py batches.py default_optimizers.py    what goes in, checked
    result.py output.py shown.py                what comes out, and how it is shown
    guards/             what may not go together, what goes wrong on the way (the sweep is no transpose of the backward,
                        nothing is finite, nothing is learned, memory runs out), and what is said of it
"""
