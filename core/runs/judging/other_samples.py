"""Judging a run on genes on another gene-expression table: its samples, and which of them training has seen."""

import os

import numpy as np
import pandas as pd

from core.base.errors import DataError
from core.base.files import with_home
from core.base.progress import Progress, silent
from core.data.adapters.one_hot_folder import cache_name
from core.data.catalog import look
from core.data.genes.gene_table import read_gene_table
from core.data.spec import Dataset
from core.data.splits.splits import TRAIN, Split
from core.data.training_examples import Examples, GeneExamples, content_of, gene_examples, open_examples
from core.runs.run_folder import RunFolder
from core.serving.gene_answer import missing_genes
from core.serving.gene_names import load_genes
from core.serving.predictor import Predictor, PredictorInfo


def other_samples(run: RunFolder, where: str) -> tuple[Dataset, Examples]:
    """The samples of a table with classes, and the expression of the genes that a run takes.

    Args:
        run: a run on genes.
        where: a gene-expression table of the catalog by its name, or its folder or file.

    Raises:
        DatasetNotFoundError, DataError: there is no such table, or genes that the model looks at are missing in it.
        RunError: the run has no trained model.
    """
    tables = dict(look().gene_tables)
    place = tables.get(where, with_home(where))
    if where not in tables and not os.path.exists(place):  # noqa: PTH110 - Path.exists fails on names that are too long
        raise DataError(f"{where} is no gene-expression table. Here are: {', '.join(tables) or 'none'}.")
    table = read_gene_table(place, fill=False)
    genes = load_genes(run.genes_file)
    missing_genes(Predictor.of_run(run.path), genes, frozenset(genes).difference(table.expression.columns))
    return gene_examples(table, where if where in tables else cache_name(place), genes)


def samples_seen_in_training(
    samples: Examples,
    image_ids: pd.Series,
    info: PredictorInfo,
    split: Split,
    progress: Progress = silent,
    parts: tuple[str, ...] = (TRAIN,),
) -> np.ndarray | None:
    """Whether each sample has the very expression of one of these parts of a run, shape (samples,), bool.

    None where the table that it has learnt from is not here.
    """
    genes = samples.genes if isinstance(samples, GeneExamples) else ()
    try:
        dataset, learnt_from = open_examples(info.dataset, 0, genes, progress)
    except DataError:
        return None
    known = content_of(dataset, learnt_from).reindex(split.rows.loc[split.rows["part"].isin(parts), "image_id"])
    return image_ids.map(content_of(dataset, samples)).isin(set(known.dropna())).to_numpy()
