"""How the pieces of a formula are written, in Unicode and in LaTeX."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sympy import Identity, MatrixSymbol

from derivations.core.words import GRAM_INVERSE, PINV, Factor, Word

Signed = tuple[int, str]  # a term of a sum: its sign, and its text without it

_NAME = re.compile(r"([A-Za-z]+?)(tilde|hat|bar)?(\d*)(?:_(\w+?))?('*)(?:_(\w+))?")
_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega",
    re.IGNORECASE,
)
_ACCENTS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}
_RAISED = str.maketrans("0123456789-+T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᵀ")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Style:
    """The marks of one notation; what reads well is decided elsewhere, once for both."""

    tex: bool
    minus: str
    dot: str
    times: str
    plus: str = " + "

    def name(self, symbol: str, power: int = 1) -> str:
        """A symbol by its name: Greek letters, accents, indices; a final 2 is a square (sigma2 is σ²)."""
        match = _NAME.fullmatch(symbol)
        if match is None:
            return symbol
        base, accent, digits, index, primes, late = match.groups()
        index = index or late or (digits if digits != "2" else "")
        if _GREEK.fullmatch(base):
            case = "CAPITAL" if base[0].isupper() else "SMALL"
            letter = {"lambda": "LAMDA"}.get(base.lower(), base.upper())
            base = f"\\{base}" if self.tex else unicodedata.lookup(f"GREEK {case} LETTER {letter}")
        if accent:
            base = f"\\{accent} {base}".replace(" \\", "\\") if self.tex else base + _ACCENTS[accent]
        if index and self.tex:
            base += f"_{index}" if len(index) == 1 else f"_{{{index}}}"
        elif index:
            base += index.translate(_LOWERED) if index.isdigit() else f"_{index}"
        return self.power(base + primes, 2 * power if digits == "2" else power)

    def power(self, base: str, power: int) -> str:
        """A base and its exponent."""
        return base if power == 1 else self.raised(base, str(power))

    def raised(self, base: str, marks: str) -> str:
        """A base and what stands above it: a number, T for the transpose, + for the pseudo-inverse."""
        if not marks:
            return base
        if not self.tex:
            return base + marks.translate(_RAISED)
        return (
            f"{base}^{marks}"
            if marks.isdigit() and len(marks) == 1
            else f"{base}^{{{marks}}}".replace("T}", r"\top}")
        )

    def paren(self, text: str, ends: str = "()") -> str:
        """Parentheses or brackets."""
        size = (r"\bigl", r"\bigr") if self.tex and len(text) > 30 else ("", "")
        return size[0] + ends[0] + text + size[1] + ends[1]

    def norm(self, text: str, frobenius: bool) -> str:
        """A squared norm."""
        bar = r"\|" if self.tex else "‖"
        return self.raised(bar + text + bar + "_F" * frobenius, "2")

    def trace(self, word: Word) -> str:
        """A trace."""
        head = r"\operatorname{tr}" if self.tex else "tr"
        return head + (self.paren(self.word(word)) if len(word) > 1 else f" {self.word(word)}")

    def mean(self, text: str) -> str:
        """An expectation."""
        head = r"\mathbb{E}" if self.tex else "E"
        return head + text if text.startswith(("[", "‖", r"\bigl", r"\|")) else f"{head} {text}"

    def factor(self, f: Factor) -> str:
        """One factor of a word. A matrix with a single row is written as the transpose of a column."""
        if isinstance(f.symbol, Identity):
            return "1" if f.symbol.shape[0] == 1 else "I"
        name, row = f.symbol.name, f.symbol.shape[0] == 1 != f.symbol.shape[1]
        base, gram = self.name(name), self.gram(f.symbol)
        if f.op == GRAM_INVERSE and gram:
            return self.raised(gram, "-1")
        if f.op == GRAM_INVERSE:
            left, right = self.raised(base, "" if row else "T"), self.raised(base, "T" if row else "")
            return self.raised(f"({left} {right})", "-1")
        if f.op == PINV and row:
            return self.raised(f"({self.raised(base, 'T')})", "+" + "T" * f.transposed)
        return self.raised(base, "+" * (f.op == PINV) + "T" * (f.transposed != row))

    def gram(self, symbol: MatrixSymbol) -> str | None:
        """The name of a Gram matrix: W for that of Γ, none for others."""
        return self.name("W" + symbol.name.removeprefix("Gamma")) if symbol.name.startswith("Gamma") else None

    def word(self, word: Word) -> str:
        """A product of matrices."""
        return " ".join(map(self.factor, word))

    def total(self, terms: Iterable[Signed]) -> str:
        """A sum."""
        (sign, first), *rest = terms
        start = self.minus.strip() if sign < 0 else ""
        return start + first + "".join((self.plus if sign > 0 else self.minus) + text for sign, text in rest)


UNICODE = Style(tex=False, minus=" − ", dot=" · ", times=" × ")
LATEX = Style(tex=True, minus=" - ", dot=r" \cdot ", times=r" \times ")
