"""FF1, the format-preserving cipher of NIST SP 800-38G, over AES: a keyed permutation of all strings of so many digits.

Not of our invention, and checked against the samples NIST published. A code is its number enciphered, so each number has
one code, each code one number, and to who has no key the codes of a batch look drawn by lot (docs/codes.md).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ROUNDS = 10
BLOCK = 16


class Ff1:
    """FF1 with one key, radix, length and tweak. Numbers stand for their digits, the first the highest."""

    def __init__(self, key: bytes, radix: int, length: int, tweak: bytes = b"") -> None:
        if radix**length < 1_000_000:
            raise ValueError("SP 800-38G asks for a million strings or more")
        self._encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - single blocks, chained below  # nosec B305
        self.size: int = radix**length
        left = length // 2
        self._powers: tuple[int, int] = (radix**left, radix ** (length - left))
        self._bytes = -(-((radix ** (length - left)) - 1).bit_length() // 8)
        self._taken = 4 * -(-self._bytes // 4) + 4
        head = bytes((1, 2, 1)) + radix.to_bytes(3) + bytes((ROUNDS, left % 256)) + length.to_bytes(4) + len(tweak).to_bytes(4)
        padded = tweak + bytes(-(len(tweak) + self._bytes + 1) % BLOCK)
        self._tail = padded[len(padded) // BLOCK * BLOCK :] if len(padded) % BLOCK else b""
        self._chained = self._encryptor.update(head)
        whole = padded[: len(padded) - len(self._tail)]
        for place in range(0, len(whole), BLOCK):
            self._chained = self._chain(self._chained, whole[place : place + BLOCK])

    def encrypt(self, number: int) -> int:
        """Encipher a number of 0 to `size` - 1."""
        low, high = self._powers[1], self._powers
        a, b = divmod(self._within(number), low)
        for turn in range(ROUNDS):
            a, b = b, (a + self._mix(turn, b)) % high[turn % 2]
        return a * low + b

    def decrypt(self, number: int) -> int:
        """Give the number that `encrypt` made this of."""
        low, high = self._powers[1], self._powers
        a, b = divmod(self._within(number), low)
        for turn in reversed(range(ROUNDS)):
            a, b = (b - self._mix(turn, a)) % high[turn % 2], a
        return a * low + b

    def _within(self, number: int) -> int:
        if not 0 <= number < self.size:
            raise ValueError("not a number of this length")
        return number

    def _mix(self, turn: int, half: int) -> int:
        state = self._chained
        text = self._tail + bytes((turn,)) + half.to_bytes(self._bytes)
        for place in range(0, len(text), BLOCK):
            state = self._chain(state, text[place : place + BLOCK])
        key_stream, counter = state, 1
        while len(key_stream) < self._taken:
            key_stream += self._chain(state, counter.to_bytes(BLOCK))
            counter += 1
        return int.from_bytes(key_stream[: self._taken])

    def _chain(self, state: bytes, block: bytes) -> bytes:
        mixed = int.from_bytes(state) ^ int.from_bytes(block)
        return self._encryptor.update(mixed.to_bytes(BLOCK))
