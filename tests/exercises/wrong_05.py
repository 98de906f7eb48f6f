"""Answers to the code exercises of notebook 05 that students give, and part of the hint that each must get."""

NEEDS = {}

CONVOLVE = """
def convolve_all(image, kernel, padding=0, stride=1):
    image = {image}
    k = len(kernel)
    rows, columns = {rows}, {columns}
    result = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = {top}, {left}
            result[i, j] = {value}
    return result
"""
RIGHT = {
    "image": "np.pad(image, padding)",
    "rows": "(image.shape[0] - k) // stride + 1",
    "columns": "(image.shape[1] - k) // stride + 1",
    "top": "i * stride",
    "left": "j * stride",
    "value": "(image[top : top + k, left : left + k] * kernel).sum()",
}


def convolve(**changed):
    return CONVOLVE.format(**{**RIGHT, **changed})


NETWORK = """
def build_color_cnn():
    return nn.Sequential(
        nn.Conv2d({first}, 32, 3, padding={padding}), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding={padding}), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), {head}
    )
"""

WRONG = {
    "5.2": [
        # The last window is forgotten.
        (convolve(rows="image.shape[0] - k", columns="image.shape[1] - k"), "expected is the shape (5, 7)"),
        # A convolution as in signal processing.
        (convolve(value="(image[top : top + k, left : left + k] * kernel[::-1, ::-1]).sum()"), "turned round"),
        # The products are not added up with the kernel at its place.
        (convolve(value="(image[top : top + k, left : left + k] @ kernel).sum()"), "wrong numbers"),
        # Zeros at the lower right only.
        (convolve(image="np.pad(image, ((0, padding), (0, padding)))"), "all four sides"),
        # The border repeats the image instead of zeros.
        (convolve(image="np.pad(image, padding, mode='edge')"), "frame of zeros"),
        # The stride changes the size, but the window moves by one.
        (convolve(top="i", left="j"), "windows begin at rows 0, 2, 4"),
        # The stride is ignored.
        (
            convolve(rows="image.shape[0] - k + 1", columns="image.shape[1] - k + 1", top="i", left="j"),
            "expected is the shape (3, 4)",
        ),
    ],
    "5.3": [
        ("def max_pool(images):\n    return images[..., ::2, ::2]", "one corner"),
        (
            "def max_pool(images):\n    n, c, r, s = images.shape\n"
            "    return images.reshape(n, c, r // 2, 2, s // 2, 2).mean(dim=(3, 5))",
            "the mean of each block",
        ),
        (
            "def max_pool(images):\n    n, c, r, s = images.shape\n"
            "    return images.reshape(n, c, r // 2, s // 2, 4).amax(dim=4)",
            "wrong blocks",
        ),
        ("def max_pool(images):\n    return images.amax(dim=(2, 3))", "(2, 3, 4, 6) becomes (2, 3, 2, 3)"),
        ("def max_pool(images):\n    return max_pool2d(images.relu(), 2)", "negative numbers"),
    ],
    "5.4": [
        (NETWORK.format(first=1, padding=1, head="nn.Linear(64 * 8 * 8, 100)"), "three channels"),
        (
            NETWORK.format(first=3, padding=1, head="nn.Linear(64 * 7 * 7, 100)"),
            "expects 3,136 numbers, but gets 4,096",
        ),
        (NETWORK.format(first=3, padding=1, head="nn.Linear(64 * 8 * 8, 100), nn.Softmax(dim=1)"), "add up to one"),
        (NETWORK.format(first=3, padding=1, head="nn.Linear(64 * 8 * 8, 10)"), "not (4, 10)"),
        (NETWORK.format(first=3, padding=0, head="nn.Linear(64 * 6 * 6, 100)"), "parameters are expected"),
    ],
    "5.5": [
        (
            "def random_flip(images):\n    return images.flip(3) if torch.rand(1) < 0.5 else images",
            "one coin for the whole batch",
        ),
        ("def random_flip(images):\n    return images.flip(3)", "one coin for the whole batch"),
        (
            "def random_flip(images):\n    heads = torch.rand(len(images)) < 0.5\n"
            "    images[heads] = images[heads].flip(3)\n    return images",
            "changed the images that came in",
        ),
        (
            "def random_flip(images):\n    heads = torch.rand(len(images)) < 0.5\n"
            "    return torch.where(heads[:, None, None, None], images.flip(2), images)",
            "upside down",
        ),
        (
            "def random_flip(images):\n    torch.manual_seed(0)\n    heads = torch.rand(len(images)) < 0.5\n"
            "    return torch.where(heads[:, None, None, None], images.flip(3), images)",
            "draw anew",
        ),
    ],
}
