"""Servers and paths that die under a link, and how fast and how often it moves."""

import time

from pair import Pair, same_association
from testing import check, test


def on_relay(pair, timeout=15):
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', timeout, 'relay path')


def on_direct(pair, timeout):
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', timeout, 'direct path')


def relay_for_good(pair, site):
    """UDP is blocked until the checks of direct pairs are over, too."""
    site.block_udp()
    on_relay(pair)
    time.sleep(6)
    site.unblock()


def causes(pair):
    return [e['cause'] for node in (pair.a, pair.b) for e in node.log(kind='restart')
            if e.get('fact') == 'restart']


@test(deadline=60, idle=True)
def refused_relay_is_left_before_silence_says_so(universe):
    """The carrying TURN server is killed: its host refuses a probe, and that is enough."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'),
                servers=('home', 'backup'))
    pair.until_pings(2)
    before = pair.statuses()
    seen = pair.traffic()
    carrier = 'home' if seen['home relayed'] >= seen['backup relayed'] else 'backup'
    answered = max(p['pings']['answered'] for p in before) + 10
    universe.started(carrier).kill()
    start = time.monotonic()
    pair.until(lambda p: p['state'] == 'connected' and p['generation'] >= 2, 12, 'other relay')
    took = time.monotonic() - start
    print(f'{took:.1f} s')
    check(took <= 8, f'{took:.1f} s')
    check('server' in causes(pair), causes(pair))
    pair.until(lambda p: p['pings']['answered'] > answered, 12, 'answered pings')
    same_association(before, pair.statuses())


@test(deadline=60, idle=True)
def relay_over_tcp_dies_and_the_link_moves(universe):
    """F4 where UDP is blocked: the connection under the selected pair ends, the link is moved."""
    pair = Pair(universe, universe.site('udp-blocked'), universe.site('udp-blocked'),
                servers=('home', 'backup'))
    pair.until_pings(3)
    before = pair.statuses()
    seen = pair.traffic(3)  # checks of the pairs that lost go on beside it
    carrier = 'home' if seen['home relayed'] >= seen['backup relayed'] else 'backup'
    answered = max(p['pings']['answered'] for p in before) + 10
    universe.started(carrier).kill()
    start = time.monotonic()
    pair.until(lambda p: p['state'] == 'connected' and p['generation'] >= 2, 12, 'other relay')
    print(f'{time.monotonic() - start:.1f} s')
    pair.until(lambda p: p['pings']['answered'] > answered, 12, 'answered pings')
    same_association(before, pair.statuses())


@test(deadline=60, idle=True)
def direct_is_preferred_when_the_relay_dies(universe):
    """F5: the relay is killed when a direct path has become possible: direct within 12 s."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                servers=('home', 'backup'), transports=('udp',))
    before = pair.statuses()
    pair.sites['a'].witness.block(f'ip daddr {pair.sites["b"].router.address}')
    on_relay(pair)
    pair.expect_relay(1)  # and the checks of other pairs are over
    ends = [p['pair']['local'] for p in pair.statuses()]
    names = {end['server'] for end in ends if end['type'] == 'relay'}
    check(len(names) == 1, ends)
    pair.sites['a'].unblock()
    for name in names:
        universe.started(name).kill()
    start = time.monotonic()
    on_direct(pair, 15)
    took = time.monotonic() - start
    print(f'{took:.1f} s')
    check(took <= 12, f'{took:.1f} s')
    same_association(before, pair.statuses())


@test(deadline=100, idle=True)
def flapping_direct_path_makes_no_storm(universe):
    """Direct comes and goes: the second way back waits for flap-hold-s, and the log says so."""
    hold = 25
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                settings=f'[ice]\nretry-direct-s = 1\nflap-hold-s = {hold}\n')
    site = pair.sites['a']
    relay_for_good(pair, site)
    on_direct(pair, 12)
    back = time.monotonic()
    relay_for_good(pair, site)
    changes = [p['path_changes'] for p in pair.statuses()]
    on_direct(pair, hold + 15)
    held = time.monotonic() - back
    check(held >= hold - 3, f'back on direct after {held:.1f} s')
    moved = [p['path_changes'] - n for p, n in zip(pair.statuses(), changes)]
    check(all(n <= 3 for n in moved), f'{moved} changes of the pair')
    texts = [e['text'] for node in (pair.a, pair.b) for e in node.log(kind='path')]
    check(any('flap-hold-s' in text for text in texts), texts)
