"""What must hold between the fields of one thing that crosses; each rule tells what is wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from twin_host.contract import (
    CHANGES,
    ConfigField,
    ConnectionReport,
    ConnectorInfo,
    DatasetReport,
    Enrichment,
    Evidence,
    FieldKind,
    List,
    OptionType,
    Rejected,
    SyncMode,
    SyncOption,
    SyncReport,
    SyncStatus,
)

Rule = Callable[[Any], str]
TOLD_OF_A_CHANGE = (
    "time", "sync", "severity", "label", "change", "column", "before", "after", "weight",
)  # fmt: skip


def _numerator_fits(evidence: Evidence) -> str:
    of, all_of = evidence.numerator, evidence.denominator
    if of is not None and all_of is not None and of > all_of:
        return f".numerator is {of}, more than the denominator {all_of}"
    return ""


def _one_value_a_key(found: Enrichment) -> str:
    keys = _doubled(fact.key for fact in found.facts)
    return f".facts has two values of the key {keys!r}" if keys else ""


def _each_gap_once(found: Enrichment) -> str:
    gap = _doubled(gap.id for gap in found.gaps)
    return f".gaps has two of the id {gap!r}" if gap else ""


def _each_list_once(found: Enrichment) -> str:
    kind = _doubled(each.kind for each in found.lists)
    return f".lists has two of the kind {kind!r}" if kind else ""


def _parts_are_lists(found: Enrichment) -> str:
    lists = {each.kind: each for each in found.lists}
    for each in found.lists:
        for part in each.parts:
            if part.kind not in lists or lists[part.kind].column(part.by) is None:
                return f".lists: {each.kind} has a part of {part.kind!r} by {part.by!r}, unknown"
    return ""


def _names_are_columns(found: List) -> str:
    columns = [column.name for column in found.columns]
    if twice := _doubled(columns):
        return f".columns has two of the name {twice!r}"
    named = filter(None, (found.label, found.match, *(it.of_column for it in found.columns)))
    told = [*found.key, *found.order, *found.shown, *found.found_by, *named]
    unknown = next((name for name in told if name not in columns), "")
    return f" names {unknown!r}, which is no column" if unknown else ""


def _a_thing_has_one_id(found: List) -> str:
    if found.thing and len(found.key) != 1:
        return f".key has {len(found.key)} columns though each is a {found.thing}"
    return "" if found.key and found.order and found.shown else " has no key, order or shown column"


def _changes_can_be_told(found: List) -> str:
    missing = next((name for name in TOLD_OF_A_CHANGE if found.column(name) is None), "")
    is_told = found.kind != CHANGES or not missing
    return "" if is_told else f" tells of changes and has no column {missing!r}"


def _names_once(info: ConnectorInfo) -> str:
    names: Mapping[str, Iterable[str]] = {
        "fields": (setting.name for setting in info.fields),
        "options": (option.name for option in info.options),
        "sections": (section.title for section in info.sections),
    }
    for where, given in names.items():
        if twice := _doubled(given):
            return f".{where} has two of the name {twice!r}"
    return ""


def _conditions_are_known(info: ConnectorInfo) -> str:
    known = {setting.name for setting in info.fields}
    for number, setting in enumerate(info.fields):
        if unknown := sorted(setting.when.keys() - known):
            return f".fields[{number}].when names {unknown[0]!r}, which is no field"
    return ""


def _choices_belong_to_a_choice(setting: ConfigField) -> str:
    if bool(setting.choices) == (setting.kind is FieldKind.CHOICE):
        return ""
    return f".choices is {setting.choices!r} though the kind is {setting.kind}"


def _default_fits_its_kind(setting: ConfigField) -> str:
    kinds: Mapping[FieldKind, tuple[type, ...]] = {
        FieldKind.TEXT: (str,),
        FieldKind.SECRET: (),
        FieldKind.BOOLEAN: (bool,),
        FieldKind.NUMBER: (int, float),
        FieldKind.CHOICE: (str,),
        FieldKind.LIST: (list,),
    }
    default = setting.default
    is_choice = not setting.choices or default in setting.choices
    if default is None or (type(default) in kinds[setting.kind] and is_choice):
        return ""
    return f".default is {default!r}, which is none of the kind {setting.kind}"


def _option_default_fits(option: SyncOption) -> str:
    if isinstance(option.default, bool) != (option.type is OptionType.BOOLEAN):
        return f".default is {option.default!r}, which is no {option.type}"
    low, high = option.minimum, option.maximum
    if (low is not None and option.default < low) or (high is not None and option.default > high):
        return f".default is {option.default}, not from {low} to {high}"
    return ""


def _says_what_is_wrong(rejected: Rejected) -> str:
    return "" if rejected.problems else ".problems is empty, so nobody can tell what is wrong"


def _says_why_not_ok(report: ConnectionReport) -> str:
    return ".error is empty though ok is false" if not report.ok and not report.error else ""


def _nothing_changes_unread(report: DatasetReport) -> str:
    unread = report.mode is SyncMode.NOTHING
    return (
        f".changed is {report.changed} though the mode is nothing"
        if unread and report.changed
        else ""
    )


def _says_why_it_failed(report: SyncReport) -> str:
    failed = report.status is SyncStatus.FAILED
    return ".error is empty though the status is failed" if failed and not report.error else ""


def _doubled(names: Iterable[str]) -> str:
    return next((name for name, times in Counter(names).items() if times > 1), "")


RULES: Mapping[type, tuple[Rule, ...]] = {
    ConfigField: (_choices_belong_to_a_choice, _default_fits_its_kind),
    ConnectionReport: (_says_why_not_ok,),
    ConnectorInfo: (_names_once, _conditions_are_known),
    DatasetReport: (_nothing_changes_unread,),
    Enrichment: (_one_value_a_key, _each_gap_once, _each_list_once, _parts_are_lists),
    Evidence: (_numerator_fits,),
    List: (_names_are_columns, _a_thing_has_one_id, _changes_can_be_told),
    Rejected: (_says_what_is_wrong,),
    SyncOption: (_option_default_fits,),
    SyncReport: (_says_why_it_failed,),
}
"""By class; looked at when every field by itself is as it should be."""
