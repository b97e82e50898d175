"""The section `viewer.raw_processor`: how RAW files are developed by darktable for downloads."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from facetd.config.section import Section, Texts
from facetd.i18n import _

PROFILE_NAME = r"^[^\x00-\x1f\x7f/\\]{1,64}$"
# Where darktable reads from and writes to, and what it tells its core, is the daemon's business.
RESERVED = ("--core", "--import", "--out-ext", "--configdir", "--cachedir", "--tmpdir", "--library", "--conf", "--datadir", "--moduledir")
RESERVED_ALWAYS = ("--help", "-h", "--version", "-v")


def _arguments(arguments: tuple[str, ...]) -> tuple[str, ...]:
    for argument in arguments:
        if argument in RESERVED or argument in RESERVED_ALWAYS:
            raise ValueError(_("{argument} cannot be among them, facetd sets it").format(argument=argument))
        if "\0" in argument:
            raise ValueError(_("expected text without NUL"))
    if arguments and not arguments[0].startswith("-"):
        raise ValueError(_("expected options of darktable-cli, the first one begins with -"))
    return arguments


class DarktableProfile(Section):
    """One way to develop: a style, a size limit in px (0: none), an output color profile. None: what `darktable` says for all."""

    style: str = Field(default="", max_length=128)
    style_overwrite: bool = False
    icc_type: str = Field(default="", pattern=r"^[A-Z0-9_]*$", max_length=32)
    hq: bool | None = None
    width: int | None = Field(default=None, ge=0, le=65500)
    height: int | None = Field(default=None, ge=0, le=65500)
    extra_args: Texts = ()

    _checked = field_validator("extra_args")(_arguments)


class Darktable(Section):
    """`darktable-cli` and the profiles that it is offered with; without a profile it is not offered.

    `profiles` is an object by name, or a list of objects with a `name`. `memory_mb` limits its address space.
    """

    executable: str = Field(default="darktable-cli", min_length=1, max_length=4096)
    hq: bool = True
    width: int = Field(default=0, ge=0, le=65500)
    height: int = Field(default=0, ge=0, le=65500)
    extra_args: Texts = ()
    timeout_s: float = Field(default=300, ge=1, le=3600)
    memory_mb: int = Field(default=6144, ge=512, le=262144)
    opencl: bool = False
    profiles: dict[Annotated[str, Field(pattern=PROFILE_NAME)], DarktableProfile] = {}

    _checked = field_validator("extra_args")(_arguments)

    @field_validator("executable")
    @classmethod
    def _program(cls, executable: str) -> str:
        if "\0" in executable or ("/" in executable and not executable.startswith(("/", "~/"))):
            raise ValueError(_("expected the name of a program or an absolute path"))
        return executable

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, data: object) -> object:
        """A list of profiles with names is the same as an object by name."""
        profiles = data.get("profiles") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(profiles, list):
            return data
        named: dict[str, object] = {}
        for profile in profiles:
            if not isinstance(profile, dict) or not isinstance(profile.get("name"), str):
                raise ValueError(_("profiles: expected a `name` in each of the list"))
            if profile["name"] in named:
                raise ValueError(_("profiles: '{name}' is there twice").format(name=profile["name"]))
            named[profile["name"]] = {key: value for key, value in profile.items() if key != "name"}
        return {**data, "profiles": named}


class RawProcessor(Section):
    """What develops RAW files."""

    darktable: Darktable = Darktable()
