"""What a node expects of a path before it connects, and what it then finds."""

import json
import time

import schema
from pair import Pair
from testing import check, test

# Kinds of both sites, and the path that follows from what both NATs do.
PAIRS = (('symmetric', 'port-restricted', 'relay', 'sym-vs-portfilter'),
         ('symmetric', 'full-cone', 'direct', 'direct-nat'),
         ('port-restricted', 'full-cone', 'direct', 'direct-nat'),
         ('udp-blocked', 'port-restricted', 'relay', 'udp-blocked'))


def _until_known(nodes, timeout=12):
    deadline = time.monotonic() + timeout
    for node in nodes:
        while node.status()['node']['nat']['confidence'] == 'unknown':
            check(time.monotonic() < deadline, f'{node.name}: its NAT is not known')
            time.sleep(0.1)


@test(deadline=45, weight=15, idle=True)
def forecasts_come_true(universe):
    """Nothing is expected of a stranger; once both NATs are told, what is expected is what comes."""
    kinds = sorted({kind for pair in PAIRS for kind in pair[:2]})
    nodes = dict(zip(kinds, universe.nodes(*((universe.site(k).host, k) for k in kinds),
                                           links=[], start=False)))
    for a, b, _, _ in PAIRS:
        nodes[a].add_peer(b, nodes[b].id, autoconnect='no')
        nodes[b].add_peer(a, nodes[a].id, autoconnect='no')
    for node in nodes.values():
        node.start()
    _until_known(nodes.values())
    both = [(nodes[a], b, *rest) for a, b, *rest in PAIRS] + \
        [(nodes[b], a, *rest) for a, b, *rest in PAIRS]
    for node, peer, _, _ in both:
        forecast = node.peer(peer)['forecast']
        check((forecast['expect'], forecast['peer_told_at'], forecast['outcome']) ==
              ('unknown', None, None), f'{node.name}: guessed {forecast}')
        check(forecast['text'] == 'The peer has not told yet what its NAT does.', forecast)
    for node, peer, _, _ in both:
        node.icelane('connect', peer)
    for node, peer, path, why in both:
        found = node.until(peer, lambda p, e=path: p['forecast']['outcome'] and p['path'] == e, 15,
                           f'forecast for {peer} that has been judged')
        forecast = found['forecast']
        check((forecast['expect'], forecast['why'], forecast['confidence'], forecast['outcome']) ==
              (path, why, 'measured', 'as-expected'), f'{node.name}: {forecast}')
        check(forecast['outcome_text'] == 'as expected', forecast)
    for node, peer, path, why in both:
        events = node.log(peer)
        made = [e for e in events if e['fact'] == 'forecast' and e['expect'] == path]
        judged = [e for e in events if e['fact'] == 'forecast-outcome']
        up = [e for e in events if e['fact'] == 'connected']
        check(made and up and made[0]['sequence'] < up[0]['sequence'],
              f'{node.name}: not before it was connected: {made}')
        check(judged and judged[-1]['outcome'] == 'as-expected' and judged[-1]['path'] == path,
              f'{node.name}: {judged}')
        for event in made + judged:
            wrong = schema.problems(schema.load('log.schema.json'), event)
            check(not wrong, f'{event}: {wrong}')
    for node, peer, _, _ in both:
        node.icelane('disconnect', peer, '--yes')
    for node, peer, path, _ in both:
        found = node.until(peer, lambda p: p['state'] == 'off', 5, 'off')
        forecast = found['forecast']
        check((forecast['expect'], forecast['outcome']) == (path, None) and forecast['peer_told_at'],
              f'{node.name}: forgot what it knew: {forecast}')
        check(f'expect {path}' in node.icelane('status', peer).stdout, 'not in the table')


# Of a generation: what each side tells the other, and where the other has it in its own record.
TOLD = ('offered', 'gathered_ms', 'answered_ms', 'connected_ms', 'failed_ms')
SECURED = ('dtls_from_ms', 'dtls_ms', 'sctp_ms')


def _detail(node, peer):
    return json.loads(node.icelane('timeline', peer, '--json').stdout)


def _differences(told, own):
    """What a node is told of the other's current generation, against that node's own words."""
    mine = next(g for g in own['generations'] if g['current'])
    theirs = next(g for g in told['generations'] if g['current'])['peer']
    if theirs is None:
        return ['it did not say']
    pairs = [(key, theirs[key], mine[key]) for key in TOLD]
    if own['securing']['generation'] == mine['generation']:
        pairs += [(key, theirs[key], own['securing'][key]) for key in SECURED]
    else:
        pairs += [(key, theirs[key], None) for key in SECURED]
    for kind in 'stun', 'turn':
        servers = [s for s in mine['gathering']['servers']
                   if s['kind'].startswith(kind) and s['outcome'] != 'unneeded']
        pairs += [(f'{kind}_asked', theirs[f'{kind}_asked'], len(servers)),
                  (f'{kind}_answered', theirs[f'{kind}_answered'],
                   sum(s['outcome'] == 'answered' for s in servers))]
    return [f'{key}: told {a}, is {b}' for key, a, b in pairs if a != b]


def _until_agreed(pair, timeout=10):
    deadline = time.monotonic() + timeout
    while True:
        a, b = _detail(pair.a, 'b'), _detail(pair.b, 'a')
        wrong = _differences(a, b) + _differences(b, a)
        if not wrong:
            return a, b
        check(time.monotonic() < deadline, wrong)
        time.sleep(0.2)


@test(deadline=40, weight=12, idle=True)
def the_peer_tells_its_own_timeline(universe):
    """What a node shows of the peer's side is what the peer itself shows, also after a restart."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('port-restricted'),
                servers=('home', 'backup'))
    first = _until_agreed(pair)
    pair.a.restart('b')
    pair.until_generation(2)
    _until_agreed(pair)
    for (node, peer), before in zip(pair.both, first):
        deadline = time.monotonic() + 10
        while (previous := _detail(node, peer)['previous_generation']) is None:
            check(time.monotonic() < deadline, 'the generation before does not end')
            time.sleep(0.1)
        check(previous['peer'] == before['generations'][0]['peer'],
              f'{node.name}: {previous["peer"]}')
        text = node.icelane('timeline', peer).stdout
        check(text.count('the peer\n') == 2 and 'did not say' not in text, text)
