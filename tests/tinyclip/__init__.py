"""A CLIP of two small towers, trained on scenes that are drawn here: `python -m tests.tinyclip.train` makes what is in `pack`.

render.py draws scenes and says what is in them, networks.py and train.py need PyTorch, which nothing else does. Tests use the files.
"""
