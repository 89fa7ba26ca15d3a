"""What a node says of its NAT is what the lab has built."""

import time

from coturn import PASSWORD, USER
from node import NotYet
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


@test(deadline=60, weight=6)
def a_mended_router_makes_the_link_direct(universe):
    """One line changed in a router: direct by itself, and the NAT's words follow."""
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


# Kinds of both sites, and the code and side that each of the two says.
WHY = (('symmetric', 'symmetric', ('sym-sym', 'both'), ('sym-sym', 'both')),
       ('symmetric', 'port-restricted', ('sym-vs-portfilter', 'ours'),
        ('sym-vs-portfilter', 'theirs')),
       ('udp-blocked', 'port-restricted', ('udp-blocked', 'ours'), ('udp-blocked', 'theirs')))


def _both_say_why(universe, kind_a, kind_b, ours, theirs):
    pair = Pair(universe, universe.site(kind_a), universe.site(kind_b))
    for (node, peer), expected in zip(pair.both, (ours, theirs)):
        node.until(peer, lambda p, e=expected: p['path'] == 'relay' and p['why'] and
                   (p['why']['code'], p['why']['side']) == e, 12, f'why {expected}')
    for node, peer in pair.both:
        why = node.peer(peer)['why']
        check(why['text'] and why['next'], why)
        check(any(e.get('why') == why['code'] for e in node.log(peer)), 'no event says why')
    return pair


@test(deadline=60, weight=6)
def two_symmetric_nats_say_so_on_both_sides(universe):
    """sym-sym, from the evidence that both have told each other."""
    _both_say_why(universe, *WHY[0])


@test(deadline=60, weight=6)
def symmetric_against_a_port_filter_names_the_side(universe):
    """sym-vs-portfilter: ours behind the symmetric NAT, theirs behind the other."""
    _both_say_why(universe, *WHY[1])


@test(deadline=60, weight=6)
def blocked_udp_is_named_on_both_sides(universe):
    """udp-blocked where it is, and across the link."""
    _both_say_why(universe, *WHY[2])


NOBODY = '203.0.113.77'
TCP_ONLY = f'uri = turn:203.0.113.10?transport=tcp\nusername = {USER}\npassword = {PASSWORD}\n'
STUN = '[server stun]\nuri = stun:203.0.113.10\n'

# code, side, kinds of both sites, what the settings of ours hold more than those of theirs, a policy.
SITUATIONS = (
    ('no-turn-configured', 'ours', 'symmetric', 'symmetric', '', {}),
    ('turn-unreachable', 'ours', 'symmetric', 'symmetric',
     f'[server dead]\nuri = turn:{NOBODY}\nusername = a\npassword = b\n', {}),
    ('turn-auth', 'ours', 'symmetric', 'symmetric',
     '[server home]\nuri = turn:203.0.113.10\nusername = icelane\npassword = wrong\n', {}),
    ('turn-cred-expired', 'ours', 'symmetric', 'symmetric',
     '[server home]\nuri = turn:203.0.113.10\nusername = 1600000000:icelane\npassword = wrong\n',
     {}),
    ('policy', 'ours', 'symmetric', 'symmetric', f'[server home]\n{TCP_ONLY}',
     {'policy': 'direct-only'}),
    ('relay-forced', 'ours', 'port-restricted', 'port-restricted', f'[server home]\n{TCP_ONLY}',
     {'policy': 'relay-only'}),
    ('stun-unreachable', 'ours', 'port-restricted', 'symmetric',
     f'[server dead]\nuri = stun:{NOBODY}\n[server home]\n{TCP_ONLY}', {}),
    ('iface-filtered', 'ours', 'open', 'open', '[network]\ninterfaces = !eth0\n', {}),
    ('family-mismatch', 'both', 'ipv6-only', 'open', '', {}),
)


@test(deadline=90, weight=25)
def every_reason_has_its_situation(universe):
    """Broken in one way each, and named for it; what follows is what the operator would do."""
    check(universe.home.is_running(), 'no coturn')
    pairs = []
    for code, side, kind_a, kind_b, ours, options in SITUATIONS:
        url = universe.rendezvous.url6 if kind_a == 'ipv6-only' else None
        timing = '[ice]\ncheck-timeout-ms = 3000\n'
        stun = STUN if code not in ('stun-unreachable', 'family-mismatch') else ''
        a = universe.nodes((universe.site(kind_a).host, f'{code}-a'), servers=(), start=False,
                           settings=f'{timing}{stun}{ours}', url=url)[0]
        b = universe.nodes((universe.site(kind_b).host, f'{code}-b'), servers=(), start=False,
                           settings=f'{timing}{STUN if kind_b != "open" else ""}')[0]
        a.add_peer('b', b.id, **options)
        b.add_peer('a', a.id)
        a.start()
        b.start()
        pairs.append((a, code, side))
    wrong = []
    for node, code, side in pairs:
        try:
            node.until('b', lambda p, c=code, s=side: p['why'] and
                       (p['why']['code'], p['why']['side']) == (c, s), 20, code)
        except NotYet as reason:
            wrong.append(str(reason))
    check(not wrong, '\n'.join(wrong))
