"""How long the analyst's questions take: each tool, called as the planner calls it, over generated conversations.

    python -m bench.questions --conversations 100000

Prints the median and the worst of five calls in milliseconds. The data lies in a folder of its own and is used again.
"""

import argparse
import asyncio
import statistics
import time
from pathlib import Path

from rapport.analyst import tools
from rapport.analyst.tools.desk import Desk
from rapport.analytics.lexicon import Lexicons, load
from rapport.domain.ids import new_id
from rapport.domain.scope import Scope
from rapport.store import database, embedded
from rapport.store.database import Database

PERIOD = {"since": "2026-08-01", "until": "2026-08-31"}
QUESTIONS = (
    ("countConversations", {}),
    ("countConversations", {"filter": PERIOD}),
    ("getMetrics", {"metrics": ["rating", "sentiment", "negative_share"]}),
    ("getMetrics", {"metrics": ["rating"], "filter": {"properties": [{"key": "plan", "value": "enterprise"}]}}),
    ("getMetrics", {"metrics": ["rating"], "filter": {"text": "refund invoice"}}),
    ("getMetrics", {"metrics": ["rating"], "filter": {"failedTools": ["tool-3"]}}),
    ("getMetrics", {"metrics": ["tool_failure_rate"]}),
    ("getUserRanking", {"metrics": ["frustration"], "minConversations": 3}),
    ("getUserRanking", {}),
    ("getOrganizationRanking", {"metrics": ["rating"], "order": "lowest"}),
    ("getTopics", {"filter": {"conditions": ["negative"]} | PERIOD}),
    ("compareProducts", {}),
    ("getModelMetrics", {}),
    ("getPromptAnalytics", {}),
    ("getTrends", {"metric": "rating", "bucket": "week"}),
    ("getTrends", {"metric": "conversations", "bucket": "day", "filter": PERIOD}),
    ("comparePeriods", {"filter": PERIOD}),
    ("getChanges", {"metric": "rating", "filter": PERIOD}),
    ("getDrivers", {"filter": PERIOD}),
    ("getDrivers", {}),
    ("getToolFailures", {}),
    ("getOutcomes", {}),
    ("getOutcomes", {"types": ["cancellation"]}),
    ("getAnomalies", {"filter": PERIOD}),
    ("getAtRisk", {"filter": PERIOD}),
    ("getAtRisk", {}),
    ("getConversations", {"order": "worst"}),
    ("getConversations", {"query": "refund for a broken invoice"}),
    ("getConversations", {"query": "refund for a broken invoice", "filter": PERIOD}),
    ("getUserDetail", {"user": "user-17"}),
    ("getConversationDetail", {"conversation": "c-17"}),
    ("draftTicket", {"problem": "refunds that never arrive", "filter": PERIOD}),
)

WORLD = """
INSERT INTO tenant (id, name) VALUES (1, 'bench');
INSERT INTO product (tenant_id, id, name)
SELECT 1, md5('p' || i)::uuid, 'Product ' || i FROM generate_series(0, 3) i;
INSERT INTO organization (tenant_id, id, external_id, name, properties)
SELECT 1, md5('o' || i)::uuid, 'org-' || i, 'Organization ' || i,
       jsonb_build_object('plan', (ARRAY['free', 'pro', 'enterprise'])[1 + i % 3])
FROM generate_series(0, 199) i;
INSERT INTO app_user (tenant_id, id, external_id, name, email, organization_id, properties)
SELECT 1, md5('u' || i)::uuid, 'user-' || i, 'User ' || i, 'user' || i || '@example.com', md5('o' || i % 200)::uuid,
       jsonb_build_object('role', (ARRAY['admin', 'member'])[1 + i % 2])
FROM generate_series(0, 9999) i;
INSERT INTO model (tenant_id, id, canonical_id, display_name) SELECT 1, md5('m' || i)::uuid, 'model-' || i, 'Model ' || i
FROM generate_series(0, 5) i;
INSERT INTO prompt (tenant_id, id, lineage_id, number, product_id, external_id, fingerprint)
SELECT 1, md5('v' || i || 'x' || n)::uuid, md5('l' || i)::uuid, n, md5('p' || i)::uuid, 'prompt-' || i, decode(md5(i || 'x' || n), 'hex')
FROM generate_series(0, 3) i, generate_series(1, 3) n;
INSERT INTO topic_group (tenant_id, id, name) SELECT 1, md5('g' || i)::uuid, 'group ' || i FROM generate_series(0, 9) i;
INSERT INTO topic (tenant_id, id, group_id, name) SELECT 1, md5('t' || i)::uuid, md5('g' || i % 10)::uuid, 'topic ' || i
FROM generate_series(0, 59) i;
"""
CONVERSATIONS = """
INSERT INTO conversation (tenant_id, id, external_id, product_id, version_id, prompt_id, user_id, organization_id, model_id,
                          message_count, chat_message_count, created_at, last_message_at, rating_score)
SELECT 1, md5('c' || i)::uuid, 'c-' || i, md5('p' || i % 4)::uuid, md5('p' || i % 4)::uuid,
       md5('v' || i % 4 || 'x' || 1 + (i / 4) % 3)::uuid,
       md5('u' || u)::uuid, md5('o' || u % 200)::uuid, md5('m' || (i * 7) % 6)::uuid, 6, 6, at, at, CASE WHEN i % 3 = 0 THEN 1 + i % 5 END
FROM (SELECT i, (power(random(), 2) * 9999)::int AS u, timestamptz '2026-05-01' + i * interval '140 days' / $1 AS at
      FROM generate_series(0, $1 - 1) i) s;
"""
ANALYSES = """
INSERT INTO analysis (tenant_id, conversation_id, product_id, version_id, prompt_id, user_id, organization_id, model_id, created_at, day,
                      message_count, user_message_count, language, sentiment, sentiment_change, frustration, struggle, dissatisfied,
                      resolution, abandoned, commercial_intent, quality_index, topic_id, topic_group_id, summary, tools, messages,
                      embedding, method, revision, rating_score)
SELECT 1, id, product_id, version_id, prompt_id, user_id, organization_id, model_id, created_at, created_at::date, 6, 3,
       CASE WHEN n % 10 = 0 THEN 'de' ELSE 'en' END, (random() * 2 - 1)::real, (random() - 0.5)::real, random()::real, random()::real,
       random()::real, random()::real, n % 7 = 0, random()::real, random()::real, md5('t' || n % 60)::uuid, md5('g' || n % 10)::uuid,
       'A user asked about something and the assistant answered at some length, in one or two sentences.',
       CASE WHEN n % 2 = 0 THEN jsonb_build_array(jsonb_build_array('tool-' || n % 8, 2, (n % 16 = 0)::int)) ELSE '[]' END,
       jsonb_build_array(jsonb_build_object('seq', 0, 'sentiment', 0.1), jsonb_build_object('seq', 2, 'sentiment', -0.3)),
       decode(repeat('3c00b800', 192), 'hex'), 'bench', 1, rating_score
FROM (SELECT *, row_number() OVER () AS n FROM conversation WHERE tenant_id = 1) c;
"""
MESSAGES = """
INSERT INTO message (tenant_id, conversation_id, seq, id, type, content, tool_name, created_at)
SELECT 1, id, k, md5('m' || external_id || k)::uuid, CASE k WHEN 4 THEN 'tool_call' WHEN 0 THEN 'user_message' WHEN 2 THEN 'user_message'
           ELSE 'assistant_message' END,
       CASE WHEN k < 4 THEN 'I have a question about ' || (ARRAY['refund', 'invoice', 'delivery', 'password', 'account', 'parcel', 'export',
           'billing', 'broken', 'slow', 'login', 'citation'])[1 + (hashtext(external_id || k) & 1023) % 12] || ' number '
           || (hashtext(external_id || k) & 65535) || ' please' END,
       CASE k WHEN 4 THEN 'tool-' || (hashtext(external_id) & 1023) % 8 END, created_at + k * interval '10 seconds'
FROM conversation, generate_series(0, 4) k WHERE tenant_id = 1;
"""
EVENTS = """
INSERT INTO event (tenant_id, id, product_id, event_type, value, value_number, user_id, event_at, influence)
SELECT 1, md5('e' || i)::uuid, md5('p0')::uuid, (ARRAY['cancellation', 'upgrade', 'signup'])[1 + i % 3], i % 100, i % 100,
       md5('u' || i % 10000)::uuid, timestamptz '2026-05-01' + random() * interval '140 days', 'neutral'
FROM generate_series(0, $1 / 20) i;
"""


async def fill(opened: Database, conversations: int) -> None:
    """The world, where it is not there yet."""
    async with opened.connection() as connection:
        if await connection.fetchval("SELECT count(*) FROM tenant WHERE name = 'bench'"):
            return
        await connection.execute(WORLD)
        for statement in (CONVERSATIONS, ANALYSES, MESSAGES, EVENTS):
            await connection.execute(statement.replace("$1", str(conversations)), timeout=900)


async def measure(opened: Database) -> None:
    lexicons = Lexicons()
    desk = Desk(opened, Scope(1), new_id(), lexicons, open_provider=None)
    named = {tool.name: tool for tool in tools.bind(desk)}
    async with opened.connection() as connection:
        started = time.perf_counter()
        await load(connection, Scope(1))
        print(f"{(time.perf_counter() - started) * 1000:8.0f} ms          names of the tenant, at most every 30 s")
    for name, arguments in QUESTIONS:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            await named[name].call(arguments)
            times.append((time.perf_counter() - started) * 1000)
        print(f"{statistics.median(times):8.0f} ms {max(times):8.0f}  {name} {arguments or ''}")


async def main(folder: Path, conversations: int) -> None:
    server = embedded.start(folder)
    opened = await database.connect(server.url, connections=4)
    try:
        await database.migrate(opened)
        await fill(opened, conversations)
        async with opened.connection() as connection:
            await connection.execute("VACUUM ANALYZE", timeout=900)
        await measure(opened)
    finally:
        await opened.close()
        server.release()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path(".bench-questions"))
    given = parser.parse_args()
    asyncio.run(main(given.folder, given.conversations))
