"""Numbers of things as people read them, "1 picture" and "1,200 pictures"."""


def counted(number: int, things: str) -> str:
    """So many things.

    Args:
        number: of them.
        things: what several are called, such as "pictures" or "pictures or samples".
    """
    return f"{number:,} {things if number != 1 else ' '.join(word.removesuffix('s') for word in things.split())}"


def are(number: int) -> str:
    """The verb for so many."""
    return "is" if number == 1 else "are"
