"""How settings read as flags: the parser of a command line, its help, and what is said of a wrong one."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
import shutil
import textwrap
from typing import Any, NoReturn

from pydantic_settings import BaseSettings, SettingsError

_WIDEST = 100  # columns; longer lines are hard to read
_COLUMN_OF_TEXT = 30
_INDENT = " " * _COLUMN_OF_TEXT
_VALUES = {"int": "N", "float": "NUMBER", "str": "TEXT", "Path": "PATH"}
# What pydantic appends where the description tells the default, or where there is none to tell.
_NO_DEFAULT = re.compile(r" \(default(?: factory: \w+|: null|: |: False)\)$")

_DEFAULT = re.compile(r"\(default: (\d+)(\.0)?\)$")
_MEBIBYTE = 1 << 20


class Parser(argparse.ArgumentParser):
    """Flags in two groups, the component's own and everybody's; a mistake is a `SettingsError`."""

    def __init__(self, program: str, settings: type[BaseSettings], everybodys: type[BaseSettings]) -> None:
        super().__init__(
            prog=program,
            usage=f"{program} [--flag value ...]",
            description=textwrap.fill((inspect.getdoc(settings) or "").split("\n\n")[0], _width()),
            epilog=_epilog(settings),
            formatter_class=_Help,
            allow_abbrev=False,
            add_help=False,
        )
        self._settings = settings
        self._shared = {_flag(name) for name in everybodys.model_fields}
        self._own_flags = self.add_argument_group("settings")
        self._shared_flags = self.add_argument_group("settings of every component")
        self.add_argument("-h", "--help", action="help", help="show this and exit")

    def error(self, message: str) -> NoReturn:
        raise SettingsError(self._explained(message))

    def add_flag(self, *flags: str, **options: Any) -> None:
        """`add_argument` for a setting, as pydantic describes it."""
        text = options["help"]
        if text == argparse.SUPPRESS:  # a secret: from the environment alone
            return
        options["help"] = _DEFAULT.sub(_for_people, _NO_DEFAULT.sub("", text))
        if "metavar" in options:
            options["metavar"] = _VALUES.get(options["metavar"], options["metavar"])
        group = self._shared_flags if self._shared & set(flags) else self._own_flags
        group.add_argument(*flags, **options)

    def _explained(self, message: str) -> str:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown == message:
            return message.removeprefix("argument ")
        given = unknown.split()[0].split("=")[0]
        if not given.startswith("--"):
            return f"{given!r} is out of place: settings are given as --name value"
        name = given.removeprefix("--").replace("-", "_")
        if name in _secrets(self._settings):
            return f"there is no {given}, as everybody can read it: set {_variable(self._settings, name)}"
        near = difflib.get_close_matches(given, self._option_string_actions, n=1)
        return f"there is no {given}" + (f"; did you mean {near[0]}?" if near else "")


def add_flag(group: Parser, *flags: str, **options: Any) -> None:
    """The form in which pydantic wants `Parser.add_flag`."""
    group.add_flag(*flags, **options)


def _for_people(default: re.Match[str]) -> str:
    """Whole numbers without a fraction, and many bytes in the unit that divides them."""
    count = int(default[1])
    if count < _MEBIBYTE or count % _MEBIBYTE:
        return f"(default: {count})"
    whole = f"{count >> 30} GiB" if count % (1 << 30) == 0 else f"{count >> 20} MiB"
    return f"(default: {count}, {whole})"


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _variable(settings: type[BaseSettings], name: str) -> str:
    return f"{settings.model_config.get('env_prefix', '')}{name.upper()}"


def _secrets(settings: type[BaseSettings]) -> dict[str, str]:
    """Settings without a flag, and what they are; those that are not for people have no description."""
    return {
        name: field.description
        for name, field in settings.model_fields.items()
        if argparse.SUPPRESS in field.metadata and field.description
    }


def _epilog(settings: type[BaseSettings]) -> str:
    secrets = _secrets(settings)
    lines = [
        f"Each may be set in the environment instead: --log-level is {_variable(settings, 'log_level')}.",
        "By the environment alone, as everybody can read a command line:" if secrets else "",
    ]
    for name, text in secrets.items():
        lines += [
            f"  {_variable(settings, name)}",
            *textwrap.wrap(text, _width(), initial_indent=_INDENT, subsequent_indent=_INDENT),
        ]
    return "\n".join(lines).rstrip()


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST)


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=_COLUMN_OF_TEXT, width=_width())

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return action.option_strings[0].replace("--", "--[no-]", 1)
        return super()._format_action_invocation(action)
