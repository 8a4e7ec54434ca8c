"""Text for readers: LaTeX as plain Unicode, notes on a board as LaTeX, and lines that fit.

Statements and pages of claims are written in a little LaTeX, notes of steps in Unicode; a terminal and a
printed page need them both in one notation.
"""

import re
import unicodedata

HARD = "\u00a0"  # a space at which `fill` breaks no line
# A space if a letter follows; a space if a letter or a bracket is beside it; a wide space. (Private use.)
_WORD, _FRACTION, _QUAD = "\ue000", "\ue001", "\ue002"
_SYMBOLS = {
    "infty": "∞", "cap": "∩", "cup": "∪", "setminus": "\\", "top": "ᵀ", "perp": " ⊥ ", "sim": " ~ ",
    "to": " → ", "longrightarrow": " → ", "iff": " ⇔ ", "in": " ∈ ", "ge": " ≥ ", "le": " ≤ ", "ne": " ≠ ",
    "propto": " ∝ ", "approx": " ≈ ", "subset": " ⊂ ", "cdot": " · ", "times": "×", "sum": "Σ", "prod": "Π",
    "pm": "±", "ldots": "…", "dots": "…", "mid": " | ", "|": "‖", "{": "{", "}": "}",
    "quad": _QUAD, "qquad": _QUAD, ",": " ", ";": " ", " ": " ", "!": "",
    "left": "", "right": "", "bigl": "", "bigr": "", "Bigl": "", "Bigr": "", "textstyle": "",
}  # fmt: skip
_ACCENTS = {"tilde": "\u0303", "widetilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}
_OPERATORS = dict.fromkeys("=<>+", " {} ") | {"-": " − ", ",": ", "}
_RAISED = dict(zip("0123456789+−-dkmnT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ᵈᵏᵐⁿᵀ", strict=True)) | {"ᵀ": "ᵀ", "∞": "^∞"}
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LETTER = "A-Za-z0-9Α-Ωα-ω"
_TOKEN = re.compile(r"\\(?:text|operatorname|mathrm|mathbb)\{[^{}]*\}|\\[A-Za-z]+|\\.|\S")


def plain(text: str) -> str:
    """Prose with LaTeX between dollars, in Unicode, its whitespace collapsed; formulas have hard spaces."""
    parts = re.split(r"\$([^$]*)\$", " ".join(text.split()))
    return "".join(
        maths(part).replace(" ", HARD) if i % 2 else part.replace("--", "–") for i, part in enumerate(parts)
    )


def maths(text: str) -> str:
    """LaTeX of maths mode in Unicode, as far as the statements of claims need it."""
    return _spaced(_sequence(_TOKEN.findall(text)[::-1]))


def _sequence(tokens: list[str], end: str = "") -> str:
    """The tokens, next one last, up to the end."""
    out = ""
    while tokens and tokens[-1] != end:
        out += _piece(tokens)
    if tokens:
        tokens.pop()
    return out


def _spaced(text: str) -> str:
    """Put the spaces where a reader of maths expects them."""
    text = re.sub(f"{_WORD}+(?={_FRACTION}?[{_LETTER}‖])", " ", text)
    text = re.sub(f"(?<=[{_LETTER})²]){_FRACTION}(?=[{_LETTER}(\\[])", " ", text)
    text = re.sub(f"[{_WORD}{_FRACTION}]", "", text)
    text = re.sub(r"(^|[(\[{=,]) *− ", r"\1−", re.sub(r" +", " ", text)).replace("( · )", "(·)")
    return re.sub(f" ?{_QUAD} ?", "   ", text).replace(" ,", ",").strip()


def _argument(tokens: list[str]) -> str:
    return _spaced(_piece(tokens))


def _piece(tokens: list[str]) -> str:
    """The next token with what belongs to it."""
    token = tokens.pop()
    name = token.removeprefix("\\")
    if token == "{":
        return _sequence(tokens, "}")
    if token == "^":
        return _raised(_argument(tokens))
    if token == "_":
        low = _argument(tokens).replace(" ", "")
        digits = low.translate(_LOWERED) if low.isdigit() else f"_{low}" if low.isalnum() else f"_{{{low}}}"
        return digits + _WORD
    if token == name:
        return _OPERATORS.get(token, "{}").format(token)
    if "{" in name[1:]:
        head, inner = name[:-1].split("{")
        return inner if head == "text" else inner + _WORD
    if name in ("frac", "tfrac", "dfrac"):
        over, under = _argument(tokens), _argument(tokens)
        over = f"({over})" if " " in over else over
        return f"{_FRACTION}{over}/" + (f"({under})" if re.search("[ /·]", under) else under) + _FRACTION
    if name == "sqrt":
        inner = _argument(tokens)
        return f"√({inner})" if re.search("[ /·]", inner) else f"√{inner}"
    if name == "overset":
        mark = _raised(_argument(tokens))
        return f" {_argument(tokens)}{mark} "
    if name in _ACCENTS:
        return _argument(tokens) + _ACCENTS[name]
    return _SYMBOLS[name] if name in _SYMBOLS else _greek(name)


def _raised(text: str) -> str:
    text = text.replace(" ", "")
    if all(c in _RAISED for c in text):
        return "".join(_RAISED[c] for c in text)
    return f"^{text}" if len(text) == 1 else f"^({text})"


def _greek(name: str) -> str:
    """The Greek letter of a LaTeX command; a command that is none stays as its name."""
    letter = name.removeprefix("var").upper()
    try:
        size = "CAPITAL" if name[0].isupper() else "SMALL"
        return unicodedata.lookup(f"GREEK {size} LETTER {'LAMDA' if letter == 'LAMBDA' else letter}")
    except KeyError:
        return name


# ---------------------------------------------------------------------- notes of steps as LaTeX

_TEX = {
    "∩": r"\cap ", "∪": r"\cup ", "∖": r"\setminus ", "→": r"\to ", "∞": r"\infty ", "·": r"\cdot ",
    "≥": r"\ge ", "≤": r"\le ", "≠": r"\ne ", "∈": r"\in ", "⊥": r"\perp ", "~": r"\sim ",
    "‖": r"\|", "−": "-",
}  # fmt: skip
_RUN = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁺": "+", "⁻": "-", "ᵀ": r"\top "}
_PUNCTUATED = re.compile(r"(.*?)([,.:;]*)", re.DOTALL)


def latex_prose(text: str) -> str:
    """A note in Unicode as LaTeX: what looks like maths goes between dollars."""
    out, run = "", list[str]()
    for word in [*text.split(), ""]:
        match = _PUNCTUATED.fullmatch(word)
        body, stop = match.groups() if match else (word, "")
        if _is_maths(body):
            run.append(_to_tex(body))
        if run and (stop or not _is_maths(body)):
            joined = " ".join(run)
            out += f"${joined}$" if joined not in ("-", "+") else joined
            out, run = out + (stop if _is_maths(body) else "") + " ", []
        if not _is_maths(body):
            out += re.sub(r"([&%#$_{}])", r"\\\1", word) + " "
    return out.strip()


def _is_maths(word: str) -> bool:
    """Whether a word of a note is a formula: it has a symbol in it, or is a lone letter or number."""
    if len(word) == 1:
        return word not in "aA"
    formula = any(c in "_=<>/+" or not c.isascii() for c in word) and not re.search("[a-z]{4}", word)
    return word.isdigit() or formula


def _to_tex(word: str) -> str:
    """One formula without spaces."""
    if word == "E":
        return r"\mathbb{E}"
    word = "".join(_TEX.get(c) or _greek_command(c) for c in word.replace("\\", "∖"))
    word = re.sub(r"(\\\w+ |\w)\u0303", r"\\tilde{\1}", word)
    word = re.sub(f"[{''.join(_RUN)}]+", lambda m: "^{" + "".join(_RUN[c] for c in m[0]) + "}", word)
    word = re.sub("[₀-₉]+", lambda m: "_{" + "".join(str(ord(c) - ord("₀")) for c in m[0]) + "}", word)
    return re.sub(r"_([a-z0-9]+)", r"_{\1}", word)


def _greek_command(letter: str) -> str:
    name = unicodedata.name(letter, "").split()
    if letter.isascii() or name[:1] != ["GREEK"]:
        return letter
    command = name[-1].replace("LAMDA", "LAMBDA").lower()
    return f"\\{command.capitalize() if name[1] == 'CAPITAL' else command} "


# --------------------------------------------------------------------------------------- lines


def cells(text: str) -> int:
    """The columns that a text takes in a terminal; combining accents take none."""
    return sum(not unicodedata.combining(c) for c in text)


def fill(text: str, width: int, indent: str = "", hang: str = "") -> list[str]:
    """Lines of at most `width` columns, broken at spaces, with `indent` and then `hang` before them."""
    lines, line, empty = list[str](), indent, True
    for word in text.split(" "):
        if not empty and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line, empty = hang, True
        if word or not empty:  # several spaces are kept inside a line, not at its start
            line, empty = (line if empty else line + " ") + word, False
    return [s.replace(HARD, " ").rstrip() for s in (*lines, line)]


def board(front: str, terms: list[tuple[int, str]], width: int) -> list[str]:
    """A sum on lines of at most `width` columns: on one if it fits, else a term a line, its sign in front."""
    texts = [
        (("+ " if sign > 0 else "− ") if i else "" if sign > 0 else "−") + t
        for i, (sign, t) in enumerate(terms)
    ]
    opening, closing = (f"{front} · [", "]") if front else ("", "")
    whole = opening + " ".join(texts) + closing
    if cells(whole) <= width:
        return [whole]
    texts[-1] += closing
    pad = " " * cells(opening)
    first = fill(texts[0], width, opening, pad + "    ")
    return first + [line for text in texts[1:] for line in fill(text, width, pad, pad + "    ")]
