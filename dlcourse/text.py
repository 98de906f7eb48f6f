"""From texts to numbers: words, a vocabulary, and the two forms in which models take a text.

A *bag of words* (notebook 06) is a row of a sparse matrix, made by scikit-learn's CountVectorizer. A *sequence*
(notebook 07) is the numbers of its words in their order. Both count on the same list of words, the vocabulary,
which is made from training texts only:

    vocabulary = text.vocabulary(data.X_train, 10_000)
    X_train = text.vectorizer(vocabulary).transform(data.X_train)       # bags: a sparse matrix
    X_train = text.sequences(data.X_train, vocabulary, length=500)      # sequences: a tensor
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

# Letters and digits, with apostrophes inside: "don't" is one word. CountVectorizer's own pattern drops words of
# one letter and cuts "don't" into "don", which loses the negation.
TOKEN = r"[^\W_]+(?:'[^\W_]+)*"

PAD, UNKNOWN = 0, 1  # in a sequence: before the first word of a short text; a word that isn't in the vocabulary
FIRST = 2  # the most frequent word; the k-th word of the vocabulary, counted from 0, is k + FIRST


def clean(text: str) -> str:
    """The text in lower case, without the line breaks that the IMDB reviews carry as HTML."""
    return text.lower().replace("<br />", " ")


def vectorizer(
    vocabulary: Sequence[str] | None = None, *, binary: bool = True, tfidf: bool = False, **options
) -> CountVectorizer:
    """A CountVectorizer (with ``tfidf`` a TfidfVectorizer) that cuts texts into words as the course does.

    With a ``vocabulary``, it needs no ``fit``, unless it is ``tfidf``: column k of the sparse matrix belongs to word k.
    ``binary``: 1 where a word occurs, however often; else counts. Further ``options`` are scikit-learn's, such as
    ``ngram_range=(1, 2)`` and ``min_df=5``.
    """
    kind = TfidfVectorizer if tfidf else CountVectorizer
    return kind(
        preprocessor=clean, token_pattern=TOKEN, vocabulary=vocabulary, binary=binary, dtype=np.float32, **options
    )


def words(text: str) -> list[str]:
    """The words of a text, in order: ``words("Don't!<br />GO") == ["don't", "go"]``."""
    return vectorizer().build_analyzer()(text)


def vocabulary(texts: Sequence[str], size: int) -> list[str]:
    """The ``size`` most frequent words of the texts, the most frequent first, equally frequent ones by alphabet.

    All words where there are fewer. Hand in training texts only: test texts must not choose the features.
    """
    counter = vectorizer(binary=False)
    counts = np.asarray(counter.fit_transform(texts).sum(axis=0)).ravel()
    # The names come by alphabet, and a stable sort leaves them so among equals.
    return counter.get_feature_names_out()[np.argsort(-counts, kind="stable")[:size]].tolist()


def sequences(texts: Sequence[str], vocabulary: Sequence[str], *, length: int) -> torch.Tensor:
    """The numbers of the last ``length`` words of each text, an int32 tensor of shape (n, length).

    Word k of the vocabulary has the number k + FIRST, any other word UNKNOWN. A shorter text is filled up with PAD
    on the left, so that the last word stands in the last column; its length is ``(row != PAD).sum()``.
    """
    number = {word: k for k, word in enumerate(vocabulary, FIRST)}
    analyze = vectorizer().build_analyzer()
    rows = np.full((len(texts), length), PAD, dtype=np.int32)
    for row, text in zip(rows, texts, strict=True):
        last = [number.get(word, UNKNOWN) for word in analyze(text)[-length:]]
        row[length - len(last) :] = last
    return torch.from_numpy(rows)
