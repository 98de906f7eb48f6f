"""Wrong answers that students give to the exercises of section 7, and what the hint must say."""


def cut(body):
    return f"def cut_or_pad(numbers, length):\n    {body}"


def near(
    unit="vectors / np.linalg.norm(vectors, axis=1, keepdims=True)",
    order="np.argsort(-cosines)",
    back="[words[i] for i in order if words[i] != word][:k]",
):
    return f"""def nearest_words(word, words, vectors, k):
    unit = {unit}
    cosines = unit @ unit[words.index(word)]
    order = {order}
    return {back}"""


def step(
    order="to_input, to_forget, to_news, to_output",
    memory="torch.sigmoid(to_forget) * C + torch.sigmoid(to_input) * torch.tanh(to_news)",
    state="torch.sigmoid(to_output) * torch.tanh(C)",
    back="A, C",
):
    return f"""def lstm_step(x, A, C, W, U, b):
    {order} = (b + W @ x + U @ A).chunk(4)
    C = {memory}
    A = {state}
    return {back}"""


LAGS = """
def lag_matrix(series, L):
    T = len(series)
    lags = [{lag} for k in {order}]
    return {result}
"""
SPLITS = """
def rolling_splits(n, start, step):
    return [
        ({fit}, {score})
        for origin in {origins}
    ]
"""


def lags(**changed):
    usual = {
        "lag": "series[L - k : T - k]",
        "order": "range(1, L + 1)",
        "result": "np.column_stack([np.ones(T - L), *lags])",
    }
    return LAGS.format(**usual | changed)


def splits(**changed):
    usual = {
        "fit": "np.arange(origin)",
        "score": "np.arange(origin, min(origin + step, n))",
        "origins": "range(start, n, step)",
    }
    return SPLITS.format(**usual | changed)


NEEDS = {}

WRONG = {
    "7.2": [
        (cut("return (list(numbers) + [0] * length)[:length]"), "zeros come in front"),
        (cut("return [0] * (length - len(numbers)) + list(numbers)[:length]"), "keep the last words"),
        (cut("return list(numbers)[-length:]"), "the result has 4 numbers"),
        (cut("return [0] * (length - len(numbers)) + list(numbers)"), "six numbers and length 4"),
        (
            cut("while len(numbers) > length: numbers.pop(0)\n    return [0] * (length - len(numbers)) + numbers"),
            "leave the list that you were given",
        ),
        (cut("[0] * (length - len(numbers)) + list(numbers)[-length:]"), "gives nothing back"),
    ],
    "7.3": [
        (near(unit="vectors"), "divide by the lengths"),
        (near(order="np.argsort(cosines)"), "the largest cosines"),
        (near(back="[words[i] for i in order][:k]"), "the word itself is no neighbour"),
        (near(back="[i for i in order if words[i] != word][:k]"), "words, not numbers"),
        (near(back="[words[i] for i in order if words[i] != word]"), "give back k words"),
        (near(back="[words[i] for i in order if words[i] != word][:k][::-1]"), "the nearest word comes first"),
    ],
    "7.4": [
        (step(order="to_input, to_news, to_forget, to_output"), "mind the order"),
        (step(order="to_forget, to_input, to_news, to_output"), "mind the order"),
        (step(memory="to_forget * C + to_input * to_news"), "forget · old memory"),
        (step(state="torch.sigmoid(to_output) * C"), "output · tanh(new memory)"),
        (step(state="torch.tanh(C)"), "the memory is right"),
        (step(back="C, A"), "first the state, then memory"),
        (step(back="A"), "two things"),
    ],
    "7.5": [
        (lags(lag="series[L - k + 1 : T - k + 1]"), "a forecast that looks ahead"),
        (lags(order="range(L, 0, -1)"), "yesterday comes first"),
        (lags(result="np.column_stack(lags)"), "a column of ones and two lags"),
        (lags(result="np.column_stack([*lags, np.ones(T - L)])"), "the first column holds ones"),
        (lags(result="None"), "gives nothing back"),
        (
            lags(
                result="np.column_stack([np.ones(T - L), *[part[:, j] for j in range(series.shape[1]) for part in lags]])"
            ),
            "both series of yesterday come first",
        ),
        (lags(lag="series[L - k : T - k, 0]"), "make 1 + 4 columns"),
    ],
    "7.6": [
        (splits(fit="np.arange(origin + 1)"), "the first fit has the rows 0 to start − 1"),
        (splits(score="np.arange(origin, origin + step)"), "is a piece of its own"),
        (splits(origins="range(start, n - step, step)"), "the last day is missing"),
        (splits(fit="np.arange(origin - start, origin)"), "uses all rows before row 7"),
        (splits(score="np.arange(origin, n)"), "each day is scored once"),
        (splits(fit="np.arange(n)"), "the first fit has the rows 0 to start − 1"),
        (splits(origins="range(start, n)"), "each day is scored once"),
    ],
}
