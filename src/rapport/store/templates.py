"""The index over prompt templates: which of a product's templates may a literal prompt be a rendering of?

Each template keeps the few anchors (domain.templates) that are rarest among the templates of its product when it is stored, so
that a preamble shared by thousands of templates does not make all of them candidates. A text is compared with the templates
that share most anchors with it, best first.
"""

from collections.abc import Sequence
from uuid import UUID

from rapport.domain import templates
from rapport.domain.catalog import NewComponent, TemplateMatch
from rapport.store.database import Connection

KEPT_ANCHORS = 8
MOST_CANDIDATES = 16
LONGEST_TEXT = 100_000  # characters; longer prompts are stored, not compared


def text_of(components: Sequence[NewComponent]) -> str:
    """The static components as one text, in the way that `composedPrompt` joins them."""
    return "\n\n".join(c.content for c in components if not c.is_dynamic)


async def index(connection: Connection, tenant_id: int, product_id: UUID, prompt_id: UUID, components: Sequence[NewComponent]) -> None:
    """Keep the anchors of a new prompt, if it is a template."""
    text = text_of(components)
    if not templates.is_template(text) or len(text) > LONGEST_TEXT:
        return
    found = list(templates.anchors(text))
    rows = await connection.fetch(
        """
        SELECT anchor, count(*) AS n FROM prompt_anchor WHERE tenant_id = $1 AND product_id = $2 AND anchor = ANY($3) GROUP BY anchor
        """,
        tenant_id, product_id, found,
    )  # fmt: skip
    common = {row["anchor"]: row["n"] for row in rows}
    kept = sorted(found, key=lambda anchor: (common.get(anchor, 0), anchor))[:KEPT_ANCHORS]
    await connection.executemany(
        "INSERT INTO prompt_anchor (tenant_id, product_id, anchor, prompt_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [(tenant_id, product_id, anchor, prompt_id) for anchor in kept],
    )


async def find(connection: Connection, tenant_id: int, product_id: UUID, components: Sequence[NewComponent]) -> TemplateMatch | None:
    """The template that these literal components were rendered from: the most certain one, and of those the one with the longest
    literal part. None where there is none, or where they hold placeholders themselves."""
    text = text_of(components)
    if not text.strip() or len(text) > LONGEST_TEXT or templates.is_template(text):
        return None
    if not await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM prompt_anchor WHERE tenant_id = $1 AND product_id = $2)", tenant_id, product_id
    ):
        return None  # no templates: spare the hashing
    rows = await connection.fetch(
        """
        WITH hits AS (
            SELECT prompt_id, count(*) AS n FROM prompt_anchor
            WHERE tenant_id = $1 AND product_id = $2 AND anchor = ANY($3) GROUP BY prompt_id
        )
        SELECT h.prompt_id, string_agg(c.content, E'\\n\\n' ORDER BY c.position) AS text
        FROM hits h
        JOIN prompt p ON p.tenant_id = $1 AND p.id = h.prompt_id AND p.archived_at IS NULL
        JOIN prompt_component c ON c.tenant_id = $1 AND c.prompt_id = h.prompt_id AND NOT c.is_dynamic
        GROUP BY h.prompt_id, h.n ORDER BY h.n DESC, h.prompt_id LIMIT $4
        """,
        tenant_id, product_id, list(templates.text_anchors(text)), MOST_CANDIDATES,
    )  # fmt: skip
    found = [(row["prompt_id"], rendering) for row in rows if (rendering := templates.recognise(row["text"], text))]
    if not found:
        return None
    ranks = {"exact": 0, "high": 1, "medium": 2}
    prompt_id, best = min(found, key=lambda pair: (ranks[pair[1].confidence], -pair[1].literal_length))
    return TemplateMatch(prompt_id, best.confidence, best.variables)
