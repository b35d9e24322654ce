"""What the seven analytics endpoints answer, as documented: keys that are always there, and those that may be absent."""

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

Priority = Literal["high", "medium", "low"]


class Labelled(TypedDict):
    """`label` is `unknown` and `score` 0 where nothing was measured yet."""

    label: str
    score: float


class Intent(TypedDict):
    primarySignal: str
    score: float


class Counted(TypedDict):
    name: str
    count: int


class Share(TypedDict):
    """`percentage` 0..100 of the analysed conversations."""

    total: int
    percentage: float


class Pillars(TypedDict):
    """0..1 each, higher is better for all four."""

    friction: float
    growth: float
    safety: float
    satisfaction: float


class Distributions(TypedDict):
    """Conversations by label, by rating 1..5, and by quality index in ten bins (`0` is 0.0 to 0.1)."""

    sentiment: dict[str, int]
    frustration: dict[str, int]
    struggle: dict[str, int]
    rating: dict[str, int]
    quality: dict[str, int]


class Flags(TypedDict):
    hallucinationCount: Share
    jailbreakCount: Share
    modelBiasCount: Share
    modelToxicityCount: Share
    userBiasCount: Share
    userToxicityCount: Share


class Judged(TypedDict):
    """Whether a language model judged this conversation. `status` other than `done` says why the embedded values stand."""

    mode: str
    status: str
    model: str | None
    reason: str | None


class CustomQuote(TypedDict):
    text: str
    messageId: str
    role: str


class CustomFinding(TypedDict):
    """What a custom analysis of the product found. `status` is its result, or why there is none."""

    customAnalysisId: str
    name: str
    kind: str
    severity: int
    status: str
    confidence: float | None
    reasoning: str
    quotes: list[CustomQuote]
    droppedQuotes: int
    model: str | None
    evaluatedAt: str | None


class InteractionAnalytics(TypedDict):
    averageUserSentiment: Labelled
    changeInUserSentiment: Labelled
    commercialIntent: Intent
    conversationQualityIndex: float | None
    frustration: Labelled
    messageCount: int
    mostCommonUserEmotion: str
    rating: float | None
    struggle: Labelled
    summary: str
    topic: str
    keywords: NotRequired[list[str]]
    pillarScores: NotRequired[dict[str, float]]
    flags: NotRequired[list[str]]
    rootCause: NotRequired[str | None]
    language: NotRequired[str | None]
    evidence: NotRequired[list[dict[str, Any]]]
    sources: dict[str, Literal["embedded", "model"]]
    judgement: Judged
    customAnalyses: list[CustomFinding]


class Averages(TypedDict):
    averageChangeInUserSentiment: Labelled
    averageCommercialIntent: Labelled
    averageFrustration: Labelled
    averageStruggle: Labelled
    averageUserSentiment: Labelled
    averageConversationQualityIndex: float | None
    averageConversationRating: float | None
    totalConversations: int
    distributions: NotRequired[Distributions]


class BehavioralPattern(TypedDict):
    pattern: str
    frequency: Literal["recurring", "occasional", "rare"]
    evidence: str


class Engagement(TypedDict):
    level: Literal["power_user", "regular", "casual", "at_risk", "churning"]
    trajectory: Literal["growing", "stable", "declining"]
    description: str


class ProductAlignment(TypedDict):
    summary: str
    strengths: list[str]
    gaps: list[str]


class Signal(TypedDict):
    type: Literal["opportunity", "risk", "insight"]
    priority: Priority
    title: str
    description: str


class UserProfile(TypedDict):
    profileSummary: str
    engagement: Engagement
    behavioralPatterns: list[BehavioralPattern]
    signals: list[Signal]
    productAlignment: ProductAlignment | None
    methodology: str


class UserAnalytics(Averages):
    summary: UserProfile | None
    topics: NotRequired[list[Counted]]
    keywords: NotRequired[list[Counted]]


class Explained(TypedDict):
    """`analysis`: what is the case; `reason`: why, with its figures."""

    analysis: str
    reason: str


class OrganizationAnalytics(Averages):
    summary: Explained | None
    topics: NotRequired[list[Counted]]
    keywords: NotRequired[list[Counted]]


class Theme(TypedDict):
    topicCanonical: str
    topicGroup: str
    count: int
    avgCqi: float | None
    avgFrustration: float
    avgStruggle: float


class RootCause(TypedDict):
    cause: str
    count: int
    avgConfidence: float
    source: str


class FailingTool(TypedDict):
    """`failureRate` 0..1."""

    toolName: str
    totalCalls: int
    failureCount: int
    failureRate: float


class ProductAnalytics(Averages, Flags):
    productQualityIndex: float | None
    pillarScores: Pillars | None
    ratingCount: int
    topics: list[Counted]
    topicGroups: list[Counted]
    keywords: list[str] | list[Counted]
    keywordCounts: list[Counted]
    dissatisfactionThemes: list[Theme]
    rootCauseMix: list[RootCause]
    topFailingTools: list[FailingTool]
    insights: NotRequired[dict[str, Any] | None]


class SegmentAnalytics(Averages, Flags):
    participantCount: int
    summary: dict[str, Any] | None
    topics: list[Counted]
    topicGroups: list[Counted]
    keywords: list[Counted]


class DataPoint(TypedDict):
    date: str
    conversationCount: int
    messageCount: int
    avgConversationQualityIndex: float | None
    avgFrictionScore: float | None
    avgGrowthScore: float | None
    avgSafetyScore: float | None
    avgSatisfactionScore: float | None


class Issue(TypedDict):
    id: str
    severity: Literal["critical", "warning", "info"]
    title: str


class Snippets(TypedDict):
    exampleSnippets: list[str]


class Rationale(TypedDict):
    observedPattern: str
    whyThisMatters: str
    tradeoff: NotRequired[str]


class Recommendation(TypedDict):
    title: str
    action: str
    category: Literal["model_switch", "cost_optimization", "use_case_fit", "prompt_optimization_link"]
    priority: Priority
    evidence: Snippets
    expectedImpact: list[str]
    rationale: Rationale


class Recommendations(TypedDict):
    healthLevel: Literal["healthy", "needs_attention", "critical"]
    summary: str
    strengths: list[str]
    detectedIssues: list[Issue]
    recommendations: list[Recommendation]


class ModelAnalytics(TypedDict):
    averageChangeInUserSentiment: Labelled | None
    averageCommercialIntent: Labelled | None
    averageFrustration: Labelled | None
    averageStruggle: Labelled | None
    averageUserSentiment: Labelled | None
    averageConversationRating: float | None
    avgConversationQualityIndex: float | None
    avgFrictionScore: float | None
    avgGrowthScore: float | None
    avgSafetyScore: float | None
    avgSatisfactionScore: float | None
    conversationCount: int
    messageCount: int
    dataPoints: list[DataPoint]
    hallucinationCount: Share | None
    jailbreakCount: Share | None
    modelBiasCount: Share | None
    modelToxicityCount: Share | None
    userBiasCount: Share | None
    userToxicityCount: Share | None
    recommendations: Recommendations | None


class PromptVersion(TypedDict):
    promptId: str
    version: int
    active: bool
    totalConversations: int
    avgQualityIndex: float | None


class Suggestion(TypedDict):
    title: str
    description: str
    conversations: int


class PromptAnalytics(TypedDict):
    avgQualityIndex: float | None
    effectiveSuggestionCount: int
    lastUsedAt: str | None
    needsReview: bool
    suggestionCount: int
    totalConversations: int
    versions: NotRequired[list[PromptVersion]]
    suggestions: NotRequired[list[Suggestion]]
    summary: NotRequired[str]
