"""Must hold 5: strangers, forgers, repeaters and tamperers cost us one log line and no packet."""

import json
import time

from hostile import HostileRendezvous
from rendezvous import PORT
from testing import check, test

VICTIM = '203.0.113.77'


def _refusals(node):
    return [e for e in node.log() if e['kind'] == 'security']


def _no_packet_to(address, *captures):
    for capture in captures:
        capture.stop()
        sent = [p for p in capture.packets(destination=address)]
        check(not sent, f'{len(sent)} packets to {address}, the first of protocol '
                        f'{sent[0].protocol if sent else ""}')


@test(deadline=60)
def three_nodes_and_a_stranger(universe):
    """Three pairs link at once; a node nobody has configured gets one log line and no packet."""
    sites = [universe.site('open') for _ in range(4)]
    nodes = universe.nodes(*[(site.host, name) for site, name in zip(sites, 'abc')])
    for node in nodes:
        for other in nodes:
            if other is not node:
                node.wait(other.name, 10, direct=True)
    before = {n.name: n.status()['peers'] for n in nodes}

    capture = sites[3].host.capture('stranger')
    stranger, = universe.nodes((sites[3].host, 'stranger'), start=False)
    for node in nodes:
        stranger.add_peer(node.name, node.id)
    stranger.start()
    time.sleep(8)
    capture.stop()
    for node, site in zip(nodes, sites):
        sent = [p for p in capture.packets(source=site.host.address)]
        check(not sent, f'{node.name} sent {len(sent)} packets to a stranger')
        about = [e for e in node.log() if stranger.id[:8] in json.dumps(e)]
        check(len(about) == 1, f'{node.name} has {len(about)} log lines about the stranger')
        check('stranger' not in [p['name'] for p in node.status()['peers']], 'a row appeared')
        for old, new in zip(before[node.name], node.status()['peers']):
            check(new['state'] == 'connected' and new['generation'] == old['generation'], new)
    check(all(p['state'] != 'connected' for p in stranger.status()['peers']), 'it is connected')


@test(deadline=60)
def wrong_key_at_a_pinned_id(universe):
    """A node with another key than the pinned one never gets through, by whatever name."""
    sites = [universe.site('open') for _ in range(2)]
    a, b = universe.nodes((sites[0].host, 'a'), (sites[1].host, 'b'), start=False)
    capture = sites[1].host.capture('impostor')
    a.start()
    b.forget_identity()
    check(b.id != a.peer('b')['id'], 'the key did not change')
    b.start()
    time.sleep(8)
    check(a.peer('b')['state'] != 'connected', 'connected to another key')
    check(b.peer('a')['state'] != 'connected', 'the impostor is connected')
    capture.stop()
    sent = capture.packets(source=sites[0].host.address)
    check(not sent, f'{len(sent)} packets to the impostor')
    check(len([e for e in a.log() if b.id[:8] in json.dumps(e)]) == 1, 'not one log line')


class World:
    """A linked pair where `a` is behind a hostile rendezvous, and all of a's packets are kept."""

    def __init__(self, universe, linked=True):
        self.site_a, self.site_b = universe.site('open'), universe.site('open')
        evil = universe.public_host('evil', 31)
        universe.public_host('victim', 77)
        self.proxy = HostileRendezvous(evil, (universe.rendezvous.address, PORT))
        self.a, self.b = universe.nodes((self.site_a.host, 'a'), (self.site_b.host, 'b'),
                                        start=False)
        self.a.set_rendezvous(self.proxy.url)
        self.capture = self.site_a.host.capture('a')
        self.a.start()
        if linked:
            self.b.start()
            self.a.wait('b', 10)
            self.b.wait('a', 10)
            time.sleep(3)

    def untouched(self, before):
        after = self.a.peer('b')
        for key in 'state', 'association', 'generation', 'restarts':
            check(after[key] == before[key], f'{key} {before[key]} became {after[key]}')
        check(after['pings']['lost'] == before['pings']['lost'], 'a ping was lost')


@test(deadline=60)
def replayed_envelopes(universe):
    """Everything b ever said, said again three times: no state changes, no packet follows."""
    world = World(universe)
    old = world.proxy.messages('offer', 'answer', 'candidates')
    check(old, 'nothing was recorded')
    before = world.a.peer('b')
    for _ in range(3):
        for event in old:
            check(world.proxy.inject(event) == 1, 'the node is not listening')
            time.sleep(0.05)
    time.sleep(4)
    world.untouched(before)
    # And after a restart of the victim, for which they have another nonce.
    world.a.kill()
    world.b.stop()
    world.a.start()
    world.a.until_signaling('connected')
    world.a.until('b', lambda p: p['state'] == 'waiting', 30, 'waiting for an absent peer')
    started = time.time()
    for event in old:
        world.proxy.inject(event)
    time.sleep(3)
    world.capture.stop()
    sent = [p for p in world.capture.packets(destination=world.site_b.host.address)
            if p.time > started]
    check(not sent, f'{len(sent)} packets after a replay')
    check(world.a.peer('b')['state'] == 'waiting', world.a.summary('b'))


@test(deadline=60)
def forged_envelopes(universe):
    """Offers in b's name with an invented signature, key or session: one line, no packet."""
    world = World(universe)
    before, lines = world.a.peer('b'), len(_refusals(world.a))
    template = world.proxy.messages('offer', 'answer', 'candidates')[0]
    for forged in _forgeries(template):
        check(world.proxy.inject(forged) == 1, 'the node is not listening')
        time.sleep(0.1)
    time.sleep(4)
    world.untouched(before)
    new = len(_refusals(world.a)) - lines
    check(1 <= new <= len(list(_forgeries(template))), f'{new} log lines')
    _no_packet_to(VICTIM, world.capture)


def _forgeries(event):
    """Envelopes like a real one, each with something a forger without b's key would have to change."""
    lines = event.decode().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith('data:'))
    real = json.loads(lines[at][5:])
    candidate = f'candidate:1 1 udp 2130706431 {VICTIM} 4242 typ host'
    payload = json.loads(real['payload'])
    payload['generation'] = 9
    payload['candidates'] = [candidate]
    for changes in ({'seq': real['seq'] + 1000},
                    {'payload': json.dumps(payload)},
                    {'session': '0' * 32, 'type': 'offer'},
                    {'type': 'candidates', 'payload': json.dumps(payload),
                     'seq': real['seq'] + 1001},
                    {'sig': real['sig'][::-1]}):
        forged = {**real, **changes}
        if set(forged) != set(real):
            raise AssertionError(f'envelopes have no {set(forged) - set(real)}')
        lines[at] = 'data: ' + json.dumps(forged)
        yield ('\n'.join(lines) + '\n\n').encode()


@test(deadline=60)
def tampered_candidates(universe):
    """Candidates altered on the way, to point at a victim: nothing is sent there, ever."""
    world = World(universe, linked=False)
    genuine = world.site_b.host.address.encode()
    touched = []

    def alter(event):
        if genuine not in event:
            return event
        touched.append(event)
        return event.replace(genuine, VICTIM.encode())

    world.proxy.alter = alter
    world.b.start()
    world.a.until_log('b', lambda e: e['kind'] == 'security', 15, 'a refusal')
    time.sleep(3)
    check(touched, 'no candidate passed the rendezvous')
    check(world.a.peer('b')['state'] != 'connected', 'linked in spite of it')
    world.proxy.alter = lambda event: event
    world.a.wait('b', 45)
    _no_packet_to(VICTIM, world.capture)


@test(deadline=90, weight=20, idle=True)
def garbage_from_the_rendezvous(universe):
    """Whatever a rendezvous says, the link stays and the node lives."""
    world = World(universe)
    before = world.a.peer('b')
    for event in (b'event: message\ndata: {}\n\n', b'data: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n\n',
                  b'event: presence\ndata: {"id": 7}\n\n', b'data: \xff\xfe\x00\n\n',
                  b'event: nonsense\ndata: x\n\n', b':' + b'x' * 10000 + b'\n\n'):
        world.proxy.inject(event)
        time.sleep(0.1)
    time.sleep(2)
    world.untouched(before)
    world.proxy.inject(b'data: ' + b'{"a":' * 300000)  # 1.5 MB of one line without an end
    time.sleep(2)
    world.untouched(before)
    world.a.until_signaling('connected', timeout=70)
