"""How ids are written, known to the tenant or not: of language models and their families, of tools and kinds of event."""

import re

MODEL = re.compile(
    r"(?:gpt|claude|gemini|gemma|llama|mistral|mixtral|codestral|ministral|qwen|deepseek|grok|kimi|chatglm|o1|o3|o4)-(?!(?:like|based|powered|driven|style|written|generated|related|only|backed|run|and|or)\b)\w[\w.-]*"
    r"|(?:gpt|claude|gemini|gemma|llama|qwen|grok|phi|nova)\d[\w.-]*|(?:command|phi|nova|glm|titan|jamba|yi|sonnet|opus|haiku)-(?:[\w.-]*\d[\w.-]*|r|r-\w+|pro|lite|micro|premier|mini|light|nightly|medium|small|large)"
    r"|claude|mistral|mixtral|qwen|deepseek|chatgpt"
)
"""A lower-cased word that is one. What is no English word needs no number: "command-r-plus", "mistral-large", and not "command-line"."""
CODE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+")
"""How tools and kinds of event are written: "track_shipment" where there is none of that name is a name that nobody has."""
A_FIELD = re.compile(r"_(?:detected|share|rate|index|count|at|ids?|type|failures|calls|name|key|segment)$")
