"""The commands ``nodulens text …``: what is understood of a report, and what terms mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from nodulens.text.descriptors import Descriptors

app = typer.Typer(name="text", no_args_is_help=True, help="Read reports, and look up terms.")


@app.command("parse")
def parse(
    text: Annotated[str, typer.Argument(help="Words of a report, in quotes.")],
    json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
) -> None:
    """Show what is understood of a report: affirmed, doubted, denied, and not understood."""
    from nodulens.text.parse import parse_report

    understood = parse_report(text)
    if json:
        typer.echo(understood.model_dump_json(indent=2))
        return
    for name, value in _lines(understood.descriptors):
        typer.echo(f"{name}: {value}")
    for title, statements in (
        ("uncertain", understood.uncertain), ("negated", understood.negated),
    ):  # fmt: skip
        if statements:
            told = ", ".join(f"{one.field} {one.value}" for one in statements)
            typer.echo(f"{title}: {told}")
    if understood.corrected:
        told = ", ".join(f"{typed} → {read}" for typed, read in understood.corrected.items())
        typer.echo(f"misspelt: {told}")
    if understood.conflicts:
        typer.echo(f"several values: {', '.join(understood.conflicts)}")
    if understood.not_understood:
        typer.echo(f"not understood: {', '.join(understood.not_understood)}")
    if not understood.statements:
        typer.echo("nothing is understood of this text")


@app.command("terms")
def terms(
    domain: Annotated[str | None, typer.Option(help="Only terms of this domain.")] = None,
    text: Annotated[str | None, typer.Option(help="Only terms that occur in these words.")] = None,
    bank: Annotated[
        Path | None, typer.Option(help="A file of your own terms, besides the shipped ones.")
    ] = None,
) -> None:
    """List the terms of the knowledge bank with their descriptions and sources."""
    from nodulens.errors import BadData
    from nodulens.text.knowledge import KnowledgeBank

    known = KnowledgeBank.load(bank)
    domains = dict.fromkeys(one.domain for one in known.terms)
    if domain is not None and domain not in domains:
        raise BadData(f"no terms of {domain!r}; there are: {', '.join(domains)}")
    for one in known.terms if text is None else known.terms_in(text):
        if domain in (None, one.domain):
            typer.echo(f"{one.term} ({one.domain}): {one.description} [{one.source}]")


@app.command("add-term")
def add_term(
    file: Annotated[Path, typer.Argument(help="Your own bank; made if it is not there.")],
    term: Annotated[str, typer.Option(help="The term.")],
    description: Annotated[str, typer.Option(help="What it means, in a sentence or two.")],
    source: Annotated[str, typer.Option(help="Where the definition comes from.")],
    synonym: Annotated[
        list[str] | None, typer.Option(help="Another word for it; may be repeated.")
    ] = None,
    domain: Annotated[str, typer.Option(help="The field it belongs to.")] = "thyroid ultrasound",
) -> None:
    """Add a term to a bank of your own, which extends the shipped one."""
    from pydantic import ValidationError

    from nodulens.errors import BadData
    from nodulens.text.knowledge import Term
    from nodulens.text.knowledge import add_term as add

    try:
        new = Term(
            term=term,
            domain=domain,
            synonyms=tuple(synonym or ()),
            description=description,
            source=source,
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise BadData(f"--{first['loc'][0]}: {first['msg']}") from error
    add(file, new)
    typer.echo(f"{file}: {new.term} added")


def _lines(said: Descriptors) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    if said.present is not None:
        lines.append((said.target, "present" if said.present else "none"))
    for name in said.told():
        value = getattr(said, name)
        if name == "areas":
            shown = ", ".join(" ".join((*area.levels, area.side, "lung")) for area in value)
        elif name == "size_mm":
            shown = " x ".join(f"{one:g}" for one in value)
        elif name == "foci":
            shown = ", ".join(value)
        else:
            shown = str(value)
        lines.append((name, shown))
    return lines
