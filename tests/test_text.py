"""Texts become the same numbers for every notebook, and test texts have no say in it."""

import numpy as np
import pytest
import torch

from dlcourse import datasets, text

TEXTS = ["The film, the FILM!", "a film<br /><br />don't go", "go go go"]


def test_words_keep_negations_and_drop_html_and_case():
    assert text.words(TEXTS[1]) == ["a", "film", "don't", "go"]
    assert text.words("It's 'quoted' snake_case, l'été 7/10 ''") == [
        "it's",
        "quoted",
        "snake",
        "case",
        "l'été",
        "7",
        "10",
    ]
    assert text.words("") == []


def test_vocabulary_is_sorted_by_frequency_then_alphabet_and_cut():
    assert text.vocabulary(TEXTS, 4) == ["go", "film", "the", "a"]
    assert text.vocabulary(TEXTS, 100) == ["go", "film", "the", "a", "don't"]


@pytest.mark.parametrize(("binary", "row"), [(True, [1, 1, 1, 0]), (False, [1, 2, 2, 0])])
def test_a_bag_has_a_column_for_each_word_of_the_vocabulary_in_its_order(binary, row):
    bags = text.vectorizer(["go", "film", "the", "a"], binary=binary).transform(["The film, the FILM! Go. Unseen."])
    assert bags.format == "csr" and bags.dtype == np.float32
    assert bags.toarray().tolist() == [row]


def test_bags_of_pairs_and_weights_come_from_the_same_words():
    pairs = text.vectorizer(ngram_range=(1, 2)).fit(["Don't go"])
    assert pairs.get_feature_names_out().tolist() == ["don't", "don't go", "go"]
    weights = text.vectorizer(tfidf=True, binary=False).fit_transform(TEXTS)
    assert np.allclose(weights.multiply(weights).sum(axis=1), 1)


def test_sequences_keep_the_last_words_and_are_padded_on_the_left():
    rows = text.sequences(["go film the a", "the", "unseen go", ""], ["go", "film", "the", "a"], length=3)
    assert rows.dtype == torch.int32
    assert rows.tolist() == [[3, 4, 5], [0, 0, 4], [0, 1, 2], [0, 0, 0]]
    assert (text.PAD, text.UNKNOWN, text.FIRST) == (0, 1, 2)
    assert torch.nn.Embedding(6, 2, padding_idx=text.PAD)(rows).shape == (4, 3, 2)


def test_synthetic_reviews_teach_what_they_promise(monkeypatch):
    """Pairs of words beat single words, the last sentence tells most, and neither is perfect."""
    from sklearn.linear_model import LogisticRegression

    monkeypatch.setenv("DLCOURSE_TIER", "embedded")
    data = datasets.imdb()

    def accuracy(X_train, X_test, **options):
        vectorizer = text.vectorizer(tfidf=True, min_df=2, **options)
        model = LogisticRegression(max_iter=500).fit(vectorizer.fit_transform(X_train), data.y_train)
        return model.score(vectorizer.transform(X_test), data.y_test)

    single = accuracy(data.X_train, data.X_test)
    assert 0.80 < single < 0.85
    assert single + 0.03 < accuracy(data.X_train, data.X_test, ngram_range=(1, 2)) < 0.90
    last, first = (
        [[sentence_of(review, at) for review in part] for part in (data.X_train, data.X_test)] for at in (-1, 0)
    )
    assert accuracy(*last, ngram_range=(1, 2)) > accuracy(*first, ngram_range=(1, 2)) + 0.1


def sentence_of(review, at):
    return review.replace("!", ".").strip(".").split(". ")[at]


def test_synthetic_reviews_have_the_frequencies_and_lengths_of_a_language(monkeypatch):
    monkeypatch.setenv("DLCOURSE_TIER", "embedded")
    data = datasets.imdb()
    counts = np.sort(np.asarray(text.vectorizer(binary=False).fit_transform(data.X_train).sum(axis=0)).ravel())[::-1]
    assert 2_000 < len(counts) < 4_000
    slope = np.polyfit(np.log(np.arange(10, 1000)), np.log(counts[10:1000]), 1)[0]
    assert -1.6 < slope < -0.8, "Zipf: frequency times rank is about constant"
    lengths = np.array([len(text.words(review)) for review in data.X_train])
    assert np.quantile(lengths, 0.9) > 4 * np.quantile(lengths, 0.1)
    assert 5 <= len(set(data.X_train) & set(data.X_test)) <= 50, "some texts occur in both parts, as in the real set"
