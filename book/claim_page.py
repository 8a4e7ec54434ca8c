"""The page of a claim: what it says, why it is true, and how that was checked."""

import json
from collections.abc import Iterator, Sequence
from html import escape

from book.evidence import Group, every, groups, line, said, summary
from book.markup import (
    badge,
    bullets,
    cell,
    display,
    dropdown,
    html,
    inequality,
    link,
    note,
    paragraphs,
    prose,
    title,
)
from book.reference import bibtex, source_of
from book.sources import Sources
from derivations.claims import Claim, Consequence, Part, Theorem
from derivations.core.consequences import Inference
from derivations.core.derivation import Derivation, Step, nested
from verify.certificate import Certificate, Check, own_trust
from verify.channels import proof_name, step_name, way_name
from verify.commands import _consequences
from verify.commands._proofs import assumptions, cited, goal, parts, reason, relation, remark, rows_of
from verify.commands._text import plain
from verify.dependencies import UNKNOWN
from verify.domain import has_closed_form


def page(sources: Sources, id: str) -> str:
    """The whole page in MyST."""
    return "\n\n".join(block for block in _Page(sources, id).blocks() if block) + "\n"


class _Page:
    """A claim with all that its page is made of."""

    def __init__(self, sources: Sources, id: str) -> None:
        self.sources, self.id = sources, id
        self.claim: Claim = sources.claims[id]
        self.theorem: Theorem = sources.theorem(id)
        self.certificate: Certificate | None = sources.certificates.get(id)
        self.links = sources.claims.keys()
        self.below = "###" if len(self.claim.parts) > 1 else "##"  # heads what a part consists of

    def blocks(self) -> Iterator[str]:
        """What the page has, from the top."""
        about = plain(f"{self.claim.title}: a claim of kind {self.claim.kind}, derived and checked.").replace(
            "\\", "∖"
        )
        yield f"---\nmyst:\n  html_meta:\n    description: {json.dumps(about, ensure_ascii=False)}\n---"
        yield f"# {title(self.claim.title)}"
        yield html(self._badges())
        yield from self._draft()
        yield display(self.claim.statement)
        yield from paragraphs(self.claim.page, [i for i in self.links if i != self.id])
        everything, before = (*self.theorem.derivations, *self.theorem.others), list[str]()
        for number, (part, own) in enumerate(parts(self.theorem)):
            yield from self._heading(number, part)
            if (assumed := assumptions(part, everything, tex=True)) != before:
                before = assumed
                yield f"{self.below} Assumptions"
                yield bullets(prose(sentence) for sentence in assumed)
            checks = [c for c in self.certificate.checks if c.part == number] if self.certificate else []
            yield from self._proofs(part, own, checks)
            yield from self._evidence(part, own, checks)
        yield from self._domain()
        yield from self._foundations()
        yield from self._again()

    # ------------------------------------------------------------------------------- the top

    def _badges(self) -> str:
        node = self.sources.nodes[self.id]
        status = [badge("not certified", "draft")]
        if node.verdict != UNKNOWN:
            status = [badge(said(node.verdict), node.verdict), badge(node.trust, node.trust)]
        code = f"<code>{self.id}</code>"
        words = [
            code,
            badge(self.claim.kind),
            *status,
            f"<span>source: {cell(self.claim.source, 200)}</span>",
        ]
        return f'<p class="w2s-head">{" ".join(words)}</p>'

    def _draft(self) -> Iterator[str]:
        """What a page without a current certificate says of itself."""
        why = dict(self.sources.refusals).get(self.id)
        if why is not None:
            yield html('<div class="w2s-draft-mark"></div>')
            yield f"```{{warning}}\nA draft: this claim {prose(why)}. Nothing on this page is certified.\n```"

    def _heading(self, number: int, part: Part) -> Iterator[str]:
        if len(self.claim.parts) > 1:
            yield f"## Part {number + 1}" + (f": {note(part.label)}" if part.label else "")
            yield display(" ".join(goal(part, tex=True)))
        if said_of := remark(part, tex=True):
            yield prose(said_of)

    # ----------------------------------------------------------------------------- the proofs

    def _proofs(self, part: Part, own: Theorem, checks: Sequence[Check]) -> Iterator[str]:
        for inference in own.inferences:
            yield f"{self.below} Proof"
            yield from self._argued(part, inference)
        for i, made in enumerate((*own.derivations, *own.others)):
            yield f"{self.below} " + ("A second, independent proof" if i else "Proof")
            yield from self._written(part, made, proof_name(i), groups(checks))
        if own.inferences or own.derivations:
            yield html('<p class="w2s-end">∎</p>')

    def _argued(self, part: Part, made: Inference) -> Iterator[str]:
        assert isinstance(part, Consequence)
        for number, (why, sign, tex) in enumerate(_consequences.steps(part, made, tex=True), 1):
            yield f"**{number}.** {note(why, made.uses)}"
            if tex:
                yield display(f"{sign} {tex}".replace("→", r"\to"))

    def _written(
        self, part: Part, made: Derivation, name: str, found: Sequence[Group], inside: bool = False
    ) -> Iterator[str]:
        """A chain of expressions, each under the reason for it, with the evidence for the step."""
        yield display(*rows_of("", made.start))
        for number, step in enumerate(made.steps, 1):
            yield self._reason(step, chr(96 + number) if inside else str(number))
            inner = list(nested(step.rule))
            for i, chain in enumerate(inner):
                yield "*One expression in two ways:*" if i % 2 == 0 else "*and*"
                lines = self._written(part, chain, way_name(name, i), found, inside=True)
                yield "\n".join(f"> {row}".rstrip() for row in "\n\n".join(lines).split("\n"))
            if inner:
                yield "*so*"
            if step.after != step.before or step is made.steps[-1]:
                yield display(*rows_of(r"\to" if relation(step) == "→" else "=", step.after))
            own = [g for g in found if g.step == step_name(part, name, number, step)]
            if own:
                yield html(line(own))

    def _reason(self, step: Step, number: str) -> str:
        why, rule = reason(step, self.sources.book)
        by = f" — {note(rule, [c] if (c := cited(step)) else [])}" if rule else ""
        return f"**{number}.** {note(why)}{by}"

    # --------------------------------------------------------------------------- the evidence

    def _evidence(self, part: Part, own: Theorem, checks: Sequence[Check]) -> Iterator[str]:
        if not checks:
            return
        steps = [
            name
            for i, made in enumerate((*own.derivations, *own.others))
            for name in _names(part, made, proof_name(i))
        ]
        found = groups(checks, steps)
        yield f"{self.below} Evidence"
        yield html(*summary(found, part.label), *every(checks, part.label))

    def _domain(self) -> Iterator[str]:
        if self.certificate is None:
            return
        where = self.certificate.domain
        names = {"truth": "True where", "finite_variance": "Of finite variance, and so testable, where"}
        yield "## Where it was looked at"
        yield bullets(
            f"{words} {', '.join(map(inequality, where[key]))}"
            for key, words in names.items()
            if where.get(key)
        )
        if tested := where.get("tested"):
            places = ["<ul>", *(f"<li><code>{cell(x, 1000)}</code></li>" for x in tested), "</ul>"]
            yield html(*dropdown(f"Passed at {len(tested)} points", places))
        if self.certificate.unseen:
            yield "Small changes of the closed form that none of these checks would have noticed:"
            yield bullets(f"`{x}`" for x in self.certificate.unseen)
        elif any(map(has_closed_form, self.claim.parts)):
            yield "Every small change of the closed form that was tried would have been noticed."

    def _foundations(self) -> Iterator[str]:
        sources, node = self.sources, self.sources.nodes[self.id]
        yield "## What it rests on"
        if node.depends:
            yield f"Claims: {', '.join(map(link, node.depends))}."
        found = sources.certificates
        weakest = [d for d in sources.book.ancestors(self.id) if d in found and _own(found[d]) == node.trust]
        if self.certificate and _own(self.certificate) != node.trust and weakest:
            own, below = _own(self.certificate), link(weakest[0])
            yield f"Its own evidence earns *{own}*, but that of {below} no more than *{node.trust}*."
        axioms = sources.book.axioms(self.id)
        yield "Taken for granted:" if axioms else "It takes nothing for granted."
        yield bullets(note(axiom) for axiom in axioms)
        above = sources.above(self.id)
        yield "## What rests on it"
        near = [id for id, distance in above.items() if distance == 1]
        if not above:
            yield "Nothing."
            return
        far = [id for id in above if id not in near]
        yield f"Directly: {', '.join(map(link, near))}."
        if far:
            yield f"Through these: {', '.join(map(link, far))}."

    def _again(self) -> Iterator[str]:
        yield "## Check it again"
        if self.certificate is not None:
            file = f"{{download}}`its certificate <../certificates/{self.id}.json>`"
            yield f"Download {file} (level {self.certificate.level}, seed {self.certificate.seed}), or run"
            yield f"```bash\nw2s check certificates/{self.id}.json\n```"
            yield "which derives it again and samples with another seed, or from nothing"
        yield f"```bash\nw2s verify {self.id}\n```"
        yield f"The same in Python: {{download}}`a notebook <../notebooks/{self.id}.ipynb>`."
        if repository := source_of(self.claim.origin):
            yield f"Its source: <{repository}>."
        yield html(*dropdown("To cite", [f"<pre>{escape(bibtex())}</pre>"]))


def _own(certificate: Certificate) -> str:
    """The trust that a claim's own checks earn, whatever it rests on."""
    return own_trust(certificate.checks)


def _names(part: Part, made: Derivation, name: str) -> Iterator[str]:
    """The names of the steps of a derivation in the order of the page."""
    for number, step in enumerate(made.steps, 1):
        for i, chain in enumerate(nested(step.rule)):
            yield from _names(part, chain, way_name(name, i))
        yield step_name(part, name, number, step)
