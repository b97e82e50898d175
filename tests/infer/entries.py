"""Entries of `pack.toml` as the layout readers write them, one for each thing that a pack can do."""

from __future__ import annotations

from pathlib import Path

from tests.infer.packtext import facts

FACTS = "\n{facts}\n"


def file(name: str) -> str:
    """A file's table, for `format`."""
    return f'{{{{ name = "{name}", size = 1, sha256 = "{"0" * 64}" }}}}'


PICTURE = 'precisions = ["f32"]\nfiles.f32 = ' + file("model.onnx")
GENERATION = """
[models.generation]
start = 3
eos = 0
pad = 3
banned = [3]
last = 0
max_length = 64
beams = 4
layers = 2
heads = 2
head_size = 8
cache = "with_past"
"""

HEAD = (
    """
[[models]]
id = "head"
task = "aesthetic_head"
space = "clip"
dimension = 3
fills = "aesthetic_iaa"
low = 1
high = 10
data.weights = """
    + file("weights.npy")
    + FACTS
)
QUALITY = (
    """
[[models]]
id = "nima"
task = "quality"
fills = "topiq_score"
reading = "mean_of_bins"
low = 1
high = 10
input = {{ name = "pixels", size = 224, range = [0, 1], fit = "stretch", mean = [0.5, 0.5, 0.5], std = [0.5, 0.5, 0.5] }}
outputs = [{{ name = "bins", shape = [10], meaning = "share of each score", tolerance = {{ f32 = 0.01 }} }}]
"""
    + PICTURE
    + FACTS
)
DETECTOR = (
    """
[[models]]
id = "scrfd"
task = "face_detection_scrfd"
takes = "bare"
input = {{ name = "input.1", size = 64, range = [0, 255], fit = "letterbox_top_left", mean = [127.5, 127.5, 127.5], std = [128, 128, 128] }}
outputs = [
    {{ name = "scores", shape = [128, 1], meaning = "scores, stride 8", tolerance = {{ f32 = 0.01 }} }},
    {{ name = "boxes", shape = [128, 4], meaning = "boxes, stride 8", tolerance = {{ f32 = 0.01 }} }},
    {{ name = "points", shape = [128, 10], meaning = "points, stride 8", tolerance = {{ f32 = 0.01 }} }},
]
"""
    + PICTURE
    + FACTS
    + """
[models.scrfd]
strides = [8]
anchors = 2
scores = ["scores"]
boxes = ["boxes"]
points = ["points"]
score = 0.5
weak = 0.2
nms_iou = 0.4
"""
)
ARCFACE = (
    """
[[models]]
id = "arcface"
task = "face_embedding_arcface"
takes = "one"
input = {{ name = "input.1", size = 112, range = [0, 255], fit = "aligned", mean = [127.5, 127.5, 127.5], std = [127.5, 127.5, 127.5] }}
outputs = [{{ name = "vector", shape = [512], meaning = "vector", tolerance = {{ f32 = 0.01 }} }}]
embedding.space = "arcface"
embedding.dimension = 512
embedding.same = 1.0
embedding.merge = 0.9
embedding.suggest = 1.1
embedding.min_face_px = 30
embedding.template.left_eye = [38.3, 51.7]
embedding.template.right_eye = [73.5, 51.5]
embedding.template.nose_tip = [56.0, 71.7]
embedding.template.mouth_left = [41.5, 92.4]
embedding.template.mouth_right = [70.7, 92.2]
"""
    + PICTURE
    + FACTS
)
SALIENCY = (
    """
[[models]]
id = "u2netp"
task = "saliency"
input = {{ name = "input.1", size = 320, range = [0, 1], fit = "stretch", mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225] }}
outputs = [{{ name = "d0", shape = [1, 320, 320], meaning = "how much it belongs to the subject", tolerance = {{ f32 = 0.01 }} }}]
"""
    + PICTURE
    + FACTS
)
CAPTIONER = (
    """
[[models]]
id = "captioner"
task = "captioning"
input = {{ name = "pixel_values", size = 224, range = [0, 1], fit = "stretch", mean = [0.5, 0.5, 0.5], std = [0.5, 0.5, 0.5] }}
parts.encoder = """
    + file("encoder.onnx")
    + "\nparts.decoder = "
    + file("decoder.onnx")
    + "\ndata.tokenizer = "
    + file("tokenizer.json")
    + FACTS
    + GENERATION.replace("with_past", "merged")
)
TRANSLATOR = (
    """
[[models]]
id = "translator"
task = "translation"
source_lang = "en"
target_lang = "fr"
parts.encoder = """
    + file("encoder.onnx")
    + "\nparts.decoder = "
    + file("decoder.onnx")
    + "\nparts.decoder_with_past = "
    + file("decoder_with_past.onnx")
    + "\ndata.tokenizer = "
    + file("tokenizer.json")
    + FACTS
    + GENERATION
)
ALL = (HEAD, QUALITY, DETECTOR, ARCFACE, SALIENCY, CAPTIONER, TRANSLATOR)


def write_pack(packs: Path, name: str, *entries: str) -> Path:
    """`pack.toml` of a pack called `name` with these entries; returns it."""
    path = packs / name / "pack.toml"
    path.parent.mkdir(parents=True)
    path.write_text("".join(entry.format(facts=facts(name)) for entry in entries))
    return path
