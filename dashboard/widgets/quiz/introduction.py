"""A few training pictures of each class, for those who have never seen one."""

import streamlit as st

from core.base.errors import LesionLabError, PictureError
from core.data.splits.splits import Split
from core.runs.judging.results import Results
from core.runs.run_folder import RunFolder
from core.teaching.quiz.introduction import ClassExamples, class_examples
from dashboard.charts.palette import class_colours, class_mark
from dashboard.markdown import Markdown
from dashboard.state.loading import load_dataset, thumbnail

EXAMPLES = 3


def show_introduction(run: RunFolder, results: Results) -> None:
    """What the classes look like, or why there is nothing to show of one."""
    info = results.info
    with st.expander("What the classes look like", icon=":material/school:"):
        try:
            dataset = load_dataset(info.dataset)
            paths = dataset.table.drop_duplicates("image_id").set_index("image_id")["path"]
            split = Split.load(run.split_file)
            examples = class_examples(split, results.predictions, set(paths.index), info.class_keys, EXAMPLES)
        except LesionLabError as error:
            st.warning(str(error), icon=":material/folder_off:")
            return
        colours = class_colours(info.classes)
        classes = st.grid(min_column_width=290)
        for each in info.classes:
            cell, of_class = classes.container(), examples[each.key]
            cell.markdown(Markdown("{}\u2002**{}**, {}").format(class_mark(colours[each.key]), each.name, each.kind))
            if not of_class.image_ids:
                cell.caption(why_none(of_class, dataset.spec.group))
                continue
            grid = cell.grid(EXAMPLES, min_column_width=80, wrap=False)
            for image_id in of_class.image_ids:
                try:
                    grid.image(thumbnail(paths[image_id], 150), width="stretch", alt=f"Training picture of {each.name}")
                except PictureError as error:
                    grid.caption(str(error))
        st.caption(f"Pictures from the training part, none of a {dataset.spec.group} that is in the test part too.")


def why_none(examples: ClassExamples, group: str) -> str:
    """Why nothing can be shown of a class."""
    if not examples.trained:
        return "Nothing to show: the training part has no picture of this class."
    if examples.tested_too == examples.trained:
        return (
            f"Nothing to show: for every training picture of this class ({examples.trained:,}) the test part has a "
            f"picture of the same {group}, so that it could give an answer away. A grouped split would keep them apart."
        )
    return (
        f"Nothing to show: of {examples.trained:,} training pictures of this class, {examples.tested_too:,} could give "
        "an answer away, and the others are no longer in the data set."
    )
