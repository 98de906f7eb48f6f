"""Mistakes that students make in the exercises of notebook 04, and a fragment of the hint that each must get."""

NEEDS = {}

WRONG = {
    "4.1": [
        # shrinks positive weights only
        ("def soft_threshold(w, t):\n    return (w - t).clamp(min=0)", "a negative weight moves up"),
        # crosses zero
        ("def soft_threshold(w, t):\n    return w - t * w.sign()", "must end at exactly 0"),
        # hard threshold: large weights stay as they are
        ("def soft_threshold(w, t):\n    return torch.where(w.abs() > t, w, 0.0)", "should give 1.5"),
        # works in place
        (
            "def soft_threshold(w, t):\n    s = w.sign()\n    w.abs_().sub_(t).clamp_(min=0).mul_(s)\n    return w.clone()",
            "changes the tensor",
        ),
    ],
    "4.2": [
        # no scaling
        (
            "def dropout(A, rate, training):\n    return A * (torch.rand_like(A) >= rate) if training else A",
            "what happens to the units that stay",
        ),
        # keeps with probability rate
        (
            "def dropout(A, rate, training):\n    return A * (torch.rand_like(A) < rate) / rate if training else A",
            "rate says 25%",
        ),
        # one draw for the whole batch
        (
            "def dropout(A, rate, training):\n    return A * (torch.rand(A.shape[1]) >= rate) / (1 - rate) if training else A",
            "a draw of its own",
        ),
        # drops in prediction, too
        (
            "def dropout(A, rate, training):\n    return A * (torch.rand_like(A) >= rate) / (1 - rate)",
            "in prediction nothing is dropped",
        ),
    ],
    "4.3": [
        # noise on the responses
        (
            "def noisy_copies(X, y, copies, sigma, rng):\n    stack = np.tile(X, (copies, 1))\n    stack = stack + rng.normal(scale=sigma, size=stack.shape)\n    return stack, np.tile(y, copies) + rng.normal(size=copies * len(y))",
            "the noise belongs to x only",
        ),
        # features repeated row by row, responses as a whole
        (
            "def noisy_copies(X, y, copies, sigma, rng):\n    stack = np.repeat(X, copies, axis=0)\n    return stack + rng.normal(scale=sigma, size=stack.shape), np.tile(y, copies)",
            "a row does not belong to its response",
        ),
        # the same noise in every copy
        (
            "def noisy_copies(X, y, copies, sigma, rng):\n    return np.tile(X + rng.normal(scale=sigma, size=X.shape), (copies, 1)), np.tile(y, copies)",
            "noise of its own",
        ),
        # variance in place of the standard deviation
        (
            "def noisy_copies(X, y, copies, sigma, rng):\n    stack = np.tile(X, (copies, 1))\n    return stack + rng.normal(scale=sigma**2, size=stack.shape), np.tile(y, copies)",
            "sigma says 0.10",
        ),
    ],
}
