"""What a node expects of a path before it connects, and what it then finds."""

import time

import schema
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
