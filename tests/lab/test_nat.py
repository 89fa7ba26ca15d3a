"""What a node says of its NAT is what the lab has built."""

import time

from pair import Pair
from router import NAT
from testing import check, test

EI, APD = 'endpoint-independent', 'address-and-port-dependent'

# mapping, filtering, confidence, udp, hairpinning of a node that knows a coturn with two addresses.
EXPECTED = {
    'open': ('none', EI, 'measured', 'ok', None),
    'full-cone': (EI, EI, 'measured', 'ok', False),
    'port-restricted': (EI, APD, 'measured', 'ok', False),
    'symmetric': (APD, APD, 'measured', 'ok', False),
    'double': (EI, APD, 'measured', 'ok', False),
    'udp-blocked': ('blocked', 'blocked', 'measured', 'blocked', None),
    # coturn has one IPv6 address here: no tests of the filter.
    'ipv6-only': ('none', 'unknown', 'partial', 'ok', None),
}


def _until_known(node, timeout=12):
    deadline = time.monotonic() + timeout
    while True:
        nat = node.status()['node']['nat']
        if nat['confidence'] != 'unknown' or time.monotonic() > deadline:
            return nat
        time.sleep(0.1)


def _words(nat):
    return tuple(nat[key] for key in ('mapping', 'filtering', 'confidence', 'udp', 'hairpinning'))


@test(deadline=60, weight=6)
def nat_words_are_what_the_router_does(universe):
    """RFC 5780 by the node itself at every kind of router, with the evidence for it."""
    sites = {kind: universe.site(kind) for kind in EXPECTED}
    nodes = universe.nodes(*((site.host, kind) for kind, site in sites.items()), links=[])
    wrong = []
    for node, (kind, expected) in zip(nodes, EXPECTED.items()):
        nat = _until_known(node)
        if _words(nat) != expected:
            wrong.append(f'{kind}: {_words(nat)} {nat["evidence"]}')
            continue
        site = sites[kind]
        own = site.host.address
        check(nat['address'] == own, f'{kind}: asked from {nat["address"]}')
        outside = (site.edge.address if site.edge else own)
        if expected[0] != 'blocked':
            check(nat['public'] == [outside], f'{kind}: public {nat["public"]}')
        check(nat['cgnat'] is None and not nat['tampered'], f'{kind}: {nat["hints"]}')
        check(any(e['kind'] == 'nat' and e.get('mapping') == expected[0] for e in node.log()),
              f'{kind}: no event')
    check(not wrong, '; '.join(wrong))


@test(deadline=40, weight=6)
def two_plain_servers_tell_half(universe):
    """Without a second address on a server: the mapping from two of them, and no guess."""
    for turn in universe.home, universe.backup:
        check(turn.is_running(), 'no coturn')
    expected = {'port-restricted': (EI, 'unknown', 'partial'),
                'symmetric': ('address-dependent', 'unknown', 'partial')}
    for kind, words in expected.items():
        site = universe.site(kind)
        # The other address of `home` is silent here, as if the operator had bought only one.
        site.router.block('ip daddr 203.0.113.11')
        site.router.block('ip saddr 203.0.113.11')
        node = universe.nodes((site.host, kind), servers=('home', 'backup'))[0]
        nat = _until_known(node)
        check(_words(nat)[:3] == words, f'{kind}: {nat}')
        node.stop()


@test(deadline=40, weight=6)
def a_changed_router_is_seen(universe):
    """On another network all of it is measured again."""
    site = universe.site('symmetric')
    node = universe.nodes((site.host, 'a'))[0]
    check(_until_known(node)['mapping'] == APD, 'not symmetric at first')
    universe.second_uplink(site.host)
    site.host.move_default('eth1')
    deadline = time.monotonic() + 12
    while (nat := node.status()['node']['nat'])['mapping'] != EI:
        check(time.monotonic() < deadline, f'still {_words(nat)}')
        time.sleep(0.1)
    check(_words(nat)[:3] == (EI, APD, 'measured'), nat)


def _words_of_history(node, peer):
    return [(c['old'], c['new'], c['why']) for c in reversed(node.history(peer)['changes'])]


@test(deadline=60, weight=6)
def a_mended_router_makes_the_link_direct(universe):
    """One line changed in a router: direct by itself; the NAT's words and the history follow."""
    site = universe.site('symmetric')
    pair = Pair(universe, site, universe.site('port-restricted'),
                settings='[ice]\nretry-direct-s = 2\n')
    pair.until(lambda p: p['path'] == 'relay' and p['why']['code'] == 'sym-vs-portfilter', 12,
               'relay, and why')
    site.router.nft('flush chain inet lab natout\n' + NAT['port-restricted'])
    pair.until(lambda p: p['path'] == 'direct' and p['why']['code'] == 'direct-nat', 20, 'direct')
    deadline = time.monotonic() + 15
    while (nat := pair.a.status()['node']['nat'])['mapping'] != EI:
        check(time.monotonic() < deadline, f'still {_words(nat)}')
        time.sleep(0.1)
    events = [e for e in pair.a.log() if e['kind'] == 'nat' and 'mapping' in e]
    check([e['mapping'] for e in events] == [APD, EI], events)
    for node, peer in pair.both:
        check(_words_of_history(node, peer)[-2:] == [('none', 'relay', 'sym-vs-portfilter'),
                                                     ('relay', 'direct', 'direct-nat')],
              _words_of_history(node, peer))
        change = node.history(peer)['changes'][0]
        check(change['cause'] in ('policy', 'peer') and 0 <= change['gap_ms'] < 2000, change)
        paths = node.history(peer)['recent']['path']
        check('relay' in paths, paths[-12:])
        text = node.icelane('history', peer, '--ascii').stdout
        check('|direct' in text and 'relay -> direct' in text and '2 path changes' in text, text)
