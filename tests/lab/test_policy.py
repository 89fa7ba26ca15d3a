"""Which paths will do: policies of either side, as the servers and routers see them kept."""

import time

from line import Faults
from pair import Pair, same_association
from testing import check, test


SOON = '[ice]\nretry-direct-s = 2\n'


def pair_with(universe, kind, a, b, wait=15, **options):
    """Two nodes at sites of one kind, each with a policy of its own."""
    pair = Pair(universe, universe.site(kind), universe.site(kind), wait=0, start=False, **options)
    pair.a.set_policy(a)
    pair.b.set_policy(b)
    for node in pair.a, pair.b:
        node.start()
    if wait:
        pair.wait(wait)
    return pair


def nothing_direct(pair):
    """From the first packet on, neither side has sent the other anything past a relay."""
    for name, site in pair.sites.items():
        check(site.witness.counters()['peer_udp'][0] == 0, f'{name}: {site.witness.counters()}')


def nothing_relayed(universe, pair):
    check(universe.home.relayed()[0] == 0, f'relayed {universe.home.relayed()}')
    for node in pair.a, pair.b:
        gathered = node.log(kind='gather')
        check(gathered and all(e['relay'] == 0 for e in gathered), f'{node.name}: {gathered}')


@test(deadline=60)
def relay_only_on_one_side_binds_both(universe):
    """Direct would be possible: not a packet takes that way, and both say whose wish it is."""
    pair = pair_with(universe, 'port-restricted', 'relay-only', 'auto', settings=SOON)
    seen = pair.expect_relay()
    check(seen['a peer_udp'] == seen['b peer_udp'] == 0, seen)
    nothing_direct(pair)
    ours, theirs = pair.statuses()
    check(ours['why']['code'] == theirs['why']['code'] == 'relay-forced', ours['why'])
    check((ours['why']['side'], theirs['why']['side']) == ('ours', 'theirs'), theirs['why'])
    check((ours['peer_policy'], theirs['peer_policy']) == ('auto', 'relay-only'), theirs)
    check([p['generation'] for p in (ours, theirs)] == [1, 1], 'direct was tried')


@test(deadline=60)
def direct_only_on_one_side_binds_both(universe):
    """Only a relay is possible: none is gathered, none is used, and both say why."""
    pair = pair_with(universe, 'symmetric', 'direct-only', 'auto', wait=0,
                     settings='[ice]\ncheck-timeout-ms = 3000\n')
    pair.until(lambda p: (p['why'] or {}).get('code') == 'policy', 25, 'policy as the reason')
    check([p['why']['side'] for p in pair.statuses()] == ['ours', 'theirs'], pair.statuses())
    check(all(p['state'] != 'connected' for p in pair.statuses()), pair.statuses())
    nothing_relayed(universe, pair)


@test(deadline=60)
def direct_only_takes_a_direct_path(universe):
    """The same policy where direct works: up at once, and no relay has anything to do with it."""
    pair = pair_with(universe, 'port-restricted', 'auto', 'direct-only', wait=5)
    seen = pair.expect_direct()
    check(seen['a peer_udp'] > 0, seen)
    nothing_relayed(universe, pair)


@test(deadline=60)
def contradicting_policies_fail_in_words_and_heal(universe):
    """Both fail and name both policies; one changes its mind, and they connect by themselves."""
    pair = pair_with(universe, 'port-restricted', 'direct-only', 'relay-only', wait=0)
    pair.until(lambda p: p['state'] == 'failed', 10, 'failure')
    time.sleep(3)
    for status, first, second in zip(pair.statuses(), ('direct-only', 'relay-only'),
                                     ('relay-only', 'direct-only')):
        check(status['state'] == 'failed' and status['why']['code'] == 'policy', status)
        check(f'Our policy for this peer is {first}, the peer\'s for us is {second}' in
              status['why']['text'] and status['why']['next'], status['why'])
    nothing_direct(pair)
    check(universe.home.relayed()[0] == 0, 'relayed all the same')
    pair.b.stop()
    pair.b.set_policy('auto')
    pair.b.start()
    pair.wait(10, direct=True)
    nothing_relayed(universe, pair)


@test(deadline=60)
def held_policy_moves_a_live_link(universe):
    """`icelane hold` to relay-only, and to direct-only again: the link moves and survives."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    pair.wait(10, direct=True)
    pair.until_pings(1)
    before = pair.statuses()
    pair.a.icelane('hold', 'b', 'relay-only')
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 8, 'relay path')
    check(pair.expect_relay(2)['a peer_udp'] == 0, 'the direct path is still in use')
    held = pair.a.peer('b')
    check(held['policy'] == 'relay-only' and held['held'] is True, held)
    pair.a.icelane('hold', 'b', 'direct-only')
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', 8, 'direct path')
    same_association(before, pair.statuses())
    refused = pair.a.icelane('hold', 'b', 'sideways', check=False)
    check(refused.returncode == 1 and 'relay-only' in refused.stderr, refused.stderr)
    pair.a.icelane('hold', 'b', 'settings')
    check(pair.a.peer('b')['held'] is False, pair.a.peer('b'))


@test(deadline=90, idle=True)
def lowest_rtt_measures_and_moves(universe):
    """A slow relay is measured and left alone; from the relay the link moves to the faster direct."""
    plug = universe.plug
    universe.plug = lambda where, interface: plug(where, interface, Faults(delay=15))
    check(universe.home.is_running(), 'no coturn')
    universe.plug = plug
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                settings='[ice]\npolicy = lowest-rtt\nretry-direct-s = 1\nflap-hold-s = 3\n')
    pair.wait(10, direct=True)
    deadline = time.monotonic() + 20  # either side may be the first to measure
    while not any('it stays where it is' in e['text'] for node in (pair.a, pair.b)
                  for e in node.log(kind='path')):
        check(time.monotonic() < deadline, 'no verdict')
        time.sleep(0.2)
    before = pair.statuses()
    check([p['path'] for p in before] == ['direct', 'direct'], before)
    site = pair.sites['a']
    site.witness.block(f'ip daddr {pair.sites["b"].router.address}')
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 20, 'relay path')
    time.sleep(4)
    site.unblock()
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', 25, 'direct path')
    texts = [e['text'] for node in (pair.a, pair.b) for e in node.log(kind='path')]
    check(any('the link moves' in text for text in texts), texts)
    same_association(before, pair.statuses())
