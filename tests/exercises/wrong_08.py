"""Mistakes that students make in notebook 08, each with words of the hint that it must get."""

NEEDS = {}

NOISE = """
def noise_for(signal, snr):
    return {sd}, {largest}
"""
AHEAD = """
def ahead_of(low, high, more_is_better):
    if {inside}:
        return {none}
    return {answer}
"""
IMPORTANCE = """
def permutation_importance(error_of, X, repeats, rng):
    growth = np.zeros(X.shape[1])
    for column in range(X.shape[1]):
        for _ in range({repeats}):
            shuffled = {copy}
            {shuffle}
            growth[column] += error_of(shuffled) / {by}
    return {result}
"""
GRADIENT = """
def joint_gradient(gradients, counts):
    return {result}
"""


def noise(**changed):
    return NOISE.format(**{"sd": "np.sqrt(np.var(signal) / snr)", "largest": "snr / (1 + snr)"} | changed)


def ahead(**changed):
    usual = {"inside": "low <= 0 <= high", "none": '"none"'}
    usual["answer"] = '"network" if (low > 0) == more_is_better else "simple"'
    return AHEAD.format(**usual | changed)


def importance(**changed):
    usual = {"repeats": "repeats", "by": "repeats", "copy": "X.copy()", "result": "growth - error_of(X)"}
    usual["shuffle"] = "shuffled[:, column] = rng.permutation(X[:, column])"
    return IMPORTANCE.format(**usual | changed)


def gradient(result):
    return GRADIENT.format(result=result)


WRONG = {
    "8.1": [
        (noise(sd="np.var(signal) / snr"), "the variance of the noise"),
        (noise(sd="np.sqrt(np.var(signal) * snr)"), "a larger SNR means less noise"),
        (noise(sd="np.sqrt(np.mean(signal**2) / snr)"), "take the mean off"),
        (noise(largest="1 / (1 + snr)"), "the share of the noise"),
        (noise(largest="1 - 1 / snr"), "4 of 5 parts"),
        (noise(sd="1 / np.sqrt(snr)"), "a signal ten times as large"),
    ],
    "8.2": [
        (ahead(inside="False"), "zero is inside"),
        (ahead(answer='"network" if low > 0 else "simple"'), "good for the network"),
        (ahead(answer='"network" if high < 0 else "simple"'), "accuracy higher by 0.01 to 0.03"),
        (ahead(inside="low < 0 < high"), "an end at zero counts as inside"),
        (ahead(none="None"), "zero is inside"),
        (ahead(answer="(low > 0) == more_is_better"), "give back “network”"),
    ],
    "8.3": [
        (importance(copy="X"), "X has changed"),
        (importance(result="growth"), "take off the error before"),
        (importance(shuffle="rng.shuffle(shuffled)"), "one column at a time"),
        (importance(shuffle="shuffled[:, column] = rng.normal(size=len(X))"), "draw nothing new"),
        (importance(repeats="1", by="1"), "shuffled `repeats` times"),
        (importance(by="1"), "take off the error before"),
        (importance(result="error_of(X) - growth"), "the larger the growth"),
    ],
    "8.4": [
        (gradient("sum(gradients)"), "a mean, not a sum"),
        (gradient("sum(gradients) / len(gradients)"), "weight the parts"),
        (gradient("np.mean(gradients)"), "the shape of each part"),
        (gradient("sum(g * n for g, n in zip(gradients, counts)) / len(counts) / max(counts)"), "three quarters"),
        (gradient("sum(g / n for g, n in zip(gradients, counts)) * sum(counts) / len(counts) / 2"), "three quarters"),
    ],
}
