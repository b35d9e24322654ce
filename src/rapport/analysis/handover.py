"""Requests for a person: the ways in which people ask for a human, a manager or a call back, in English.

Not every person that is named is one: a manager for a project, a travel agent and the hotel's manager are subjects of a question, and
"I spoke to a representative yesterday" is a report.
"""

import re

from rapport.analysis.phrases import layout

_ADJECTIVE = r"(?:(?:real|live|actual|human|another|different|senior|proper|physical|breathing|competent|higher) ){0,3}"
_TEAM = r"(?:(?:customer (?:service|support|care|relations)|help ?desk|call cent(?:er|re)|tech(?:nical)? support|support|sales|billing|service|shift|duty|team|account|branch) )?"
_ROLE = r"(?:agent|representative|rep|manager|supervisor|operator|advis[eo]r|superior|boss|team lead(?:er)?|member of (?:\w+ )?staff|staff|employee|specialist)s?"
_PERSON = rf"(?:human(?: being)?s?|person|people at your|{_ROLE}|someone|somebody|anyone|anybody)"
_WHOM = rf"(?:an? |the |your |any |some )?{_ADJECTIVE}{_TEAM}{_PERSON}"
_TEAMS = r"(?:the |your )?(?:customer (?:service|support|care)|support|sales|billing|complaints|reception|help ?desk|call cent(?:er|re))(?: (?:team|department|desk))?"
_US = r"(?:me|us|this|it|my (?:case|call|chat|issue|request|ticket|complaint|problem)|this (?:case|call|chat|issue|request|ticket|complaint|problem))"
_PLAIN_HUMAN = r"human(?: being)?(?! (?:resources?|rights|readable|body|hair|error|translat|history|anatomy|factors|design|figure|model))"
_SUBJECT = r"(?! (?:for|of|at|who|role|position|account|job|login|seat|licen[sc]e|app|dashboard|plan|software|view|tool|course|training|salary|permissions?|access|sample|in)\b)"
"""What follows where somebody's role is the subject: "a manager for my project", "a manager account"."""

ASKED = layout(
    rf"""\b(?: (?:speak|talk|chat|communicate|get in (?:touch|contact))(?:ing)? (?:directly )?(?:to|with) {_WHOM}\b(?! (?:role|position|account|job|login|seat))
      | (?:speak|talk|chat)(?:ing)? (?:directly )?(?:to|with) (?:customer (?:service|support|care)|support\b|(?:the |your ){_TEAMS} (?:team|department)|people (?:at|in) (?:your|the))
      | (?:put|pass|connect|transfer|hand|forward|redirect|route|refer|switch|patch|escalate) {_US} (?:(?:over|through|on|up|straight|directly|back) ){{0,2}}(?:to|with) (?:{_WHOM}|{_TEAMS})
      | put (?:me|us) through | (?:transfer|connect) (?:me|us)(?=\W*(?:please|now|already)?\W*$) | escalate {_US} | (?:want|like|need|wish|going) to escalate
      | (?:get|give|bring|fetch|call|send) (?:me|us) (?:an? |the |your |some )?{_ADJECTIVE}{_TEAM}(?:{_PLAIN_HUMAN}|person|{_ROLE}|(?:someone|somebody)(?: (?:else|real|human|in charge|who|from|higher)))\b{_SUBJECT}
      | get (?:an?|the|your) {_ADJECTIVE}{_TEAM}{_ROLE} (?:on|over|in) (?:the (?:line|phone|chat)|here|this)
      | (?:need|want|prefer|rather have|'d like|would like|demand)(?: to (?:see|reach|contact|have|get|find))? (?:an? |the |your |some )?{_ADJECTIVE}(?:{_PLAIN_HUMAN}|(?:real|live|actual|human) (?:person|{_ROLE}|support|help|being))\b
      | (?:demand|want|need|insist on)(?:ing)?(?: to see)? (?:an? |the |your ){_TEAM}(?:manager|supervisor|representative|superior|operator)\b{_SUBJECT}
      | (?:real|live|human) (?:person|agent|operator|representative) (?:please|now)
      | (?:are|is) there (?:an? |any |some )?(?:human|real (?:person|people|human)|live (?:person|agent)|(?:anyone|anybody|someone|somebody) (?:real|human|alive|else (?:i|there))|(?:anyone|anybody|someone|somebody) (?:\w+ )?(?:i|we) (?:can|could) (?:speak|talk|chat))\b
      | (?:an? |any )?(?:human|(?:real |live )?person|manager|supervisor|representative|agent|operator|one|body|anyone|anybody|someone|somebody) (?:(?:real|else|there|here|that|who|whom) ){{0,2}}(?:i|we) (?:can|could|may) (?:speak|talk|chat|complain)(?: directly)? (?:to|with)
      | is (?:an? |any |the )?{_ADJECTIVE}(?:human|person|agent|representative|manager|supervisor) (?:available|around|there|here|online|on duty)
      | who (?:can|could|should|do|may) (?:i|we) (?:speak|talk|complain) (?:to|with)
      | (?:can|could|may) (?:i|we) (?:please )?(?:have|get|see|reach|contact) (?:an? |the |your ){_ADJECTIVE}{_TEAM}(?:{_PLAIN_HUMAN}|manager|supervisor|representative|operator|real person)\b{_SUBJECT}
      | (?:can|could|will|would|have|let|get|like|want|need|ask) (?:(?:an? |your |the ){_ADJECTIVE}{_TEAM}(?:human|person|manager|supervisor|representative|rep|agent|operator)|someone from (?:{_TEAMS}|your (?:team|company|side|office|staff)))(?: please)?(?: to)? (?:call|phone|ring|contact|help|assist|take over|look|handle|answer|step in|join|get back)
      | (?:can|could|will|would|have|let|like|want|need) (?:someone|somebody|you)(?: please)?(?: to)? (?:call|phone|ring) (?:me|us)\b(?! (?:an?|the|some|when|if|by)\b)
      | (?:call|phone|ring) (?:me|us) back | (?:request|arrange|schedule|want|need|like|get|have|for|expect) (?:an? )?call[- ]?back(?! (?:function|url|uri|handler|method|param|endpoint))
      | (?:don't|do not|not|rather not|no longer|sick of|tired of|done|stop|refuse to|hate) (?:(?:want|going|willing|like|here) to |be )?(?:talk|speak|chat|deal|argu)(?:ing)? (?:to|with) (?:an? |the |this |these |your )?(?:\w+ )?(?:(?:ro|chat)?bots?|machines?|computers?|a\.?i\.?|robots?|recording|automat\w+|program)
      )\b"""
)  # fmt: skip
SHORT = re.compile(
    rf"(?:^|[.!?;:,]\s*)(?:an? |the |your )?{_ADJECTIVE}(?:human|person|agent|representative|operator|supervisor|manager)\W{{1,3}}(?:please|pls|now)\b"
    rf"|^\W*(?:an? )?{_ADJECTIVE}(?:human|agent|representative|operator|supervisor|manager|real person)(?: being)?\W*$",
    re.IGNORECASE,
)
"""A message, or the beginning of a sentence, that is nothing but a person: "Human please."."""
UNASKED = re.compile(
    r"(?:\bdid(?:n['’]?t| not) (?:get to )?|(?<!why )(?:\b(?:do|does|would|should)(?:n['’]?t| not)|\bno need|\bnot? (?:have|necessary)|\bnever|\bwithout|\binstead of"
    r"|\b(?:they|he|she|you|who) (?:told|asked|said|advised|suggested))(?:\s+\w+){0,3}\s*)$",
    re.IGNORECASE,
)


def asked(said: str) -> re.Match[str] | None:
    """Where a user's message asks for a person; None where it does not. `said`: masked text."""
    for pattern in (ASKED, SHORT):
        for found in pattern.finditer(said):
            if not UNASKED.search(said[max(0, found.start() - 60) : found.start()]):
                return found
    return None
