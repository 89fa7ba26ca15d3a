"""Must hold 1: every kind of site against every kind, judged by the rules below before it is run.

What RFC 4787 (section 4.1 mapping, section 5 filtering) and RFC 5780 say decides each row:

- A mapping of one port for all destinations (EI) is what STUN can tell a peer; with a new port for
  each destination (APD) what the peer was told is of no use, and only the peer's own address is.
- A filter that lets in whoever knows the port (EI) accepts a check from any port; one that lets in
  only what was called (APD) needs that our call went to the very port that the check comes from.
- So two ends meet directly when each can send to a port that the other's check really comes from,
  or when one has a filter that does not ask. A relay needs no more than that both reach it."""

import collections
import json
import time

from pair import SETTLE
from testing import check, test

EI, APD = 'endpoint-independent', 'address-and-port-dependent'

# What each router does: mapping, filtering. IPv6 has no NAT here, and one address of the STUN server,
# so that its filter cannot be asked about.
WORDS = {
    'open': ('none', EI),
    'full-cone': (EI, EI),
    'port-restricted': (EI, APD),
    'double': (EI, APD),
    'lan': (EI, APD),
    'symmetric': (APD, APD),
    'udp-blocked': ('blocked', 'blocked'),
    'ipv6-only': ('none', 'unknown'),
}

# What A's site and B's are; path and family; what A says and what B says, each with the side to act.
GRID = '''
# No NAT and no filter at A: whoever has UDP and IPv4 calls A's own address, and is answered.
open             open             direct 4  direct-public nobody      direct-public nobody
open             full-cone        direct 4  direct-nat nobody         direct-nat nobody
open             port-restricted  direct 4  direct-nat nobody         direct-nat nobody
open             double           direct 4  direct-nat nobody         direct-nat nobody
open             lan              direct 4  direct-nat nobody         direct-nat nobody
# ... whichever port a symmetric NAT calls from: A learns it from the check (RFC 8445, 7.3.1.3).
open             symmetric        direct 4  direct-nat nobody         direct-nat nobody
# Endpoint-independent filtering at A: its mapping, kept open by STUN, lets in any port of the peer.
full-cone        full-cone        direct 4  direct-nat nobody         direct-nat nobody
full-cone        port-restricted  direct 4  direct-nat nobody         direct-nat nobody
full-cone        double           direct 4  direct-nat nobody         direct-nat nobody
full-cone        lan              direct 4  direct-nat nobody         direct-nat nobody
full-cone        symmetric        direct 4  direct-nat nobody         direct-nat nobody
# Endpoint-independent mapping on both sides: each calls the port that the other's checks come from,
# and so opens its own filter for them. Two NATs in a row are the stricter of both.
port-restricted  port-restricted  direct 4  direct-nat nobody         direct-nat nobody
port-restricted  double           direct 4  direct-nat nobody         direct-nat nobody
port-restricted  lan              direct 4  direct-nat nobody         direct-nat nobody
double           double           direct 4  direct-nat nobody         direct-nat nobody
double           lan              direct 4  direct-nat nobody         direct-nat nobody
# No NAT in between: the switch of one LAN carries it, and host addresses have the highest priority.
lan              lan              direct 4  direct-lan nobody         direct-lan nobody
# Address-and-port-dependent mapping against address-and-port-dependent filtering: A lets in only the
# port that STUN saw, and B's checks come from another one. It is B's NAT that nobody can predict.
port-restricted  symmetric        relay  4  sym-vs-portfilter theirs  sym-vs-portfilter ours
double           symmetric        relay  4  sym-vs-portfilter theirs  sym-vs-portfilter ours
lan              symmetric        relay  4  sym-vs-portfilter theirs  sym-vs-portfilter ours
# Address-and-port-dependent mapping on both sides: neither port can be known.
symmetric        symmetric        relay  4  sym-sym both              sym-sym both
# No UDP at B, whatever A's NAT does: TURN over TCP from there.
open             udp-blocked      relay  4  udp-blocked theirs        udp-blocked ours
full-cone        udp-blocked      relay  4  udp-blocked theirs        udp-blocked ours
port-restricted  udp-blocked      relay  4  udp-blocked theirs        udp-blocked ours
double           udp-blocked      relay  4  udp-blocked theirs        udp-blocked ours
lan              udp-blocked      relay  4  udp-blocked theirs        udp-blocked ours
symmetric        udp-blocked      relay  4  udp-blocked theirs        udp-blocked ours
udp-blocked      udp-blocked      relay  4  udp-blocked both          udp-blocked both
# No common family: not one pair without a relay can even be formed (RFC 8445, 6.1.2.2), so neither NAT
# nor firewall has a say. B reaches TURN over IPv6 and is given an IPv4 relay (RFC 8656, 7.2).
open             ipv6-only        relay  4  family-mismatch both      family-mismatch both
full-cone        ipv6-only        relay  4  family-mismatch both      family-mismatch both
port-restricted  ipv6-only        relay  4  family-mismatch both      family-mismatch both
double           ipv6-only        relay  4  family-mismatch both      family-mismatch both
lan              ipv6-only        relay  4  family-mismatch both      family-mismatch both
symmetric        ipv6-only        relay  4  family-mismatch both      family-mismatch both
udp-blocked      ipv6-only        relay  4  family-mismatch both      family-mismatch both
# IPv6 without NAT or filter on both sides.
ipv6-only        ipv6-only        direct 6  direct-v6 nobody          direct-v6 nobody
'''

SENTENCES = {
    ('direct-lan', 'nobody'): "Both are on one network and reach each other's own addresses.",
    ('direct-v6', 'nobody'): 'Direct over IPv6: no address translation in between.',
    ('direct-public', 'nobody'): 'Both have public addresses and reach each other without NAT.',
    ('direct-nat', 'nobody'): 'Direct through NAT: the mappings that STUN found let both in.',
    ('sym-sym', 'both'): 'Both NATs take a new port per destination.',
    ('sym-vs-portfilter', 'ours'):
        "Our NAT takes a new port per destination; the peer's lets in known ports only.",
    ('sym-vs-portfilter', 'theirs'):
        "The peer's NAT takes a new port per destination; ours lets in known ports only.",
    ('udp-blocked', 'ours'):
        'UDP is blocked on our side: no server answers over it, only over TCP.',
    ('udp-blocked', 'theirs'): "UDP is blocked on the peer's side: no server answers it over UDP.",
    ('udp-blocked', 'both'):
        'UDP is blocked on both sides: no server answers over it, only over TCP.',
    ('family-mismatch', 'both'):
        'One side has only IPv4 addresses, the other only IPv6: the relay translates.',
}

Row = collections.namedtuple('Row', 'a b path family a_code a_side b_code b_side')
End = collections.namedtuple('End', 'node peer far expected row')
ROWS = [Row(*line.split()) for line in GRID.splitlines() if line and not line.startswith('#')]

SETTLED, WINDOW = 60, 4  # seconds
UNFORESEEN = ('unknown', None, None)
# All candidates in the log; and what relays tries no direct path while the witnesses count.
SETTINGS = '[log]\nlevel = debug\n[ice]\nretry-direct-s = 3600\n'


class World:
    """Each kind of site twice, a node at each, and a link for each row: all at once."""

    def __init__(self, universe):
        universe.turn_settings = 'user-quota=0\n'  # one user has all the links of 16 nodes
        self.home = universe.home
        self.nodes = {}
        places = {}
        for kind in WORDS:
            first = universe.site(kind, name=f'{kind}-a')
            second = first if kind == 'lan' else universe.site(kind, name=f'{kind}-b')
            places[f'{kind}-a'] = first.hosts[0], first
            places[f'{kind}-b'] = second.hosts[-1], second
        for name, (host, site) in places.items():
            url = universe.rendezvous.url6 if site.kind == 'ipv6-only' else None
            self.nodes.update({name: universe.nodes((host, name), start=False, url=url,
                                                    settings=SETTINGS)[0]})
        self.public = {name: site.edge.address if site.edge else host.address
                       for name, (host, site) in places.items()}
        self.links = []
        for row in ROWS:
            a, b = self.nodes[f'{row.a}-a'], self.nodes[f'{row.b}-b']
            a.add_peer(b.name, b.id)
            b.add_peer(a.name, a.id)
            path, family = row.path, int(row.family)
            self.links.append((End(a, b.name, b, (path, family, row.a_code, row.a_side), row),
                               End(b, a.name, a, (path, family, row.b_code, row.b_side), row)))
        for node in self.nodes.values():
            node.start(wait=False)
        for node in self.nodes.values():
            node.until_running()

    @property
    def ends(self):
        return [end for link in self.links for end in link]

    def statuses(self):
        """{node: its status, with the peers by their names}"""
        found = {node: node.status() for node in self.nodes.values()}
        for status in found.values():
            status['peers'] = {peer['name']: peer for peer in status['peers']}
        return found

    def until(self, find_wrong):
        """Until nothing is wrong with what all nodes say at one time."""
        deadline = time.monotonic() + SETTLED
        while wrong := find_wrong(self.statuses()):
            check(time.monotonic() < deadline, '\n'.join(wrong))
            time.sleep(0.2)

    def logs(self):
        """{node: its events}, without asking any of them"""
        found = {}
        for node in self.nodes.values():
            with open(node.log_path, encoding='utf-8') as log:
                found[node] = [json.loads(line) for line in log if line.endswith('\n')]
        return found

    def reach(self, one, other):
        """The address that `one` sends to when it reaches `other` directly."""
        both = one.host, other.host
        if one.host.router and one.host.router is other.host.router:
            return both[1].address
        return self.public[other.name]

    def witnesses(self, logs):
        """{link: bytes between both hosts as either counts them, and on the ports TURN gave for it}"""
        by_port = self.home.relayed_by_port()
        flows = {node: node.host.flows() for node in self.nodes.values()}
        relays = {(node, event['peer'], event['port']) for node, events in logs.items()
                  for event in events
                  if event['fact'] == 'candidate-local' and event['type'] == 'relay'}
        found = {}
        for link in self.links:
            ports = {port for end in link for node, peer, port in relays
                     if (node, peer) == (end.node, end.peer)}
            check(ports, f'{link[0].node.name} {link[1].node.name}: no relay that could be watched')
            found[link] = *(self.between(end, flows) for end in link), \
                sum(by_port.get(port, 0) for port in ports)
        return found

    def between(self, end, flows):
        ends = sorted((end.node.host.address, self.reach(end.node, end.far)))
        return flows[end.node].get(tuple(ends), 0)


def _says(status):
    why = status['why'] or {}
    return status['path'], status['family'], why.get('code'), why.get('side')


def _wrong(world, statuses):
    """NAT words that are not what the lab built, and ends that say anything but what the table has."""
    for name, node in world.nodes.items():
        nat = statuses[node]['node']['nat']
        if (nat['mapping'], nat['filtering']) != WORDS[name[:-2]]:
            yield f'{name}: {nat["mapping"]}, {nat["filtering"]}, {nat["evidence"]}'
    for end in world.ends:
        says = _says(statuses[end.node]['peers'][end.peer])
        if says != end.expected:
            yield f'{end.node.name} of {end.peer}: {says}, not {end.expected}'


def _misjudged(world, statuses):
    """Ends whose forecast, made when both had told what their NATs do, is not what then came."""
    for end in world.ends:
        forecast = statuses[end.node]['peers'][end.peer]['forecast']
        path, _, code, _ = end.expected
        # What a NAT does says nothing of which families a relay speaks, nor of who shares a LAN.
        expected = UNFORESEEN if code == 'family-mismatch' else (path, code, 'as-expected')
        seen = forecast['expect'], forecast['why'], forecast['outcome']
        if code == 'direct-lan' and forecast['why'] == 'direct-nat':
            seen = forecast['expect'], code, forecast['outcome']
        if seen != expected:
            yield f'{end.node.name} of {end.peer}: forecast {seen}, not {expected}'


def _unexplained(world, statuses, logs):
    """Ends whose sentence is another one, that lack a next step, or that have told it in no event."""
    told = {node: {(e['peer'], e.get('why')) for e in events} for node, events in logs.items()}
    for end in world.ends:
        code, side = end.expected[2:]
        why = statuses[end.node]['peers'][end.peer]['why']
        if why['text'] != SENTENCES[code, side] or (why['next'] is None) != (side == 'nobody'):
            yield f'{end.node.name} of {end.peer}: {why}'
        if (end.peer, code) not in told[end.node]:
            yield f'{end.node.name} of {end.peer}: no event says {code}'


def _disagreement(row, before, after, pings):
    *direct, relayed = (new - old for new, old in zip(after, before))
    seen = f'{row.a} {row.b}: {direct} B between the two, {relayed} B on its relays, {pings} pings'
    if min(pings) <= 0:
        return f'{seen}: not alive'
    if row.path == 'direct' and (min(direct) == 0 or relayed != 0):
        return f'{seen}: not direct'
    if row.path == 'relay' and (max(direct) != 0 or relayed == 0):
        return f'{seen}: not through a relay'
    return None


@test(deadline=150, weight=60, idle=True)
def every_kind_meets_every_kind(universe):
    """36 pairs at once: path, family, reason on both ends, NAT words, the witnesses, and forecasts."""
    kinds = list(WORDS)
    pairs = {frozenset((one, other)) for one in kinds for other in kinds}
    check(len(ROWS) == len(pairs) == 36 and {frozenset(row[:2]) for row in ROWS} == pairs,
          'the table has not each pair once')
    world = World(universe)
    world.until(lambda statuses: list(_wrong(world, statuses)))
    time.sleep(SETTLE)
    before, first = world.witnesses(world.logs()), world.statuses()
    time.sleep(WINDOW)
    logs = world.logs()
    after, last = world.witnesses(logs), world.statuses()
    wrong = []
    for link in world.links:
        pings = [last[end.node]['peers'][end.peer]['pings']['answered'] -
                 first[end.node]['peers'][end.peer]['pings']['answered'] for end in link]
        wrong.append(_disagreement(link[0].row, before[link], after[link], pings))
    wrong = [text for text in wrong if text] + list(_wrong(world, last)) + \
        list(_unexplained(world, last, logs))
    check(not wrong, '\n'.join(wrong))

    for command in 'disconnect', 'connect':
        for node in world.nodes.values():
            node.icelane(command, '--all', '--yes')
    world.until(lambda statuses: [*_wrong(world, statuses), *_misjudged(world, statuses)])
