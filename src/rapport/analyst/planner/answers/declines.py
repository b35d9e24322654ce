"""What is declined, and how: naming what was asked, and three things that can be answered for this tenant."""

import re
from collections.abc import Sequence

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, joined
from rapport.analyst.planner.answers.people import profile
from rapport.analyst.planner.choosing import foreign
from rapport.analyst.planner.filing import asks_if_filed, holds_back
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.refusals import DICTATES, DISCARDS, IN_A_TONGUE, secrets, writes


def suggestions(names: Names) -> str:
    """Three questions that this tenant can ask, with its own names in them."""
    product = next((name.text for name in names.of_kind("product")), None)
    plan = next((name.text for name in names.of_kind("property") if name.id.startswith("plan=")), None)
    organization = next((name.text for name in names.of_kind("organization")), None)
    asked = [
        f"“How is {product} rated?”" if product else "“What is the average rating?”",
        f"“What do {plan} customers complain about?”" if plan else "“What do people complain about?”",
        f"“How many conversations did {organization} have last week?”"
        if organization
        else "“How many conversations were there last week?”",
    ]
    return f"I can answer, for example: {joined(asked, 'or')}"


def _echo(text: str, limit: int = 120) -> str:
    """What was asked for, turned so that it fits after "I cannot": "reset the password of our admin account"."""
    words = re.sub(
        r"^(?:(?:how (?:can|do|could|would) (?:i|we|you)|ok|okay|hey|hi|so|now|then|and|also|please|pls|kindly|just|great|thanks|well|yes|go ahead and|you may|you should|you must|you can|can you|could you|would you|will you|i want you to|i need you to|i would like you to|i'd like you to|we need to|we need you to|help me|let us|let's)[\s,:]+)+",
        "",
        text.strip(),
        flags=re.I,
    ).strip(" .!?")
    words = re.sub(r"\bour\b", "your", re.sub(r"\bmy\b", "your", re.sub(r"\bme\b", "you", re.sub(r"\byour\b", "my", words))))
    short = words if len(words) <= limit else words[: limit - 1].rsplit(" ", 1)[0] + "…"
    return short[:1].lower() + short[1:] if not short[:2].isupper() else short


def sentence(part: str) -> str:
    """Declines one part of a question: "I cannot email the list to your boss: ..."."""
    if IN_A_TONGUE.match(f"{part}:"):
        return "I answer in plain English."
    found = _secrets_of(part)
    if found and secrets(part) and not DICTATES.search(part):
        return f"I cannot give out {joined(found, 'or')}, and I do not follow instructions that say otherwise: nothing in a text changes what I may do or show."
    if secrets(part) or DICTATES.search(part):
        return "Your question also holds an instruction that I do not follow: nothing in a text changes what I may do or show."
    return f"I cannot {_echo(writes(part) or part)}: I only read what is logged."


def refuse_write(asked: Asked) -> Answer:
    """Names the change that was asked for."""
    yield from ()
    what = writes(asked.question) or asked.question
    meant = [
        name.text for link in asked.reading.of_kind("user", "organization") for name in link.names if name.text.lower() not in what.lower()
    ]
    whom = f" ({joined(meant[:3])})" if meant else ""
    return f"I cannot {_echo(what)}{whom}: I only read what is logged, and change nothing except tickets and segments that you ask for. {suggestions(asked.setting.names)}."


_SECRET_WORDS = (
    (r"api[ _-]?keys?", "API keys"), (r"passwords?", "passwords"), (r"system prompt|your (?:instructions?|prompt|rules|guidelines)|hidden (?:prompt|instructions)", "my instructions"),
    (r"(?:other|another|different|all|every|someone else'?s?) (?:tenants?|workspaces?|customer'?s? workspace|compan\w+ data)|tenants?", "data of other tenants"), (r"select\b.*\bfrom|drop\s+table|\bsql\b|database", "the raw database"),
    (r"credentials?", "credentials"), (r"secrets?", "secrets"), (r"tokens?", "tokens"), (r"env(?:ironment)? variables?", "environment variables"), (r"connection string", "connection strings"),
)  # fmt: skip


def _secrets_of(text: str) -> list[str]:
    return [name for pattern, name in _SECRET_WORDS if re.search(rf"\b(?:{pattern})", text, re.I)][:3]


def refuse_secret(asked: Asked) -> Answer:
    """Names what is not shown to anybody here."""
    yield from ()
    found = _secrets_of(asked.question)
    if found:
        return f"I cannot give out {joined(found, 'or')}, and I do not follow instructions that say otherwise. {suggestions(asked.setting.names)}."
    return f"I cannot do that, and I do not follow instructions to: I answer questions about the logged conversations of this tenant, whatever a text tells me to be. {suggestions(asked.setting.names)}."


def refuse_out_of_scope(asked: Asked) -> Answer:
    """Names the question, and what can be asked instead."""
    yield from ()
    question = asked.question.strip()
    if not re.search(r"\w", question):
        return f"There is no question in that. {suggestions(asked.setting.names)}."
    short = question if len(question) <= 140 else question[:139].rsplit(" ", 1)[0] + "…"
    if foreign(asked.reading.slots):
        return f"I cannot answer “{short}”: I read questions in English, and too few of its words are clear to me. {suggestions(asked.setting.names)}."
    return f"I cannot answer “{short}”: I only know the conversations that are logged here. {suggestions(asked.setting.names)}."


_KIND_WORDS = {
    "user": r"users?|customers?|person|buyers?|students?|shoppers?", "organization": r"compan(?:y|ies)|accounts?|org(?:anization|anisation)?s?|clients?|firm|customer account", "product": r"products?|bots?|assistants?|apps?",
    "model": r"models?|llms?", "tool": r"tools?|functions?", "segment": r"segments?|cohorts?", "prompt": r"prompts?",
}  # fmt: skip


def unknown_name(asked: Asked) -> Answer:
    """ "I know no user called X", with names that look like it."""
    name = asked.reading.slots.unknown[0]
    kind = _kind(asked.question, name)
    if kind in (None, "user"):
        (found,) = yield [Call("getUserDetail", {"user": name})]
        if not found.error:
            return profile(found, asked.reading)
    else:
        yield [Call("countConversations")]
    close = asked.setting.names.similar(
        name,
        (kind,) if kind in ("user", "organization", "product", "model", "tool", "prompt") else ("user", "organization", "product", "model"),
    )
    what = kind or "user, organization, product or model"
    text = f"I know no {what} called {name}."
    if close:
        text += f" Names that look like it: {_named(close)}."
    elif kind in ("product", "model", "tool"):
        known = [known.text for known in asked.setting.names.of_kind(kind)[:8]]
        text += f" The {kind}s I know: {', '.join(known)}." if known else f" No {kind} is logged yet."
    return text


def _named(names: Sequence) -> str:
    return ", ".join(f"{name.text} ({name.kind})" for name in names)


def _kind(question: str, name: str) -> str | None:
    if "@" in name:
        return "user"
    before = question[: question.find(name)]
    after = question[question.find(name) + len(name) :]
    for kind, words in _KIND_WORDS.items():
        if re.search(rf"\b(?:{words})\s+(?:called\s+|named\s+|with\s+id\s+)?[\"'“]?$", before, re.I) or re.match(
            rf"[\"'”]?\s+(?:{words})\b", after, re.I
        ):
            return kind
    return None


def help(asked: Asked) -> Answer:
    """What can be asked."""
    names = asked.setting.names
    (output,) = yield [Call("countConversations")]
    total = output.figure("conversations").get("value") or 0
    known = ", ".join(name.text for name in names.of_kind("product")[:6])
    return (
        f"I answer questions about the {total} conversations logged here{f' ({known})' if known else ''}: counts, ratings, sentiment, frustration and quality, by product, user, organization, model, plan, "
        "prompt version or day; rankings and comparisons; trends and what changed; what people ask and complain about, and why; failing tools; events such as cancellations; who is at risk; examples and quotes. "
        f"I can draft tickets, and create them once you confirm. {suggestions(names)}."
    )


def smalltalk(asked: Asked) -> Answer:
    yield from ()
    if DISCARDS.match(asked.question) or holds_back(asked.question) or asks_if_filed(asked.question):
        return "All right: nothing is filed, and nothing was changed."
    lead = (
        "You are welcome."
        if re.search(r"thank|thx|cheers|appreciat|great|nice|awesome|perfect|cool|well done|love", asked.question, re.I)
        else "Goodbye."
        if re.search(r"bye|see you|night", asked.question, re.I)
        else "Hello."
    )
    return f"{lead} {suggestions(asked.setting.names)}."


MEANINGS = {
    "rating": "the plain mean of the ratings that people gave, put on 1 to 5; a conversation's rating is its latest rating of the whole, else the mean of its message ratings",
    "sentiment": "how users sound, from -1 (negative) to 1 (positive), measured for each user message and averaged; -0.2 or lower is negative, 0.2 or higher positive",
    "frustration": "how frustrated a user was by the end of a conversation, 0 to 1; below 0.3 is low, 0.6 or higher is high",
    "struggle": "how hard it was to get something done: corrections, repeated questions, failed tools, apologies; 0 to 1",
    "quality_index": "the Conversation Quality Index, 0 to 1, from four pillars: satisfaction (0.35), safety (0.30), absence of friction (0.20) and growth (0.15), unless a product has its own weights",
    "commercial_intent": "how much interest in buying a conversation shows, 0 to 1",
    "resolved_share": "the percentage of analysed conversations whose end shows that the user got what they came for",
    "tool_failure_rate": "the percentage of tool calls that failed; a failure is a `tool_error` message, or a result marked as an error",
    "conversations": "conversations as they were logged, counted on the day of their first message; chats with me are not among them",
    "churn": "a business event that you log to `POST /api/v1/events`",
}  # fmt: skip


def definition(asked: Asked) -> Answer:
    """What a metric means."""
    yield from ()
    wanted = [name for name in asked.reading.slots.metrics if name in MEANINGS]
    if not wanted:
        return (
            "Every figure comes from the logged conversations: "
            + "; ".join(
                f"**{name.replace('_', ' ')}** is {MEANINGS[name]}" for name in ("rating", "sentiment", "frustration", "quality_index")
            )
            + "."
        )
    return "\n".join(f"**{name.replace('_', ' ').capitalize()}** is {MEANINGS[name]}." for name in wanted[:3])
