"""The command line: `python -m core COMMAND …`."""

import argparse
import logging
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from core import __version__
from core.cli.output import INTERRUPTED, answer, give, refuse, wants_json


class Parser(argparse.ArgumentParser):
    """With `--json`, help, version and what is wrong with a command are one object on stdout, too."""

    arguments: Sequence[str] = ()
    check: Callable[[argparse.Namespace], str] = staticmethod(lambda _: "")
    """What is wrong with options that are right one by one; "" where nothing is."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **options})  # who writes --js gets no JSON by accident

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse, with the check of all options together."""
        options, others = super().parse_known_args(args, namespace)
        if wrong := self.check(options):
            self.error(wrong)
        return options, others

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and exit with 2."""
        if wants_json(Parser.arguments):
            give({"error": message, "kind": "UsageError"}, "", as_json=True)
        super().error(message)

    def print_help(self, file: Any = None) -> None:
        """Print how the command is used."""
        if file is None and wants_json(Parser.arguments):
            give({"help": self.format_help()}, "", as_json=True)
        else:
            super().print_help(file)


class _Version(argparse.Action):
    """Prints the version and ends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "nargs": 0})

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        parser.exit(give({"version": __version__}, f"Lesion Lab {__version__}", wants_json(Parser.arguments)))


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    # Imported here, for that takes a second: who presses Ctrl-C meanwhile is answered as at any other time.
    from core.cli import (
        bring_command,
        card_command,
        code_command,
        commands,
        dashboard_command,
        download_commands,
        ensemble_command,
        evaluate_command,
        explain_command,
        export_command,
        folds_command,
        inspect_command,
        join_command,
        predict_command,
        predict_pictures,
        reproduce_command,
        run_commands,
        search_commands,
        unpack_command,
        weights_command,
    )
    from core.data.splits.balance import Balance
    from core.data.splits.splits import SplitKind
    from core.explain.methods import Method
    from core.export.formats import FORMATS
    from core.serving.outside_model import SCALES
    from core.training.presets import PRESETS

    main = Parser(
        prog="python -m core",
        description="Explore cancer image data, train classifiers and judge them, without a browser.",
    )
    main.add_argument("--version", action=_Version, help="print the version")
    add = main.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser

    add_json = Parser(add_help=False)
    add_json.add_argument("--json", action="store_true", help="print exactly one JSON object on stdout")

    def command(name: str, run: Any, text: str) -> Parser:
        sub = add(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[add_json])
        sub.set_defaults(run=run)
        return sub

    command("datasets", commands.datasets, "list the known data sets and whether they are here")
    command("models", commands.models, "list the models that can be trained")

    command("sources", download_commands.sources, "list the public data sets that can be downloaded")

    download = command("download", download_commands.download, "download a public data set; goes on after a break")
    download.add_argument("source", metavar="SOURCE", help="a name that `sources` lists")
    download.add_argument("--accept-licence", action="store_true", help="accept the licence that `sources` shows")

    trunks = command("weights", weights_command.weights, "list published weights that networks can begin with")
    trunks.add_argument("name", metavar="NAME", nargs="?", help="a model that `models` lists")
    trunks.add_argument("--download", action="store_true", help="fetch its weights; goes on after a break")

    packed = command("unpack", unpack_command.unpack, "unpack a zip or tar archive into a data set; the archive stays")
    packed.add_argument("archive", type=Path, metavar="ARCHIVE")

    inspect = command("inspect", inspect_command.inspect, "say what is understood of a folder, and decide about it")
    inspect.formatter_class = argparse.RawDescriptionHelpFormatter
    inspect.add_argument("folder", metavar="FOLDER", help="a folder, or a data set by its name")
    inspect.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="WHAT=COLUMN",
        help="decide, and keep: image, label, group, part, age, sex, site, diagnosis_method or source = a column, "
        "“names of folders” or none; merge:CLASS=CLASS; malignant:CLASS=yes|no|unknown; no-classes=FOLDER,FOLDER",
    )
    inspect.add_argument("--agree", action="store_true", help="agree to what is understood: it may be trained on then")
    inspect.add_argument("--forget", action="store_true", help="forget all that was decided about it before")

    join = command("join", join_command.join, "join data sets to one for training, by mapping their classes")
    join.add_argument("name", metavar="NAME", help="what the joined data set is called")
    join.add_argument("datasets", nargs="*", metavar="DATASET")
    join.add_argument(
        "--map", action="append", default=[], metavar="DATASET:CLASS=CLASS", help="what a class becomes; by default "
        "classes that mean the same diagnosis become one",
    )  # fmt: skip
    join.add_argument("--leave-out", action="append", default=[], metavar="DATASET:CLASS", help="a class to leave out")
    join.add_argument("--test", action="append", default=[], metavar="DATASET", help="for testing alone; pictures that "
                      "are in the others too are cut from it")  # fmt: skip
    join.add_argument("--remove", action="store_true", help="forget the joined data set")

    ingest = command(
        "ingest", commands.ingest, "decode the pictures of a data set once, into the image cache; or read a gene table"
    )
    ingest.add_argument("dataset", metavar="DATASET")
    size = "side of a picture in pixels (default: %(default)s)"
    ingest.add_argument("--size", type=int, default=128, metavar="N", help=size)

    genes = command("genes", commands.genes, "train a classifier on a gene-expression table and judge it")
    genes.add_argument("table", metavar="NAME", help="a gene-expression table that `datasets` lists")
    genes.add_argument("--seed", type=int, default=0, metavar="N", help="deals the samples into folds (default: 0)")

    train = command("train", folds_command.train, "train a model")
    train.formatter_class = argparse.RawDescriptionHelpFormatter
    train.epilog = _fields()
    train.check = commands.wrong_with_train
    kinds = "a model, a JSON file with the fields of a recipe, or a run that has one"
    train.add_argument("model", metavar="MODEL_OR_RECIPE", nargs="?", help=kinds)
    train.add_argument("--preset", choices=list(PRESETS), help="a whole recipe by name, in place of a model")
    train.add_argument("--dataset", metavar="D", help="needed for a model; the other options change a recipe, too")
    train.add_argument("--epochs", metavar="N")
    train.add_argument("--split", choices=[str(kind) for kind in SplitKind])
    train.add_argument("--balance", choices=[str(kind) for kind in Balance])
    train.add_argument("--seed", metavar="N")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="any field of the recipe, below")
    folds_help = (
        "cross-validate: one run for each of 2 to 10 folds, or own for those that the data set has, and one of all"
    )
    train.add_argument("--folds", metavar="N", help=folds_help)
    train.add_argument(
        "--ablation", action="store_true", help="with metadata: also train the same on the picture alone, and compare"
    )
    train.add_argument("--background", action="store_true", help="hand the run to the engine and return")

    folds = command("folds", folds_command.folds, "list the cross-validations, look at one, or retry what it lacks")
    folds.add_argument("cv_id", metavar="CROSS_VALIDATION", nargs="?", help="its id, or that of one of its runs")
    folds.add_argument("--retry", action="store_true", help="let folds that are missing or ended early go on")

    ensemble = command("ensemble", ensemble_command.ensemble, "make a run that answers as the mean of finished runs")
    ensemble.add_argument("run_ids", metavar="RUN", nargs="+", help="two or more runs on the same data set")

    command("runs", commands.runs, "list the runs, newest first")

    evaluate = command("evaluate", evaluate_command.evaluate, "judge a run again, or on other pictures or samples")
    evaluate.add_argument("run_id", metavar="RUN")
    evaluate.add_argument(
        "--on",
        metavar="PATH",
        help="a data set by its name; a folder, zip or tar with pictures and what says their classes; or a table with "
        "labels, whose pictures lie in its folder. Of a run on genes: a gene-expression table, its folder or file",
    )
    evaluate.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="CLASS=CLASS",
        help="a class of those as a class of the run, where another one is meant than is proposed; needs --on",
    )
    evaluate.add_argument(
        "--leave-out", action="append", default=[], metavar="CLASS", help="a class of those that does not count"
    )
    evaluate.add_argument(
        "--shared",
        choices=["count", "cut", "refuse"],
        default="count",
        help="what becomes of pictures that the run's own data have, too, found by content: they are counted, cut with "
        "all of their groups, or nothing is judged",
    )

    predict = command("predict", predict_command.predict, "predict pictures or samples with a finished run")
    predict.add_argument("run_id", metavar="RUN")
    predict.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="a picture; a folder, zip or tar: every picture in it but masks; a table: the pictures that it names and "
        "that lie in its folder; or a data set by its name: its pictures without a class. Of a run on genes: a table "
        "of samples with their expression",
    )
    predict.add_argument(
        "--explain",
        choices=predict_pictures.EXPLAIN,
        help="also draw heat maps; needs --out. Which method can be believed for a run, `explain` tells",
    )
    predict.add_argument("--out", type=Path, metavar="DIR", help="folder for the heat maps")
    predict.add_argument("--csv", type=Path, metavar="FILE", help="write the probabilities as a table")
    predict.add_argument(
        "--patient",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="age, sex or site of the person in the pictures, for a run that is told them; the same for all pictures",
    )
    predict.add_argument(
        "--metadata",
        type=Path,
        metavar="FILE",
        help="the same by picture: a table with a column “image” and age, sex or site; else they are unknown",
    )
    predict.add_argument(
        "--submission",
        type=Path,
        metavar="FILE",
        help="write id and label alone, as competitions take them: the probability of the positive class, or of all "
        "malignant ones; in the order of a sample_submission.csv, where one lies in or above the folder",
    )

    explain = command("explain", explain_command.explain, "check the heat maps of a run; goes on after a break")
    explain.add_argument("run_id", metavar="RUN")
    explain.add_argument(
        "--masks",
        type=Path,
        metavar="FOLDER",
        help="masks of lesions, white where the lesion is and named as their pictures: how much of the heat lies in it",
    )

    explain.add_argument(
        "--method",
        action="append",
        type=Method,
        choices=[each for each in Method if each.knows_the_model],
        metavar="METHOD",
        help="check this method alone, beside darkness and edges, which takes a fraction of the time: hires-cam, "
        "grad-cam, occlusion, integrated-gradients-from-blur or -black, row-saliency; may be given several times",
    )

    card = command("card", card_command.card, "write the model card of a run: what it rests on, how far to trust it")
    card.add_argument("run_id", metavar="RUN")
    card.add_argument("--format", choices=card_command.FORMATS, default="md", help="(default: %(default)s)")
    card.add_argument("--out", type=Path, metavar="FILE", help="write it there; else it is printed")

    code = command("code", code_command.code, "write a training as a script and a notebook that need nothing of this")
    code.add_argument("of", metavar="RUN_OR_RECIPE", help="a run, or a JSON file with the fields of a recipe")
    code.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write them there, with the split; else the script is printed"
    )

    export = command(
        "export", export_command.export, "hand over a run's model in a format, checked; goes on after a break"
    )
    export.add_argument("run_id", metavar="RUN")
    export.add_argument(
        "--format", nargs="+", required=True, choices=[*FORMATS, "all"], help="which; all takes all but int8"
    )
    export.add_argument("--without-gate", action="store_true", help="leave out the gate, which takes some 16 MB")
    export.add_argument("--out", type=Path, metavar="FOLDER", help="unpack each into a folder there, too")

    bring = command("bring", bring_command.bring, "take in a Keras, ONNX or Teachable Machine model, and judge it")
    bring.add_argument("file", type=Path, metavar="FILE", help="a .keras, .h5, .onnx, or a zip of Teachable Machine")
    bring.add_argument("--dataset", metavar="D", required=True, help="on whose pictures it is judged")
    named = bring.add_mutually_exclusive_group()
    named.add_argument("--classes", metavar="A,B,…", help="names of its outputs in their order")
    named.add_argument("--labels", type=Path, metavar="FILE", help="the same, one a line; a labels.txt beside is found")
    bring.add_argument(
        "--size", type=int, default=0, metavar="N", help="pixels a side of its pictures, if the file leaves it open"
    )
    bring.add_argument(
        "--scale",
        choices=["auto", *SCALES],
        default="auto",
        help="what pixels become before it gets them; auto takes what is right most often on validation pictures",
    )

    reproduce = command(
        "reproduce",
        reproduce_command.reproduce,
        "train the reference systems and lay our figures beside the published ones; goes on where it stopped",
    )
    reproduce.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this system alone; can be given several times"
    )
    reproduce.add_argument("--quick", action="store_true", help="with fewer epochs and pictures, which every row says")

    run_commands.add_commands(command)

    search = add("search", help="search hyperparameters: every trial a run", description="Search hyperparameters.")
    search_commands.add_commands(search, [add_json])

    serve = command("dashboard", dashboard_command.dashboard, "start the dashboard in this terminal")
    serve.add_argument("--port", type=int, metavar="PORT", help="serve it there (default 8501)")

    engine = command("engine", commands.engine, "start, stop or look at the engine that executes runs")
    engine.add_argument("action", choices=["start", "stop", "status"])
    return main


def _fields() -> str:
    """Every field of the recipe with its default and what it does."""
    from core.training.recipe import Recipe

    lines = ["fields of the recipe:"]
    for name, field in Recipe.model_fields.items():
        default = "" if field.is_required() else f" (default {field.default})"
        lines += textwrap.wrap(
            f"{name}: {field.description}{default}", 100, initial_indent="  ", subsequent_indent="      "
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns 0, 1 for an error, 130 when interrupted."""
    Parser.arguments = sys.argv[1:] if arguments is None else arguments
    try:
        commands = parser()
        if "" in Parser.arguments:  # as a path it would be the folder that one stands in
            commands.error("an argument is empty; if it is a variable of the shell, it has no value")
        options = commands.parse_args(arguments)
    except KeyboardInterrupt:
        return refuse("Interrupted.", "KeyboardInterrupt", wants_json(Parser.arguments), INTERRUPTED)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    return answer(lambda: options.run(options), options.json)


if __name__ == "__main__":
    sys.exit(main())
