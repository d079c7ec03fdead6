"""Numbers of things as people read them, "1 picture" and "1,200 pictures"."""


def counted(number: int, things: str) -> str:
    """So many things.

    Args:
        number: of them.
        things: what several are called, such as "pictures" or "pictures or samples".
    """
    return f"{number:,} {things if number != 1 else ' '.join(map(_one, things.split()))}"


def plural(noun: str) -> str:
    """Several of a noun, such as "studies" or "classes"."""
    if noun.endswith("series"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}{'es' if noun.endswith(('s', 'x', 'ch', 'sh')) else 's'}"


def are(number: int) -> str:
    """The verb for so many."""
    return "is" if number == 1 else "are"


def have(number: int) -> str:
    """The verb for so many."""
    return "has" if number == 1 else "have"


def _one(several: str) -> str:
    if several == "series":
        return several
    if several.endswith("ies"):
        return f"{several[:-3]}y"
    return several.removesuffix("es" if several.endswith(("sses", "xes", "ches", "shes")) else "s")
