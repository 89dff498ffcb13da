"""The command line; the only file that knows click."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import click

from looplint import config, files, output, registry
from looplint.gitignore import Patterns
from looplint.report import FORMATS
from looplint.selection import Layer, UnknownRule
from looplint.settings import Settings
from looplint.severity import Severity

TROUBLE, INTERRUPTED = 2, 130
"""Exit status; 130 is what a shell reports of a program ended by Ctrl-C."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


NO_ARGUMENTS: tuple[type[click.UsageError], ...] = (
    (click.exceptions.NoArgsIsHelpError,) if hasattr(click.exceptions, "NoArgsIsHelpError") else ()
)
"""What click raises for no arguments at all; before 8.2 it prints the help itself."""


class _Program(click.Group):
    """The commands, and what becomes of an exception that one of them lets through."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run a command and leave with its status; arguments as for click's own `main`."""
        try:
            sys.exit(super().main(*args, **{"prog_name": "looplint", **extra, "standalone_mode": False}) or 0)
        except click.Abort:
            sys.exit(INTERRUPTED)
        except NO_ARGUMENTS as error:
            output.write(f"{error.format_message()}\n")  # its message is the help
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "looplint"
            output.complain(f"{_sentence(error.format_message())} (see `{command} --help`)")
        except (click.ClickException, registry.BrokenRule, UnknownRule, config.ConfigError) as error:
            output.complain(str(error))
        except Exception as error:
            output.complain(f"internal error: {type(error).__name__}: {error}", error)
        sys.exit(TROUBLE)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="looplint", message="%(prog)s %(version)s")
def main() -> None:
    """Check PyTorch training loops.

    Exit status: 0 nothing found, 1 findings, 2 looplint could not do its job.
    """


def _split(_context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The values of an option that takes several, between commas or given again; None where it is not given."""
    parts = tuple(part.strip() for value in values for part in value.split(",") if part.strip())
    if values and not parts and parameter.name == "select":  # without rules, everything would seem to be clean
        raise click.BadParameter("names no rule")
    return parts if values else None


def _severity(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Severity | None:
    return None if value is None else Severity(value)


def _pairs(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The patterns and the rules of an option, each `PATTERN:RULE`, between commas or given again."""
    pairs = []
    for part in _split(context, parameter, values) or ():
        pattern, _, rule = part.rpartition(":")
        if not pattern or not rule or pattern.startswith("!"):
            raise click.BadParameter(f"`{part}` is no PATTERN:RULE", context, parameter)
        pairs.append((pattern, rule))
    return tuple(pairs)


def _several(name: str, text: str) -> Callable[[_Command], _Command]:
    metavar = "PATTERN,..." if name.endswith("exclude") else "RULE,..."
    return click.option(name, multiple=True, callback=_split, metavar=metavar, help=text)


def _per_file(name: str, text: str) -> Callable[[_Command], _Command]:
    return click.option(name, multiple=True, callback=_pairs, metavar="PATTERN:RULE,...", help=text)


def _together(*options: Callable[[_Command], _Command]) -> Callable[[_Command], _Command]:
    """Return one decorator for several options, which stand in this order in the help."""

    def decorate(command: _Command) -> _Command:
        return functools.reduce(lambda decorated, option: option(decorated), reversed(options), command)

    return decorate


_which_rules = _together(
    _several("--select", "Use these rules only: codes, beginnings of codes (LL1), names, or ALL."),
    _several("--ignore", "Do not use these rules."),
    _several("--extend-select", "Use these rules besides."),
    _several("--extend-ignore", "Do not use these rules either."),
    click.option("--preview/--no-preview", default=None, help="Let preview rules be used."),
    click.option("--config", "config_file", type=click.Path(), metavar="FILE", help="Use this configuration."),
    click.option("--isolated", is_flag=True, help="Use no configuration."),
)
_how_to_report = _together(
    click.option("--output-format", metavar="FORMAT", help=f"How to report: {', '.join(FORMATS)}.  [default: full]"),
    click.option("--output-file", type=click.Path(), metavar="FILE", help="Write the report there."),
)


@main.command("check")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATHS]...")
@_which_rules
@_per_file("--per-file-ignores", "Do not use these rules in these files, and no such table of the configuration.")
@_per_file("--extend-per-file-ignores", "Do not use these rules in these files either.")
@_several("--exclude", "Leave these out of directories, instead of what is left out by default.")
@_several("--extend-exclude", "Leave these out of directories besides.")
@click.option("--force-exclude/--no-force-exclude", default=None, help="Leave them out even where named as PATHS.")
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input.")
@_how_to_report
@click.option("--statistics", is_flag=True, help="Report how often each rule has found something.")
@click.option("--baseline", type=click.Path(), metavar="FILE", help="Leave out what is in this file.")
@click.option("--write-baseline", is_flag=True, help="Write all that is found into the baseline.")
@click.option("--add-noqa", is_flag=True, help="Write a comment that silences it behind all that is found.")
@click.option("-j", "--jobs", type=click.IntRange(1), help="Use so many processes at most.  [default: one a processor]")
@click.option("--cache-dir", type=click.Path(file_okay=False), metavar="DIR", help="Keep results for later runs there.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results.")
@click.option("--fix", is_flag=True, help="Mend what can be mended, and report the rest.")
@click.option("--unsafe-fixes", is_flag=True, help="Count fixes that may change what is meant among those, too.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@click.option(
    "--fail-on",
    type=click.Choice([one.value for one in Severity]),
    callback=_severity,
    help="Exit with status 1 from this severity on.  [default: error]",
)
@click.option("--exit-zero", is_flag=True, help="Exit with status 0 whatever is found.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="List the files checked and skipped, and what in them was not judged, and why.",
)
@click.pass_context
def _check(
    context: click.Context,
    /,
    config_file: str | None,
    isolated: bool,
    **options: Any,
) -> None:
    """Report broken training loops.

    PATHS are files, directories, or - for standard input; by default the current directory. Of directories the .py and
    .ipynb files are read, .gitignore respected.
    """
    from looplint.garbage import collect_less

    collect_less()
    from looplint.command import CannotBeDone, Command

    own = {name: options.pop(name) for name in Command._fields if name in options}
    settings = _override(_configured(config_file, isolated), **options)
    try:
        context.exit(Command(**own, settings=settings).run())
    except CannotBeDone as error:
        raise (click.UsageError if error.usage else click.ClickException)(str(error)) from None


@main.command("explain")
@click.argument("rule", metavar="CODE|NAME")
def _explain(rule: str) -> None:
    """Show the page of a rule."""
    from looplint.report import rules
    from looplint.report.terminal import wants_colour

    known = registry.every_rule()
    found = registry.find(rule, known)
    if found is None:
        raise UnknownRule(f"unknown rule `{rule}`{registry.suggest_rule(rule, known)}")
    output.write(rules.page(found, wants_colour(sys.stdout, os.environ)))


@main.command("rules")
@click.option("--output-format", type=click.Choice(["table", "json"]), default="table", show_default=True)
def _rules(output_format: str) -> None:
    """List all rules."""
    from looplint.report.rules import RULE_FORMATS
    from looplint.report.terminal import wants_colour

    known = list(registry.every_rule().values())
    output.write(RULE_FORMATS[output_format](known, wants_colour(sys.stdout, os.environ)))


@main.command("show")
@click.argument("file", type=click.Path())
def _show(file: str) -> None:
    """Show the training loops of FILE as looplint understands them."""
    from looplint import notebook
    from looplint.report.terminal import clean
    from looplint.show import render
    from looplint.source import InvalidSyntax

    try:
        text = render(notebook.code_of(files.decode(files.read(file)), file), file, files.absolute(file))
    except files.Unreadable as error:
        raise click.ClickException(f"{file}: {error.message}") from None
    except notebook.OtherLanguage as error:
        raise click.ClickException(f"{file}: its language is {error.language}") from None
    except InvalidSyntax as error:
        place = f"{error.location.row}:{error.location.column}"
        raise click.ClickException(f"{file}:{place}: {error.message}") from None
    output.write("".join(f"{clean(line)}\n" for line in text.splitlines()))


@main.command("run", context_settings={"allow_interspersed_args": False}, options_metavar="[OPTIONS]")
@click.argument("target", metavar="SCRIPT|-m MODULE")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")
@click.option("-m", "module", is_flag=True, help="What follows is the name of a module, as for python -m.")
@click.option("--fail", is_flag=True, help="Exit with status 1 when something is found.")
@click.option("--exact", is_flag=True, help="Judge every turn of every loop, and report what is seen once.")
@_which_rules
@_how_to_report
@click.option("--report", "page", type=click.Path(), metavar="FILE", help="Write a page for the browser there.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings only.")
@click.pass_context
def _run(
    context: click.Context,
    /,
    config_file: str | None,
    isolated: bool,
    output_format: str | None,
    select: tuple[str, ...] | None,
    ignore: tuple[str, ...] | None,
    extend_select: tuple[str, ...] | None,
    extend_ignore: tuple[str, ...] | None,
    preview: bool | None,
    **options: Any,
) -> None:
    """Run a training script, and report where its loop goes wrong.

    The script runs unchanged, with ARGS, and its exit status is that of looplint. Reports go to standard error.
    """
    from looplint.runtime_check import run

    settings = _override(
        _configured(config_file, isolated),
        select,
        ignore,
        extend_select,
        extend_ignore,
        output_format=output_format,
        preview=preview,
    )
    try:
        status = run.run(run.Command(**options, settings=settings, output_format=settings.output_format))
    except run.CannotRun as error:
        raise click.ClickException(str(error)) from None
    context.exit(status)


def _configured(file: str | None, isolated: bool) -> Settings:
    if file is not None and isolated:
        raise click.UsageError("--config and --isolated exclude each other")
    path = file if file is not None else None if isolated else config.find(files.absolute("."))
    return Settings() if path is None else config.load(path)


def _override(
    settings: Settings,
    select: tuple[str, ...] | None,
    ignore: tuple[str, ...] | None,
    extend_select: tuple[str, ...] | None,
    extend_ignore: tuple[str, ...] | None,
    exclude: tuple[str, ...] | None = None,
    extend_exclude: tuple[str, ...] | None = None,
    per_file_ignores: tuple[tuple[str, str], ...] = (),
    extend_per_file_ignores: tuple[tuple[str, str], ...] = (),
    **plain: Any,
) -> Settings:
    """The settings with what the command line says on top; None means that it says nothing."""
    output_format = plain["output_format"]
    if output_format is not None and output_format not in FORMATS:
        hint = registry.suggestion(output_format, FORMATS)
        raise click.UsageError(f"--output-format must be one of {', '.join(FORMATS)}, not `{output_format}`{hint}")
    here = files.absolute(".")
    layer = Layer(select, (ignore or ()) + (extend_ignore or ()), extend_select or (), where="--{}")
    return settings._replace(
        layers=(*settings.layers, layer),
        exclude=settings.exclude if exclude is None else Patterns(here, exclude),
        extend_exclude=(*settings.extend_exclude, Patterns(here, extend_exclude or ())),
        per_file_ignores=() if per_file_ignores else settings.per_file_ignores,
        ignores_here=(*per_file_ignores, *extend_per_file_ignores),
        **{name: value for name, value in plain.items() if value is not None},
    )


def _sentence(text: str) -> str:
    """One of click's messages in our style."""
    return text[:1].lower() + text[1:].removesuffix(".")
