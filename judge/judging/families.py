"""Which family a model comes of, by its name: a model prefers its kin's answers, so kin do not judge."""

import re

_FAMILIES = {
    "claude": r"claude",
    "cohere": r"command-(?:a|r|light|nightly|xlarge)|c4ai|aya",
    "dbrx": r"dbrx",
    "deepseek": r"deepseek",
    "falcon": r"falcon",
    "gemini": r"gemini|palm-?2|bard",
    "gemma": r"gemma|shieldgemma",
    "glm": r"(?:chat)?glm",
    "gpt": r"gpt|chatgpt|o[134](?:-mini|-preview|-pro)?|text-davinci|davinci",
    "granite": r"granite",
    "grok": r"grok",
    "internlm": r"internlm",
    "kimi": r"kimi|moonshot",
    "llama": r"(?:meta-)?(?:code)?llama|tulu|vicuna|alpaca|hermes|openhermes|nous-hermes|tinyllama|zephyr-llama",
    "minicpm": r"minicpm",
    "mistral": r"mistral|mixtral|ministral|codestral|magistral|devstral|pixtral|zephyr",
    "nemotron": r"nemotron",
    "nova": r"nova-(?:micro|lite|pro|premier)|titan",
    "olmo": r"olmo",
    "phi": r"phi-?\d",
    "qwen": r"qwen|qwq|qvq",
    "smollm": r"smollm",
    "yi": r"yi-\d",
}
_DATED = re.compile(r"[-@:](\d{4}-\d{2}-\d{2}|\d{8}|latest)$")
_SEARCHES = {family: re.compile(rf"(?<![a-z0-9])(?:{words})(?![a-z])") for family, words in _FAMILIES.items()}


def families(model: str) -> frozenset[str]:
    """The families that a model's name tells; several for a distilled or merged model, none for a name that tells none.

    The vendor before a slash tells nothing: many vendors publish models of other families.
    """
    name = undated(model)
    return frozenset(family for family, search in _SEARCHES.items() if search.search(name))


def undated(model: str) -> str:
    """A model's name without vendor, folder, date and case, by which it is recognised elsewhere."""
    return _DATED.sub("", model.casefold().rsplit("/", 1)[-1])
