"""A slice of each attack: nothing is left behind, memory stays, and the good client is not kept waiting.

The whole is `make attack`; its figures are in RESULTS.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.attack import ATTACKS, MOST_MIB, Target, table
from tests.faults.house import Upstream
from tests.faults.verdict import quantiles

if TYPE_CHECKING:
    from collections.abc import Iterator

STALL_SECONDS = 0.25
"""What other tests on the same machine may add; a relay whose loop is held up takes longer."""


@pytest.fixture(scope="module", name="target")
def _target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Upstream() as upstream:
        upstream.quick()
        target = Target(upstream, tmp_path_factory.mktemp("attack"))
        yield target
        target.close()


@pytest.mark.alone
@pytest.mark.parametrize("name", ATTACKS)
def test_http_23_an_attack_hinders_nobody_and_leaves_nothing(
    name: str, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    toll = target.attack(name, ATTACKS[name][1], seconds=2, rounds=1, quiet=30)
    with capsys.disabled():
        print(f"\n{table([toll]).splitlines()[2]}")

    assert toll.told
    assert toll.peak_mib < MOST_MIB
    assert (toll.descriptors, toll.calls) == (0, 0)
    assert quantiles(toll.during)[1] < 2 * quantiles(toll.normal)[1] + STALL_SECONDS
