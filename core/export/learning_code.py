"""How an exported training learns: augmentation, loss, optimizer, schedule and what happens after each epoch."""

from dataclasses import replace

from core.export import pieces
from core.export.call import Call, called, indented, listed
from core.export.section import Section, section
from core.export.source import gather
from core.training.augmentation_layers import random_layers
from core.training.recipe import Recipe

_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "sgd": "SGD"}


def learning(recipe: Recipe) -> Section:
    """The section that trains the model; `learnt_from` and `weights`, where there are some, stand before it."""
    text = (
        "The epoch with the best figure on the validation part is kept, whatever comes after it. All is computed in 32 "
        "bits; a run on a GPU may have used 16 where that is faster, and its figures then differ a little."
    )
    learner = "learner = keras.Model(model.inputs, model.outputs)  # what is saved has nothing of the optimizer in it"
    examples = "Batches"
    drawn = random_layers(recipe)
    own = {"RandomTurns"} & {each.kind for each in drawn}
    names = {each.kind: each.kind if each.kind in own else f"layers.{each.kind}" for each in drawn}
    augmentation = [str(Call(names[each.kind], each.arguments)) for each in drawn]
    if augmentation:
        learner = f"{listed('augmentation', augmentation)}\n{pieces.AUGMENT}"
        text += (
            " Augmentation stands before the network and acts in training alone; the model that is saved is without it."
        )
    wanted, code = ["core.training.keras_metrics:curve_metrics"], [learner]
    wanted += [f"core.training.random_turns:{each}" for each in own]
    if recipe.mixes:
        examples = "MixedBatches"
        wanted.append("core.training.mixing:mixed")
        code.append(f"MIXUP, CUTMIX = {recipe.mixup!r}, {recipe.cutmix!r}\n\n\n{pieces.MIX}\n")
        text += " Training pictures are mixed with one another, and learnt with both of their labels."
    for more, lines in (_loss(recipe), _optimizer(recipe)):
        wanted += more
        code.append(lines)
    if recipe.ema_momentum:
        wanted.append("core.training.optimization:JudgeAverage")
        text += " A moving average of the weights is what is judged and kept."
    compiled = ["optimizer=optimizer", "loss=loss", "metrics=curve_metrics(len(CLASSES))"]
    fitted = [
        f"{examples}(learnt_from, BATCH_SIZE, SEED)",
        "validation_data=Batches(validation, max(BATCH_SIZE, 256))",
        "epochs=EPOCHS",
        "shuffle=False",
        *(["class_weight=weights"] if recipe.balance.weighs and not recipe.mixes else []),
        "callbacks=callbacks",
        "verbose=2",
    ]
    code += [
        "\n".join(["learner.compile(", *indented(compiled), ")"]),
        listed("callbacks", [str(call) for call in _callbacks(recipe)]),
        "\n".join(["learner.fit(", *indented(fitted), ")"]),
    ]
    source = gather(*wanted)
    return section("Training", text, "\n\n".join([f"{source.text}\n", *code]), source)


def _loss(recipe: Recipe) -> tuple[list[str], str]:
    """What it takes of this project, and `loss`."""
    if recipe.loss in ("cross-entropy", "binary") and not (recipe.label_smoothing or recipe.mixes):
        return [], 'loss = "sparse_categorical_crossentropy"'
    formula = "focal" if recipe.loss == "focal" else "cross_entropy"
    wanted = ["core.training.losses:ClassLoss", f"core.training.losses:{formula}"]
    told = [f"partial(focal, gamma={recipe.focal_gamma!r})" if formula == "focal" else formula, "len(CLASSES)"]
    before = ""
    if recipe.label_smoothing:
        told.append(f"label_smoothing={recipe.label_smoothing!r}")
    if recipe.balance.weighs and recipe.mixes:
        told.append("class_weights=np.array(list(weights.values()), np.float32)")
    if recipe.loss == "logit-adjusted":
        wanted.append("core.training.losses:log_prior_of")
        before = 'counts = learnt_from["label"].value_counts().reindex(CLASSES, fill_value=0).to_numpy()\n'
        tau = "" if recipe.logit_tau == 1 else f", tau={recipe.logit_tau!r}"
        told.append(f"log_prior=log_prior_of(counts{tau})")
    return wanted, f"{before}loss = {called('ClassLoss', told)}"


def _optimizer(recipe: Recipe) -> tuple[list[str], str]:
    """What it takes of this project, and `optimizer`."""
    wanted, before, rate, after = [], "", "LEARNING_RATE", ""
    if recipe.schedule != "constant":
        schedule = {"cosine": "cosine", "one-cycle": "OneCycle"}[recipe.schedule]
        wanted.append(f"core.training.optimization:{schedule}")
        before = (
            "steps = EPOCHS * math.ceil(len(learnt_from) / BATCH_SIZE)\n"
            f"rate = {schedule}(LEARNING_RATE, steps, warm_up={recipe.warm_up!r})\n"
        )
        rate = "rate"
    told = [rate]
    if recipe.optimizer == "sgd":
        told += [f"momentum={recipe.momentum!r}", "nesterov=True"]
    if recipe.optimizer == "adamw":
        wanted.append("core.training.optimization:NO_DECAY")
        told.append(f"weight_decay={recipe.weight_decay!r}")
        after = "\noptimizer.exclude_from_weight_decay(var_names=NO_DECAY)"
    if recipe.clip_norm:
        told.append(f"global_clipnorm={recipe.clip_norm!r}")
    kind = f"keras.optimizers.{_OPTIMIZERS[recipe.optimizer]}"
    if recipe.ema_momentum:
        wanted.append("core.training.optimization:averaging")
        kind = f"averaging({kind})"
        told += ["use_ema=True", f"ema_momentum={recipe.ema_momentum!r}"]
    return wanted, f"{before}optimizer = {called(kind, told)}{after}"


def _callbacks(recipe: Recipe) -> list[Call]:
    watched = {"monitor": recipe.monitor, "mode": "min" if recipe.monitor.endswith("loss") else "max"}
    kept = {"save_best_only": recipe.keep == "best", "save_weights_only": True}
    callbacks = [
        Call("TerminateOnNaN", {}),
        Call("CSVLogger", {"filename": "history.csv"}),
        Call("ModelCheckpoint", {"filepath": "best.weights.h5", **watched, **kept}),
    ]
    if recipe.reduce_lr_patience:
        reduced = {"factor": recipe.reduce_lr_factor, "patience": recipe.reduce_lr_patience}
        callbacks.append(Call("ReduceLROnPlateau", {**watched, **reduced, "min_lr": recipe.min_learning_rate}))
    if recipe.early_stopping_patience:
        callbacks.append(Call("EarlyStopping", {**watched, "patience": recipe.early_stopping_patience}))
    callbacks = [replace(call, function=f"keras.callbacks.{call.function}") for call in callbacks]
    return [*callbacks, *([Call("JudgeAverage", {})] if recipe.ema_momentum else [])]
