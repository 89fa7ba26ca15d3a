"""Must hold 4: a link moves to a new path and stays the link it was."""

import random
import threading
import time

from pair import Pair, same_association
from testing import check, test


def _nat_pair(universe):
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    pair.wait(5, direct=True)
    pair.until_pings(3)
    return pair


@test(deadline=60)
def address_change_keeps_the_association(universe):
    """The host gets another address: generation 2 within 5 s, same DTLS, counters kept."""
    pair = _nat_pair(universe)
    before = pair.statuses()
    pair.a.host.change_address()
    took = pair.until_generation(2)
    pair.until_pings(2, timeout=5 - min(took, 2))
    after = pair.statuses()
    same_association(before, after)
    check([p['generation'] for p in after] == [2, 2], [p['generation'] for p in after])
    pair.expect_direct()
    edge = pair.sites['b'].router.address
    check(pair.sites['a'].router.flow_bytes(pair.a.host.address, edge) > 0, 'not from the new one')


@test(deadline=60)
def default_route_moves(universe):
    """The default route goes to a second interface: the link follows within 5 s."""
    site = universe.site('port-restricted')
    second = universe.second_uplink(site.host)
    pair = Pair(universe, site, universe.site('port-restricted'))
    pair.wait(5, direct=True)
    pair.until_pings(3)
    before = pair.statuses()
    site.router.block('udp dport 0-65535')  # the old uplink is dead, not only less wanted
    site.router.forget_flows()
    site.host.move_default('eth1')
    pair.until_generation(2)
    pair.until_pings(2, timeout=5)
    same_association(before, pair.statuses())
    inner = site.host.uplinks['eth1'][0].split('/')[0]
    check(second.flow_bytes(inner, pair.sites['b'].router.address) > 0, 'not through eth1')


@test(deadline=60)
def restart_loses_no_ping(universe):
    """An operator's restart of a healthy link: a new generation, no ping lost."""
    pair = _nat_pair(universe)
    before = pair.statuses()
    pair.a.restart('b', '--wait')
    pair.until_generation(2)
    pair.until_pings(5)
    after = pair.statuses()
    same_association(before, after)
    lost = [new['pings']['lost'] - old['pings']['lost'] for old, new in zip(before, after)]
    check(lost == [0, 0], f'pings lost: {lost}')
    check([p['generation'] for p in after] == [2, 2], [p['generation'] for p in after])
    check([p['restarts'] for p in after] == [1, 1], [p['restarts'] for p in after])


@test(deadline=60)
def relayed_restart_loses_no_ping(universe):
    """The same for a link that has to stay on the relay."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'))
    pair.until_pings(3)
    before = pair.statuses()
    pair.b.restart('a', '--wait')
    pair.until_generation(2)
    pair.until_pings(5)
    after = pair.statuses()
    same_association(before, after)
    lost = [new['pings']['lost'] - old['pings']['lost'] for old, new in zip(before, after)]
    check(lost == [0, 0], f'pings lost: {lost}')
    pair.expect_relay()


ROUNDS = 100


@test(deadline=280, weight=150, idle=True)
def both_restart_at_once(universe):
    """100 rounds with 0 to 200 ms of skew: always one winner, within 3 s."""
    pair = _nat_pair(universe)
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    before = pair.statuses()
    slow = []
    for index in range(ROUNDS):
        old = [p['generation'] for p in pair.statuses()]
        skew = chance.uniform(0, 0.2)
        first, second = chance.sample(pair.both, 2)
        late = threading.Timer(skew, second[0].signal_restart, (second[1],))
        start = time.monotonic()
        late.start()
        first[0].signal_restart(first[1])
        late.join()
        pair.until(lambda p: p['state'] == 'connected' and p['generation'] > min(old), 5,
                   f'new generation in round {index} of seed {seed}, skew {skew:.3f}')
        _until_agreed(pair, f'round {index} of seed {seed}, skew {skew:.3f}')
        took = time.monotonic() - start - skew
        if took > 3:
            slow.append(f'round {index}: {took:.1f} s with skew {skew:.3f}')
    check(not slow, f'seed {seed}: {"; ".join(slow)}')
    same_association(before, pair.statuses())
    pair.expect_direct()


def _until_agreed(pair, where):
    """Both stand on one generation, and each one's pair is the other's."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        ours, theirs = pair.statuses()
        if ours['state'] == theirs['state'] == 'connected' and \
                ours['generation'] == theirs['generation']:
            return
        time.sleep(0.05)
    raise AssertionError(f'{where}: generations {ours["generation"]} {ours["state"]} and '
                         f'{theirs["generation"]} {theirs["state"]}')


@test(deadline=90)
def relay_dies_and_the_second_takes_over(universe):
    """The TURN server under a relayed link is killed: back within 12 s, on the other one."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'),
                servers=('home', 'backup'))
    pair.until_pings(3)
    before = pair.statuses()
    seen = pair.traffic()
    carrier, other = ('home', 'backup')
    if seen['backup relayed'] > seen['home relayed']:
        carrier, other = other, carrier
    check(seen[f'{carrier} relayed'] > 0, f'no relay carries: {seen}')
    answered = [p['pings']['answered'] for p in pair.statuses()]
    universe.started(carrier).kill()
    start = time.monotonic()
    pair.until(lambda p: p['state'] == 'connected' and p['generation'] >= 2, 12, 'second relay')
    pair.until(lambda p: p['pings']['answered'] > max(answered), 12, 'answered pings')
    took = time.monotonic() - start
    check(took <= 12, f'{took:.1f} s')
    same_association(before, pair.statuses())
    seen = pair.expect_relay()
    check(seen[f'{other} relayed'] > 0, f'{other} carries nothing: {seen}')


@test(deadline=60)
def killed_peer_comes_back(universe):
    """SIGKILL of one side, started again: a new link within 5 s."""
    pair = _nat_pair(universe)
    old = pair.statuses()[0]['association']
    pair.b.kill()
    pair.b.start()
    pair.b.wait('a', 5)
    pair.a.until('b', lambda p: p['state'] == 'connected' and p['association'] != old, 5,
                 'new association')
    pair.until_pings(2)
    pair.expect_direct()


@test(deadline=60)
def silent_peer_comes_back_later(universe):
    """SIGKILL, nobody for 15 s: the survivor says so, and links again within 5 s of the return."""
    pair = _nat_pair(universe)
    pair.b.kill()
    pair.a.until('b', lambda p: p['state'] not in ('connected', 'suspect'), 15, 'loss noticed')
    time.sleep(3)
    pair.b.start()
    pair.wait(5)
    pair.until_pings(2)


def _heals_after_flush(universe, protocol, timeout):
    pair = Pair(universe, universe.site('full-cone'), universe.site('symmetric'))
    pair.until_pings(3)
    before = pair.statuses()
    pair.sites['b'].router.forget_flows(protocol)
    answered = max(p['pings']['answered'] for p in before)
    pair.until(lambda p: p['state'] == 'connected' and p['pings']['answered'] > answered + 2,
               timeout, 'pings after the flush')
    same_association(before, pair.statuses())


@test(deadline=60)
def new_nat_mapping_heals(universe):
    """The router forgets its UDP flows and gives new ports: the link is back within 12 s."""
    _heals_after_flush(universe, 'udp', 12)


@test(deadline=90)
def router_restart_heals(universe):
    """It forgets TCP as well, so that the event stream hangs unnoticed: all is back within 60 s."""
    _heals_after_flush(universe, None, 60)


@test(deadline=60)
def blocked_udp_falls_to_the_relay(universe):
    """F22: UDP is blocked under a direct link: relay over TCP within 8 s, and the witness agrees."""
    pair = _nat_pair(universe)
    before = pair.statuses()
    pair.sites['a'].block_udp()
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 8, 'relay path')
    same_association(before, pair.statuses())
    seen = pair.expect_relay()
    check(seen['a turn_tcp'] > 0 and seen['a peer_udp'] == 0, seen)


@test(deadline=60)
def relay_gives_way_to_direct(universe):
    """UDP is blocked, then allowed again: nobody does anything, and the link is direct again."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                settings='[ice]\nretry-direct-s = 2\n')
    before = pair.statuses()
    pair.sites['a'].block_udp()
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 12, 'relay path')
    pair.sites['a'].unblock()
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', 20, 'direct path')
    same_association(before, pair.statuses())
    pair.expect_direct()


@test(deadline=30)
def sigterm_releases_turn(universe):
    """SIGTERM ends a node within 2 s, and its allocations with it."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'))
    check(universe.home.allocations() > 0, 'coturn knows of no allocation')
    pair.a.stop()
    pair.b.stop()
    deadline = time.monotonic() + 5
    while universe.home.allocations() > 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    check(universe.home.allocations() == 0, f'{universe.home.allocations()} allocations left')
