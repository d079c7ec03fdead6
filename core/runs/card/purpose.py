"""What a model is for, and what it is not for."""

from core.evaluation.subgroups import FEW
from core.runs.card.blocks import Block, Items, Section, Text
from core.runs.card.facts import Facts

_KINDS = {True: "malignant", False: "benign", None: "nobody has said whether malignant"}


def intended_use(facts: Facts) -> Section:
    """For what, by whom, and how answers are meant."""
    info = facts.info
    answers = [f"{each.name} ({_KINDS[each.malignant]})" for each in info.classes]
    told = f" It is also told {info.metadata.in_words} of the person, where known." if info.metadata else ""
    return Section(
        "Intended use",
        (
            Text(
                f"Research and education: to study how well {info.model_at_size} tells {len(answers)} classes apart in "
                f"{facts.things} such as those of {info.dataset_title}, and where it errs. For people who look at the "
                "figures below before they look at an answer."
            ),
            Text(f"It gives each of these a probability: {', '.join(answers)}.{told}"),
        ),
    )


def out_of_scope(facts: Facts) -> Section:
    """What it must not be used for, as far as that follows from what is known of it."""
    info, things = facts.info, facts.things
    said = [
        "Decisions about the health of a person. It is no medical device, and was not tried in care.",
        f"Anything that is none of its classes: such a {things[:-1]} gets one of the known ones, with a percentage.",
    ]
    if things == "pictures":
        said.append(
            "Pictures of another kind, camera, hospital or group of people than those that it was judged on, as long "
            "as no external test below speaks for it."
        )
    else:
        said.append("Samples measured on another platform or prepared in another way than those it was judged on.")
    if rare := [facts.names[each.key] for each in facts.metrics.per_class if each.support < FEW]:
        said.append(
            f"Statements on {', '.join(rare)}: fewer than {FEW} {things} of {facts.part_title} each, too few to say "
            "how often they are found."
        )
    if info.synthetic:
        said.append("Statements on real skin: its pictures are drawn.")
    if info.leaking:
        said.append("Statements on how good it is: its split leaks, so its figures are too good.")
    blocks: tuple[Block, ...] = (Items(tuple(said)),)
    return Section("Out of scope", blocks)
