"""The parts of the code that are the same for every training, as a teacher would write them.

Nothing is filled into these texts: what differs from training to training stands in the settings above them.
"""

IMPORTS = {
    "argparse": "import argparse",
    "math": "import math",
    "ThreadPoolExecutor": "from concurrent.futures import ThreadPoolExecutor",
    "partial": "from functools import partial",
    "Path": "from pathlib import Path",
    "keras": "import keras",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "layers": "from keras import layers",
    "Image": "from PIL import Image",
    "ImageOps": "from PIL import ImageOps",
    "register_heif_opener": "from pillow_heif import register_heif_opener",
}
"""What the pieces import, by the name under which they use it."""

WHERE_PICTURES_ARE = """\
arguments = argparse.ArgumentParser()
arguments.add_argument("--pictures", type=Path, default=Path("pictures"), help="folder with the pictures of split.csv")
# In a notebook nobody passes arguments; put your folder into the line above, or let PICTURES = Path("…") follow.
PICTURES = arguments.parse_known_args()[0].pictures
"""

WHERE_WEIGHTS_ARE = """\

arguments.add_argument("--weights", type=Path, help="file of weights that the network begins with")
WEIGHTS = arguments.parse_known_args()[0].weights
if WEIGHTS is None:
    raise SystemExit(f"Start with --weights FILE, {BEGINS_WITH}.")
"""

TRUNK = '''\
def trunk_of(network: keras.Model) -> keras.Model:
    """All of a network but its head."""
    head = next(layer for layer in network.layers if layer.name.startswith("head_") or layer.name == "probabilities")
    return keras.Model(network.input, head.input)


trunk = trunk_of(model)
'''
TAKE_FROM_MODEL = """\
trunk.set_weights(trunk_of(keras.models.load_model(WEIGHTS, compile=False)).get_weights())
"""
READ_WEIGHTS = """\
dropouts = [layer for layer in trunk.layers if isinstance(layer, layers.Dropout)]  # they have nothing to be loaded
trunk.load_weights(WEIGHTS, objects_to_skip=dropouts)
"""
READ_OLDER_WEIGHTS = """\
trunk.load_weights(WEIGHTS)
"""
SEED_AGAIN = """\
keras.utils.set_random_seed(SEED)  # what was drawn while the weights were read does not matter
"""

READ_SPLIT = """\
FORMULAS = ("=", "+", "-", "@", "\\t", "\\r", "\\n")  # stand after an apostrophe, so that no spreadsheet computes them
split = pd.read_csv("split.csv", dtype=str, keep_default_na=False)
split = split.map(lambda text: text[1:] if text[:1] == "'" and text.lstrip("'").startswith(FORMULAS) else text)
train, validation, test = (split[split["part"] == part] for part in ("train", "validation", "test"))
print(pd.crosstab(split["label"], split["part"]))

parts_of_group = split.groupby("group")["part"].nunique()
print((parts_of_group > 1).sum(), "groups stand in more than one part: above 0, the figures below are too good.")
"""

READ_PICTURE = """\
def read_picture(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        picture.draft(None, (2 * SIZE, 2 * SIZE))  # a large JPEG need not be decoded in full
        small = picture.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    return np.asarray(ImageOps.exif_transpose(small))  # upright, however the camera was held
"""

READ_ANY_PICTURE = """\
def read_picture(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        if picture.format == "JPEG":
            picture.draft(None, (2 * SIZE, 2 * SIZE))  # a large JPEG need not be decoded in full
        picture.load()
        rgb, _ = to_rgb(picture, None)  # from 16 bits, palettes, transparency and so on
        small = rgb.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        small.info = picture.info
    return np.asarray(ImageOps.exif_transpose(small))  # upright, however the camera was held
"""

READ_HEIC = """\
register_heif_opener()  # HEIC photos: pip install pillow-heif


"""

LIST_FILES = """\
files = split["picture"].unique()  # after oversampling, a picture stands in several rows
if not (PICTURES / files[0]).is_file():
    raise SystemExit(f"There is no {PICTURES / files[0]}. Start with --pictures FOLDER, the one that holds {files[0]}.")
"""
ROOM_IN_MEMORY = """\
pictures = np.empty((len(files), SIZE, SIZE, 3), np.uint8)
"""
ROOM_IN_A_FILE = """\
shape = (len(files), SIZE, SIZE, 3)  # together more than many computers have memory, hence a file
pictures = np.lib.format.open_memmap("pictures.npy", mode="w+", dtype=np.uint8, shape=shape)
"""
DECODE = """\
with ThreadPoolExecutor() as pool:
    for row, picture in enumerate(pool.map(read_picture, [PICTURES / file for file in files])):
        pictures[row] = picture
row_of = {file: row for row, file in enumerate(files)}
number_of = {key: number for number, key in enumerate(CLASSES)}
"""
FEED = '''\
class Batches(keras.utils.PyDataset):
    """Batches of (pictures, class numbers). With a seed, each epoch has an order of its own that can be had again."""

    def __init__(self, rows: pd.DataFrame, batch_size: int, seed: int | None = None):
        super().__init__()
        self.rows = rows["picture"].map(row_of).to_numpy()
        self.labels = rows["label"].map(number_of).to_numpy()
        self.batch_size, self.seed, self.epoch = batch_size, seed, 0
        self.order = np.arange(len(rows))

    def on_epoch_begin(self):
        if self.seed is not None:
            self.order = random_stream(self.seed, ORDER_STREAM, self.epoch).permutation(len(self.rows))
            self.epoch += 1

    def __len__(self):
        return math.ceil(len(self.rows) / self.batch_size)

    def __getitem__(self, step):
        chosen = self.order[step * self.batch_size : (step + 1) * self.batch_size]
        return pictures[self.rows[chosen]], self.labels[chosen]
'''
MIX = '''\
class MixedBatches(Batches):
    """Batches whose pictures are mixed with one another; their labels are shares of the classes."""

    def __getitem__(self, step):
        chosen, labels = super().__getitem__(step)
        rng = random_stream(self.seed, MIXING_STREAM, max(0, self.epoch - 1), step)
        return mixed(chosen, np.eye(len(CLASSES), dtype=np.float32)[labels], MIXUP, CUTMIX, rng)
'''
AUGMENT = """\
inputs = keras.Input((SIZE, SIZE, 3))
changed = inputs
for layer in augmentation:
    changed = layer(changed)
learner = keras.Model(inputs, model(changed))"""

LOAD_BEST = 'learner.load_weights("best.weights.h5")'

ANSWERS = """\
def answers(part: pd.DataFrame) -> np.ndarray:
    return model.predict(Batches(part, 256), verbose=0)
"""
ANSWERS_IN_WAYS = """\
def answers(part: pd.DataFrame) -> np.ndarray:  # the mean over each picture mirrored and turned in WAYS ways
    batches = Batches(part, 256)
    given = [batches[step][0] for step in range(len(batches))]
    return sum(np.concatenate([model.predict_on_batch(turned(each, way)) for each in given]) for way in range(WAYS))
"""

JUDGE = """\
model.save("model.keras")
most_frequent = train["label"].value_counts().idxmax()
for name, part in (("validation", validation), ("test", test)):
    if part.empty:
        continue
    true = part["label"].map(number_of).to_numpy()
    predicted = answers(part).argmax(axis=1)
    confusion = np.zeros((len(CLASSES), len(CLASSES)), int)
    np.add.at(confusion, (true, predicted), 1)
    sensitivity = {CLASSES[n]: row[n] / row.sum() for n, row in enumerate(confusion) if row.any()}
    print(f"\\n{name} part, {len(part)} pictures")
    print(f"  accuracy           {(true == predicted).mean():.4f}")
    print(f"  the floor          {(part['label'] == most_frequent).mean():.4f}  (always the most frequent class)")
    print(f"  balanced accuracy  {np.mean(list(sensitivity.values())):.4f}")
    for key, value in sensitivity.items():
        print(f"  sensitivity of {key}: {value:.4f}")
    print("  confusion matrix, rows true, columns predicted:")
    print(pd.DataFrame(confusion, CLASSES, CLASSES).to_string())
"""

COMPUTE = """\
rows, labels = train["picture"].map(row_of).to_numpy(), train["label"].map(number_of).to_numpy()
weights = np.bincount(positions, minlength=len(train)).astype(float)  # how often each picture is learnt from
"""
MAJORITY_BASELINE = """\
fractions = train["label"].value_counts(normalize=True).reindex(CLASSES, fill_value=0.0).to_numpy()
most_frequent = CLASSES[fractions.argmax()]
print("Every picture gets these probabilities:", dict(zip(CLASSES, fractions.round(4).tolist())))
for name, part in (("validation", validation), ("test", test)):
    if part.empty:
        continue
    print(f"\\n{name} part, {len(part)} pictures")
    print(f"  accuracy           {(part['label'] == most_frequent).mean():.4f}  (always {most_frequent})")
    recognised = int((part["label"] == most_frequent).any())  # of the classes that occur, at most one
    print(f"  balanced accuracy  {recognised / part['label'].nunique():.4f}")
"""
