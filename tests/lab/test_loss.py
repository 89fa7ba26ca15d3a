"""Must hold 7: packet loss is shown, not answered with restarts."""

import time

from pair import Pair
from testing import check, test

MINUTES = 3


def _lossy(universe, percent, low, high):
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    pair.until_pings(3)
    before = pair.statuses()
    pair.sites['a'].lose(percent)
    restarted = []
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end and not restarted:
        time.sleep(min(5, max(0, end - time.monotonic())))
        restarted = [p for p in pair.statuses() if p['restarts'] or p['generation'] != 1]
    check(not restarted, f'restarted: {restarted}')
    after = pair.statuses()
    for old, new in zip(before, after):
        check(new['association'] == old['association'], 'another association')
        sent = new['pings']['sent'] - old['pings']['sent']
        lost = new['pings']['lost'] - old['pings']['lost']
        check(sent > MINUTES * 60 * 0.8, f'only {sent} pings')
        check(low < lost / sent < high, f'{lost} of {sent} pings lost at {percent} % each way')
        check(new['loss'] is not None and 0 <= new['loss'] < 3 * high, f'loss {new["loss"]}')
    return after


@test(deadline=230, weight=190, idle=True)
def five_per_cent_loss(universe):
    """3 minutes at 5 % each way: no restart, loss near 0.1."""
    after = _lossy(universe, 5, 0.035, 0.18)
    check(any(0.02 < p['loss'] < 0.25 for p in after), [p['loss'] for p in after])


@test(deadline=230, weight=190, idle=True)
def twenty_per_cent_loss(universe):
    """3 minutes at 20 % each way: still no restart."""
    _lossy(universe, 20, 0.24, 0.5)
