"""What is asked of the world outside the logged conversations: general knowledge, advice, texts and programs to order.

Talk of such things in the conversations is the tenant's own data ("how often did visitors mention the weather?").
"""

import re

from rapport.analyst.planner.slots import Slots

TALKED = (
    r"conversations?|chats?|dialogues?|sessions?|threads?|transcripts?|interactions?|mention\w*|complain\w*|quotes?|talk(?:s|ed|ing)?|typed|wrote|said|says?|saying|verbatim|word for word|asked|asking|asks|people ask|users ask|customers ask|"
    r"(?:want|wants|wanted|wish\w*|demand\w*) to|come up|came up|topics?|themes?|complaints?|tickets?|segments?|feedback|how (?:many|often)|ratings?|rated|csat"
)
_SCIENCE = r"(?:today|yesterday|tonight|this (?:week|morning))['’]s news|the (?:latest |world )?news(?! about| on| of)|people live in|opening hours of the|distance (?:between|from|to)|how far is|what time is it|the time in|aliens|quantum|physics|chemistry|biology|astronomy|theorem|calculus|algebra|philosoph\w+|capital (?:city )?of|population of|history of|revolution|world war|roman empire|planets?|moon landing|mount \w+|highest mountain|dinosaurs?|photosynthesis|black holes?|relativity|evolution of (?:man|species)"
_OF_THE_SCREEN = r"how (?:do|can|could|would|should|to) (?:i |we |you |one )?(?:get to|get into|find|open|log ?in\w*|sign in|change|reset|update|access|connect|configure|set up|install|export|import|invite|add|enable|disable|switch)\b[^.?!]{0,40}\b(?:pages?|settings?|dashboard|password|profile|menu|button|tab|screen|api|webhooks?|sdk|members?|teammates?|login|billing|slack|csv|dark mode)"
_LEISURE = r"weather|raining|rain|snow|sunny|umbrella|temperature outside|hotels?|restaurants?|holiday destination|vacation|flights? to|train to|taxi|museum|sightseeing|football|soccer|basketball|baseball|rugby|cricket|tennis|world cup|olympics|(?:champions|premier|europa|national) league|la liga|bundesliga|serie a|super ?bowl|world series|stanley cup|wimbledon|grand prix|formula (?:1|one)|tour de france|oscars?|grammys?|eurovision|(?:general |presidential |next )election|movies?|films?|netflix|novels?|singers?|lyrics|hamlet|shakespeare|horoscope|zodiac|star sign|puppy|kitten|my (?:dog|cat|wife|husband|mother|father|son|daughter|mum|mom|dad|garden|car|girlfriend|boyfriend|baby)"
_MONEY = r"stock exchange|programming languages?|bitcoin|crypto\w*|stock (?:price|market|tip)s?|stocks|share price|bonds|my savings|mortgage|exchange rate|dollar|lottery|inflation rate|interest rates?|income tax"
_BODY = r"headache|my diet|lose weight|workout|symptoms?|vitamins?|calories|doctor|medicine|boil an? \w+|recipes?|bake|cook(?:ing)?"
_OF_A_FIRM = r"(?:ceo|cfo|cto|managing director|founders?|chair(?:man|woman)|president|prime minister|chancellor|king|queen|mayor|head office|headquarters|headquartered|stock price|share price|net worth|market cap\w*|tax id|legal form|competitors?|rivals)"
_OF_A_PERSON = r"where did (?:he|she|they) (?:study|grow up|go to school)|when was .{2,30} born|how (?:old|tall) is|birthday|married|hobb(?:y|ies)|favou?rite (?:food|colou?r|film|movie|band|song|football)"
_AGAINST = r"(?:public|industry|academic|maths?|coding|reasoning) (?:\w+ )?benchmarks?|(?:our|the) (?:competitors?|competition|rivals?)['’]?s? (?:\w+ ){0,3}(?:cost|charge|price|do|offer|score|rated?|use)|(?:competitors?|rivals?)['’]? (?:\w+ ){0,2}(?:cost|prices?|pricing|assistants?|bots?|products?)|industry (?:average|standard|norm)|market (?:share|leader|price)|according to (?:google|wikipedia|the press|the news)|on (?:wikipedia|google|twitter|reddit|the internet|the web)"
_ASKS_ADVICE = r"(?:should|shall) i (?:put|invest|buy|sell|eat|wear|marry|study|learn|vote|travel|visit|date|rent)|(?:which|what) \w+ (?:should|shall|could|do) i (?:buy|get my|wear|eat|watch|cook|drink|visit)|what (?:should|shall|could) i (?:eat|wear|cook|buy|watch|drink)|plan (?:me |us )?an? (?:[\w-]+ )?(?:trip|holiday|party|wedding|journey|weekend)|tips for (?:an?|my) |(?:recommend|suggest) (?:me |us )?(?:an?|some|any) (?:good |nice |cheap )?(?:hotel|book|film|movie|restaurant|laptop|phone|car|place|present|gift|wine|song|band|game|course|tool for|library|framework)"
_TEXTS = r"(?:poems?|poetry|haikus?|limericks?|sonnets?|jokes?|riddles?|puns?|lyrics|essays?|fairy tales?|bedtime stor(?:y|ies)|novel|toast|birthday (?:greeting|card|wish\w*|speech)|love letter|cover letter|cv|r[eé]sum[eé]|wedding speech|speech|slogans?|taglines?|tweets?|press release|blog post|crossword|quiz|tongue.twister)"
_ORDERED = rf"(?:write|knock up|knock out|dash off|whip up|rustle up|cook up|toss off|throw together|draft|pen|improvise|compose|tell|give|make|make up|sing|invent|create|come up with|think up|think of|do|know|need|want|have|recite|rhyme|generate) (?:me |us |up )?(?:an?|the|some|any|another|one|two|three|your best|your favou?rite|\d+)? ?(?:\w+ ){{0,3}}{_TEXTS}"
_CODE = r"(?:show|give|write|need|want|explain|fix|debug|run|review|optimi[sz]e|refactor|complete|help (?:me )?with|generate|print|send) (?:me |us |my |this |the |an? |some )*(?:\w+ ){0,3}(?:python|javascript|typescript|java|rust|golang|bash|perl|ruby|php|haskell|sorting function|html|css|regex\w*|regular expression|algorithm|for[- ]loop|shell script|unit test|source code|function that|one-liner|snippet of code|code (?:that|to|for|which|snippet))|^\W*(?:some )?(?:python|javascript|typescript|golang|bash|perl|php|haskell)\b|in (?:python|javascript|typescript|java|rust|golang|bash|perl|ruby|php)\b"
_WORDS = r"^\W*i(?:['’]m| am| feel)(?: so| very| really)? (?:sad|bored|lonely|tired|hungry|happy|ill|sick|depressed)\b|^\W*(?:please |can you |could you )?(?:translate|pronounce|spell|conjugate|paraphrase|proofread|rhyme)\b|synonyms? (?:for|of)|how do (?:you|i) (?:say|spell|pronounce)|what does .{1,30} mean in (?:english|french|spanish|german|latin)|plot of|(?:as if|like) (?:i(?:['’]m| am| were| was)?|to) (?:an? )?(?:child|kid|five|toddler|beginner|\w+ year old)|meaning of life|names? for (?:my|our|an?) (?!products?|segments?|tickets?|topics?)\w+"
_ALWAYS = re.compile(rf"(?<!\w)(?:{_ORDERED}|{_CODE}|{_WORDS}|{_OF_THE_SCREEN}|{_ASKS_ADVICE})(?!\w)", re.I)
_OF_NAMES = re.compile(rf"(?<!\w)(?:(?:who|what|where|which|how|when)\b.{{0,40}}\b(?:{_OF_A_FIRM}|{_OF_A_PERSON}))(?!\w)", re.I)
_OUTSIDE = re.compile(rf"(?<!\w)(?:{_AGAINST})(?!\w)", re.I)
_WORLD = re.compile(rf"(?<!\w)(?:{_SCIENCE}|{_LEISURE}|{_MONEY}|{_BODY})(?!\w)", re.I)


def elsewhere(slots: Slots) -> bool:
    """Whether a question asks for what no conversation that is logged can tell."""
    text = slots.text
    if (
        slots.says(TALKED)
        or slots.of_kind("topic", "topic_group")
        or slots.conversation_ids
        or (slots.quoted and not re.match(r"\W*(?:please |can you |could you )?translate\b", text, re.I))
    ):
        return bool(_OUTSIDE.search(text)) and not slots.says(r"mention\w*|complain\w*|quotes?|talk\w*|about|asked|how (?:many|often)")
    if _ALWAYS.search(text) or _OUTSIDE.search(text) or _OF_NAMES.search(text):
        return True
    if is_shopping(slots) and not slots.metrics:
        return True
    if slots.metrics or slots.values("extreme") or slots.values("order") or slots.events_said:
        return False
    return bool(_WORLD.search(text)) or _teaches(slots)


_WHERE_TO = re.compile(
    r"\bwhere(?:['’]s| is| are)? (?:(?:can|could|do|does|should|might|would|to|the best place to)\b ?(?:i|one|you|we|someone)? ?(?:best )?(?:get|buy|eat|drink|find|order|rent|dine|stay|book|park|learn|watch|see|go)\b)",
    re.I,
)


def is_shopping(slots: Slots) -> bool:
    """ "Where can I buy a good bike?": where something is to be had that has to do with no word of this tenant's data."""
    return bool(_WHERE_TO.search(slots.text) and slots.strange) and not (slots.links or slots.languages or slots.periods)


_HOW_TO = re.compile(r"\bhow (?:do|does|can|should|would|to) (?:i|you|one|we|people)?\b", re.I)


def _teaches(slots: Slots) -> bool:
    """ "How do I water a fern?": how something is done that has to do with no word of this tenant's data."""
    match = _HOW_TO.search(slots.text)
    if not match:
        return False
    end = re.compile(r"[.?!]|$").search(slots.text, match.end())
    inside = slots.text[match.end() : end.start() if end else None]
    strange = [word for word in slots.strange if word in inside]
    named = [link for link in slots.links if match.start() <= link.start < match.end() + len(inside)]
    return (
        bool(strange)
        and not named
        and not slots.says(r"improve|reduce|raise|lower|increase|fix|win|keep|make .{0,20}(?:better|happier)|best serve")
    )
