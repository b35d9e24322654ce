"""What kind of evidence a question asks for. The tenant is that of test_understand."""

import pytest
from tests.analyst.planner.test_understand import read


@pytest.mark.parametrize(
    ("question", "conditions"),
    [
        ("read me one of the comments people typed next to a poor rating", ("low_rated",)),
        ("when ppl leave a low rating some of them scribble a comment with it. quote me one of those comments", ("low_rated",)),
        ("what do people write in the rating feedback box", ()),
        ("any remark that came with a good mark?", ("high_rated",)),
        ("people who were given a low score, what did they jot down beside it?", ("low_rated",)),
        ("which notes were left along with bad ratings", ("low_rated",)),
    ],
)
def test_comments_beside_ratings_are_quoted(question: str, conditions: tuple[str, ...]):
    reading = read(question)
    assert (reading.intent, reading.conditions, reading.events) == ("quotes", conditions, ())


def test_comments_about_something_are_messages():
    from rapport.analyst.planner.evidence import comments_wanted

    assert not comments_wanted(read("comments on refunds").slots)
    assert not comments_wanted(read("how many ratings came with a comment").slots)


@pytest.mark.parametrize(
    "question",
    [
        "when search_docs falls flat, what error do we get back from it, literally?",
        "what message does search_docs return when it fails?",
        "the exact error text of search_docs please",
        "what does search_docs say when it breaks",
        "which error is search_docs throwing",
    ],
)
def test_the_error_of_a_tool_is_looked_up(question: str):
    assert read(question).intent == "tool_failures"


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("when did Will Hart last get in touch? The date is all I need.", "last"),
        ("last time Acme Corp talked to us?", "last"),
        ("how long ago did Globex last write", "last"),
        ("when did we first hear from Maria Chen", "first"),
        ("what day did Will Hart show up for the first time", "first"),
        ("on what date did the new prompt version of Harbor Guide first show up in conversations?", "first"),
        ("when did people first ask about refunds", "first"),
        ("when was gpt-4o last used", "last"),
    ],
)
def test_the_day_of_an_appearance_is_asked_for(question: str, end: str):
    from rapport.analyst.planner.evidence import appearance

    assert appearance(read(question).slots) == end


@pytest.mark.parametrize(
    "question",
    ["when did the rating of Harbor Guide start to fall", "which day had the most chats of Acme Corp", "when did Acme Corp first cancel"],
)
def test_other_questions_with_when_are_not_of_an_appearance(question: str):
    assert read(question).intent != "appearance"


@pytest.mark.parametrize(
    "question",
    [
        "show me one conversation in which the customer ended by asking to cancel",
        "a chat that led to a cancellation",
        "which chat came right before a cancellation?",
        "fetch me a chat that ended with the customer cancelling",
        "any dialogue that culminated in a cancellation",
        "the conversation right before the latest cancellation, which one is it?",
    ],
)
def test_a_conversation_is_asked_for_by_the_event_it_led_to(question: str):
    reading = read(question)
    assert reading.intent == "examples"
    assert reading.filter().get("ledTo") == ["subscription_cancelled"]


@pytest.mark.parametrize("question", ["a conversation of someone who cancelled", "show chats of customers that cancelled"])
def test_a_conversation_is_asked_for_by_whose_it_is(question: str):
    assert read(question).filter().get("eventTypes") == ["subscription_cancelled"]


LISTED = "*topics by conversations*\n\n1. **Acme Corp**: 9 conversations\n2. **Globex**: 3 conversations"
SHOWN = "*conversations · all time*\n\n**`w-0042`**: “Where is it?” (Will Hart, Globex, 3 Nov 2026), about Harbor Guide."


@pytest.mark.parametrize("question", ["and the one before that", "the previous conversation", "show me the chat just before it"])
def test_the_conversation_before_the_one_that_is_shown(question: str):
    reading = read(question, ("a conversation about refunds", SHOWN))
    assert (reading.intent, reading.slots.conversation_ids) == ("conversation_before", ("w-0042",))


@pytest.mark.parametrize(
    "question",
    [
        "how many ratings came with a written comment",
        "How many raters bothered to add a remark?",
        "what share of ratings have a comment?",
        "what number of ratings have some text typed beside them?",
        "Some raters also leave a few words in the comment box. How often did that happen till now?",
        "how many of the ratings carry a note",
    ],
)
def test_ratings_with_a_comment_are_counted(question: str):
    reading = read(question)
    assert (reading.intent, reading.metrics, reading.conditions) == ("count", ("ratings",), ("commented",))


@pytest.mark.parametrize(
    "question",
    [
        "show one chat after which the person asked us to cancel",
        "a conversation whereupon the user cancelled",
        "show me a chat where somebody complained and then cancelled",
    ],
)
def test_what_came_after_a_conversation_is_an_event(question: str):
    assert read(question).filter().get("ledTo") == ["subscription_cancelled"]


@pytest.mark.parametrize(
    "question",
    [
        "a chat where the customer left thankful",
        "sessions where someone lost their patience with the bot, ids please",
        "show a conversation where the user left in a huff",
        "one chat where the caller left with a smile",
        "a dialogue in which the user lost all trust",
        "show a chat where somebody left puzzled",
    ],
)
def test_leaving_in_a_mood_is_no_cancellation(question: str):
    reading = read(question)
    assert (reading.intent, reading.events) == ("examples", ())


@pytest.mark.parametrize("question", ["how many people left us", "how many people left"])
def test_those_who_left_have_cancelled(question: str):
    reading = read(question)
    assert (reading.intent, reading.events) == ("outcomes", ("subscription_cancelled",))


@pytest.mark.parametrize(
    "question",
    [
        "Does anyone write to us in a language other than English? Two ids as evidence.",
        "show me a non-English chat",
        "chats that are not in English, two ids",
        "a conversation in another language, please",
        "one thread in a foreign language",
    ],
)
def test_any_language_but_english(question: str):
    reading = read(question)
    assert reading.intent == "examples"
    assert "en" not in reading.languages
    assert {"es", "de"} <= set(reading.languages)
    assert reading.subject == ""
    assert "not in English" in reading.scope()


@pytest.mark.parametrize(
    "question",
    [
        "Did anybody try to talk one of the assistants out of its rules?",
        "show me a chat where somebody tried to get the bot to reveal its system prompt",
        "has anyone argued a bot into ignoring its guidelines?",
        "conversations where users tried to coax the assistant past its restrictions",
    ],
)
def test_talking_an_assistant_out_of_its_rules_is_flagged(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions) == ("inbox", ("jailbreak_detected",))


FAILING = "*tools by failures*\n\n1. **search_docs**: 9 of 20 tool calls failed (45%), in 9 conversations"


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("Got a conversation where I can see that?", "how many failed search_docs calls have we got by now"),
        ("one id where it crashed", "how often was search_docs called"),
        ("an example where it broke", "how often is search_docs used"),
    ],
)
def test_a_case_of_a_failure_is_one_that_failed(question: str, before: str):
    reading = read(question, (before, FAILING))
    assert reading.filter().get("failedTools") == ["search_docs"]


def test_how_often_a_failing_tool_was_called_at_all():
    reading = read("How often was it called in all, good or bad?", ("Something our bots call keeps crashing. Which one is it?", FAILING))
    assert [link.names[0].id for link in reading.links] == ["search_docs"]
    assert "tool_failed" not in reading.conditions


@pytest.mark.parametrize("question", ["Between those two, which has got more conversations?", "and which one of the two has more chats?"])
def test_two_that_were_named_are_set_beside(question: str):
    reading = read(question, "how is Harbor Guide rated on average", "same for Ledger Mate")
    assert (reading.intent, reading.metric) == ("compare", "conversations")
    assert [link.names[0].id for link in reading.links] == ["p1", "p2"]


@pytest.mark.parametrize("question", ["on what plan are they?", "what plan is that company on"])
def test_a_property_of_the_one_that_was_counted(question: str):
    reading = read(question, ("how many chats did Globex have", "*conversations · Globex*\n\n**3 conversations** for Globex."))
    assert (reading.dimension, reading.metrics, [link.names[0].id for link in reading.links]) == ("property:plan", (), ["o2"])


@pytest.mark.parametrize(
    "question",
    [
        "I have to tell my boss who ran into a broken search_docs. How many distinct users is that?",
        "I know the number of cancellations, but how many different people are behind it?",
        "Customers sometimes ask for a human. How often was that in October?",
    ],
)
def test_what_is_counted_may_be_told_before(question: str):
    reading = read(question)
    assert reading.conditions or reading.events


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("was anyone rude to the bots? one example", "user_toxicity_detected"),
        ("an id of a chat where the bot made something up", "hallucination_detected"),
        ("pick a dialogue where somebody pleaded to be put through to staff", "handover"),
        ("a session where the user got stuck, please", "struggling"),
        ("find a conversation with somebody who was upset", "unhappy"),
        ("one chat in which the caller was enraged", "frustrated"),
        ("a thread that contains foul language", "user_toxicity_detected"),
    ],
)
def test_what_conversations_that_are_shown_must_be(question: str, condition: str):
    reading = read(question)
    assert (reading.intent, reading.conditions) == ("examples", (condition,))


@pytest.mark.parametrize(
    "question", ["the last thing Maria Lopez wrote to us", "what was the very first message from Globex?", "the latest words of Will Hart"]
)
def test_the_first_and_last_words_of_somebody_are_quoted(question: str):
    assert read(question).intent == "quotes"


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("find a chat from 10 November with somebody who was upset", ("2026-11-10", "2026-11-10")),
        ("show conversations from 3 Nov", ("2026-11-03", "2026-11-03")),
        ("show chats from 10 November on", ("2026-11-10", None)),
        ("examples of refund chats since 10 November", ("2026-11-10", None)),
    ],
)
def test_a_conversation_from_a_day(question: str, days: tuple[str, str | None]):
    given = read(question).filter()
    assert (given.get("since"), given.get("until")) == days


@pytest.mark.parametrize("question", ["which conversation made Will Hart cancel?", "what chat drove Globex to cancel"])
def test_the_conversation_that_drove_somebody_out(question: str):
    reading = read(question)
    assert reading.intent == "examples"
    assert reading.filter().get("ledTo") == ["subscription_cancelled"]


@pytest.mark.parametrize(
    ("question", "limit"),
    [
        ("what do folks scribble under a one-star rating? two of them", 2),
        ("what did people write beside their bad ratings? Give me three of those please.", 3),
    ],
)
def test_so_many_of_them(question: str, limit: int):
    reading = read(question)
    assert (reading.intent, reading.limit) == ("quotes", limit)


CANCELLED = "*subscription_cancelled · all time*\n\n**14 subscription_cancelled events**, all time, of 12 users."


@pytest.mark.parametrize(
    "question", ["show one conversation that led to one", "a chat right before one of them", "an example of a chat before it"]
)
def test_a_conversation_before_events_that_were_counted(question: str):
    reading = read(question, ("How many cancellations were there?", CANCELLED))
    assert (reading.intent, reading.events, reading.subject) == ("examples", ("subscription_cancelled",), "")


@pytest.mark.parametrize("question", ["who was it?", "which product was that about?", "what happened there"])
def test_a_conversation_that_is_cited_alone_is_open(question: str):
    quoted = "*quotes · all time*\n\n- “Where is it?” (Will Hart, Globex, 3 Nov 2026; `w-0042`)"
    reading = read(question, ("quote one angry user", quoted))
    assert (reading.intent, reading.slots.conversation_ids) == ("conversation_detail", ("w-0042",))


@pytest.mark.parametrize("question", ["one conversation to prove it", "two session ids", "a chat as evidence"])
def test_cases_after_a_ranking_are_of_its_first(question: str):
    ranked = "*plans by average rating, lowest first*\n\n**enterprise**: 3.15 stars (398 conversations). Next: free (3.46 stars)."
    reading = read(question, ("Which plan rates us worst?", ranked))
    assert reading.intent == "examples"
    assert [link.names[0].id for link in reading.links] == ["plan=enterprise"]


def test_the_payload_of_a_draft_is_no_question():
    draft = 'lgtm, run createTicket with {"provider": "local", "title": "Fractions", "description": "I understand less now than before."}'
    reading = read(draft, ("ticket draft from conv w1-0449", "*ticket draft · Local*\n\n**Fractions**"))
    assert reading.intent == "ticket_create"


def test_the_top_five_are_no_stars():
    assert read("Top five power users, please: most conversations first.").thresholds == ()


def test_who_ran_into_a_failing_tool_was_hit_by_it():
    reading = read("How many different users ran into that?", ("which tool call breaks most often?", FAILING))
    assert "tool_failed" in reading.conditions


@pytest.mark.parametrize(
    "question",
    [
        "a session where search_docs failed and the person then left one or two stars",
        "one chat whose user left a measly two stars",
        "a thread in which somebody left only a single star",
        "give me a conversation where the customer left us a rather low rating",
    ],
)
def test_stars_that_were_left_are_no_leaving(question: str):
    reading = read(question)
    assert (reading.intent, reading.events) == ("examples", ())


@pytest.mark.parametrize("question", ["a chat before the user left after a one-star rating", "one chat before the customer left us"])
def test_leaving_after_a_rating_is_leaving(question: str):
    assert read(question).events == ("subscription_cancelled",)


@pytest.mark.parametrize(
    ("question", "phrase"),
    [
        ("three Harbor Guide threads about the morning meal at the hotel", "morning meal at the hotel"),
        ("two transcript ids please, topic: getting more of the pills the doctor ordered", "getting more of the pills the doctor ordered"),
        ("one thread about money being taken two times (Harbor Guide)", "money being taken two times"),
        ("a transcript in which a student could not hand in their work", "could not hand in their work"),
    ],
)
def test_what_is_looked_for_is_the_whole_phrase_after_its_frame(question: str, phrase: str):
    reading = read(question)
    assert (reading.intent, reading.slots.phrase, reading.events) == ("examples", phrase, ())


@pytest.mark.parametrize(
    ("question", "order"),
    [
        ("Show me the newest chat about refunds", "newest"),
        ("the oldest conversation on late parcels, id only", "oldest"),
        ("longest session about damaged boxes, please", "longest"),
        ("worst rated talk about the delivery fee", "lowest_rated"),
        ("the last thread about refunds", "newest"),
        ("a chat about refunds", None),
    ],
)
def test_an_order_that_is_asked_for_holds_among_those_about_a_subject(question: str, order: str | None):
    from rapport.analyst.planner.answers.conversations import _search, shown_at_once

    reading = read(question)
    assert (reading.intent, shown_at_once(reading), _search(reading, 1).get("order")) == ("examples", 1, order)


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("what happened in the chat they had before that?", "conversation_before"),
        ("and before that?", "conversation_before"),
        ("and the one after that", "conversation_after"),
        ("and their next one?", "conversation_after"),
        ("what else did they say in it?", "conversation_detail"),
    ],
)
def test_the_neighbours_of_the_conversation_that_is_shown(question: str, intent: str):
    reading = read(question, ("a conversation about refunds", SHOWN))
    assert (reading.intent, reading.slots.conversation_ids) == (intent, ("w-0042",))


def test_who_works_somewhere_was_named_before():
    reading = read("works for which company?", ("who chats most?", "**Will Hart**: 9 conversations, all time. Next: Maria Chen (3)."))
    assert (reading.intent, [name.text for link in reading.of_kind("user") for name in link.names]) == ("user_profile", ["Will Hart"])


@pytest.mark.parametrize(
    "question", ["how many conversations in Harbor Guide have no rating at all?", "how many Harbor Guide chats got no stars"]
)
def test_the_unrated_of_a_product_are_counted(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions) == ("count", ("unrated",))


@pytest.mark.parametrize("question", ["past 48h traffic", "last 72 hours of chats", "yesterday's chats"])
def test_traffic_of_some_days_is_counted(question: str):
    assert read(question).intent == "count"


def test_asking_the_same_again_is_no_subject():
    reading = read("a chat where the customer asked the same thing twice")
    assert (reading.conditions, reading.subject) == (("repeated",), "")


@pytest.mark.parametrize(
    ("question", "limit"),
    [
        ("Two Harbor Guide sessions that scored a four or better, please", 2),
        ("three verbatims on late parcels", 3),
        ("what do people say about weather alerts? 2 quotes with ids", 2),
        ("give me four angry threads", 4),
        ("chats of users with two or more five-star sessions", None),
        ("chats from the last three weeks", None),
    ],
)
def test_how_many_are_to_be_shown(question: str, limit: int | None):
    assert read(question).limit == limit


@pytest.mark.parametrize(
    ("question", "conditions", "subject"),
    [
        ("when was the last one-star rating?", (), ""),
        ("what's the date of the earliest conversation in the data", (), ""),
        ("when did someone last ask for a human?", ("handover",), ""),
        ("when did search_docs last fail?", ("tool_failed",), ""),
        ("on which day did the topic late parcels show up for the first time?", (), ""),
    ],
)
def test_the_day_of_what_nothing_names_is_asked_for(question: str, conditions: tuple[str, ...], subject: str):
    reading = read(question)
    assert (reading.intent, reading.conditions) == ("appearance", conditions)


def test_the_start_of_failures_is_no_appearance():
    assert read("when did search_docs start failing?").intent != "appearance"


@pytest.mark.parametrize("question", ["“drove there for nothing” - who wrote that?", 'who said "you took the fee twice"?'])
def test_who_wrote_some_words_is_told_by_conversations(question: str):
    reading = read(question)
    assert (reading.intent, reading.slots.framed) == ("examples", True)


@pytest.mark.parametrize(
    "question", ["is there anyone who thanked us for the parcel? show it", "did anybody complain about towels? quote one"]
)
def test_what_is_there_is_shown(question: str):
    assert read(question).intent in ("examples", "quotes")


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("find a chat in which the agent gave wrong numbers", "gave wrong numbers"),
        ("a chat where the bot did not know the answer", "did not know the answer"),
        ("chats that were bad, two ids", ""),
    ],
)
def test_a_clause_that_tells_what_went_wrong_is_looked_for_as_a_whole(question: str, subject: str):
    assert read(question).subject == subject


def test_a_flag_is_not_what_people_talk_about():
    assert read("what do people say about weather alerts?").intent != "inbox"


@pytest.mark.parametrize("question", ["a conversation that ended with the user unsubscribing", "show me a chat that cost us a customer"])
def test_events_in_other_forms(question: str):
    assert read(question).led_to
    assert read(question).events


def test_whose_words_are_quoted_was_ranked_before():
    ranked = "*users by average sentiment*\n\n**Will Hart**: 0.2 (9 conversations), all time. Next: Maria Chen (0.1)."
    reading = read("quote them", ("who is our happiest user?", ranked))
    assert (reading.intent, [name.text for link in reading.of_kind("user") for name in link.names]) == ("quotes", ["Will Hart"])


def test_reasons_under_one_star_are_comments():
    assert read("what reasons do people put under one-star ratings?").intent == "quotes"


@pytest.mark.parametrize("question", ["give me another one like it", "a similar chat please", "one more example", "more like this one"])
def test_one_like_the_conversation_that_is_shown(question: str):
    reading = read(question, ("a conversation about refunds", SHOWN))
    assert (reading.intent, reading.slots.conversation_ids) == ("conversation_like", ("w-0042",))


@pytest.mark.parametrize("question", ["who was the last person to ask for a human?", "who is the most recent user to demand a human"])
def test_who_was_the_last_is_told_by_the_last_conversation(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions) == ("examples", ("handover",))


def test_a_number_at_the_end_is_how_many():
    assert read("some chats where people thank the bot, 2").limit == 2
    assert read("Any chance of two session ids where people could not get their claim through at Harbor Guide?").subject == (
        "could not get their claim through"
    )


@pytest.mark.parametrize(
    "question",
    ["the day we got our first five-star rating", "when did Harbor Guide get its last one-star mark?", "when was search_docs last called?"],
)
def test_the_day_of_a_mark_or_a_call(question: str):
    assert read(question).intent == "appearance"


def test_an_address_is_nothing_to_do_first():
    reading = read("one chat where people moan about the label having the wrong address")
    assert (reading.intent, reading.slots.framed) == ("examples", True)


def test_the_nastiest_thing_is_an_order_and_no_word():
    from rapport.analyst.planner.answers.conversations import of_tone

    reading = of_tone(read("what's the nastiest thing anyone wrote this month?"))
    assert (reading.bad, reading.subject, reading.limit) == (True, "", 1)


def test_thanks_that_nobody_said_are_left_out():
    from rapport.analyst.planner.answers.conversations import _of_thanks

    reading = _of_thanks(read("find me a conversation in which nobody said thanks"))
    assert (reading.subject, reading.filter()["without"]) == ("", {"text": "thanks"})


def test_verbatims_are_quotes_whatever_led_there():
    reading = read("couple of verbatims from chats where the person asked to cancel?")
    assert (reading.intent, reading.led_to, reading.limit) == ("quotes", True, 2)
    assert reading.events


@pytest.mark.parametrize("question", ["latest three complaints, with ids", "show me the 3 most recent complaints"])
def test_the_latest_complaints_are_conversations(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions, reading.limit) == ("examples", ("unhappy",), 3)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("one example for each product", "product"),
        ("a quote from every one of our assistants", "product"),
        ("show me a bad chat per model", "model"),
        ("three chats of Acme Corp", None),
    ],
)
def test_one_of_each_is_shown(question: str, kind: str | None):
    from rapport.analyst.planner.answers.samples import kind_of

    assert kind_of(read(question)) == kind


@pytest.mark.parametrize("said", ["a couple", "a couple of", "couple of", "a handful", "a handful of", "a dozen", "a few", "Three", "12"])
def test_every_number_that_is_said_is_one(said: str):
    from rapport.analyst.planner.days import number

    assert number(said) >= 2


@pytest.mark.parametrize(
    "question",
    ["which conversation has the most messages, and who was it with", "what chat ran the longest", "which session had the worst rating"],
)
def test_the_conversation_at_the_end_of_a_scale_is_shown(question: str):
    assert read(question).intent == "examples"


def test_an_answer_that_was_made_up_is_a_hallucination():
    reading = read("give me an example where the answer was made up")
    assert (reading.intent, reading.conditions) == ("examples", ("hallucination_detected",))


@pytest.mark.parametrize("question", ["who complained last about refunds?", "who asked about refunds most recently"])
def test_the_last_to_speak_of_something_is_in_a_conversation(question: str):
    reading = read(question)
    assert (reading.intent, reading.subject) == ("examples", "refunds")
