"""What an agent knows: documents are read, cut and embedded when they are uploaded, and searched when a question needs them."""

import asyncio
from uuid import UUID

from rapport.analysis import documents as reading
from rapport.domain.agent import Document, PassageHit, Tool, ToolResult
from rapport.errors import ToolError
from rapport.ports import Encoder
from rapport.store import documents
from rapport.store.database import Database

HITS = 6
QUERY_CHARACTERS = 1_000


class Knowledge:
    """The documents of all agents of this server. `encoder` not semantic: search by words alone."""

    def __init__(self, database: Database, encoder: Encoder):
        self._database = database
        self._encoder = encoder

    async def add(self, tenant_id: int, agent_id: UUID, *, filename: str, content: bytes) -> Document:
        """Read a file and keep its passages. Raises Invalid where the file cannot be read; nothing is kept then."""
        kind = reading.file_type(filename)
        passages = await asyncio.to_thread(reading.passages, filename, content)
        embeddings = None
        if self._encoder.semantic:
            embeddings = await asyncio.to_thread(self._encoder.encode, [f"{p.heading or ''} {p.text}".strip() for p in passages])
        async with self._database.transaction() as connection:
            row = await documents.add(connection, tenant_id, agent_id, filename=filename, file_type=kind, file_size=len(content))
            return await documents.save_passages(
                connection, tenant_id, row.id, [(p.position, p.text, p.heading, p.page) for p in passages], embeddings,
                method=self._encoder.name,
            )  # fmt: skip

    async def search(self, tenant_id: int, agent_id: UUID, question: str) -> list[PassageHit]:
        """The passages of this agent's documents that fit best, best first; empty where none does."""
        embedding = None
        if self._encoder.semantic:
            embedding = (await asyncio.to_thread(self._encoder.encode, [question[:QUERY_CHARACTERS]]))[0]
        async with self._database.connection() as connection:
            return await documents.search(
                connection,
                tenant_id,
                agent_id,
                question=question[:QUERY_CHARACTERS],
                embedding=embedding,
                method=self._encoder.name,
                limit=HITS,
            )

    def tool(self, tenant_id: int, agent_id: UUID) -> Tool:
        """`searchKnowledge`, bound to one agent: no argument can reach another one's documents."""

        async def call(arguments) -> ToolResult:
            query = arguments.get("query")
            if not isinstance(query, str) or not query.strip():
                raise ToolError("searchKnowledge needs `query`: what to look for, in words.")
            hits = await self.search(tenant_id, agent_id, query)
            return ToolResult({"passages": [_shown(hit) for hit in hits]}, public={"found": len(hits)})

        return Tool(
            "searchKnowledge",
            "Searching documents",
            "Search the documents that this agent was given. Returns passages with their source; cite the source of what you use.",
            {
                "type": "object",
                "properties": {"query": {"type": "string", "description": "What to look for, in the user's words."}},
                "required": ["query"],
            },
            call,
        )


def _shown(hit: PassageHit) -> dict:
    return {"text": hit.text, "source": citation(hit), "similarity": None if hit.similarity is None else round(hit.similarity, 3)}


def citation(hit: PassageHit) -> str:
    """How a passage is cited: file name, heading and page."""
    parts = [hit.filename, *([hit.heading] if hit.heading else []), *([f"page {hit.page}"] if hit.page else [])]
    return ", ".join(parts)
