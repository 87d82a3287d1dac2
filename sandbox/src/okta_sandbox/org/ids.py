"""Ids that look like Okta's and can be turned back into the index of the record they name.

Twenty characters: a prefix that tells the kind (`00u` user, `00g` group, `0oa` application), a
scrambled index, and five characters that all ids of one org share, as they do in a real org.
"""

from okta_sandbox.org.chance import Chance

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUE = {pair: value for value, pair in enumerate(_PAIRS)}
_BITS = 60
_MASK = (1 << _BITS) - 1
_HALF = _BITS // 2
_CODE_LENGTH = 12
_FIRST = 0x9E3779B97F4A7C5 | 1
_SECOND = 0xBF58476D1CE4E5B | 1
_FIRST_BACK = pow(_FIRST, -1, 1 << _BITS)
_SECOND_BACK = pow(_SECOND, -1, 1 << _BITS)


def _scramble(number: int, key: int) -> int:
    number = (number + key) * _FIRST & _MASK
    number ^= number >> _HALF
    number = number * _SECOND & _MASK
    return number ^ number >> _HALF


def _unscramble(number: int, key: int) -> int:
    # Shifting by half the width makes `x ^ x >> half` its own inverse.
    number ^= number >> _HALF
    number = number * _SECOND_BACK & _MASK
    number ^= number >> _HALF
    return (number * _FIRST_BACK - key) & _MASK


def _to_text(number: int) -> str:
    text = ""
    for _ in range(_CODE_LENGTH // 2):
        number, pair = divmod(number, len(_PAIRS))
        text += _PAIRS[pair]
    return text


def _from_text(text: str) -> int:
    number = 0
    for start in range(_CODE_LENGTH - 2, -1, -2):
        number = number * len(_PAIRS) + _VALUE[text[start : start + 2]]
    return number


class IdSpace:
    """All ids of one kind of record in one org."""

    def __init__(self, seed: int, prefix: str) -> None:
        chance = Chance(seed, "ids", prefix)
        self._key = chance.number() << 16 | chance.number() >> 16
        self._head = prefix + Chance(seed, "id head").text(1, _ALPHABET[36:])
        self._tail = Chance(seed, "id tail").text(4, _ALPHABET)

    def encode(self, index: int) -> str:
        """The id of the record at this index."""
        return self._head + _to_text(_scramble(index, self._key)) + self._tail

    def decode(self, text: str) -> int | None:
        """The index this id names, or None for an id that this space never made."""
        code = text[len(self._head) : -len(self._tail)]
        if not (text.startswith(self._head) and text.endswith(self._tail)):
            return None
        if len(code) != _CODE_LENGTH or not set(_ALPHABET) >= set(code):
            return None
        index = _unscramble(_from_text(code) & _MASK, self._key)
        return index if self.encode(index) == text else None
