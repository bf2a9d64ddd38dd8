"""One figure of progress out of three phases."""

from __future__ import annotations

import pytest

from tasksequence.capture.wimlib._meter import Meter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr("tasksequence.capture.wimlib._meter.time.monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize("compression", ["none", "xpress", "lzx"])
def test_it_goes_from_zero_to_one_and_never_back(clock: list[float], compression: str) -> None:
    sent: list[dict[str, object]] = []
    meter = Meter(compression, sent.append)
    # Totals shrink while libwim finds duplicates, so a share may fall.
    for phase in ("scan", "write", "verify"):
        for share in (0.0, 0.6, 0.5, 1.0):
            clock[0] += 1
            meter.report(phase, 0, None, share)
    shares = [event["overall"] for event in sent]
    assert shares == sorted(shares, key=lambda share: float(str(share)))
    assert shares[0] == 0.0
    assert shares[-1] == 1.0


def test_it_sends_about_ten_a_second(clock: list[float]) -> None:
    sent: list[dict[str, object]] = []
    meter = Meter("lzx", sent.append)
    for step in range(1000):
        clock[0] = 100 + step / 1000
        meter.report("write", step, 1000, step / 1000)
    assert 8 <= len(sent) <= 12


def test_the_ends_of_phases_are_always_sent(clock: list[float]) -> None:
    sent: list[dict[str, object]] = []
    meter = Meter("lzx", sent.append)
    meter.report("write", 0, 10, 0.0)
    meter.report("write", 10, 10, 1.0)
    meter.report("verify", 0, 10, 0.0)
    assert [event["phase"] for event in sent] == ["write", "write", "verify"]
