"""Must hold 2: each reason from a real situation, said by both ends, each with its side.

What follows from a kind of site is in test_grid.py; here is what breaks in settings, servers, the
rendezvous and the peer. The last test holds both tables against the codes there are."""

import collections
import os
import re
import subprocess
import time

import test_grid
from coturn import PASSWORD, USER
from lab import ROOT
from testing import check, test

NOBODY = '203.0.113.77'
BACKUP = '203.0.113.20'
LOGIN = f'username = {USER}\npassword = {PASSWORD}\n'
TIMING = '[ice]\ncheck-timeout-ms = 3000\n'
STUN = '[server stun]\nuri = stun:203.0.113.10\n'
TURN = f'[server home]\nuri = turn:203.0.113.10\n{LOGIN}'
TCP = f'[server home]\nuri = turn:203.0.113.10?transport=tcp\n{LOGIN}'
ELSEWHERE = f'[server backup]\nuri = turn:{BACKUP}\n{LOGIN}'

NO_TURN = ('no-turn-configured', 'ours',
           'No direct path works, and no TURN server is configured.')
LACKS_ADDRESS = ('no-srflx', 'theirs',
                 'The peer sent no public address: no STUN server has told it one.')
NOTHING_ANSWERED = ('checks-timeout', 'both', 'No check was answered, not even through a relay.')
NO_CHECK_ANSWERED = ('checks-timeout', 'both',
                     'No direct check was answered: the NATs or firewalls between us drop them.')
OTHER_FAMILY = ('family-mismatch', 'both',
                'One side has only IPv4 addresses, the other only IPv6.')
NO_DTLS = ('checks-timeout', 'both',
           'Checks were answered, but no secure connection (DTLS) came up over the path.')
OTHER_KEY = ('identity-mismatch', 'theirs',
             "Whoever answered has another key than the peer's id says.")

# A spoke's site and settings, its policy for the hub, and what both ends say. The hub is behind a
# symmetric NAT of its own and knows a STUN server only: between it and another symmetric NAT only a
# relay of the spoke's helps, so that whatever is wrong with that is the reason.
Spoke = collections.namedtuple('Spoke', 'name kind settings policy says hub_says')
SPOKES = (
    Spoke('no-turn', 'symmetric', STUN, None, NO_TURN, NO_TURN),
    Spoke('dead-turn', 'symmetric',
          f'{STUN}[server dead]\nuri = turn:{NOBODY}\nusername = a\npassword = b\n', None,
          ('turn-unreachable', 'ours', 'No direct path works, and no TURN server gave us a relay.'),
          NO_TURN),
    Spoke('wrong-password', 'symmetric',
          f'{STUN}[server home]\nuri = turn:203.0.113.10\nusername = {USER}\npassword = wrong\n',
          None,
          ('turn-auth', 'ours',
           'No direct path works, and the TURN server refuses our user or password.'),
          NO_TURN),
    Spoke('old-password', 'symmetric',
          f'{STUN}[server home]\nuri = turn:203.0.113.10\nusername = 1600000000:{USER}\n'
          'password = wrong\n', None,
          ('turn-cred-expired', 'ours',
           'No direct path works, and the TURN server says our credentials expired.'),
          NO_TURN),
    Spoke('relay-cut-off', 'symmetric', ELSEWHERE, None, NOTHING_ANSWERED, NOTHING_ANSWERED),
    Spoke('direct-only', 'symmetric', TURN, 'direct-only',
          ('policy', 'ours', 'No direct path works, and the policy direct-only forbids a relay.'),
          ('policy', 'theirs',
           "No direct path works, and the peer's policy direct-only forbids a relay.")),
    Spoke('relay-only-without-relay', 'symmetric', STUN, 'relay-only',
          ('policy', 'ours',
           'Our policy for this peer is relay-only, and no TURN server is configured.'),
          ('policy', 'theirs',
           "The peer's policy for us is relay-only, and it has no TURN server.")),
    Spoke('relay-only', 'symmetric', TURN, 'relay-only',
          ('relay-forced', 'ours', 'The policy of this peer is relay-only.'),
          ('relay-forced', 'theirs', "The peer's policy for us is relay-only.")),
    Spoke('dead-stun', 'symmetric', f'[server dead]\nuri = stun:{NOBODY}\n{TCP}', None,
          ('stun-unreachable', 'ours',
           'No STUN server answers us, so the peer gets no address of ours to try.'),
          ('stun-unreachable', 'theirs',
           'No STUN server answers the peer, so it has no public address for us to try.')),
    Spoke('no-stun', 'symmetric', TCP, None,
          ('no-srflx', 'ours',
           'No server told us our public address, so the peer cannot try it.'),
          LACKS_ADDRESS),
    Spoke('no-interface', 'symmetric', f'{TURN}[network]\ninterfaces = !eth0\n', None,
          ('iface-filtered', 'ours',
           'Every address of ours is left out by [network] interfaces or families.'),
          ('peer-no-candidates', 'theirs',
           'The peer answered nothing, or sent no address to try.')),
    Spoke('no-rendezvous', 'symmetric', TURN, None,
          ('signaling-down', 'ours',
           'The rendezvous cannot be reached, so no new link can be agreed on.'),
          ('peer-offline', 'theirs', 'The peer is not at the rendezvous.')),
    # Its key is another one than the hub has written down: a stranger gets no answer.
    Spoke('new-key', 'symmetric', STUN, None,
          ('peer-no-candidates', 'theirs',
           'The peer answered nothing, or sent no address to try.'),
          ('peer-offline', 'theirs', 'The peer is not at the rendezvous.')),
    Spoke('ipv6', 'ipv6-only', '', None, OTHER_FAMILY, OTHER_FAMILY),
)
STOPPED = ('peer-offline', 'theirs', "The peer's operator disconnected the link.")


class Ends:
    """Who says what, until all say it."""

    def __init__(self):
        self.expected = []

    def add(self, node, peer, says):
        self.expected.append((node, peer, says))

    def until(self, timeout):
        deadline = time.monotonic() + timeout
        while wrong := list(self._wrong()):
            check(time.monotonic() < deadline, '\n'.join(wrong))
            time.sleep(0.2)

    def _wrong(self):
        statuses = {node: {p['name']: p for p in node.status()['peers']}
                    for node, _, _ in self.expected}
        for node, peer, says in self.expected:
            why = statuses[node][peer]['why'] or {}
            said = why.get('code'), why.get('side'), why.get('text')
            if said != says or not why['next']:
                yield f'{node.name} of {peer} says {said}, not {says}: {node.summary(peer)}'


def _node(universe, host, name, settings, **options):
    return universe.nodes((host, name), servers=(), settings=TIMING + settings, start=False,
                          **options)[0]


def _know_each_other(a, b, **options):
    a.add_peer(b.name, b.id, **options)
    b.add_peer(a.name, a.id)


def _start(*nodes):
    for node in nodes:
        node.start(wait=False)
    for node in nodes:
        node.until_running()


@test(deadline=90, weight=30, idle=True)
def what_breaks_is_named_on_both_sides(universe):
    """Settings, servers, policies, the rendezvous and the peer, each broken in one way."""
    check(universe.home.is_running() and universe.backup.is_running(), 'no coturn')
    spokes = [spoke for spoke in SPOKES if spoke.kind == 'symmetric']
    hosts = dict(zip(spokes, universe.site('symmetric', hosts=len(spokes)).hosts))
    place = universe.site('symmetric')
    place.router.block(f'ip saddr {BACKUP}')  # the relay that `relay-cut-off` has
    hub = _node(universe, place.host, 'hub', STUN)
    ends, nodes = Ends(), {}
    for spoke in SPOKES:
        host = hosts.get(spoke) or universe.site(spoke.kind).host
        url = universe.rendezvous.url6 if spoke.kind == 'ipv6-only' else None
        if spoke.name == 'no-rendezvous':
            url = f'http://{NOBODY}:8080'
        node = nodes[spoke.name] = _node(universe, host, spoke.name, spoke.settings, url=url)
        _know_each_other(node, hub, **({'policy': spoke.policy} if spoke.policy else {}))
        ends.add(node, 'hub', spoke.says)
        ends.add(hub, spoke.name, spoke.hub_says)

    nodes['new-key'].forget_identity()
    # An address of the peer's family is there, and left out.
    half = universe.site('open').host
    half.ip('addr add 2001:db8:0:1::200/64 dev eth0 nodad')
    half = _node(universe, half, 'half', '[network]\nfamilies = 4\n')
    _know_each_other(half, nodes['ipv6'])
    ends.add(half, 'ipv6', ('iface-filtered', 'ours', 'The peer has addresses of one family only, '
                            'and ours of it are left out by [network].'))
    ends.add(nodes['ipv6'], 'half', OTHER_FAMILY)

    # No NAT at all, and a firewall that lets both call servers only.
    walled = [universe.site('open').host for _ in range(2)]
    walled[0].block(f'ip daddr {walled[1].address}')
    walled[0].block(f'ip saddr {walled[1].address}')
    walled = [_node(universe, host, name, STUN + TURN)
              for host, name in zip(walled, ('wall-a', 'wall-b'))]
    _know_each_other(*walled)
    ends.add(walled[0], 'wall-b', NO_CHECK_ANSWERED)
    ends.add(walled[1], 'wall-a', NO_CHECK_ANSWERED)

    _start(hub, half, *walled, *nodes.values())
    ends.until(30)
    for node in (nodes['relay-only'], hub):
        peer = 'hub' if node is not hub else 'relay-only'
        check(any(e.get('why') == 'relay-forced' for e in node.log(peer)), 'no event says why')
    hub.icelane('disconnect', 'relay-only', '--yes')
    ended = Ends()
    ended.add(nodes['relay-only'], 'hub', STOPPED)
    ended.until(5)
    check(hub.peer('relay-only')['why'] is None, hub.peer('relay-only')['why'])


# Packets of DTLS (RFC 7983: 20 to 63 in the first byte) go to the impostor instead of the peer, and
# what the impostor sends comes in as if from the peer. The checks of ICE pass untouched.
DETOUR = '''
table inet detour {{
  chain out {{ type route hook output priority raw
    meta l4proto udp ip daddr {peer} @th,64,8 20-63 ip daddr set {impostor}
  }}
  chain in {{ type filter hook prerouting priority raw
    meta l4proto udp ip saddr {impostor} ip saddr set {peer}
  }}
}}
'''
# It answers at whichever port the peer was to have.
EVERY_PORT = '''
table inet every {
  chain in { type nat hook prerouting priority dstnat
    meta l4proto udp redirect to :4444
  }
}
'''


def _impostor_flow(impostor):
    """The ports of the client's and the server's end, once the client has called the impostor."""
    listing = impostor.run('conntrack', '-L', '-p', 'udp', check=False).stdout
    found = re.search(r'sport=(\d+) dport=(\d+)', listing)
    return found and found.groups()


@test(deadline=60, weight=10, idle=True)
def a_man_in_the_middle_is_named_on_both_sides(universe):
    """On the path between two nodes, in DTLS with both: neither lets in a key that is not the peer's."""
    impostor = universe.public_host('impostor', 66)
    impostor.nft(EVERY_PORT)
    certificate, key = universe.certificate('impostor', [impostor.address])
    hosts = [universe.site('open').host for _ in range(2)]
    nodes = [_node(universe, host, name, '') for host, name in zip(hosts, 'ab')]
    _know_each_other(*nodes)
    for host, other in zip(hosts, reversed(hosts)):
        host.nft(DETOUR.format(peer=other.address, impostor=impostor.address))
    client, server = sorted(nodes, key=lambda node: node.id)  # the smaller id is the DTLS client
    own = '-dtls1_2', '-cert', certificate, '-key', key
    quiet = {'stdin': subprocess.PIPE, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
    impostor.popen('openssl', 's_server', *own, '-accept', '4444', **quiet)
    _start(*nodes)
    deadline = time.monotonic() + 15
    while (flow := _impostor_flow(impostor)) is None:
        check(time.monotonic() < deadline, f'no DTLS came: {client.summary(server.name)}')
        time.sleep(0.05)
    impostor.popen('openssl', 's_client', *own, '-bind', f'{impostor.address}:{flow[0]}',
                   '-connect', f'{server.host.address}:{flow[1]}', **quiet)
    ends = Ends()
    for node, peer in (client, server), (server, client):
        ends.add(node, peer.name, OTHER_KEY)
    ends.until(15)
    for node, peer in (client, server), (server, client):
        check(node.peer(peer.name)['state'] == 'failed', node.summary(peer.name))
        check(node.log(kind='security'), 'no event says so')


@test(deadline=70, weight=35, idle=True)
def a_path_without_dtls_is_named_on_both_sides(universe):
    """A firewall that passes checks and nothing larger: not the words for checks without an answer."""
    hosts = [universe.site('open').host for _ in range(2)]
    nodes = [_node(universe, host, name, '') for host, name in zip(hosts, 'ab')]
    _know_each_other(*nodes)
    hosts[0].block('meta l4proto udp @th,64,8 20-63')  # DTLS, by RFC 7983
    _start(*nodes)
    ends = Ends()
    for node, peer in zip(nodes, 'ba'):
        ends.add(node, peer, NO_DTLS)
    ends.until(50)


@test(deadline=20, weight=1)
def every_reason_has_its_situation(universe):
    """The tables of both files hold each code of core/diagnosis/why.h, and no other."""
    with open(os.path.join(ROOT, 'core', 'diagnosis', 'why.h'), encoding='utf-8') as header:
        enum = re.search(r'typedef enum \{([^}]*)\} LaneWhyCode;', header.read()).group(1)
    codes = {word.lower().replace('_', '-') for word in re.findall(r'LANE_WHY_(\w+)', enum)}
    codes.remove('none')
    check(len(codes) >= 22, codes)
    said = {row.a_code for row in test_grid.ROWS} | {row.b_code for row in test_grid.ROWS}
    said |= {end[0] for spoke in SPOKES for end in (spoke.says, spoke.hub_says)}
    said |= {NO_CHECK_ANSWERED[0], OTHER_KEY[0]}
    check(said == codes, f'no situation: {sorted(codes - said)}; no code: {sorted(said - codes)}')
