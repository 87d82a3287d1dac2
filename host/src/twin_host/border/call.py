"""Calling a connector: whatever it does or answers ends that one call with a sentence.

Only Ctrl-C goes through as it is, which is the person's, and the host's own errors.
"""

from collections.abc import Callable, Generator, Iterable
from itertools import count
from types import ModuleType, NoneType
from typing import Any, TypeVar, Union, cast, get_args, get_type_hints

from attrs import evolve, frozen

from twin_host.border.check import Check, check_of, streams_of
from twin_host.contract import CannotGoOn, Capability, Context, Progress
from twin_host.errors import ConnectorError, HostError

LONGEST_SENTENCE = 1000
AT_FAULT = "This is a fault in the connector; what was stored before is unchanged."
NOTHING = object()

Result = TypeVar("Result")


@frozen
class Hook:
    """One hook of one connector: its name and what its specification says it gives."""

    title: str
    name: str
    caller: Callable[..., object]
    answer: Check

    @classmethod
    def of(
        cls, specs: ModuleType, name: str, *, title: str, caller: Callable[..., object]
    ) -> "Hook":
        """The hook of that name in a module of specifications."""
        returns = get_type_hints(getattr(specs, name), include_extras=True)["return"]
        given = tuple(each for each in get_args(returns) if each is not NoneType) or (returns,)
        return cls(title, name, caller, check_of(Union[given]))  # noqa: UP007

    def __call__(self, **arguments: Any) -> Any:
        """What the connector answers, checked; streams in it are checked as they are read.

        Raises ConnectorError.
        """
        if isinstance(context := arguments.get("context"), Context):
            arguments["context"] = _with_checked_callbacks(context)
        return self._guarded(self._checked, arguments)

    def _checked(self, arguments: dict[str, Any]) -> Any:
        answer = self.caller(**arguments)
        if answer is None:
            raise ContractBroken("its answer is None, though it was asked by its own name")
        _refuse(self.answer(answer), "its answer")
        streams = streams_of(type(answer)).items()
        read = {name: self._read(name, getattr(answer, name), check) for name, check in streams}
        return evolve(answer, **read) if read else answer

    def _read(self, name: str, stream: Iterable[object], check: Check) -> Generator[Any]:
        source = self._guarded(iter, stream)
        for number in count():
            item = self._guarded(_next_checked, source, check, f"{name}[{number}]")
            if item is NOTHING:
                return
            yield item

    def _guarded(self, function: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return guarded(function, *arguments)
        except ConnectorError as error:
            foreseen = isinstance(error.__cause__, CannotGoOn)
            sentence = (
                error.reason
                if foreseen
                else f"The {self.title} connector failed in {self.name}: {error.reason}. {AT_FAULT}"
            )
            raise ConnectorError(sentence, error.reason) from error.__cause__


class ContractBroken(Exception):
    """What a connector gave is not what the contract says; the message is a clause with a path."""


def hook_names(specs: ModuleType, *, required: bool = False) -> tuple[str, ...]:
    """The hooks that a module specifies; with `required` those that every connector must have."""
    marks = {"twin_spec", "is_required"} if required else {"twin_spec"}
    return tuple(name for name, hook in vars(specs).items() if marks <= _marks_of(hook))


def guarded(function: Callable[..., Result], *arguments: Any) -> Result:
    """Run a connector's code. Raises ConnectorError with what went wrong, from its cause."""
    try:
        return function(*arguments)
    except (KeyboardInterrupt, HostError):
        raise
    except BaseException as error:  # noqa: BLE001  whatever a connector does, SystemExit included
        causes = list(_leaves(error))
        for cause in causes:
            if isinstance(cause, KeyboardInterrupt):
                raise cause from None
        cause = next((each for each in causes if isinstance(each, CannotGoOn)), causes[0])
        reason = _words(cause)
        raise ConnectorError(reason, reason) from cause


def _next_checked(source: Any, check: Check, path: str) -> object:
    item = next(source, NOTHING)
    if item is not NOTHING:
        _refuse(check(item), path)
    return item


def _refuse(fault: str, path: str) -> None:
    if fault:
        whole = fault[1:] if fault.startswith(".") and path == "its answer" else path + fault
        raise ContractBroken(whole)


def _with_checked_callbacks(context: Context) -> Context:
    progress, name, capability = check_of(Progress), check_of(str), check_of(Capability)

    def report(given: Progress) -> None:
        _refuse(progress(given), "the progress")
        context.report(given)

    def probed(dataset: str, given: Capability) -> None:
        _refuse(name(dataset), "the name of a capability")
        _refuse(capability(given), f"the capability {dataset}")
        context.probed(dataset, given)

    return evolve(context, report=report, probed=probed)


def _leaves(error: BaseException) -> Iterable[BaseException]:
    """What is in a group, however deep; an error that is no group by itself."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    group = cast("BaseExceptionGroup[BaseException]", error)
    return [leaf for each in group.exceptions for leaf in _leaves(each)]


def _words(error: BaseException) -> str:
    """One line, of text that can be written anywhere."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  a connector's own __str__
        text = ""
    if isinstance(error, CannotGoOn):
        line = text.strip() or "The connector cannot go on."
    else:
        line = " ".join(text.split()).rstrip(".") or "no message"
        if not isinstance(error, ContractBroken):
            line = f"{type(error).__name__}: {line}"
    return line[:LONGEST_SENTENCE].encode(errors="replace").decode()


def _marks_of(hook: object) -> set[str]:
    return set(getattr(hook, "__dict__", ()))
