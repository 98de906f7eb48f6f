"""Wrong answers to the exercises of notebook 02 that ask for code: mistakes that students make.

``NEEDS``: labels of the cells that an exercise needs besides the setup cell. ``WRONG``: for each exercise, pairs of
a wrong answer and a part of the hint that it must get.
"""

NEEDS = {}

DIGITS = """
class DigitNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(784, 256)
        self.hidden2 = nn.Linear(256, 128)
        self.output = nn.Linear(128, 10)

    def forward(self, x):
"""

STEP = """
def train_step(model, images, labels, loss_fn, optimizer):
"""

WRONG = {
    "2.2": [
        # The images aren't flattened.
        (
            DIGITS + "        return self.output(self.hidden2(self.hidden1(x).relu()).relu())",
            "stopped with RuntimeError",
        ),
        # The whole batch is flattened to one vector.
        (DIGITS + "        return self.output(self.hidden2(self.hidden1(x.flatten()).relu()).relu())", "RuntimeError"),
        # No activation at all.
        (DIGITS + "        return self.output(self.hidden2(self.hidden1(x.flatten(1))))", "without ReLU"),
        # One after the output layer as well.
        (
            DIGITS + "        return self.output(self.hidden2(self.hidden1(x.flatten(1)).relu()).relu()).relu()",
            "after the last layer",
        ),
        # Softmax at the end: those aren't logits.
        (
            DIGITS + "        x = self.hidden2(self.hidden1(x.flatten(1)).relu()).relu()\n"
            "        return self.output(x).softmax(dim=1)",
            "no logit is negative",
        ),
        (
            DIGITS + "        x = self.hidden2(self.hidden1(x.flatten(1)).relu()).relu()\n"
            "        return self.output(x).log_softmax(dim=1)",
            "a softmax is in the way",
        ),
        # One of the two ReLUs is missing.
        (DIGITS + "        return self.output(self.hidden2(self.hidden1(x.flatten(1)).relu()))", "one ReLU after each"),
        # Nothing is returned.
        (DIGITS + "        self.output(self.hidden2(self.hidden1(x.flatten(1)).relu()).relu())", "gives nothing back"),
    ],
    "2.3": [
        ("def count_parameters(sizes):\n    return sum(a * b for a, b in zip(sizes, sizes[1:]))", "3 weights"),
        ("def count_parameters(sizes):\n    return sum(a * (b + 1) for a, b in zip(sizes, sizes[1:]))", "not 6"),
        (
            "def count_parameters(sizes):\n    return sum(a * b + 1 for a, b in zip(sizes, sizes[1:]))",
            "each output have",
        ),
        ("def count_parameters(sizes):\n    return (sizes[0] + 1) * sizes[1]", "two layers with 25 and 6"),
        (
            "def count_parameters(sizes):\n    print(sum((a + 1) * b for a, b in zip(sizes, sizes[1:])))",
            "returns nothing",
        ),
    ],
    "2.4": [
        ("def softmax(logits):\n    return logits.exp() / logits.exp().sum(dim=0)", "each column adds up to one"),
        ("def softmax(logits):\n    return logits.exp() / logits.exp().sum()", "each row must add up to one"),
        ("def softmax(logits):\n    return logits.exp() / logits.exp().sum(dim=1)", "stopped with RuntimeError"),
        ("def softmax(logits):\n    return logits / logits.sum(dim=1, keepdim=True)", "it isn't e^Z"),
        ("def softmax(logits):\n    return logits.exp() / logits.exp().sum(dim=1, keepdim=True)", "1,000 gives nan"),
        # The largest logit of the whole batch: rows far below it become 0/0.
        (
            "def softmax(logits):\n    powers = (logits - logits.max()).exp()\n"
            "    return powers / powers.sum(dim=1, keepdim=True)",
            "treat each row for itself",
        ),
        (
            "def softmax(logits):\n    logits -= logits.max(dim=1, keepdim=True).values\n"
            "    return logits.exp() / logits.exp().sum(dim=1, keepdim=True)",
            "changes the logits",
        ),
    ],
    "2.5": [
        # No zero_grad.
        (
            STEP + "    logits = model(images)\n    loss = loss_fn(logits, labels)\n    loss.backward()\n"
            "    optimizer.step()\n"
            "    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()",
            "the second step goes too far",
        ),
        # zero_grad between backward and step.
        (
            STEP + "    logits = model(images)\n    loss = loss_fn(logits, labels)\n    loss.backward()\n"
            "    optimizer.zero_grad()\n    optimizer.step()\n"
            "    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()",
            "predicts as before",
        ),
        # Probabilities go into a loss that takes logits.
        (
            STEP + "    optimizer.zero_grad()\n    probabilities = model(images).softmax(dim=1)\n"
            "    loss = loss_fn(probabilities, labels)\n    loss.backward()\n    optimizer.step()\n"
            "    return loss.item(), (probabilities.argmax(dim=1) == labels).float().mean().item()",
            "doesn't follow the gradient",
        ),
        # A tensor instead of a number.
        (
            STEP + "    optimizer.zero_grad()\n    logits = model(images)\n    loss = loss_fn(logits, labels)\n"
            "    loss.backward()\n    optimizer.step()\n"
            "    return loss, (logits.argmax(dim=1) == labels).float().mean()",
            "two Python floats",
        ),
        # Only the loss.
        (
            STEP + "    optimizer.zero_grad()\n    loss = loss_fn(model(images), labels)\n    loss.backward()\n"
            "    optimizer.step()\n    return loss.item()",
            "two Python floats",
        ),
        # Loss after the step.
        (
            STEP + "    optimizer.zero_grad()\n    loss = loss_fn(model(images), labels)\n    loss.backward()\n"
            "    optimizer.step()\n    logits = model(images)\n    loss = loss_fn(logits, labels)\n"
            "    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()",
            "before the step they were",
        ),
        # The number of right answers instead of their share.
        (
            STEP + "    optimizer.zero_grad()\n    logits = model(images)\n    loss = loss_fn(logits, labels)\n"
            "    loss.backward()\n    optimizer.step()\n"
            "    return loss.item(), float((logits.argmax(dim=1) == labels).sum())",
            "before the step they were",
        ),
    ],
    "2.7": [
        # The axis repaired, batches still counted alike.
        (
            "def accuracy_of(model, loader):\n    shares = []\n    for images, labels in loader:\n"
            "        shares.append((model(images).argmax(dim=1) == labels).float().mean())\n"
            "    return torch.stack(shares).mean().item()",
            "4 of 5",
        ),
        # Images counted, the wrong axis kept.
        (
            "def accuracy_of(model, loader):\n    correct = count = 0\n    for images, labels in loader:\n"
            "        predicted = model(images).softmax(dim=0).argmax(dim=1)\n"
            "        correct += (predicted == labels).sum().item()\n        count += len(labels)\n"
            "    return correct / count",
            "Which axis?",
        ),
        # Divided by the number of batches.
        (
            "def accuracy_of(model, loader):\n    correct = 0\n    for images, labels in loader:\n"
            "        correct += (model(images).argmax(dim=1) == labels).sum().item()\n"
            "    return correct / len(loader)",
            "you get 4.00",
        ),
        # A tensor instead of a number.
        (
            "def accuracy_of(model, loader):\n    correct = count = 0\n    for images, labels in loader:\n"
            "        correct += (model(images).argmax(dim=1) == labels).sum()\n        count += len(labels)\n"
            "    return correct / count",
            "a Python float is asked for",
        ),
    ],
}
