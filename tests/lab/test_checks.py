"""What icelane says of gathering and checks: it agrees with the wire, and every event is as docs/log.schema.json has it."""

import json
import time

import schema
from coturn import PASSWORD
from pair import Pair
from testing import check, test

REQUEST, RESPONSE, USERNAME = 0x0001, 0x0101, 0x0006
BRIDGED = 0.05
GIVEN_UP = 3.5  # a pair without an answer fails 2 s after its first request
DEBUG = '\n[log]\nlevel = debug\n'


def _stun(packet):
    """(method and class, transaction, has a user name) of a STUN packet, else None."""
    data = packet.payload
    if len(data) < 20 or data[0] > 3 or data[4:8] != b'\x21\x12\xa4\x42':
        return None
    at, named = 20, False
    while at + 4 <= len(data):
        named |= int.from_bytes(data[at:at + 2], 'big') == USERNAME
        at += 4 + (int.from_bytes(data[at + 2:at + 4], 'big') + 3) // 4 * 4
    return int.from_bytes(data[:2], 'big'), data[8:20], named


def _checks_on_the_wire(packets, address):
    """{(from, to): [requests, answers]} of the checks that leave from a host's own address."""
    seen, asked = {}, {}
    for packet in packets:
        stun = _stun(packet)
        source = packet.source, packet.source_port
        destination = packet.destination, packet.destination_port
        if stun is None:
            continue
        kind, transaction, named = stun
        if kind == REQUEST and named and packet.source == address:
            # Once at the bridge's port and once at the bridge; repetitions come 500 ms later.
            count = packet.time - asked.get(transaction, (0, None))[0] > BRIDGED
            seen.setdefault((source, destination), [0, 0])[0] += count
            asked[transaction] = packet.time, (source, destination)
        elif kind == RESPONSE and transaction in asked:
            if asked[transaction][1] == (destination, source):
                seen[destination, source][1] += 1
    return seen


def _told(detail):
    """{(from, to): pair} of the pairs that are not relayed by us."""
    (generation,) = detail['generations'] or [detail['previous_generation']]
    check(generation['checks_known'], f'pairs are unknown: {generation}')
    told = {}
    for pair in generation['pairs']:
        base = pair['base'] or pair['local']
        if pair['local']['type'] != 'relay':
            remote = pair['remote']
            told[(base['address'], base['port']), (remote['address'], remote['port'])] = pair
    return told


def _agree(node, peer, packets):
    """Each pair that icelane says was checked was, as often, and answered or not; and no other."""
    told = _told(json.loads(node.icelane('pairs', peer, '--json').stdout))
    wire = _checks_on_the_wire(packets, node.host.address)
    checked = {ends for ends, pair in told.items() if pair['sent'] > 0}
    check(checked == set(wire), f'{node.name}: told {checked}, seen {set(wire)}')
    for ends, (requests, answers) in wire.items():
        pair = told[ends]
        check((pair['answered'] > 0) == (answers > 0),
              f'{node.name}: {ends}: {answers} answers on the wire, told {pair}')
        check((pair['state'] == 'answered') == (answers > 0), f'{node.name}: {ends}: {pair}')
        # The pair in use goes on with its keepalives, which are checks too.
        check(requests == pair['sent'] or pair['selected'] and requests >= pair['sent'],
              f'{node.name}: {ends}: {requests} requests on the wire, told {pair}')
    return told


def _lines_are_valid(nodes):
    """Every line of the nodes' logs and of `log --json` is valid, has no secret, and is documented."""
    rules, facts = schema.load('log.schema.json'), set()
    for node in nodes:
        with open(node.log_path, encoding='utf-8') as file:
            lines = file.read().splitlines()
        lines += node.icelane('log', '--json').stdout.splitlines()
        check(len(lines) > 20, f'{node.name} has logged only {lines}')
        for line in lines:
            event = json.loads(line)
            wrong = schema.problems(rules, event)
            check(not wrong, f'{wrong} in {line}')
            check(PASSWORD not in line, line)
            facts.add(event['fact'])
    ruled = {rule['if']['properties']['fact']['const'] for rule in rules['allOf']}
    check(facts <= ruled | {'note'}, f'not in the schema: {facts - ruled}')
    return facts


@test(deadline=60)
def checks_agree_with_the_wire(universe):
    """Two NATs: the pairs that are told as checked and answered are those that the router saw."""
    sites = universe.site('port-restricted'), universe.site('port-restricted')
    captures = [site.router.capture(f'router-{i}') for i, site in enumerate(sites)]
    pair = Pair(universe, *sites, settings=DEBUG)
    time.sleep(GIVEN_UP)
    for capture in captures:
        capture.stop()
    for (node, peer), capture in zip(pair.both, captures):
        told = _agree(node, peer, capture.packets())
        selected = [p for p in told.values() if p['selected']]
        check(len(selected) == 1 and selected[0]['rtt_ms'] is not None, selected)
        failed = [p for p in told.values() if p['state'] == 'failed']
        check(failed and all(p['result'] == f'0 of {p["sent"]} answered' for p in failed), failed)
        detail = json.loads(node.icelane('candidates', peer, '--json').stdout)
        servers = detail['generations'][0]['gathering']['servers']
        check([s['outcome'] for s in servers] == ['answered', 'answered', 'unneeded'], servers)
        check('in use' in node.icelane('pairs', peer).stdout, node.icelane('pairs', peer).stdout)
        check('sctp' in node.icelane('timeline', peer).stdout, node.icelane('timeline', peer).stdout)
    facts = _lines_are_valid((pair.a, pair.b))
    expected = {'interface-used', 'interface-skipped', 'server-asked', 'server-answered', 'gathered',
                'candidate-local', 'candidate-remote', 'pair-formed', 'check-sent', 'check-answered',
                'check-failed', 'pair-nominated', 'pair-selected', 'checks', 'dtls-done',
                'connected', 'path', 'state', 'signaling'}
    check(expected <= facts, f'no {expected - facts} in the logs')


@test(deadline=60, idle=True)
def a_link_that_fails_keeps_its_pairs(universe):
    """Nothing gets through: what the last try checked stays to be seen, and nothing was answered."""
    sites = universe.site('symmetric'), universe.site('symmetric')
    captures = [site.router.capture(f'router-{i}') for i, site in enumerate(sites)]
    pair = Pair(universe, *sites, wait=0, servers=(), settings=DEBUG)
    for node, peer in pair.both:
        node.until(peer, lambda p: p['state'] == 'backoff' or p['last_error'], 45, 'failed try')
    for capture in captures:
        capture.stop()
    for (node, peer), capture in zip(pair.both, captures):
        detail = json.loads(node.icelane('pairs', peer, '--json').stdout)
        last = detail['previous_generation']
        check(last and last['checks_known'] and last['pairs'], detail)
        wire = _checks_on_the_wire(capture.packets(), node.host.address)
        check(not any(answers for _, answers in wire.values()), f'answers on the wire: {wire}')
        check(all(p['answered'] == 0 and p['state'] != 'answered' for p in last['pairs']), last)
        check('0 of ' in node.icelane('pairs', peer).stdout, node.icelane('pairs', peer).stdout)
    facts = _lines_are_valid((pair.a, pair.b))
    check('link-ended' in facts, facts)
