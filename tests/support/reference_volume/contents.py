"""Made-up file contents and words."""

from __future__ import annotations

import random
from typing import TypeVar

_T = TypeVar("_T")


class Contents:
    """Invents contents that compress about as well as those of a Windows volume.

    Blocks of 4 KB are made once and dealt out in random order, which is quick and still leaves
    a compressor little to find from one block to the next.
    """

    BLOCK = 4096

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "er")]
        self._words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(1500)]
        self._text = [self._text_block() for _ in range(300)]
        instructions = [rng.randbytes(rng.randint(1, 7)) for _ in range(700)]
        self._code = [self._code_block(instructions) for _ in range(300)]

    def word(self) -> str:
        """Return a made-up word."""
        return self._rng.choice(self._words)

    def text(self, size: int) -> bytes:
        """Return something like a log or settings file."""
        return self._deal(b"; %016x\r\n" % self._rng.getrandbits(64), self._text, size)

    def program(self, size: int) -> bytes:
        """Return something like a DLL: a header, code, tables, text in UTF-16, zeros."""
        header = b"MZ\x90\0" + bytes(124) + b"PE\0\0" + self._rng.randbytes(60)
        return self._deal(header, self._code, size)

    def noise(self, size: int) -> bytes:
        """Return what does not compress."""
        return self._rng.randbytes(size)

    def _deal(self, head: bytes, blocks: list[bytes], size: int) -> bytes:
        return (head + b"".join(self._rng.choices(blocks, k=size // self.BLOCK + 1)))[:size]

    def _text_block(self) -> bytes:
        lines = []
        length = 0
        while length < self.BLOCK:
            key, *value = self._frequent(self._words, self._rng.randint(2, 9))
            number = self._rng.randrange(10**6)
            lines.append(f'  <{key} id="{number}">{" ".join(value)}</{key}>\r\n')
            length += len(lines[-1])
        return "".join(lines).encode()[: self.BLOCK]

    def _code_block(self, instructions: list[bytes]) -> bytes:
        code = bytearray()
        for instruction in self._frequent(instructions, 420):
            code += instruction
            if self._rng.random() < 0.5:
                code += self._rng.randbytes(2) + b"\0\0"
        names = " ".join(self._frequent(self._words, 30)).encode("utf-16-le")
        return bytes(code + names).ljust(self.BLOCK, b"\0")[: self.BLOCK]

    def _frequent(self, things: list[_T], count: int) -> list[_T]:
        """Choose as words are in a language: the second half as often, the third a third as."""
        return self._rng.choices(things, [1 / n for n in range(1, len(things) + 1)], k=count)
