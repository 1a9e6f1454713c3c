"""How likely each given label is right, from the losses."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from famus_ext._widest import widest_dtype
from famus_ext.errors import require_finite

ITERATIONS = 10
TOLERANCE = 1e-2
COVARIANCE_FLOOR = 5e-4
"""Of the EM algorithm, as Algorithm 2 runs it: it need not converge."""


def clean_probability(losses: Tensor, seed: int) -> Tensor:
    """Posterior of the mixture component with the smaller mean, c_i = p(small | L_i).

    The losses, scaled to [0, 1], are fitted by two Gaussians. Networks learn right labels before wrong ones, so the
    component of small losses is that of the right labels.

    Source: FaMUS, Algorithm 2; Li et al., "DivideMix", ICLR 2020, Section 3.1.

    Args:
        losses: L, the loss of every training example under its given label, [N], N at least 2.
        seed: Of the means that the algorithm starts from, in [0, 2³²).

    Returns:
        c [N] on the losses' device, in its widest dtype; 1/2 everywhere where all losses are the same.

    Raises:
        NonFiniteError: A loss is NaN or infinite.
        ModuleNotFoundError: scikit-learn, part of `famus-ext[train]`, is not installed.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    require_finite({"the loss of a training example": losses})
    values, kind = losses.detach().to("cpu", torch.float64), widest_dtype(losses.device)
    spread = values.max() - values.min()
    if not spread > 0:
        return torch.full_like(losses, 0.5, dtype=kind)
    scaled = ((values - values.min()) / spread).numpy()[:, None]
    mixture = GaussianMixture(2, max_iter=ITERATIONS, tol=TOLERANCE, reg_covar=COVARIANCE_FLOOR, random_state=seed)
    with warnings.catch_warnings(), threadpool_limits(1):  # the same sums on any number of cores
        warnings.simplefilter("ignore", ConvergenceWarning)
        posteriors = mixture.fit(scaled).predict_proba(scaled)
    return torch.from_numpy(posteriors[:, mixture.means_.argmin()]).to(losses.device, kind)
