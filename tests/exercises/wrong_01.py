"""Mistakes that students make in the exercises of notebook 01, each with a part of the hint that it must get."""

NEEDS = {}  # the setup cell is enough for all of them

WRONG = {
    "1.3": [
        ("def standardize(X):\n    return (X - X.mean()) / X.std(correction=0)", "each column has a mean of its own"),
        (
            "def standardize(X):\n"
            "    mean, deviation = X.mean(dim=1, keepdim=True), X.std(dim=1, correction=0, keepdim=True)\n"
            "    return (X - mean) / deviation",
            "which axis do you average over",
        ),
        ("def standardize(X):\n    return (X - X.mean(dim=0)) / X.std(dim=0)", "you divided by n - 1"),
        ("def standardize(X):\n    return X - X.mean(dim=0)", "standard deviation isn't 1"),
        ("def standardize(X):\n    return (X - X.mean(dim=0)) / X.std(dim=0, correction=0)", "what is 0 / 0"),
        ("def standardize(X):\n    return (X - X.mean(dim=1)) / X.std(dim=1)", "stopped with RuntimeError"),
        ("def standardize(X):\n    X -= X.mean(dim=0)\n    X /= X.std(dim=0, correction=0)", "return a tensor"),
    ],
    "1.4": [
        (
            "def without_border(images):\n"
            "    result = images.reshape(images.shape)\n"
            "    result[:, [0, -1]] = 0\n"
            "    result[:, :, [0, -1]] = 0\n"
            "    return result",
            "who shares their memory",
        ),
        (
            "def without_border(images):\n"
            "    result = images.detach()\n"
            "    result[:, [0, -1]] = 0\n"
            "    result[:, :, [0, -1]] = 0\n"
            "    return result",
            "who shares their memory",
        ),
        (
            "def without_border(images):\n"
            "    result = images.clone()\n"
            "    images[:, [0, -1]] = 0\n"
            "    images[:, :, [0, -1]] = 0\n"
            "    return result",
            "wrote into `images` all the same",
        ),
        (
            "def without_border(images):\n"
            "    result = images.clone()\n"
            "    result[:, 0] = 0\n"
            "    result[:, -1] = 0\n"
            "    return result",
            "some border pixels aren't 0",
        ),
        ("def without_border(images):\n    return images[:, 1:-1, 1:-1].clone()", "the shape became"),
        ("def without_border(images):\n    return torch.zeros_like(images)", "inside the border have changed"),
    ],
    "1.5": [
        (
            "def gradient(w, x, y):\n    f = torch.exp(w * x)\n    return torch.sum((y - f) * f * x)",
            "the sign is wrong",
        ),
        (
            "def gradient(w, x, y):\n    f = torch.exp(w * x)\n    return torch.mean(-(y - f) * f * x)",
            "R is a sum, not a mean",
        ),
        (
            "def gradient(w, x, y):\n    f = torch.exp(w * x)\n    return torch.sum(-(y - f) * f)",
            "derivative of w x with respect to w",
        ),
        (
            "def gradient(w, x, y):\n    f = torch.exp(w * x)\n    return torch.sum(-(y - f) * x)",
            "derivative of exp(z) with respect to z",
        ),
        ("def gradient(w, x, y):\n    f = torch.exp(w * x)\n    return -(y - f) * f * x", "one number is wanted"),
        (
            "def gradient(w, x, y):\n    f = torch.exp(w * x)\n    return torch.sum(-2 * (y - f) * f * x)",
            "autograd says",
        ),
    ],
    "1.6": [
        (
            "def fit_cooling(t, y, rate=1.0, steps=200):\n"
            "    k = torch.tensor(1.0, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        torch.mean((y - torch.exp(-k * t)) ** 2).backward()\n"
            "        with torch.no_grad():\n"
            "            k -= rate * k.grad\n"
            "    return k.item()",
            "what is in .grad by then",
        ),
        (
            "def fit_cooling(t, y, rate=1.0, steps=200):\n"
            "    k = torch.tensor(1.0, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        torch.mean((y - torch.exp(-k * t)) ** 2).backward()\n"
            "        with torch.no_grad():\n"
            "            k += rate * k.grad\n"
            "        k.grad = None\n"
            "    return k.item()",
            "went uphill",
        ),
        (
            "def fit_cooling(t, y, rate=1.0, steps=200):\n"
            "    k = torch.tensor(1.0, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        torch.sum((y - torch.exp(-k * t)) ** 2).backward()\n"
            "        with torch.no_grad():\n"
            "            k -= rate * k.grad\n"
            "        k.grad = None\n"
            "    return k.item()",
            "after one step k should be 1.050",
        ),
        (
            "def fit_cooling(t, y, rate=1.0, steps=200):\n"
            "    k = torch.tensor(1.0, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        torch.mean((y - torch.exp(-k * t)) ** 2).backward()\n"
            "        k -= rate * k.grad\n"
            "        k.grad = None\n"
            "    return k.item()",
            "stopped with RuntimeError",
        ),
        (
            "def fit_cooling(t, y, rate=1.0, steps=200):\n"
            "    k = torch.tensor(1.0, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        torch.mean((y - torch.exp(-k * t)) ** 2).backward()\n"
            "        k.grad = None\n"
            "    return k.item()",
            "k is still 1",
        ),
        (
            "def fit_cooling(t, y, rate=1.0, steps=200):\n"
            "    k = torch.tensor(1.0, requires_grad=True)\n"
            "    for _ in range(steps):\n"
            "        torch.mean((y - torch.exp(-k * t)) ** 2).backward()\n"
            "        with torch.no_grad():\n"
            "            k -= rate * k.grad\n"
            "        k.grad = None\n"
            "    return k",
            "return a float",
        ),
    ],
}
