"""Mistakes that students make in notebook 06, each with words of the hint that it must get."""

NEEDS = {
    "6.1": ["code-words"],
    "6.4": ["code-words", "tbl-bag"],
}

BAG = """
def bag_of_words(review, vocabulary):
    present = {present}
    return {row}
"""
LAYER = """
def first_layer(indices, indptr, W, b):
    z = np.tile({start}, ({rows}, 1))
    for i in range(len(indptr) - 1):
        z[i] += {added}
    return z
"""
BAYES = """
def naive_bayes(X, y):
    counts = np.array([X[y == c].sum(axis=0) for c in (0, 1)]).reshape(2, -1) + {one}
    shares = {shares}
    return {intercept}, {weights}
"""
GRAMS = """
def mgrams(words, m):
    return {result}
"""


def bag(**changed):
    usual = {
        "present": "set(split_into_words(review))",
        "row": "np.array([float(word in present) for word in vocabulary])",
    }
    return BAG.format(**usual | changed)


def layer(**changed):
    usual = {"start": "b", "rows": "len(indptr) - 1", "added": "W[indices[indptr[i] : indptr[i + 1]]].sum(axis=0)"}
    return LAYER.format(**usual | changed)


def bayes(**changed):
    usual = {
        "one": "1",
        "shares": "counts / counts.sum(axis=1, keepdims=True)",
        "intercept": "np.log((y == 1).sum() / (y == 0).sum())",
        "weights": "np.log(shares[1] / shares[0])",
    }
    return BAYES.format(**usual | changed)


def grams(result):
    return GRAMS.format(result=result)


WRONG = {
    "6.1": [
        (
            bag(present="split_into_words(review)", row="np.array([present.count(w) for w in vocabulary])"),
            "still scores 1",
        ),
        (bag(present="review.lower()"), "“good” is no word of"),
        (bag(present="set(review.split())"), "has film and good"),
        (bag(row="np.array([word in vocabulary for word in sorted(present)])"), "has film and good"),
        (bag(row="[float(word in present) for word in vocabulary]"), "NumPy array"),
        (bag(row="None"), "gives nothing back"),
    ],
    "6.3": [
        (layer(start="0 * b"), "where are the biases"),
        (layer(rows="len(indptr)"), "shape (1, 2), not"),
        (layer(added="W[indices].sum(axis=0)"), "a review without words gets b"),
        (layer(added="W[indptr[i] : indptr[i + 1]].sum(axis=0)"), "words 1 and 3 occur"),
        (layer(added="W[indices[indptr[i] : indptr[i + 1]]].mean(axis=0)"), "words 1 and 3 occur"),
        (layer(added="W[indices[indptr[i] : indptr[i + 1] - 1]].sum(axis=0)"), "words 1 and 3 occur"),
    ],
    "6.4": [
        (bayes(one="0"), "add 1 to each count"),
        (bayes(weights="np.log(shares[0] / shares[1])"), "sign is turned round"),
        (bayes(shares="counts"), "divide by the sum of all counts"),
        (bayes(intercept="np.log((y == 1).mean())"), "two positive, three negative"),
        (bayes(shares="counts / np.array([[(y == 0).sum()], [(y == 1).sum()]])"), "compare with the formula"),
        (bayes(weights="np.log(shares[1:] / shares[:1])"), "in a flat array"),
    ],
    "6.5": [
        (grams("[words[k : k + m] for k in range(len(words) - m + 1)]"), "each m-gram is one text"),
        (grams('[" ".join(words[k : k + m]) for k in range(len(words))]'), "four words have three pairs, not 4"),
        (grams('[" ".join(words[k : k + m]) for k in range(0, len(words), m)]'), "not 2"),
        (grams('[a + " " + b for a, b in zip(words, words[1:])]'), "with m = 1 the words themselves"),
        (
            grams('list(dict.fromkeys(" ".join(words[k : k + m]) for k in range(len(words) - m + 1)))'),
            "repeated pairs count",
        ),
        (grams('["".join(words[k : k + m]) for k in range(len(words) - m + 1)]'), "neighbours only"),
    ],
}
