"""Must hold 1 to 3: which path a link takes, judged by routers and TURN servers."""

import time

from line import Faults
from pair import SETTLE, Pair
from testing import check, test


@test(deadline=60)
def same_lan_is_host_to_host(universe):
    """Two hosts behind one router: a host-host pair, and the router forwards nothing of it."""
    site = universe.site('lan')
    pair = Pair(universe, site, site)
    seen = pair.expect_direct()
    check(seen['a peer_udp'] == 0, f'the router forwarded it: {seen}')
    for status in pair.statuses():
        kinds = status['pair']['local']['type'], status['pair']['remote']['type']
        check(kinds == ('host', 'host'), kinds)
        check(status['why']['code'] == 'direct-lan', status['why'])
        check(status['family'] == 4, status['family'])
        check(0 < status['rtt_ms']['last'] < 20, status['rtt_ms'])


@test(deadline=60)
def two_port_restricted_nats_are_direct(universe):
    """Reflexive candidates, and no byte through TURN once connected."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    seen = pair.expect_direct(seconds=8)
    check(seen['home client_udp'] < 1000 and seen['home client_tcp'] == 0, f'TURN is busy: {seen}')
    check(seen['a peer_udp'] > 0 and seen['b peer_udp'] > 0, f'no bytes at the routers: {seen}')
    publics = {'a': pair.sites['a'].router.address, 'b': pair.sites['b'].router.address}
    for (node, peer), status in zip(pair.both, pair.statuses()):
        remote = status['pair']['remote']
        check(remote['type'] in ('srflx', 'prflx'), remote)
        check(remote['address'] == publics[peer], f'{remote} is not {publics[peer]}')
        check(status['pair']['local']['type'] in ('host', 'srflx', 'prflx'), status['pair'])
        check(status['why']['code'] == 'direct-nat', status['why'])


def _relays_in_time(universe, kind_a, kind_b):
    """A link that has to relay; the second node starts when the first one waits for it."""
    pair = Pair(universe, universe.site(kind_a), universe.site(kind_b), wait=0, start=False)
    pair.a.start()
    pair.a.until_signaling('connected')
    pair.b.start()
    start = time.monotonic()
    pair.wait(10)
    took = time.monotonic() - start
    check(took <= 5, f'{took:.1f} s to a relayed link')
    return pair


@test(deadline=60)
def symmetric_nats_relay(universe):
    """Symmetric on both sides: through the relay, within 5 s."""
    pair = _relays_in_time(universe, 'symmetric', 'symmetric')
    seen = pair.expect_relay()
    check(seen['home client_udp'] > 0, f'no TURN over UDP: {seen}')
    check(seen['a peer_udp'] == 0 and seen['b peer_udp'] == 0, f'UDP past the relay: {seen}')


@test(deadline=60)
def blocked_udp_relays_over_tcp(universe):
    """F22: no UDP on one side: through TURN over TCP, within 5 s."""
    pair = _relays_in_time(universe, 'udp-blocked', 'port-restricted')
    seen = pair.expect_relay()
    check(seen['home client_tcp'] > 0 and seen['a turn_tcp'] > 0, f'no TURN over TCP: {seen}')
    check(seen['a peer_udp'] == 0 and seen['a turn_udp'] == 0, f'UDP left a blocked site: {seen}')


@test(deadline=60)
def ipv6_only_sites_link_over_ipv6(universe):
    """Direct, family 6; the signalling is reached over IPv6 too."""
    pair = Pair(universe, universe.site('ipv6-only'), universe.site('ipv6-only'),
                url=universe.rendezvous.url6)
    pair.expect_direct()
    check([s['family'] for s in pair.statuses()] == [6, 6], pair.statuses())


@test(deadline=120, weight=60)
def direct_wins_over_slow_signaling(universe):
    """A peer next door, TURN 10 ms away, the rendezvous 20 ms: eight links, none stays relayed."""
    # Its checks arrive while we gather, and gathering is done before its answer comes: libnice 0.1.21
    # then tries a pair without the peer's credentials, once.
    universe.rendezvous_line = Faults(delay=10)
    site = universe.site('lan', line=Faults(delay=10, jitter=1))
    pair = Pair(universe, site, site, wait=0, start=False, servers=('home', 'backup'))
    relayed = []
    for index in range(8):
        for node, _ in pair.both:
            node.start(wait=False)
        for node, _ in pair.both:
            node.until_running()
        pair.wait(15)
        time.sleep(SETTLE)
        relayed += [f'link {index}: {p["pair"]}' for p in pair.statuses() if p['path'] != 'direct']
        for node, _ in pair.both:
            node.kill()
    check(not relayed, '; '.join(relayed))
