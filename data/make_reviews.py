"""Make the embedded film reviews: 4,000 for training and 2,000 for testing, all invented by this program.

    python data/make_reviews.py

The real reviews can't be redistributed, so these stand in for them. Nobody wrote them, and no film in them exists.
They share the properties that notebooks 06 and 07 are about:

- Words come with very different frequencies: a few hundred everywhere, more than two thousand rarely (names, places).
- Reviews differ in length, from one sentence to dozens.
- A review is mixed: some of its sentences praise and some blame. The last one, its verdict, is the most reliable.
- Praise is often a negated blame, and the other way round. The negation may stand beside the word that it turns
  ("not dull": a pair of words tells) or further away ("nobody could call the plot dull": only a sequence tells).
- In "the cast was superb but the plot was dull" the second half counts, so the order of the words matters.
- 4 % of the labels are wrong, and ten test reviews are copies of training reviews.

The seed is fixed, and Python promises that ``random.Random(seed).random()`` gives the same numbers in every version,
so the same program gives the same text. README.md lists the SHA-256 of the file.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import math
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILE = HERE / "synthetic-reviews.txt.gz"
TRAIN, TEST, COPIES = 4_000, 2_000, 10
NOISE = 0.04  # share of reviews that got the label of the opposite opinion

# ------------------------------------------------------------------------------- words, the frequent ones first
# ruff: noqa: SIM905 (a list literal of 60 words is harder to read than a split text)

ASPECTS = """acting story plot script music ending cast dialogue direction photography beginning humour editing pace
soundtrack camera villain romance hero heroine lighting sound costume design scenery chemistry tension atmosphere
finale narration casting twist premise action suspense animation make-up choreography symbolism voice-over""".split()
GOOD = """good great wonderful excellent funny brilliant beautiful superb perfect fine moving clever charming gripping
original touching memorable enjoyable convincing powerful impressive stunning delightful witty fresh hilarious warm
thrilling lovely honest inspired subtle captivating elegant fascinating magical masterful refreshing tender graceful
haunting poetic ingenious spirited luminous heartfelt dazzling exquisite nimble radiant""".split()
BAD = """bad boring awful terrible poor dull stupid weak predictable horrible lame annoying ridiculous flat silly
pointless cheap disappointing tedious shallow wooden confusing clumsy forgettable dreadful laughable pathetic mediocre
lifeless bland messy pretentious sloppy hollow tiresome stale embarrassing ugly unwatchable contrived muddled dreary
charmless grating feeble plodding hackneyed soulless inept garbled""".split()
JOY = (
    "masterpiece gem treat classic triumph joy delight pleasure marvel surprise jewel revelation knockout feast".split()
)
GRIEF = "mess waste disaster failure bore disgrace joke insult letdown flop shambles ordeal dud embarrassment".split()
LIKED = "loved enjoyed liked admired adored appreciated praised cherished treasured savoured".split()
HATED = "hated disliked regretted despised loathed resented detested endured deplored mocked".split()
PLEASED = "moved amused impressed delighted touched charmed thrilled convinced surprised enchanted".split()
BORED = "bored annoyed disappointed irritated confused insulted exhausted depressed offended bewildered".split()
STRENGTH = ["", "", "", "", "really ", "very ", "so ", "quite ", "rather ", "truly ", "just ", "simply ", "utterly "]

GENRES = {  # some kinds of film are liked better than others: a weak hint
    "comedy": 0.5, "drama": 0.6, "thriller": 0.5, "western": 0.5, "musical": 0.55, "documentary": 0.7,
    "sequel": 0.3, "remake": 0.3, "cartoon": 0.55, "melodrama": 0.45, "romance": 0.5, "mystery": 0.5,
}  # fmt: skip
PEOPLE = """detective teacher soldier doctor widow farmer singer sailor lawyer thief nurse student priest reporter
dancer pilot boxer king queen prince banker painter waiter gardener captain orphan spy clown butcher judge miner baker
poet actress gambler hunter tailor surgeon monk barber juggler smuggler librarian cook driver janitor mayor sheriff
cowboy nun princess wizard robot alien vampire ghost explorer chemist mathematician violinist fisherman carpenter
blacksmith shepherd nanny governess butler countess general colonel sergeant deserter refugee stowaway hermit prophet
swindler burglar hostage bodyguard chauffeur astronaut archaeologist beekeeper cartographer clockmaker diver falconer
glassblower locksmith midwife notary organist puppeteer ranger sculptor taxidermist umpire ventriloquist weaver""".split()
DEEDS = """finds loses follows meets leaves saves betrays marries hides watches fights steals visits forgets hunts
rescues kidnaps deceives befriends blackmails chases defends drowns escapes forgives guards haunts imitates joins
locks misses nurses obeys paints questions robs seduces teaches urges vexes warns adopts buries confronts
denounces entertains frightens grieves hires impersonates judges""".split()
THINGS = """letter diamond secret painting map treasure horse child sword key ring car ship train diary photograph
bicycle piano suitcase telegram violin lantern mirror statue crown clock boat parrot dog cat manuscript medal pistol
necklace wedding inheritance lighthouse balloon compass coin doll envelope fan goblet harp icon jacket kite locket mask
notebook opal passport quilt recipe saddle ticket umbrella vase wagon tapestry telescope typewriter accordion anchor
barometer cello chandelier chessboard dagger elixir feather gramophone hourglass inkwell kaleidoscope ladder magnet
nutcracker orchid pendulum quill rosary sextant thimble urn violet whistle yacht zither""".split()
PLACES = """village city island castle hotel farm prison school desert forest harbour mansion circus hospital station
monastery theatre factory palace cabin mountain valley river swamp jungle border museum library market cemetery garden
laboratory attic basement bridge canal dungeon embassy fortress gallery hut inn jetty kitchen lagoon mill nursery
observatory pier quarry ranch submarine tavern university vineyard warehouse zoo airship bakery cathedral dockyard""".split()
WITH = "my sister,my brother,my wife,my husband,a friend,my friends,my mother,my father,the children,my class,nobody,my neighbour".split(
    ","
)
WHERE = "on television,at the cinema,on a plane,at a festival,late at night,on video,last week,years ago,yesterday,by accident,at school".split(
    ","
)
ASIDES = """I do not remember much of the middle
there are about three songs in it
it runs for a little under two hours
the version that I saw had subtitles
I had read the book before
the film was shown in two parts
it was raining outside
someone behind us ate popcorn the whole time
I will not tell you how it ends
there is a cat in nearly every scene
the credits go on for ever
it is set before the war
it is set after the war
this was shot in black and white
they used the same car in three scenes
I saw it twice to be sure
I have seen most films of this kind
people in the row before us talked all the time
the poster shows something else entirely
the title has nothing to do with it""".split("\n")


class Reviewer:
    """Writes reviews; every choice comes from one seeded stream of numbers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed).random
        self.names = self.invent(
            1_500, "bdfgklmnprstv", ["a", "e", "i", "o", "u", "ei", "ou"], ["n", "r", "l", "s", "th", "ck"]
        )
        self.towns = self.invent(
            500, "bcdfghlmnprstw", ["a", "e", "o", "u", "ea", "oo"], ["ton", "ford", "burg", "mouth", "field", "stad"]
        )

    def invent(self, count: int, starts: str, vowels: list[str], ends: list[str]) -> list[str]:
        """Names of two or three syllables, each once."""
        names: dict[str, None] = {}
        while len(names) < count:
            syllables = "".join(self.any(starts) + self.any(vowels) for _ in range(1 + (self.random() < 0.5)))
            names[(syllables + self.any(starts) + self.any(vowels) + self.any(ends)).capitalize()] = None
        return list(names)

    def any(self, choices):
        """One of them, all equally likely."""
        return choices[int(self.random() * len(choices))]

    def word(self, choices):
        """One of them, the first ones far more often: the k-th has a weight of about 1/k, as words have (Zipf)."""
        return choices[int((len(choices) + 1) ** self.random()) - 1]

    def normal(self) -> float:
        """A standard normal number (Box and Muller)."""
        return math.sqrt(-2 * math.log(1 - self.random())) * math.cos(2 * math.pi * self.random())

    # ---- what sentences are made of

    def name(self) -> str:
        return f"{self.word(self.names)} {self.word(self.names)}" if self.random() < 0.6 else self.word(self.names)

    def film(self) -> str:
        return self.any(["film", "film", "movie", "movie", "picture", "thing"])

    def judged(self) -> str:
        return self.word(["film", "movie", *ASPECTS])

    def adjective(self, good: bool) -> str:
        return self.word(GOOD if good else BAD)

    def some(self, noun_phrase: str) -> str:
        return ("an " if noun_phrase[0] in "aeiou" else "a ") + noun_phrase

    def plain(self, good: bool) -> str:
        """An opinion in so many words."""
        adjective, strength, judged = self.adjective(good), self.any(STRENGTH), self.judged()
        return self.any([
            f"the {judged} is {strength}{adjective}",
            f"the {judged} was {strength}{adjective}",
            f"I thought that the {judged} was {strength}{adjective}",
            f"there is {self.some(adjective)} {judged} in it",
            f"what {self.some(adjective)} {judged}",
            f"I {self.word(LIKED if good else HATED)} the {judged}",
            f"the {judged} {self.word(PLEASED if good else BORED)} me",
            f"{self.name()} is {strength}{adjective} as the {self.word(PEOPLE)}",
            f"it is {self.some(self.word(JOY if good else GRIEF))}",
        ])  # fmt: skip

    def negated(self, good: bool) -> str:
        """The same opinion as the negation of its opposite, beside the word that it turns."""
        adjective, judged = self.adjective(not good), self.judged()
        negation = self.any(["not", "not", "never", "hardly"])
        return self.any([
            f"the {judged} is {negation} {adjective}",
            f"the {judged} was {negation} {adjective}",
            f"it is {negation} {self.some(self.word(GRIEF if good else JOY))}",
            f"I {self.any(['never', 'hardly'])} {self.word(HATED if good else LIKED)} the {judged}",
            f"the {judged} {self.any(['never', 'hardly'])} {self.word(BORED if good else PLEASED)} me",
        ])  # fmt: skip

    def distant(self, good: bool) -> str:
        """The same, with words between the negation and what it turns."""
        adjective, judged = self.adjective(not good), self.judged()
        return self.any([
            f"nobody could call the {judged} {adjective}",
            f"I would not say that the {judged} was {adjective}",
            f"I can not agree with those who find the {judged} {adjective}",
            f"nothing about the {judged} seemed {adjective} to me",
            f"it is anything but {self.some(adjective)} {self.film()}",
            f"do not believe that the {judged} is {adjective}",
        ])  # fmt: skip

    def contrast(self, good: bool) -> str:
        """Praise and blame in one sentence; the order tells which of them counts."""
        first, second = self.judged(), self.judged()
        other, own = self.adjective(not good), self.adjective(good)
        return self.any([
            f"the {first} was {other} but the {second} was {own}",
            f"the {first} may be {other} , yet the {second} is {own}",
            f"I expected {self.some(other)} {first} and got {self.some(own)} one",
            f"they call the {first} {other} , I call it {own}",
            f"although the {first} is {other} , in the end the {second} is {own}",
        ]).replace(" ,", ",")  # fmt: skip

    def opinion(self, good: bool) -> str:
        kinds = (self.plain, self.negated, self.distant, self.contrast)
        at = self.random()
        return kinds[sum(at > share for share in (0.75, 0.87, 0.93))](good)

    def verdict(self, good: bool) -> str:
        """The last sentence of a review."""
        adjective, opposite, film = self.adjective(good), self.adjective(not good), self.film()
        if self.random() < 0.5:
            return self.opinion(good)
        return self.any([
            f"in short, {self.some(adjective)} {film}",
            f"all in all {self.some(adjective)} {film}, and not {self.some(opposite)} one",
            f"{'see it' if good else 'avoid it'}, it is {adjective}",
            f"{'do not miss' if good else 'do not watch'} this {film}",
            f"I {'would' if good else 'would not'} recommend this {film}",
            f"I {'will not' if good else 'will'} forget this {film} soon",
            f"it is {'worth' if good else 'not worth'} your time",
        ])  # fmt: skip

    def fact(self, genre: str) -> str:
        """A sentence without an opinion."""
        person, other, thing, place = self.word(PEOPLE), self.word(PEOPLE), self.word(THINGS), self.word(PLACES)
        return self.any([
            f"{self.name()} plays {self.some(person)} who {self.word(DEEDS)} {self.some(thing)} in {self.some(place)}",
            f"the {person} {self.word(DEEDS)} the {other} near {self.word(self.towns)}",
            f"it begins in {self.word(self.towns)}, where {self.some(person)} {self.word(DEEDS)} {self.some(thing)}",
            f"the {genre} was directed by {self.name()} and written by {self.name()}",
            f"{self.name()} and {self.name()} are in it as well",
            f"then the {person} {self.word(DEEDS)} the {thing} and the {other} {self.word(DEEDS)} the {place}",
            f"I saw this {genre} {self.any(WHERE)} with {self.any(WITH)}",
            self.any(ASIDES),
        ])  # fmt: skip

    # ---- a review

    def review(self, good: bool) -> tuple[int, str]:
        """Its rating (7 to 10 for a good film, 1 to 4 for a bad one) and its text."""
        likes = GENRES if good else {genre: 1 - share for genre, share in GENRES.items()}
        genre = next(name for name in iter(lambda: self.any(list(GENRES)), None) if self.random() < likes[name])
        count = min(60, max(2, round(math.exp(2.1 + 0.6 * self.normal()))))
        sentences, agree, opinions = [], 0, 0
        for position in range(count):
            last = position == count - 1
            if not last and self.random() < 0.42:
                sentences.append(self.fact(genre))
                continue
            same = self.random() < (0.95 if last else 0.88)
            agree, opinions = agree + same, opinions + 1
            sentences.append((self.verdict if last else self.opinion)(good if same else not good))
        extreme = sum(self.random() < (agree / opinions) ** 2 for _ in range(3))
        text = " ".join(sentence[0].upper() + sentence[1:] + self.any("....!") for sentence in sentences)
        return (7 + extreme if good else 4 - extreme), text


def make_reviews() -> list[tuple[int, str]]:
    """All (rating, text), negative and positive in turn, those for training first."""
    reviewer = Reviewer(seed=6)
    reviews = []
    for good in itertools.islice(itertools.cycle((False, True)), TRAIN + TEST):
        rating, text = reviewer.review(good)
        reviews.append([rating, text, good])
    # Wrong labels, in pairs of a bad and a good one, so that the labels stay balanced: the texts change places.
    for pair in range(0, TRAIN + TEST, 2):
        if reviewer.random() < NOISE:
            reviews[pair][1], reviews[pair + 1][1] = reviews[pair + 1][1], reviews[pair][1]
    for copy in range(COPIES):  # real sets have them too
        reviews[TRAIN + 101 * copy] = reviews[307 * copy]
    return [(rating, text) for rating, text, _ in reviews]


def main() -> None:
    """Write the file and print its row for README.md."""
    content = "".join(f"{rating}\t{text}\n" for rating, text in make_reviews()).encode()
    with open(FILE, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(content)
    digest = hashlib.sha256(FILE.read_bytes()).hexdigest()
    print(f"| `{FILE.name}` | {FILE.stat().st_size:,} | `{digest}` |")


if __name__ == "__main__":
    main()
