"""How fast a reply is read, whatever it holds: `.venv/bin/python -m benchmarks.triage`.

Ordinary replies are the corpus, one after the other. The worst are 1,600 characters, as many as a provider sends, of
whatever was found to cost most: danger words without end, Chinese, digits, look-alikes, signs, denials of denials.
Both are timed in the same run, beside a plain loop on the same machine, for a time alone says more about the machine.
Each text is timed as its best of several readings, spread over the run: a machine shared with others is slow by turns.

No finding may take longer than 5 ms.
"""

import csv
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from protocols import lexicon, triage

CORPUS = Path(__file__).parents[1] / "tests/monitoring/corpus"
LONGEST = 1600
TARGET_MS = 5.0
ROUNDS, TIMES = 8, 4
QUESTIONS = ("temperature", "symptoms", "thinking", "medicine", "")
ALIKE = [
    "我今天早上量體溫三十六度八沒有發燒頭有點痛不過還可以吃了一點飯", "I am ok, no fever, temp 98.6 at 9am, had soup. ",
    "no ", "nada ", "ni fiebre ", "沒有發燒或", "不是很", "沒有", "不", "十", "百", "一", "呼吸困難", "cant breathe ",
    "chills ", "no chills or ", "took tylenol 5 ", "1/", "1 ", "2:", "101 ", "98 6 ", "120/80 ", "120 over 80 ",
    "one hundred and one point ", "+1", "1l", "l", "x ", "qzxvw ", "shaaking xq ", "a", '"a"', "nov 3 ", "11月",
    "🌡", "🤒 ", "\u200b", "ﷺ", "a\u0301", "ß", " ", "- ", "w/o ",
]  # fmt: skip


def worst() -> dict[str, str]:
    """The costly texts, each by what it repeats."""
    texts = {f"{unit.strip()!r:.30} again and again": (unit * LONGEST)[:LONGEST] for unit in ALIKE}
    known = sorted(lexicon.load().known)
    texts["every known word"] = " ".join(known[:: len(known) // 250])[:LONGEST]
    texts["every danger word"] = " ".join(sorted(lexicon.load().danger_words))[:LONGEST]
    texts["every danger word, misspelt"] = " ".join(
        word[:2] + word[3:] for word in sorted(lexicon.load().danger_words) if len(word) > 5
    )[:LONGEST]
    texts["bytes 0 to 255, as UTF-8"] = (bytes(range(256)) * 7).decode("utf-8", "replace")[:LONGEST]
    texts["characters one after the other"] = "".join(map(chr, range(0x4E00, 0x4E00 + LONGEST)))
    return texts


def spent_ms(text: str, asked: str, times: int = TIMES) -> float:
    """Milliseconds of the fastest of so many readings."""
    fastest = 1.0
    for _ in range(times):
        begun = time.process_time()
        triage.assess(text, triage.Context(asked=asked or None))
        fastest = min(fastest, time.process_time() - begun)
    return fastest * 1000


def best_of_rounds(texts: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Milliseconds of the fastest reading of each text with its question, one text after the other in every round."""
    rounds = [[spent_ms(text, asked) for text, asked in texts] for _ in range(ROUNDS)]
    return {one: min(times) for one, *times in zip(texts, *rounds, strict=True)}


def a_plain_loop_ms() -> float:
    """Milliseconds of 100,000 additions, for comparing machines."""
    fastest = 1.0
    for _ in range(ROUNDS * TIMES):
        begun, total = time.process_time(), 0
        for number in range(100_000):
            total += number
        fastest = min(fastest, time.process_time() - begun)
    return fastest * 1000


def corpus() -> list[tuple[str, str]]:
    """Every reply of the corpus with the question it answers."""
    return [
        (row["reply"], row["asked"])
        for path in sorted(CORPUS.glob("*.csv"))
        for row in csv.DictReader(path.open(encoding="utf-8", newline=""))
    ]


def main() -> None:
    """Print what ordinary and what the worst replies cost, and whether the slowest keeps the target."""
    print(f"{'100,000 additions on this machine':<60}{a_plain_loop_ms():>8.2f} ms")
    ordinary = sorted(best_of_rounds(corpus()).values())
    print(
        f"{f'{len(ordinary):,} replies of the corpus, the middle one':<60}{statistics.median(ordinary):>8.2f} ms"
    )
    print(f"{'  the slowest':<60}{ordinary[-1]:>8.2f} ms\n")
    print(f"{f'{LONGEST:,} characters of':<50}{'asked':<10}{'slowest':>8} ms")
    spent = best_of_rounds([(text, asked) for text in worst().values() for asked in QUESTIONS])
    costs = {name: max((spent[text, asked], asked) for asked in QUESTIONS) for name, text in worst().items()}
    for name, (cost, asked) in sorted(costs.items(), key=lambda item: -item[1][0]):
        print(f"{name:<50}{asked or 'nothing':<10}{cost:>8.2f} ms")
    slowest = max(ordinary[-1], *(cost for cost, _ in costs.values()))
    print(
        f"\nslowest {slowest:.2f} ms, target {TARGET_MS:g} ms: {'reached' if slowest <= TARGET_MS else 'MISSED'}"
    )


if __name__ == "__main__":
    main()
