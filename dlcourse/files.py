"""The files of every data set: where they lie below a tier's root, their exact bytes, and where the full ones come from.

A file that is not, byte for byte, what stands here is never used. One exception: an ``aclImdb_v1.tar.gz`` with
another checksum than its authors' is read and accepted by its content (see ``datasets.imdb``).
"""

from __future__ import annotations

from dataclasses import dataclass

# set -> path below the tier's root -> (bytes, SHA-256). The layout is torchvision's where torchvision has one.
FULL_FILES = {
    "Fashion-MNIST": {
        "FashionMNIST/raw/train-images-idx3-ubyte": (47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
        "FashionMNIST/raw/train-labels-idx1-ubyte": (60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        "FashionMNIST/raw/t10k-images-idx3-ubyte": (7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
        "FashionMNIST/raw/t10k-labels-idx1-ubyte": (10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    },
    "MNIST": {
        "MNIST/raw/train-images-idx3-ubyte": (47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        "MNIST/raw/train-labels-idx1-ubyte": (60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        "MNIST/raw/t10k-images-idx3-ubyte": (7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        "MNIST/raw/t10k-labels-idx1-ubyte": (10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    },
    "CIFAR-100": {
        "cifar-100-python/train": (155249918, "735e79b04f092ca3d2e6d07f368c0a7d70d48c48d28865950cc24454cf45129b"),
        "cifar-100-python/test": (31049707, "4b67687d9933c4db8f0831104447f15b93774f4f464bd0516f0f0f2ac83b7864"),
        "cifar-100-python/meta": (1473, "a5d4786345c961390f865e93b434dbd5c6904ce880667e0cb888c97d449f28b9"),
    },
    "IMDB": {
        "aclImdb_v1.tar.gz": (84125825, "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"),
    },
    "ResNet-50": {
        "resnet50-11ad3fa6.pth": (102540417, "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca"),
    },
    "GloVe": {
        "glove.6B.100d.txt": (347116733, "95dde4dfd627ab26608d33e76d1195ec059734bd29089ea52cadb08d07c64544"),
    },
}  # fmt: skip

EMBEDDED_FILES = {
    "Fashion-MNIST": {
        "FashionMNIST/raw/train-images-idx3-ubyte": (7840016, "ed2e37ed5a3a57d212141a69fe0a0de5a7126ffba14ac3f7e76f5f52cc04b1f0"),
        "FashionMNIST/raw/train-labels-idx1-ubyte": (10008, "a69f2dad024ca220a8c4d85f621fdf929042d40c444abde2868903e9220ad517"),
        "FashionMNIST/raw/t10k-images-idx3-ubyte": (1568016, "862035b0a96959b614c9574f4c2b0ae9584ca234813e8d6d7adb7838b12ca46b"),
        "FashionMNIST/raw/t10k-labels-idx1-ubyte": (2008, "aa3f574d30afaf0d4d9da084a6f8541771e20693d6a97fae6e9a4953fca8f078"),
    },
    "MNIST": {
        "MNIST/raw/train-images-idx3-ubyte": (3136016, "01c279c669c4632ea8b97298fee28d0f4c5fe2bf2039e7f822f3feaac779d017"),
        "MNIST/raw/train-labels-idx1-ubyte": (4008, "daf1c61ba276c5ec7656a0a9c541c2f61cb96d7af3a019906cdb4cf08ef09728"),
        "MNIST/raw/t10k-images-idx3-ubyte": (784016, "48e7795fc2f307cac39d091315c695780f904df73fef72545ee5b40d8e7948c3"),
        "MNIST/raw/t10k-labels-idx1-ubyte": (1008, "9f9f83403fa89036e5960042fa3fdded854d1e4a5602fe4b476f8ff0e7865ff8"),
    },
    "NYSE": {"NYSE.csv": (371105, "4bb3e2e9872b2f7e6e8701afb8873cd9f4b7e66ee0b1ba62c116ff2b3a2eec60")},
    "Hitters": {"Hitters.csv": (21003, "ebf7b9dff89366b0544fea09c0ac2df9abdbf5b4ce8d96651316c2c12793d952")},
    "IMDB": {"synthetic-reviews.txt.gz": (528523, "84c50ecc319a6a3f7b7acae7ca08e97f373395f1d6662e7ae705488788ffb667")},
}  # fmt: skip


@dataclass(frozen=True)
class Download:
    """One file on a server: its addresses in the order to try, its bytes, and its SHA-256 where one is published.

    ``holds`` maps what comes out of it, member of the archive -> path in FULL_FILES. A file that isn't
    an archive has one member, named as itself; a .gz has one, named without the .gz.
    """

    urls: tuple[str, ...]
    size: int
    sha256: str | None
    holds: dict[str, str]

    @property
    def name(self) -> str:
        return self.urls[0].rsplit("/", 1)[-1]


def _idx(folder: str, mirrors: tuple[str, ...], sizes: dict[str, int]) -> list[Download]:
    """The four packed files of an image set; what is in them is checked, so they need no sum of their own."""
    return [
        Download(tuple(f"{mirror}{file}.gz" for mirror in mirrors), size, None, {file: f"{folder}/raw/{file}"})
        for file, size in sizes.items()
    ]


# All by HTTPS: torchvision's only mirror of Fashion-MNIST is plain HTTP, so its authors' repository stands here.
DOWNLOADS = {
    "Fashion-MNIST": _idx(
        "FashionMNIST",
        (
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        ),
        {
            "train-images-idx3-ubyte": 26421880,
            "train-labels-idx1-ubyte": 29515,
            "t10k-images-idx3-ubyte": 4422102,
            "t10k-labels-idx1-ubyte": 5148,
        },
    ),
    "MNIST": _idx(
        "MNIST",
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        {
            "train-images-idx3-ubyte": 9912422,
            "train-labels-idx1-ubyte": 28881,
            "t10k-images-idx3-ubyte": 1648877,
            "t10k-labels-idx1-ubyte": 4542,
        },
    ),
    "CIFAR-100": [
        Download(
            ("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",),
            169001437,
            "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            {path: path for path in FULL_FILES["CIFAR-100"]},
        )
    ],
    "IMDB": [
        Download(
            ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
            *FULL_FILES["IMDB"]["aclImdb_v1.tar.gz"],
            {"aclImdb_v1.tar.gz": "aclImdb_v1.tar.gz"},  # kept packed: 50,000 small files help nobody
        )
    ],
    "ResNet-50": [
        Download(
            ("https://download.pytorch.org/models/resnet50-11ad3fa6.pth",),
            *FULL_FILES["ResNet-50"]["resnet50-11ad3fa6.pth"],
            {"resnet50-11ad3fa6.pth": "resnet50-11ad3fa6.pth"},
        )
    ],
    "GloVe": [
        Download(
            ("https://downloads.cs.stanford.edu/nlp/data/glove.6B.zip", "https://nlp.stanford.edu/data/glove.6B.zip"),
            862182613,
            "617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
            {"glove.6B.100d.txt": "glove.6B.100d.txt"},
        )
    ],
}

# Sets that `dlcourse data fetch` takes only when they are named, because no notebook needs them.
ON_REQUEST = ("GloVe",)
