"""The questions of the frozen examination that stand alone. Chains, refusals and tickets are in `chains`."""

from collections.abc import Mapping
from datetime import timedelta

from tests.frozen.asking import Either, Facts, Question, Quoted
from tests.frozen.chains import chains
from tests.frozen.world import Talk, World, mean
from tests.worlds.checks import Day, Direction, First, Number, Refusal, Segmented


def build(world: World, known: Mapping[str, str]) -> list[Question]:
    """All questions about this world. `known` maps every conversation id, internal and external, to the external one."""
    facts = Facts(world, known)
    for write in (
        counts,
        rankings,
        ratings,
        comparisons,
        trends,
        complaints,
        reasons,
        tools,
        examples,
        times,
        events,
        at_risk,
        scoped,
        segments,
        filters,
        people,
        chains,
    ):
        write(facts)
    return facts.asked


def org_of(talk: Talk) -> str:
    return talk.user.org.name


def person(talk: Talk) -> str:
    return talk.user.name


def counts(f: Facts) -> None:
    t = f.talks
    f.ask("counts", "how many chats do we have in total", f.count(t()))
    f.ask("counts", "total convos w/ TaxTurtle?", f.count(t(product="TaxTurtle")))
    f.ask("counts", "whats the number of conversations from Harbor Health", f.count(t(org="Harbor Health")))
    f.ask("counts", "How many conversations did our platinum customers have?", f.count(t(plan="platinum")))
    f.ask("counts", "volume on quartz-7b, all time", f.count(t(model="quartz-7b")))
    f.ask("counts", "how many different people have talked to us so far?", Number((float(len({x.user for x in t()})),)))
    f.ask("counts", "number of distinct users on Souschef", Number((float(len({x.user for x in t(product="Souschef")})),)))
    f.ask("counts", "how many times did Priya Bellweather write in?", f.count(t(where=lambda x: x.user == f.world.plants["chatty"])))
    f.ask("counts", "how many conversatoins have a rating at all?", f.count(t(where=lambda x: x.rating is not None)))
    f.ask("counts", "Of everything that came in, what percentage was Van Concierge?", f.share(t(product="Van Concierge"), t()))
    f.ask("counts", "how many of the Granite Logistics chats ran on quartz-7b", f.count(t(org="Granite Logistics", model="quartz-7b")))
    f.ask(
        "counts",
        "hey, need this for the board deck: count of CareCall conversations w/ customers on the basic plan",
        f.count(t(product="CareCall", plan="basic")),
    )
    f.ask(
        "counts",
        "how many accounts do we have on the team plan that actually used the assistant",
        Number((float(len({x.user.org for x in t(plan="team")})),)),
    )
    f.ask("counts", "conversations per product pls", f.beside({p: t(product=p) for p in f.products}, rating=False))


def rankings(f: Facts) -> None:
    t = f.talks
    heavy = f.world.plants["chatty"].name
    f.ask("rankings", "who talks to our bots the most", f.first(heavy, f.people))
    f.ask("rankings", "top user by number of conversations", f.first(heavy, f.people))
    f.ask("rankings", "which account is the most active one?", f.leaders(t(), org_of, f.orgs))
    f.ask("rankings", "rank products by volume, busiest first", f.order(f.busiest(t(), lambda x: x.product["name"]), f.products))
    rated = sorted(f.orgs, key=lambda name: mean(t(org=name)))
    f.ask("rankings", "worst rated account?", f.first(rated[0], f.orgs))
    f.ask("rankings", "which org gives us the best scores", f.first(rated[-1], f.orgs))
    f.ask("rankings", "Which of our models gets the lowest marks from users?", f.first("quartz-7b", f.models))
    plans = sorted(("platinum", "team", "basic"), key=lambda name: -len(t(plan=name)))
    f.ask("rankings", "order the plans by how many conversations they have", f.order(plans, ("platinum", "team", "basic")))
    f.ask("rankings", "which tool gets called most?", f.first(f.busiest([x for x in t() if x.tools], lambda x: x.tools[0][0])[0], f.tools))
    best = max(f.products, key=lambda name: mean(t(product=name)))
    f.ask("rankings", "wich product has the happiest ratings", f.first(best, f.products))
    f.ask("rankings", "biggest TaxTurtle customer by chats", f.leaders(t(product="TaxTurtle"), org_of, f.orgs))
    f.ask("rankings", "busiest single day we ever had?", Day((f.world.plants["spike"],)))


def ratings(f: Facts) -> None:
    t = f.talks
    f.ask("ratings", "avg rating overall?", f.rating(t()))
    f.ask("ratings", "average score of TaxTurtle on the 1-5 scale", f.rating(t(product="TaxTurtle")))
    f.ask("ratings", "how do Granite Logistics rate us on average", f.rating(t(org="Granite Logistics")))
    f.ask("ratings", "mean rating of conversations handled by orion-large", f.rating(t(model="orion-large")))
    f.ask("ratings", "CSAT of the basic plan (average is fine)", f.rating(t(plan="basic")))
    f.ask("ratings", "what rating did CareCall get from platinum custmers", f.rating(t(product="CareCall", plan="platinum")))
    low = t(where=lambda x: x.rating is not None and x.rating <= 2)
    f.ask("ratings", "how many conversations were rated 2 or lower?", f.count(low))
    f.ask("ratings", "what share of conversations has been rated?", f.share(t(where=lambda x: x.rating is not None), t()))
    f.ask("ratings", "what do Fjord Bakeries give us on average, stars wise", f.rating(t(org="Fjord Bakeries")))
    f.ask("ratings", "gpt-4o-mini avg rating only on Van Concierge", f.rating(t(model="gpt-4o-mini", product="Van Concierge")))


def comparisons(f: Facts) -> None:
    t = f.talks
    f.ask(
        "comparisons", "compare CareCall and TaxTurtle ratings", f.beside({p: t(product=p) for p in ("CareCall", "TaxTurtle")}, rating=True)
    )
    f.ask(
        "comparisons",
        "orion-mini vs quartz-7b, who is better rated",
        f.beside({m: t(model=m) for m in ("orion-mini", "quartz-7b")}, rating=True),
    )
    f.ask("comparisons", "platinum vs basic: avg rating", f.beside({p: t(plan=p) for p in ("platinum", "basic")}, rating=True))
    f.ask(
        "comparisons",
        "Dunmore Dental against Elmtree Accounting on ratings please",
        f.beside({o: t(org=o) for o in ("Dunmore Dental", "Elmtree Accounting")}, rating=True),
    )
    both = [Number((mean(t(product="Souschef", version=v)),), 0.06) for v in (1, 2)]
    f.ask("comparisons", "did the new souschef prompt do better or worse than the old one? ratings of v1 and v2", *both)
    f.ask("comparisons", "prompt versions of Souschef side by side", *both)
    f.ask(
        "comparisons",
        "which has more traffic, Souschef or TaxTurtle?",
        f.beside({p: t(product=p) for p in ("Souschef", "TaxTurtle")}, rating=False),
    )
    f.ask(
        "comparisons",
        "I'd like all four models next to each other, average rating each",
        f.beside({m: t(model=m) for m in f.models}, rating=True),
    )
    f.ask(
        "comparisons",
        "north or south region: who rates higher? need both numbers",
        f.rating(t(where=lambda x: x.user.org.region == "north")),
        f.rating(t(where=lambda x: x.user.org.region == "south")),
    )
    f.ask(
        "comparisons",
        "Is Granite Logistics any worse than the average customer?",
        f.rating(t(org="Granite Logistics")),
        f.says(("worse", "lower", "below", "less", "lowest", "higher")),
    )


def trends(f: Facts) -> None:
    f.ask("trends", "is TaxTurtle traffic going up or down over the last two months", Direction(up=True))
    f.ask("trends", "souschef ratings: trending which way since september?", Direction(up=False))
    f.ask("trends", "have Van Concierge ratings improved in the last 30 days compared with the 30 days before", Direction(up=True))
    f.ask("trends", "on which day did Van Concierge blow up?", Day((f.world.plants["spike"],)))
    f.ask("trends", "there was a big spike in conversations about 3 weeks ago, when exactly", Day((f.world.plants["spike"],)))
    spike = f.talks(since=f.world.plants["spike"], until=f.world.plants["spike"])
    f.ask(
        "trends",
        f"what happened on {f.world.plants['spike']:%B %-d}?",
        f.count(spike, [x for x in spike if x.subject == "unlock"]),
        f.says(("unlock", "van concierge")),
    )
    f.ask("trends", "what changed this week vs last week for our platinum customers?", f.count(f.talks(plan="platinum", since=f.monday)))
    f.ask("trends", "is souschef volume growing?", Direction(up=False))
    f.ask(
        "trends",
        "show me CareCall volume by week",
        f.count(
            *[
                f.talks(product="CareCall", since=f.monday - timedelta(days=7 * k), until=f.monday - timedelta(days=7 * k - 6))
                for k in (1, 2, 3)
            ]
        ),
    )
    f.ask(
        "trends",
        "did ratings for platinum accounts drop this week?",
        f.rating(f.talks(plan="platinum", since=f.monday)),
        Direction(up=False),
    )


def complaints(f: Facts) -> None:
    pharmacy = ("prescription", "pharmac", "medication")
    f.ask("complaints", "what are platinum customers complaining about this week?", f.says(pharmacy))
    f.ask("complaints", "main pain of CareCall users in the last 7 days", f.says(pharmacy))
    f.ask("complaints", f"what were people upset about on {f.world.plants['spike'].isoformat()}", f.says(("unlock",)))
    van = ("unlock", "locked", "open the van", "deposit", "late return", "late fee", "extension", "extended")
    f.ask("complaints", "biggest complaint about Van Concierge", First(frozenset(van[:3]), van))
    f.ask("complaints", "what do the people who cancelled complain about?", f.says(("fee", "59 dollars", "checkout")))
    f.ask(
        "complaints",
        "top issue for TaxTurtle since " + f"{f.world.plants['broken']:%-d %B}",
        f.says(("fil", "return", "submit", "tax office", "fee")),
    )
    f.ask("complaints", "which plan is the unhappiest this week?", f.first("platinum", ("platinum", "team", "basic")))
    f.ask("complaints", "what problems does Harbor Health report recently (say past 7 days)", f.says(pharmacy))


def reasons(f: Facts) -> None:
    f.ask("why", "why are Granite Logistics so unhappy?", f.says(("quartz-7b",)))
    f.ask("why", "why did platinum satisfaction tank this week", f.says(("prescription", "pharmac")))
    f.ask("why", "why is the Souschef rating so much worse lately??", f.says(("version", "prompt", "v2")))
    f.ask("why", "what drives the bad ratings on TaxTurtle", f.says(("efile_submit", "hidden fee", "fee", "filing")))
    f.ask("why", f"reason for the Van Concierge peak on {f.world.plants['spike']:%d %b}", f.says(("unlock",)))
    f.ask("why", "Why do members cancel?", f.says(("fee",)))


def tools(f: Facts) -> None:
    calls = [failed for x in f.talks() for name, failed in x.tools if name == "efile_submit"]
    recent = [failed for x in f.talks(since=f.world.plants["broken"]) for name, failed in x.tools if name == "efile_submit"]
    f.ask("tools", "which tool breaks most often?", f.first("efile_submit", f.tools))
    f.ask("tools", "any failing tools in TaxTurtle right now?", f.first("efile_submit", f.tools))
    f.ask("tools", "failure rate of efile_submit overall", Number((100 * sum(calls) / len(calls),), 0.6))
    f.ask("tools", "how often did efile_submit fail", Number((float(sum(calls)),)))
    f.ask(
        "tools",
        "how many times was plan_menu called",
        Number((float(len([1 for x in f.talks() for n, _ in x.tools if n == "plan_menu"])),)),
    )
    first = min(x.at.date() for x in f.talks(since=f.world.plants["broken"]) if ("efile_submit", True) in x.tools)
    f.ask("tools", "since when is efile_submit failing?", Day((f.world.plants["broken"], first)))
    f.ask("tools", f"efile_submit failure rate since {f.world.plants['broken']:%B %-d}", Number((100 * sum(recent) / len(recent),), 0.6))
    booked = [failed for x in f.talks() for n, failed in x.tools if n == "find_vehicle"]
    f.ask("tools", "is find_vehicle reliable? give me calls and failures", Number((float(len(booked)),)), Number((float(sum(booked)),)))
    f.ask(
        "tools", "show a conversation where efile_submit errored out", f.cites(f.talks(where=lambda x: ("efile_submit", True) in x.tools))
    )


def examples(f: Facts) -> None:
    t = f.talks
    f.ask("examples", "give me a convo where somebody couldn't unlock the van", f.cites(t(subject="unlock", mood="bad")))
    f.ask("examples", "3 example chats about lost prescriptions please", f.cites(t(subject="prescription"), 3))
    f.ask("examples", "find a conversation with a nut allergy problem", f.cites(t(subject="allergy", mood="bad")))
    f.ask(
        "examples",
        "quote someone who is mad about the hidden fee",
        f.cites(t(subject="hidden fee", mood="bad")),
        Quoted(("fee", "59 dollars")),
    )
    f.ask("examples", "link me to conversations of Rosa Eastlake", f.cites(t(where=lambda x: x.user.name == "Rosa Eastlake")))
    f.ask("examples", "conversation ids on payslip import gone wrong", f.cites(t(subject="payslip", mood="bad")))
    f.ask(
        "examples",
        "what exactly do customers say about the deposit? couple of quotes",
        f.cites(t(subject="deposit")),
        Quoted(("deposit",), 2),
    )
    f.ask(
        "examples",
        "I want to read one badly rated chat from Granite Logistics",
        f.cites(t(org="Granite Logistics", where=lambda x: x.rating is not None and x.rating < 3)),
    )
    f.ask("examples", "any happy souschef conversation i could show to investors", f.cites(t(product="Souschef", mood="good")))


def times(f: Facts) -> None:
    t, day = f.talks, f.ago(9)
    f.ask("times", "how many chats came in yesterday?", f.count(t(since=f.ago(1), until=f.ago(1))))
    f.ask("times", "convos this week so far", f.count(t(since=f.monday)))
    f.ask("times", "how many conversations last week", f.count(t(since=f.monday - timedelta(days=7), until=f.monday - timedelta(days=1))))
    f.ask("times", "volume last month?", f.count(t(since=f.last_month, until=f.month - timedelta(days=1))))
    f.ask("times", "number of conversations month to date", f.count(t(since=f.month)))
    f.ask("times", "past 14 days, how many conversations", f.count(*f.rolling(14)))
    f.ask("times", f"chats between {f.ago(21).isoformat()} and {f.ago(15).isoformat()}", f.count(t(since=f.ago(21), until=f.ago(15))))
    f.ask("times", f"how busy were we on {day:%-d %b}?", f.count(t(since=day, until=day)))
    f.ask("times", f"CareCall conversations since {f.ago(10):%B %-d}", f.count(t(product="CareCall", since=f.ago(10))))
    f.ask("times", "average rating the day before yesterday", f.rating(t(since=f.ago(2), until=f.ago(2))))
    f.ask(
        "times",
        f"souschef rating in {f.last_month:%B}",
        f.rating(t(product="Souschef", since=f.last_month, until=f.month - timedelta(days=1))),
    )
    f.ask(
        "times",
        "how many convs in the past month had a rating, 30 days i mean",
        f.count(*[[x for x in each if x.rating is not None] for each in f.rolling(30)]),
    )
    f.ask("times", "last 3 days on TaxTurtle: count", f.count(*f.rolling(3, product="TaxTurtle")))
    f.ask(
        "times",
        "how many people wrote to us on Monday",
        Number(tuple(float(len({x.user for x in t(since=d, until=d)})) for d in (f.monday, f.monday - timedelta(days=7)))),
    )


def events(f: Facts) -> None:
    gone = f.talks(where=lambda x: bool(x.event and x.event[0] == "membership_cancelled"))
    sold = f.talks(where=lambda x: bool(x.event and x.event[0] == "addon_purchased"))
    f.ask("events", "how many membership cancellations so far", f.count(gone))
    f.ask("events", "revenue from addon_purchased events", Number((float(sum(float(x.event[1]) for x in sold if x.event)),), 0.51))
    f.ask("events", "number of add-ons purchased?", f.count(sold))
    f.ask("events", "what did people talk about before they cancelled their membership", f.says(("fee",)))
    f.ask(
        "events",
        "which business events do we track and how many of each",
        f.beside({"membership_cancelled": gone, "addon_purchased": sold}, rating=False),
    )
    f.ask("events", "Which accounts churned the most?", f.first(f.busiest(gone, org_of)[0], f.orgs, "Fjord Bakeries", "Kestrel Couriers"))
    f.ask("events", "how many addon_purchased came from Souschef", f.count([x for x in sold if x.product["name"] == "Souschef"]))
    f.ask("events", "list a few conversations that ended in a cancellation", f.cites(gone, 2))
    f.ask(
        "events",
        "avg rating of the people who cancelled membership",
        Number((mean(gone), mean(f.talks(where=lambda x: x.user in {g.user for g in gone}))), 0.06),
    )


def at_risk(f: Facts) -> None:
    calm = f.world.plants["chatty"].name
    own = {name: f.talks(where=lambda x, name=name: x.user.name == name) for name in f.people}
    bad = {name for name, talks in own.items() if len(talks) >= 5 and sum(x.mood == "bad" for x in talks) >= 0.65 * len(talks)}
    risk = frozenset(bad | {user.name for user in f.world.plants["risk"]})
    leaving = risk | {x.user.name for x in f.talks() if x.event and x.event[0] == "membership_cancelled"}
    eight = {name: mean(talks) for name, talks in own.items() if len(talks) >= 8 and any(x.rating is not None for x in talks)}
    lowest = frozenset(name for name in eight if eight[name] <= min(eight.values()) + 0.005)
    f.ask("risk", "who is about to churn?", First(frozenset(leaving), f.people, (calm,)))
    f.ask("risk", "name the most frustrated users", First(risk, f.people, (calm,)))
    f.ask("risk", "Which customers should my CSM call first? give me people", First(frozenset(leaving), f.people, (calm,)))
    f.ask("risk", "which Cobalt Freight person is at risk", f.first("Rosa Eastlake", f.people))
    f.ask(
        "risk",
        "how is Cleo Abernathy doing lately?",
        f.says(("cleo abernathy",)),
        Either((Direction(up=False), f.says(("frustrat", "unhappy", "negative", "low", "worse")))),
    )
    f.ask("risk", "lowest rated user among those with at least 8 conversations", First(lowest, f.people, (calm,)))


def scoped(f: Facts) -> None:
    t = f.talks
    f.ask("scoped", "how many conversations?", f.count(t(product="Souschef")), within="Souschef")
    f.ask("scoped", "average rating", f.rating(t(product="CareCall")), within="CareCall")
    f.ask("scoped", "which tool fails most", f.first("efile_submit", f.tools, "plan_menu", "book_slot"), within="TaxTurtle")
    f.ask("scoped", "most active account", f.leaders(t(product="TaxTurtle"), org_of, f.orgs), within="TaxTurtle")
    f.ask(
        "scoped",
        "whats the mean rating here",
        f.rating(t(product="Van Concierge")),
        context="The user is looking at the dashboard of the product Van Concierge.",
    )
    f.ask("scoped", "how many chats did they have?", f.count(t(org="Ivory Catering")), context="Page: organization Ivory Catering")
    van = ("unlock", "locked", "open the van", "deposit", "late return", "late fee", "extension", "extended", "prescription", "allergy")
    f.ask("scoped", "what do people hate most", First(frozenset(van[:3]), van, van[-2:]), within="Van Concierge")
    f.ask("scoped", "volume in the last 7 days", f.count(*f.rolling(7, product="CareCall")), within="CareCall")


def segments(f: Facts) -> None:
    f.ask("segments", "make a segment of everyone on the platinum plan", Segmented(), f.says(("platinum",)))
    f.ask("segments", "create a segment with TaxTurtle users who were frustrated in the last 30 days", Segmented(), f.says(("taxturtle",)))
    f.ask("segments", "new cohort pls: people from Granite Logistics with low ratings", Segmented(), f.says(("granite",)))


def filters(f: Facts) -> None:
    t = f.talks
    f.ask("filters", "average rating without Granite Logistics", f.rating(t(where=lambda x: x.user.org.name != "Granite Logistics")))
    f.ask("filters", "how many conversations did NOT run on quartz-7b?", f.count(t(where=lambda x: x.model != "quartz-7b")))
    many = frozenset(name for name in f.orgs if len(t(org=name)) > 110)
    f.ask("filters", "accounts with more than 110 conversations", First(many, f.orgs, tuple(set(f.orgs) - many)))
    orgs, models = f.busiest(t(), org_of), f.busiest(t(), lambda x: x.model)
    f.ask("filters", "second most active account?", f.first(orgs[1], f.orgs))
    f.ask("filters", "top 3 models by usage", f.order(models[:3], f.models))
    worst = sorted(f.orgs, key=lambda name: mean(t(org=name)))
    f.ask("filters", "bottom 3 accounts by avg rating, worst first", f.order(worst[:3], f.orgs))
    f.ask("filters", "five star conversations: how many", f.count(t(where=lambda x: x.rating is not None and x.rating > 4.999)))
    yesterday = f.count(t(since=f.ago(1), until=f.ago(1)))
    f.ask("filters", "combien de conversations hier ?", Either((yesterday, Refusal())), about_data=False)
    f.ask(
        "filters",
        "contacts in the south region: conversation count",
        f.says((f"{len(t(where=lambda x: x.user.org.region == 'south'))} conversations",)),
    )


def people(f: Facts) -> None:
    t = f.talks
    rosa = t(where=lambda x: x.user.name == "Rosa Eastlake")
    f.ask("people", "what plan is Granite Logistics on?", f.says(("team",), without=("platinum",)))
    f.ask("people", "which company does Rosa Eastlake work for", f.first("Cobalt Freight", f.orgs))
    f.ask("people", "rosa.eastlake@cobalt.example - how many chats?", f.count(rosa))
    f.ask("people", "number of conversations of member-pribel", f.count(t(where=lambda x: x.user == f.world.plants["chatty"])))
    f.ask(
        "people",
        "when did we last hear from Agnes Fontaine",
        Day((max(x.at.date() for x in t(where=lambda x: x.user.name == "Agnes Fontaine")),)),
    )
    f.ask("people", "avg rating Cleo Abernaty gave us", f.rating(t(where=lambda x: x.user.name == "Cleo Abernathy")))
    f.ask(
        "people",
        "Hi, I am preparing the quarterly review with Dunmore Dental next Tuesday and my notes are a mess. Could you tell me how many "
        "conversations they have had with us and what they rated us on average? No essay please.",
        f.count(t(org="Dunmore Dental")), f.rating(t(org="Dunmore Dental")),
    )  # fmt: skip
    gone = t(org="Bramble Foods", where=lambda x: bool(x.event and x.event[0] == "membership_cancelled"))
    f.ask("events", "how many cancellations at Bramble Foods", f.count(gone))
    paid = t(plan="platinum", where=lambda x: bool(x.event and x.event[0] == "addon_purchased"))
    f.ask(
        "events",
        "total value of addon_purchased from platinum accounts",
        Number((float(sum(float(x.event[1]) for x in paid if x.event)),), 0.51),
    )
