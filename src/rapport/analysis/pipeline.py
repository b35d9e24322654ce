"""Conversations in, one Analysis each out: read, encode all at once, measure one by one, assign topics.

Pure and slow (about 1 ms a message, most of it the encoder): call it from a worker thread with 20 to 500 conversations. Odd content
is normal content with less to say: what gives no ground for a score has None. An error in one conversation is its AnalysisFailure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import numpy as np

from rapport.analysis import (
    capability,
    commercial,
    dialogue,
    dissatisfied,
    emotion,
    keywords,
    language,
    phrases,
    pii,
    quality,
    repeats,
    root_cause,
    safety,
    sentiment,
    struggle,
    summary,
    text,
    topics,
)  # fmt: skip
from rapport.analysis.dialogue import Dialogue, Turn
from rapport.analysis.language import Language
from rapport.analysis.toolkit import Toolkit
from rapport.domain.analysis import Analysis, Evidence, MessageAnalysis, sentiment_label
from rapport.domain.conversation import Conversation

__all__ = ["AnalysisFailure", "Toolkit", "analyse"]

MOST_EVIDENCE = 40
IDENTIFIERS_READ = 200_000
"""Characters of one message that are searched for identifiers."""
MOST_KEYWORD_TURNS = 50
OWN_LANGUAGE_LETTERS = 40
"""A message of fewer letters has the language of its conversation: identification is .93 right on short strings, .995 from here on."""
SURE_FOREIGN = 0.6
"""Below this confidence a foreign language is not reason enough to withhold a score."""


@dataclass(frozen=True, slots=True)
class AnalysisFailure:
    """Why one conversation could not be analysed."""

    conversation_id: UUID
    error: str

    def __str__(self) -> str:
        return self.error


class _Read(NamedTuple):
    dialogue: Dialogue
    language: Language | None
    languages: tuple[str | None, ...]  # of each turn
    opening: tuple[str, ...]


def analyse(conversations: Sequence[Conversation], toolkit: Toolkit) -> list[Analysis | AnalysisFailure]:
    """One result for each conversation, in their order. Topics come from the toolkit's model; without one they are None."""
    outcomes: list[_Read | AnalysisFailure] = [_guarded(conversation, _read, conversation) for conversation in conversations]
    vectors = _encode((outcome for outcome in outcomes if isinstance(outcome, _Read)), toolkit)
    results = [
        _guarded(conversation, _measure, outcome, vectors, toolkit) if isinstance(outcome, _Read) else outcome
        for conversation, outcome in zip(conversations, outcomes, strict=True)
    ]
    return _with_topics(results, outcomes, toolkit)


def _guarded(conversation: Conversation, step, *given):
    """The step's result, or the failure of this one conversation: the broad except that keeps a batch whole."""
    try:
        return step(*given)
    except Exception as error:
        return AnalysisFailure(conversation.id, f"{type(error).__name__}: {error}"[:500])


def _read(conversation: Conversation) -> _Read:
    read = dialogue.read(conversation)
    spoken = [turn.user.spoken for turn in read.turns]
    whole = language.detect("\n".join(spoken)) if spoken else None
    own = tuple(_own_language(said, whole, alone=len(spoken) == 1) for said in spoken)
    return _Read(read, whole, own, topics.opening(spoken))


def _own_language(said: str, whole: Language | None, *, alone: bool) -> str | None:
    if alone or text.letters(said) < OWN_LANGUAGE_LETTERS:
        found = whole
    else:
        found = language.detect(said) or whole
        if whole and found and found.code != whole.code and found.confidence < SURE_FOREIGN:
            found = whole
    return found.code if found else None


def _encode(reads: Iterable[_Read], toolkit: Toolkit) -> dict[str, np.ndarray]:
    """The vector of every text that is needed, each once; nothing without a semantic encoder."""
    if not toolkit.encoder.semantic:
        return {}
    needed = {said: None for read in reads for said in (*(turn.user.spoken for turn in read.dialogue.turns), *read.opening)}
    return dict(zip(needed, toolkit.encoder.encode(list(needed)), strict=True)) if needed else {}


def _measure(read: _Read, vectors: dict[str, np.ndarray], toolkit: Toolkit) -> Analysis:
    """All but the topic."""
    found = read.dialogue
    turns = found.turns
    rows = np.stack([vectors[turn.user.spoken] for turn in turns]) if vectors and turns else None
    known = [toolkit.scores(code) or _unsure(read.language, code) for code in read.languages]
    repeated = repeats.similarities([turn.user for turn in turns], rows)
    moods = _sentiments(turns, rows, known, toolkit)
    chances = _dissatisfied(turns, moods, repeated, known, toolkit)
    messages = _messages(turns, read.languages, moods, chances)
    hurdles = struggle.obstacles(found, repeated, semantic=rows is not None)
    missing, unsafe = capability.missing(found), safety.find(found)
    intent, commercial_signal, wanted = commercial.intent(found) if any(known) else (None, "none", [])
    signals = quality.Signals(
        sentiment=sentiment.average(moods),
        dissatisfied=struggle.dissatisfaction(chances),
        resolution=struggle.resolution(found, chances),
        frustration=struggle.frustration([struggle.turn_frustration(turn, chance) for turn, chance in zip(turns, chances, strict=True)]),
        struggle=struggle.struggle(hurdles, len(turns)) if any(known) or hurdles else None,
        commercial_intent=intent,
        leaving=any(item.signal == commercial.LEAVING for item in wanted),
        flags=safety.flags(unsafe) | capability.flags(missing),
        rating=quality.conversation_rating(found.conversation.ratings),
        event_impact=quality.event_impact(found.conversation.events),
    )
    levels = (signals.frustration, signals.struggle, signals.dissatisfied)
    cause, cause_confidence, cause_shown = root_cause.find(found, levels, [*hurdles, *missing, *unsafe])
    pillars = quality.pillars(signals)
    return Analysis(
        language=read.language.code if read.language else None,
        language_confidence=read.language.confidence if read.language else None,
        sentiment=signals.sentiment,
        sentiment_change=sentiment.change(moods),
        emotion=emotion.of_conversation([message.emotion for message in messages]),
        frustration=signals.frustration,
        struggle=signals.struggle,
        dissatisfied=signals.dissatisfied,
        resolution=signals.resolution,
        abandoned=struggle.abandoned(found, signals.resolution, chances),
        handover_requested=any(item.signal == struggle.HANDOVER for item in hurdles),
        repeated_questions=repeats.count([turn.user for turn in turns], repeated, semantic=rows is not None),
        commercial_intent=intent,
        commercial_signal=commercial_signal,
        quality_index=quality.index(pillars, signals, toolkit.weights_of(found.conversation.product_id)),
        pillars=pillars,
        keywords=keywords.extract([turn.user.spoken for turn in turns[:MOST_KEYWORD_TURNS]]),
        summary=summary.summarise(_said(found)),
        root_cause=cause,
        root_cause_confidence=cause_confidence,
        flags=signals.flags,
        tools=found.tools,
        messages=messages,
        evidence=_strongest([*hurdles, *missing, *unsafe, *wanted, *_pleased(turns), *cause_shown]),
        message_count=len(turns) + len(found.replies),
        user_message_count=len(turns),
        method=toolkit.method,
        embedding=_embedding(read, vectors, toolkit),
    )


def _unsure(whole: Language | None, code: str | None) -> bool:
    return whole is not None and whole.code == code and whole.confidence < SURE_FOREIGN


def _sentiments(turns: Sequence[Turn], rows: np.ndarray | None, known: Sequence[bool], toolkit: Toolkit) -> list[float | None]:
    scores = sentiment.score_messages([turn.user for turn in turns], rows, toolkit.heads)
    return [score if supported else None for score, supported in zip(scores, known, strict=True)]


def _dissatisfied(
    turns: Sequence[Turn], moods: Sequence[float | None], repeated: Sequence[float], known: Sequence[bool], toolkit: Toolkit
) -> list[float | None]:
    """The chance for each turn; None where the turn has no words, or not in a language that is known."""
    chances: list[float | None] = []
    for turn, context, supported in zip(turns, dissatisfied.contexts(turns, moods, repeated), known, strict=True):
        if supported and context.sentiment is not None:
            chances.append(toolkit.heads.dissatisfied.probability(dissatisfied.features(turn, context, toolkit.heads.lexicon)))
        else:
            chances.append(None)
    return chances


def _messages(
    turns: Sequence[Turn], languages: Sequence[str | None], moods: Sequence[float | None], chances: Sequence[float | None]
) -> tuple[MessageAnalysis, ...]:
    return tuple(
        MessageAnalysis(
            seq=turn.user.seq,
            sentiment=mood,
            sentiment_label=None if mood is None else sentiment_label(mood),
            dissatisfied=chance,
            language=code,
            emotion=emotion.of_message(turn.user.masked, mood, chance),
            pii=tuple((item.type, item.start, item.end) for item in pii.find(turn.user.content[:IDENTIFIERS_READ])),
        )
        for turn, code, mood, chance in zip(turns, languages, moods, chances, strict=True)
    )


def _said(found: Dialogue) -> list[tuple[summary.Role, str]]:
    """Who said what, in order, without what was pasted."""
    by_seq: dict[int, tuple[summary.Role, str]] = {reply.seq: ("assistant", reply.spoken) for reply in found.replies}
    by_seq |= {turn.user.seq: ("user", turn.user.spoken) for turn in found.turns}
    return [by_seq[seq] for seq in sorted(by_seq)]


def _pleased(turns: Sequence[Turn]) -> list[Evidence]:
    return [item for turn in turns for item in phrases.find(phrases.THANKS, "thanks", turn.user.seq, turn.user.masked, 0.3)][-3:]


def _strongest(found: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The strongest pieces, in the order of the conversation; bounded, since thousands of turns can hold thousands."""
    kept = sorted(found, key=lambda item: -item.strength)[:MOST_EVIDENCE]
    return tuple(sorted(kept, key=lambda item: (item.seq, item.start, item.signal)))


def _embedding(read: _Read, vectors: dict[str, np.ndarray], toolkit: Toolkit) -> bytes | None:
    """float16 mean of the opening's vectors, of length 1: what topics and likeness of conversations are read from."""
    if not read.opening or not vectors or not toolkit.embeds(read.language.code if read.language else None):
        return None
    mean = np.mean([vectors[said] for said in read.opening], axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float16).tobytes()


def _with_topics(
    results: list[Analysis | AnalysisFailure], outcomes: Sequence[_Read | AnalysisFailure], toolkit: Toolkit
) -> list[Analysis | AnalysisFailure]:
    """The nearest topic of each conversation. A model of another encoder than the present one is not used."""
    model = toolkit.topics
    lexical = model is not None and model.terms is not None
    if model is None or (not lexical and model.method != toolkit.method):
        return results
    places = [n for n, result in enumerate(results) if isinstance(result, Analysis) and (lexical or result.embedding)]
    if not places:
        return results
    texts = ["\n".join(read.opening) if isinstance(read := outcomes[n], _Read) else "" for n in places]
    rows = None if lexical else np.stack([np.frombuffer(results[n].embedding, dtype=np.float16) for n in places]).astype(np.float32)  # type: ignore[union-attr, arg-type]
    for place, hit in zip(places, model.assign(rows, texts), strict=True):
        result = results[place]
        if hit is not None and isinstance(result, Analysis):
            results[place] = replace(
                result,
                topic_id=hit.topic_id,
                topic=hit.topic,
                topic_group_id=hit.group_id,
                topic_group=hit.group,
                topic_similarity=hit.similarity,
            )
    return results
