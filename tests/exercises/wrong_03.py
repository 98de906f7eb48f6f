"""Mistakes that students make in notebook 03, each with words of the hint that it must get."""

NEEDS = {"3.4": ["code-numerical-gradient", "code-relative-error"]}

UNIT = """
def unit_gradients(x, y, w0, w, beta0, beta):
    z = w0 + w @ x
    A = max(0, z)
    dR_df = {dR_df}
    dR_dz = {dR_dz}
    return dR_dz, {dR_dw}, dR_df, {dR_dbeta}
"""
TANH = """
def tanh_gradients(theta, X, y):
    A = np.tanh(theta["w0"] + X @ theta["w"].T)
    residual = y - (theta["beta0"] + A @ theta["beta"])
    blame = -residual[:, None] * theta["beta"] * {slope}
    outer = {{"beta0": -residual.{reduce}(), "beta": -residual @ A}}
    return outer | {{"w0": blame.{reduce_w0}(axis=0), "w": blame.T @ X}}
"""
BATCHES = """
def minibatches(n, batch_size, rng):
    order = {order}
    for start in {starts}:
        yield {batch}
"""
HE = """
def he_start(sizes, rng):
    layers = []
    for inputs, outputs in pairwise(sizes):
        layers.append(({W}, np.zeros({outputs})))
    return layers
"""
ADAM = """
def adam(g, t, state, rho):
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["s"] = {s}
    m, s = {corrected}
    {store}
    return {step}
"""


def filled(template, usual, **changed):
    return template.format(**usual | changed)


def unit(**changed):
    usual = {"dR_df": "-(y - (beta0 + beta * A))", "dR_dz": "dR_df * beta * (z > 0)"}
    return filled(UNIT, usual | {"dR_dw": "dR_dz * x", "dR_dbeta": "dR_df * A"}, **changed)


def tanh(**changed):
    return filled(TANH, {"slope": "(1 - A**2)", "reduce": "sum", "reduce_w0": "sum"}, **changed)


def batches(**changed):
    usual = {"order": "rng.permutation(n)", "starts": "range(0, n, batch_size)"}
    return filled(BATCHES, usual | {"batch": "order[start : start + batch_size]"}, **changed)


def he(**changed):
    usual = {"W": "rng.normal(0, np.sqrt(2 / inputs), size=(outputs, inputs))", "outputs": "outputs"}
    return filled(HE, usual, **changed)


def adam(**changed):
    usual = {"s": '0.999 * state.get("s", 0) + 0.001 * g**2', "store": ""}
    usual |= {"corrected": 'state["m"] / (1 - 0.9**t), state["s"] / (1 - 0.999**t)'}
    return filled(ADAM, usual | {"step": "rho * m / (np.sqrt(s) + 1e-8)"}, **changed)


WRONG = {
    "3.3": [
        (unit(dR_df="y - (beta0 + beta * A)"), "check the sign"),
        (unit(dR_df="-2 * (y - (beta0 + beta * A))"), "half the square"),
        (unit(dR_dbeta="dR_df * z"), "β makes no difference"),
        (unit(dR_dz="dR_df * (z > 0)"), "lie two factors"),
        (unit(dR_dz="dR_df * beta * A * (1 - A)"), "slope of max(0, z) at z = 4"),
        (unit(dR_dz="dR_df * beta"), "the unit is off"),
        (unit(dR_dw="dR_dz"), "one entry for each feature"),
        (unit(dR_dw="dR_dz * w"), "how fast does z grow"),
    ],
    "3.4": [
        (tanh(reduce_w0="mean"), "what does R do with the observations"),
        (tanh(slope="A * (1 - A)"), "which factor does only the way to w pass"),
        (tanh(slope="(1 - A) ** 2"), "which factor does only the way to w pass"),
        (tanh(reduce="mean", reduce_w0="mean"), "beta0 was right before"),
    ],
    "3.5": [
        (batches(starts="range(0, n - batch_size + 1, batch_size)"), "what about the last few"),
        (batches(order="np.arange(n)"), "shuffle first"),
        (batches(order="rng.integers(n, size=n)"), "without replacement"),
        (batches(order="np.random.default_rng(0).permutation(n)"), "shuffle in each call"),
        (batches(order="np.random.permutation(n)"), "draw from rng"),
        (
            batches(
                order="np.arange(n)",
                starts="rng.permutation(range(0, n, batch_size))",
                batch="order[start : start + batch_size]",
            ),
            "make six of 8",
        ),
    ],
    "3.6": [
        (he(W="rng.normal(0, np.sqrt(2 / outputs), size=(outputs, inputs))"), "400 inputs ask for"),
        (he(W="rng.normal(0, 2 / inputs, size=(outputs, inputs))"), "standard deviation 0.071"),
        (he(W="rng.normal(0, np.sqrt(2 / inputs), size=(inputs, outputs))"), "out × in"),
        (he(W="rng.random((outputs, inputs)) * np.sqrt(2 / inputs)"), "mean 0"),
        (he(W="np.random.normal(0, np.sqrt(2 / inputs), size=(outputs, inputs))"), "draw from rng"),
        (he(outputs="inputs"), "one bias for each output"),
    ],
    "3.7": [
        (adam(step="-rho * m / (np.sqrt(s) + 1e-8)"), "sign is wrong"),
        (adam(corrected='state["m"], state["s"]'), "both corrected means"),
        (adam(step="rho * m / (s + 1e-8)"), "both corrected means"),
        (adam(store='state["m"], state["s"] = m, s'), "don't store the corrected"),
        (adam(store="state.clear()"), "forgotten step 1"),
        (adam(corrected='state["m"] / (1 - 0.9), state["s"] / (1 - 0.999)'), "step 2 is off"),
    ],
}
