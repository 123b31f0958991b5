"""A small `make bench`. It asserts calls and ratios, which do not depend on the load of the machine, not seconds."""

from __future__ import annotations

import pytest

from bench.measure import GET, SET, bench


@pytest.mark.parametrize("provider", ["ours", "plain"])
def test_throttling(provider: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """Under the rate limit of SES, this provider is hardly throttled, while a plain one is throttled repeatedly."""
    _isolate(monkeypatch, tmp_path)
    with bench(provider, 10) as run:
        created = run.run("create", 2.0)
        if provider == "plain":
            assert created.done > 0
            assert created.throttled > 4
            return
        destroyed = run.run("destroy", 2.0)
    for measured in (created, destroyed):
        assert 10 == measured.done
        assert measured.throttled <= 4
        assert measured.calls[SET] <= 10 + measured.throttled
    assert created.ratio is not None
    assert created.ratio >= 0.8, "faster than the rate limit allows, so the stand-in does not enforce it"


def test_refresh_shares_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """A refresh of 120 resources in an account of 150 identities takes a few calls; a plain provider takes one each."""
    _isolate(monkeypatch, tmp_path)
    with bench("ours", 120, 150) as ours, bench("plain", 20) as plain:
        for run in (ours, plain):
            run.verified()
            run.run("create", None)
        refreshed, unchanged = ours.run("refresh", None), ours.run("no-change up", None)
        assert 120 == refreshed.done
        assert refreshed.total <= 8
        assert 0 == unchanged.total
        assert 20 == plain.run("refresh", None).calls[GET]
        assert refreshed.peak_memory is None or refreshed.peak_memory < 120e6


def _isolate(monkeypatch: pytest.MonkeyPatch, folder: object) -> None:
    for name in ("PULUMI_SKIP_UPDATE_CHECK", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"):
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_HOME", f"{folder}/home")
