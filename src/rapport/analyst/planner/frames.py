"""Words that say what is looked for in conversations: what follows "about", "complain of", "people say that"."""

import re

FRAME = re.compile(
    r"\b(?:about(?!\s+(?:\d|an?\s+(?:dozen|hundred|thousand|week|month|day|year|hour|quarter|half|third|fifth|couple|few|lot|bit)\b|one\b|two\b|three\b|four\b|five\b|six\b|ten\b|half\b))|regarding|mention(?:s|ed|ing)?|concerning|dealing with|deals? with|dealt with|br(?:ing|ings|ought|inging) up|related to|relating to|involving|(?:on|in) (?:the )?(?:subject|topic|matter|question|theme|issue)s? of|to do with|(?:evidence|proof|prov(?:e|es|ing)|illustrat(?:e|es|ing)|demonstrat(?:e|es|ing)) (?:that|of|for)|discuss(?:es|ed|ing)?|talk(?:s|ed|ing)? of|ask(?:s|ed|ing)? for|contain(?:s|ing)?|"
    r"complain(?:s|ed|ing)?\s+(?:about|of|that)|(?:grumbl|moan|grip|whin|rant|grous|protest|worr|fuss|fret|bicker|quarrel)\w*\s+(?:about|over|at|because of)|(?:troubles?|problems?|issues?|difficult(?:y|ies)|hassles?|struggl\w+|questions?|worr(?:y|ies)|concerns?|hiccups?|bother)\s+(?:with|about|over|around|regarding|concerning)|(?:quotes?|feedback|comments?|opinions?|complaints?|verbatims?|voices|views|thoughts) (?:on|around|over)|the word|the phrase|the words|(?:topic|subject|theme|matter|keyword)s?(?=\s?[:=])|whose|where|who|that|(?:think|thought|make|made|thinking|say|said) (?:of|to)(?= (?:the|our|its|their|this|that)\b)|(?:feel|felt|feels|feelings?) (?:about|towards?)|because of|due to|with|had|having|keeps?|on|of|saying|says?|said|for|over|around(?!\s+\d))\b|"
    r"\b(?:people|users?|customers?|clients?|folks?|visitors?|buyers?|shoppers?|students?|learners?|teachers?|members?|they|any(?:one|body)|some(?:one|body)|who|that) (?:\w+ed |ever |actually |also )?(?:say|says|said|claim|claims|claimed|report|reports|reported|swear|swore|insist|insists|insisted|state|states|stated|wrote|write|writes|told us|tell us|tells us|think|thinks|thought|felt|feel|feels|(?:grumbl|moan|grip|whin|rant|grous|protest|swear|argu|fum|lament|rag|bemoan|object|warn|fear|worr|hint|stress)\w* that)(?: that)?(?= (?!about\b|more\b|less\b|most\b|the most\b|in\b|to\b|on\b|at\b|over\b|of\b|for\b|since\b|during\b|last\b|this\b|us\b|before\b|after\b|when\b|while\b|as\b|once\b|if\b|by\b|with\b|how\b|what\b|so\b|and\b|or\b))",
    re.I,
)  # fmt: skip

STRONG = re.compile(
    r"^(?:about|regarding|evidence|proof|prov|illustrat|demonstrat|around|mention|concerning|deal|br|relat|involving|(?:on|in) (?:the )?(?:subject|topic|matter|question|theme|issue)|to do|discuss|talk|ask|contain|complain|quotes?|feedback|comments?|opinions?|verbatims?|voices|views|thoughts|the word|the phrase|grumbl|moan|grip|whin|rant|grous|protest|worr|fuss|fret|bicker|quarrel|trouble|problem|issue|difficult|hassle|struggl|question|concern|hiccup|bother|topic|subject|theme|matter|keyword|whose|because|due|think|thought|make|made|feel|felt|(?:people|users?|customers?|clients?|folks?|visitors?|buyers?|shoppers?|students?|learners?|teachers?|members?|they|any|some|who|that) )",
    re.I,
)

APART = re.compile(r"[?!;]|\s[–—-]+\s|\.\s|\w,?\s+(?:which|that|who|whom|so|but|when|while|during)\s", re.I)
"""What ends that which a frame holds: "about opening hours which earned five stars"."""
