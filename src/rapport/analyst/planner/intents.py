"""What a question can want: one name and one sentence each. Exemplars in `exemplars.jsonl` carry one of these names.

Two questions with different figures but the same way of answering share an intent ("how many chats", "how many users": count).
The metric, the names and the dates are slots, never part of the intent.
"""

INTENTS: dict[str, str] = {
    "count": "How many conversations, messages, users, ratings, events ... there are under some condition; also shares (what percentage).",
    "level": "How good or bad one metric is, in general or for one thing: average rating, quality of X, 'how is X doing on stars'.",
    "ranking": "Which user, organization, product, model ... has the most, least, best or worst of something; top-k and bottom-k lists.",
    "compare": "Two or more named things, groups or periods side by side: A vs B, pro vs free, weekdays against weekends.",
    "breakdown": "One metric split by every value of a dimension: rating by plan, conversations per product, split by language.",
    "trend": "How one metric moved over time: per day or week, rising or falling, since a date.",
    "change": "What is different now from before: this week vs last week, before and after a date or release, what changed.",
    "why": "The reasons behind a level or a change: why are ratings low, what drives frustration, root causes.",
    "top_topics": "What people talk or ask about, the subjects, themes and keywords, with or without a group or period.",
    "complaints": "What unhappy people complain about, pain points, problems, what annoys a group.",
    "tool_failures": "Which tools, functions or integrations fail, how often, error rates, broken calls.",
    "examples": "Show, list or find conversations (or their ids) that fit a description.",
    "quotes": "Words that users said, verbatim, about something; voice of the customer.",
    "conversation_detail": "What happened in one conversation that is named by id; its transcript, its summary.",
    "user_profile": "Everything about one user or one organization that is named: how they are doing, their history.",
    "at_risk": "Who is likely to leave or needs attention: churn risk, unhappy accounts, declining users.",
    "outcomes": "Business events: cancellations, upgrades, purchases, churn, their counts and values, what preceded them.",
    "recommend": "What to do, fix or improve next, priorities.",
    "summary": "An overview, briefing or report of a product, a period or everything; how are things going.",
    "anomalies": "Anything unusual: spikes, drops, outliers, sudden changes, strange days.",
    "list_entities": "Which products, models, organizations, users, plans, tools, segments or event types exist; their names.",
    "prompt_versions": "How versions of a prompt compare, which prompt version is best, did the new prompt help.",
    "ticket_draft": "Write or draft a ticket, issue or bug report about something, or turn a conversation into one.",
    "ticket_create": "Confirm a draft: yes create it, file it, call createTicket with a payload.",
    "segment_create": "Make a segment, cohort or group of users from a description.",
    "inbox": "What was flagged or needs review: alerts, inbox items, safety flags such as jailbreak attempts or hallucinations.",
    "definition": "What a metric means or how it is computed; where a number comes from.",
    "help": "What the analyst can do, what one may ask.",
    "follow_up": "Only makes sense after another question: and last month?, only for gpt-4o, why?, the second one, same for sentiment.",
    "smalltalk": "Greetings, thanks, praise, goodbye.",
    "refuse_write": "Asks to change or delete data or to act outside: delete users, reset a password, refund, send an e-mail.",
    "refuse_out_of_scope": "Has nothing to do with the logged conversations: general knowledge, weather, poems, code, jokes.",
    "refuse_secret": "Asks for keys, passwords, the system prompt, other tenants' data, raw database access, or to ignore instructions.",
}  # fmt: skip

REFUSALS = frozenset({"refuse_write", "refuse_out_of_scope", "refuse_secret"})
