"""Which intent a question has: the exemplars' vote, cue words, and the shape of its slots, added up.

None of the three decides alone. Cue words are broad on purpose; where they and the exemplars disagree, the margin is small, and the planner
answers with what the slots say. Weights: 1 is as much as the exemplars give where they all agree.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.slots import Slots

CUES: tuple[tuple[str, str, float], ...] = (
    ("count", r"how many|how much (?:traffic|usage|activity|volume)|number of|count(?:s)? of|^count|total (?:number|count|messages?|conversations?|users?|chats?)|nr\.? of|no\.? of|how often|what (?:share|percentage|percent|proportion|fraction|portion)|percentage of|share of|headcount|tally", 0.6),
    ("count", r"how (?:was|is|were) (?:the )?(?:traffic|volume|usage)|how busy|volume (?:on|for|yesterday|today|last|this)|traffic (?:on|for|yesterday|today)", 0.5),
    ("level", r"(?:average|mean|median|overall|typical|current) (?:\w+ )?(?:rating|score|sentiment|frustration|quality|star|mood|csat|satisfaction|length)|what is the (?:rating|score|sentiment|mood|csat|satisfaction|quality)|how (?:well|badly|bad|good|happy|satisfied|unhappy|frustrated|annoyed|angry|positive|negative) (?:is|are|was|were|do|does|did)|how (?:happy|satisfied|frustrated|angry|annoyed|unhappy)|how (?:is|are|was|were) .{0,40}(?:rated|scoring)|(?:rating|score|stars|sentiment|mood|csat|frustration|quality) (?:of|for|on|in)\b|what do the (?:stars|ratings)", 0.35),
    ("ranking", r"who (?:is|are|was|has|had|have|gave|wrote|sent|talked|talks|chats|chatted|complain\w*|uses?|used|gets?|rated|rates)\b.{0,60}(?:most|least|worst|best|highest|lowest|more than anyone|\w+est\b)|(?:which|what|name|list|show|top|give) .{0,50}(?:\bmost\b|\bleast\b|\w{3,}iest\b|worst|best|highest|lowest|fewest|biggest|busiest)|\brank(?:ed|ing)?\b|\btop \d+|bottom \d+|leaderboard|(?:the )?(?:most|least) \w+ (?:users?|customers?|person|people|accounts?|organizations?|companies|products?|models?|tools?|clients?)|chattiest|happiest|unhappiest|angriest|busiest|number one|most active|^top\b|^worst\b|^best\b", 0.5),
    ("compare", r"\bvs\b|\bversus\b|compar(?:e|ed|ing|ison)|side by side|differ(?:ence|s|ent)? between|against each other|next to|stack up|better or worse|(?:better|worse|happier|higher|lower|more|less|unhappier|angrier|busier) \w* ?(?:\w+ )?than|head to head|which (?:one )?(?:is|of|does) .{0,40}(?:better|worse|higher|lower)|\bor\b.{0,30}\?$|face off|contrast", 0.5),
    ("breakdown", r"break ?down|broken down|split (?:by|of|across|per|the)|\bby (?:product|plan|model|user|organization|company|account|country|region|day|week|month|language|topic|tool|segment|tier|industry|channel|emotion|weekday|hour|version)\b|\bper (?:product|plan|model|user|organization|company|account|country|region|language|topic|tool|segment|tier|industry|channel|assistant|bot|hour|weekday)\b|for each|each (?:product|model|plan|of the|of our)|across (?:all )?(?:the )?(?:products|plans|models|countries|organizations|accounts|languages|segments)|distribut(?:ion|ed)|slice|spread|group(?:ed)? by|segment(?:ed)? by|histogram|divided by|in every", 0.6),
    ("trend", r"trend|over time|develop(?:ed|ment|ing)?|evol(?:ve|ved|ving|ution)|(?:is|are|has|have|was|were|been) .{0,40}(?:going (?:up|down)|rising|falling|growing|declining|improving|increasing|decreasing|dropping|getting (?:better|worse)|climbing|shrinking|trending)|day by day|week by week|month by month|per (?:day|week|month)\b|(?:daily|weekly|monthly)\b|each (?:day|week|month)|curve|trajectory|(?:go|went|gone|moved?|risen|fallen|dropped|grown|improved|declined|changed?) (?:up|down)? ?since|timeline|week over week|month over month|by (?:day|week|month)\b|direction|up or down|time series|progress", 0.55),
    ("change", r"what(?: has| is)? (?:changed|different|new|moved)|changed? (?:since|after|between|from|this|last|in|for)|anything (?:changed|new|different)|before and after|(?:this|last) (?:week|month) (?:vs|versus|compared|against)|compared (?:to|with) (?:the )?(?:last|previous|prior|week|month|yesterday)|what happened (?:to|after|since)|after the (?:release|update|launch|change)|(?:this|last) \w+ (?:vs|versus|against) (?:the )?(?:last|previous|one before|this|prior)|week over week|difference (?:from|to|since)|shift(?:ed|s)?\b", 0.45),
    ("why", r"\bwhy\b|reasons? (?:for|behind|that|of)|what (?:is|are|was|were) (?:behind|causing|driving|dragging|pulling|making|hurting)|what (?:causes?|caused|drives?|drove|explains?|makes?|made|pulls?|drags?)|root cause|because of what|\bhow come\b|driver|cause of|due to what|explain|to blame|responsible for|correlat|what do .{0,40}have in common|factor", 0.65),
    ("top_topics", r"topics?\b|themes?\b|subjects?\b|keywords?|what (?:are|do|did|were|was|is) .{0,50}(?:asking|ask|talking|talk|talked|asked|chatting|writing|wondering|discussing|discuss) ?(?:about|for|us)?|what (?:people|users|customers|they|everyone) (?:ask|talk|want|discuss|write|chat)|talk(?:ing|ed)? about|ask(?:ing|ed)? (?:about|for|us)|most common (?:questions?|requests?|topics?|issues?)|frequent(?:ly)? (?:asked|questions?)|use cases|what .{0,30}(?:want|need)s? (?:from|most|help)|contact us about|faq", 0.45),
    ("complaints", r"complain\w*|pain ?points?|gripes?|grievance|problems? (?:do|did|does|are|have|of|with|users|people|customers|that)|what .{0,40}(?:unhappy|angry|annoyed|upset|frustrated|dissatisfied|hate|dislike|annoys|bothers?|bugs?|bothering|frustrates?|upsets?|irritates?|moaning|struggl\w+)|issues? (?:do|did|are|have|of|with|users|people|customers|that|reported)|negative feedback|moan|whin|rant|what goes wrong|what went wrong|trouble", 0.55),
    ("tool_failures", r"(?:tools?|functions?|integrations?|api calls?|calls?|connectors?|plugins?|apis?)\b.{0,40}(?:fail\w*|break\w*|broke\w*|error\w*|crash\w*|unreliable|reliable|time ?outs?|timed out|flaky|wrong|down|problems?|issues?)|(?:fail\w*|broken|breaking|erroring|flaky|crash\w*|unreliable|error) (?:\w+ )?(?:tools?|functions?|integrations?|calls?|connectors?)|failure rates?|error rates?|tool (?:failures?|errors?|problems?|health|reliability)|timeouts?|error messages?", 0.7),
    ("examples", r"(?:show|list|find|give|get|pull|fetch|see|need|want|send|search|open|look up|surface|any|point me|dig up|bring up) .{0,40}(?:conversations?|chats?|dialog\w*|transcripts?|examples?|sessions?|interactions?|instances?|threads?|cases?|ids?)\b|examples? (?:of|where|with|please|for)|for example|conversations? (?:where|in which|with|that|about|mentioning|rated)|(?:conversation|transcript|chat|interaction) ids?|which (?:conversations?|chats?|dialogues?|sessions?)|search (?:for )?|where can i (?:see|read)", 0.5),
    ("quotes", r"quot(?:e|es|ed|ation|ing)|verbatims?|exact words|in their own words|literally|what (?:exactly )?(?:did|do|does|are|have|has) .{0,40}(?:say|said|saying|write|wrote|comment)|testimonials?|voice of|word for word|cite|people saying|comments?|own words|feedback text|said about|say about", 0.6),
    ("conversation_detail", r"(?:walk me through|what happened in|summar\w+|details? (?:of|on|for|about)|tell me about|show me|open|transcript of|what was said in|read|look at|explain|outcome of|analy[sz]\w+|sentiment of|how did) .{0,30}xid|(?:conversation|chat|interaction|session|dialogue|thread|transcript) xid|^xid", 0.8),
    ("user_profile", r"(?:tell me (?:about|everything)|profile|history|brief me on|how (?:is|are|was) xname (?:doing|feeling|getting)|what (?:is|about) (?:the )?(?:story|deal|situation|history|status) (?:with|of)|who is|look up|everything (?:we know |you know )?(?:about|on)|status of|background on|what (?:is|has) (?:going on|been going on|been happening|happening) (?:at|with|for)|how are things (?:at|with)|rundown on|what do we know|info on|overview of (?:user|customer|xname)|know about)\b", 0.4),
    ("at_risk", r"at risk|(?:might|may|could|about to|likely to|going to|close to|will|gonna) (?:leave|churn|cancel|quit|lose|go)|churn risk|churning|in danger|needs? (?:attention|love|help|a call|care)|(?:lose|losing) (?:some|any|which|who|them|customers?|accounts?|users?|next|soon)?|worr(?:y|ied|ying) about|in trouble|reach out|call first|save|rescue|flight risk|unhappy accounts|red flags?|keep an eye|slipping|risky (?:accounts?|customers?|users?)|on the brink|warning signs", 0.6),
    ("outcomes", r"churn(?:ed)?\b|cancel\w*|upgrad\w*|downgrad\w*|purchas\w*|revenue|conver(?:sion|ted|t)\b|signed up|sign ?ups?|subscri\w+|unsubscri\w+|business events?|events?\b|renew\w*|bought|sales?\b|booked|refund(?:s|ed)? (?:granted|issued|events?)|left us|money|spent|paid|deals?\b|trial|checkout|orders? placed", 0.5),
    ("recommend", r"what (?:should|shall|can|could|ought|must|do) (?:we|i|you|to)\b.{0,30}(?:do|fix|improve|build|prioriti\w+|focus|change|work|tackle|address|suggest|recommend|start|add|ship|first|next)|recommend\w*|suggest(?:ion|ions)?|advi[cs]e|priorit\w+|next steps?|how (?:can|could|do|should|might|to) (?:we |i )?(?:improve|fix|raise|reduce|lower|increase|get|make|help|boost|cut)|improve\w*|low hanging|quick wins?|action items?|where (?:do|should|to) (?:we |i )?(?:start|focus|begin)|most valuable|worth fixing|fix first|focus on|biggest lever|what to (?:do|fix|build|improve)|to ?do list|missing knowledge|missing from", 0.6),
    ("summary", r"summar(?:y|ize|ise)|overview|briefing|brief me|report\b|recap|digest|how (?:are|is|were|was|did|have) (?:things|it|we|everything|business|the (?:last|past|week|month|day|weekend|assistant|bot|product)|last|this|yesterday|today|xname)|state of|what is (?:up|going on|happening|new)|catch me up|fill me in|update me|tl ?dr|rundown|big picture|stand ?up|key (?:takeaways|numbers|figures|metrics)|at a glance|highlights|status|what did i miss|health check|in a nutshell|headlines?|dashboard|kpis?", 0.5),
    ("anomalies", r"anomal\w+|unusual|spikes?|outliers?|strange|weird|odd\b|abnormal|sudden\w*|out of the ordinary|irregular\w*|surpris\w+|unexpected|suspicious|stand(?:s|ing)? out|stood out|exceptional\w*|out of nowhere|drops? (?:in|off)|anything (?:off|wrong|funny|fishy)|jumps?\b|dips?\b|peaks?\b|something (?:off|wrong)", 0.6),
    ("list_entities", r"(?:list|which|what|name|show|enumerate|give me) (?:all )?(?:of )?(?:the |our |my |me )?(?:\w+ )?(?:products?|models?|organi[sz]ations?|accounts?|companies|users?|plans?|tools?|segments?|event types?|assistants?|bots?|languages?|countries|prompts?|topics?|customers|industries|people)\b(?: (?:do we have|are there|exist|we have|do you (?:know|have|see)|are (?:in use|logged|live|used|we|our|on)|have we|is there|names?|in use|you know))|(?:do|are) (?:we have|there) (?:any )?(?:segments?|products?|models?|tools?|organi[sz]ations?)|^(?:list|enumerate|name) (?:all )?(?:the |our )?(?:\w+ )?(?:products?|models?|organi[sz]ations?|accounts?|users|plans?|tools?|segments?|event types?|customers|people)\b", 0.6),
    ("prompt_versions", r"prompts?\b|(?:prompt|system prompt) versions?|\bv\d+\b|versions?\b", 0.6),
    ("ticket_draft", r"(?:draft|write|prepare|compose|open|file|raise|log|create|make|put|turn|cut|spin|add|need|start|get) .{0,40}(?:tickets?|issues?|bug reports?|jira|linear|github|story|task)\b|ticket (?:for|about|on|out of|from)|bug report|(?:file|report|log) (?:a |the |this )?(?:bug|it)|write .{0,12}up|ticket it|into a ticket", 0.8),
    ("ticket_create", r"create ?ticket\b|^(?:yes|yep|yeah|ok|okay|sure|fine|good|perfect|great|looks? good|lgtm|go ahead|do it|please do|confirm\w*|approved?|ship it|submit|send it|file it|create it|that is (?:fine|good|right|ok))\b.{0,80}(?:create|file|submit|go ahead|send|open|do it|ticket|ship|log)|(?:create|file|submit|open|ship|log|push|send) (?:it|this|that|the (?:draft|ticket|issue))(?: now| please| as (?:is|drafted))?$|go ahead|use the draft|as drafted|confirm(?:ed)?\b|final payload|with (?:this|the) payload|lgtm|looks good|approved?\b", 0.8),
    ("segment_create", r"(?:create|make|build|define|set up|new|save|add|start|form|put together|group) .{0,30}(?:segments?|cohorts?|audiences?|groups?\b|lists? of (?:users|people|customers))|segment (?:of|for|from|where|with)|cohort (?:of|for|from|where|with)|^segment\b", 0.9),
    ("inbox", r"inbox|flagged|flags?\b|jailbreak\w*|prompt injection|hallucinat\w*|toxic\w*|abus(?:e|ive)|safety|review queue|needs? (?:my )?review|to review|alerts?\b|warnings?\b|guardrails?|risky conversations|violations?|unsafe|swear(?:s|ing|word\w*)?(?! (?:blind|that|by|up|on|to|it|he|she|they|we)\b)|offensive|insult\w*|biased|made (?:things|stuff) up|policy", 0.7),
    ("definition", r"what (?:does|do) .{0,40}mean|definition|define\b(?! a)|meaning of|how (?:is|are|do you|does|did you|was) .{0,40}(?:computed|calculated|measured?|calculate|compute|determined?|defined|derived|work out|get|know)|what is (?:a |an |the )?(?:quality index|cqi|frustration score|sentiment score|struggle|commercial intent|topic group|sentiment|frustration|rating|csat|resolution rate|nps|segment|index)\??$|what counts as|where (?:does|do) .{0,30}come from|formula|on what basis|scale|when is a|range of|explain (?:the )?(?:metric|score|index)|stand for|based on what", 0.7),
    ("help", r"what can (?:you|i) (?:do|ask|answer|help|tell)|help\b$|^help\b|how do (?:you|i) (?:work|use|ask)|what (?:do|are) you (?:do|know|good|able|capable)|your (?:capabilities|features|abilities)|which questions|who are you|how does this work|can you (?:help|compare|do|understand|speak)|do you (?:understand|speak|know how|have access)|getting started|instructions for use|examples? of questions", 0.6),
    ("follow_up", r"^(?:and|but|or|also|what about|how about|only|just|same|why\??$|now|ok and|then|instead|without|excluding|the (?:second|first|third|last|other|next|previous|day|week|month)|that|those|them|him|her|it|one day|a (?:day|week)|and (?:for|in|on|last|this|the)|which one|who else|what else|anything else|more|again|any others?|others|compared to|narrow|drop|ignore|limit|filter|by |per |for |in |on |not )\b|\b(?:them|those|that one|these|him|that user|that account|that day|that product|the same|instead)\b|^\w+(?: \w+){0,2}\?$", 0.4),
    ("smalltalk", r"^(?:hi|hello|hey|yo|thanks?|thank you|thx|cheers|good (?:morning|evening|afternoon|night)|bye|goodbye|see you|great|nice|cool|awesome|wow|perfect|ok|okay|danke|merci|gracias|lol|haha|well done|good job|ciao|hola|appreciate|amazing|brilliant|excellent|love it|sweet|thats? (?:great|nice|all|helpful)|that is (?:great|nice|all|helpful)|no thanks|got it|never ?mind|how are you)\b.{0,40}$|how are you|appreciate it", 0.7),
    ("refuse_write", r"\b(?:delete|remove|erase|wipe|purge|drop|reset|refund|update|edit|modify|rename|overwrite|change (?:the|my|our|his|her|their|all|user|every|a)|set (?:the|all|his|her|every|up a webhook|my|our)|disable|enable|deactivate|activate|turn (?:off|on)|switch (?:off|on|to|the)|block|ban|suspend|cancel (?:the|my|his|her|their|all|every|our|that|this)|e-?mail|send (?:an?|the|him|her|them|out|all|every|this)|notify|message (?:the|all|him|her|them|every)|call (?:the|him|her|them)\b|reply|respond to|invite|add (?:a|an|the|new|user|me|him) (?!ticket|segment)|give (?:all|every|each|him|her|them|the (?:user|customer)) .{0,20}(?:discount|voucher|credit|refund|access|admin|euro|dollar)|grant|revoke|promote|roll ?back|deploy|restart|reboot|upgrade (?:the|my|our|him|her|all|user|every)|downgrade (?:the|my|our|him|her|all)|import|upload|merge|archive|assign|book|schedule|insert|truncate|alter|charge|pay|transfer|apologi[sz]e|mark (?:all|the|every|it|this)|close (?:the|all|every|my)|publish|unsubscribe (?:the|him|her|all|me)|anonymi[sz]e)\b", 0.45),
    ("refuse_out_of_scope", r"weather|poem|joke|recipe|capital of|president|translate|stock price|bitcoin|football|soccer|world cup|movie|song|sing|story about|python (?:function|script|code|program)|write (?:me )?(?:a |an |some )?(?:code|function|script|program|poem|essay|haiku|story|song|email|letter|blog)|solve|equation|integral|square root|\d+ ?[*x+/] ?\d+|meaning of life|horoscope|news\b|politic|religion|hamlet|shakespeare|planet|moon|everest|einstein|history of|who (?:wrote|invented|won|discovered|painted)|homework|dinner|cook|restaurant|flight to|tallest|largest country|how (?:tall|far|old|deep|heavy) is|distance|translate|favou?rite (?:color|colour|food|movie)|are you (?:human|sentient|alive|real|conscious)|love me|marry|lottery", 0.6),
    ("refuse_secret", r"api[ _-]?keys?|secrets?\b|passwords?|credentials?|tokens? of|access tokens?|system prompt|your (?:instructions?|prompt|rules|guidelines|configuration)|other tenants?|(?:another|different|other|every|all) (?:tenant|customer'?s? data|workspace)s?|tenants?\b|ignore (?:all |any |the |your |previous |prior )+|disregard|developer mode|jailbroken|pretend (?:you|to)|select \*|select .{1,40} from|drop table|database (?:schema|dump|password|url|connection)|raw (?:sql|database|table)|\bsql\b|env(?:ironment)? variables?|\.env|connection string|dump (?:the|all|your)|reveal|bypass|root access|admin (?:access|rights|password)|private key|ssh", 0.6),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What the slots say about the kind of answer, whatever the words: counted by `slots`."""

    metrics: int = 0
    counts: bool = False
    dimension: bool = False
    extreme: bool = False
    names: int = 0
    people: int = 0
    periods: int = 0
    over: bool = False
    bad: bool = False
    ids: int = 0
    events: bool = False
    limit: bool = False
    words: int = 0


def shape(slots: Slots) -> Shape:
    """The slots as counts for the vote."""
    metrics = [name for name in slots.metrics if name not in lexicon.COUNTS]
    dimensions = [name for name in slots.dimensions if name != "conversation"]
    asked = [link for link in slots.links if not link.negated]
    same = max((sum(1 for link in asked if link.kind == kind) for kind in {link.kind for link in asked}), default=0)
    return Shape(
        metrics=len(metrics),
        counts=any(name in lexicon.COUNTS for name in slots.metrics),
        dimension=bool(dimensions),
        extreme=bool(slots.values("extreme") or slots.values("order")),
        names=same,
        people=sum(1 for link in asked if link.kind in ("user", "organization")),
        periods=len(slots.periods),
        over=any(mention.kind == "over" for mention in slots.dates),
        bad="bad" in slots.values("polarity"),
        ids=len(slots.conversation_ids),
        events=bool(slots.values("event") or slots.of_kind("event_type")),
        limit=slots.limit is not None,
        words=len(slots.words),
    )


@cache
def _compiled() -> tuple[tuple[str, re.Pattern, float], ...]:
    return tuple((intent, re.compile(rf"(?<![\w])(?:{pattern})(?![\w])", re.I), weight) for intent, pattern, weight in CUES)


def cues(wording: str) -> dict[str, float]:
    """Intent to the weight of its cue words in a masked wording."""
    found: dict[str, float] = defaultdict(float)
    for intent, pattern, weight in _compiled():
        if pattern.search(wording):
            found[intent] = max(found[intent], weight) + (0.1 if found[intent] else 0.0)
    return found


def shapes(shape: Shape) -> dict[str, float]:
    """Intent to what the slots speak for."""
    found: dict[str, float] = defaultdict(float)
    if shape.ids:
        found["conversation_detail"] += 0.4
    if shape.over or shape.periods >= 2:
        found["change"] += 0.35
        found["compare"] += 0.15
    if shape.names >= 2:
        found["compare"] += 0.3
    if shape.dimension and shape.extreme:
        found["ranking"] += 0.35
    elif shape.dimension and shape.metrics and shape.limit:
        found["ranking"] += 0.2
    if shape.metrics and not shape.counts and not shape.dimension:
        found["level"] += 0.2
    if shape.people == 1 and not shape.metrics:
        found["user_profile"] += 0.25
    if shape.events:
        found["outcomes"] += 0.15
    if shape.bad and not shape.metrics:
        found["complaints"] += 0.1
    if shape.words <= 3:
        found["follow_up"] += 0.1
    return found


def decide(votes: Mapping[str, float], wording: str, shape: Shape) -> list[tuple[str, float]]:
    """Intents with their scores, best first: exemplars + cues + shape."""
    total: dict[str, float] = defaultdict(float)
    for part in (votes, cues(wording), shapes(shape)):
        for intent, score in part.items():
            total[intent] += score
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))
