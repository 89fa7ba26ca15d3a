"""Names that do not resolve, resolve late, wrongly or to another address, and STUN servers that are
dead or lie."""

import time

from coturn import PASSWORD, USER
from dns import Dns
from pair import Pair
from scripted_turn import ScriptedTurn
from test_servers import LOGIN, connect_time, section
from testing import check, test

NOBODY = '203.0.113.99'
BLOCKED_MS = 50


def watch_loop(pair, seconds):
    """Round trips that both nodes measure: a loop that is held up answers late, or not at all."""
    late, seen, end = [], 0, time.monotonic() + seconds
    before = [p['pings']['answered'] for p in pair.statuses()]
    while time.monotonic() < end:
        for peer in pair.statuses():
            check(peer['state'] in ('connected', 'restarting'), peer)
            seen += 1
            if peer['rtt_ms']['last'] > BLOCKED_MS:
                late.append(peer['rtt_ms']['last'])
        time.sleep(0.2)
    answered = [p['pings']['answered'] - b for p, b in zip(pair.statuses(), before)]
    # A late answer or two are a busy machine; a loop that is blocked for seconds answers none in time.
    check(len(set(late)) <= 2 and max(late, default=0) <= 250, f'late answers: {late} of {seen}')
    check(min(answered) >= seconds / 5 - 1, f'{answered} pings in {seconds} s')


@test(deadline=60, weight=25, idle=True)
def bad_names_hold_nothing_up(universe):
    """F9: no answer, NXDOMAIN, a wrong address and 20 s: the other server is used, setup in 7 s, and no
    loop is blocked."""
    home = universe.home.addresses[0]
    universe.rendezvous
    Dns(universe, 53, {'wrong.lab': NOBODY})
    names = ('mute.lab', 'gone.lab', 'wrong.lab', 'slow.lab')
    bad = ''.join(section(name.split('.')[0], f'uri = stun:{name}', f'uri = turn:{name}', *LOGIN) +
                  '\n' for name in names)
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'), servers=(),
                settings=bad + section('good', f'uri = stun:{home}', f'uri = turn:{home}', *LOGIN))
    took = connect_time(pair)
    print(f'{took:.2f} s')
    check(took <= 7, f'{took:.2f} s')
    pair.until_pings(1)
    watch_loop(pair, 8)
    codes = {s['name']: s['code'] for s in pair.a.status()['servers']}
    check(codes == {'mute': 'dns-timeout', 'gone': 'dns-not-found', 'wrong': 'timeout',
                    'slow': 'dns-timeout', 'good': 'ok'}, codes)
    check(pair.a.peer('b')['path'] == 'relay', 'no relay')


@test(deadline=60, weight=30, idle=True)
def last_good_address_serves_until_the_name_moves(universe):
    """F9: the name server dies: the address stays in use. The name moves: the link follows it."""
    home, backup = universe.home.addresses[0], universe.backup.addresses[0]
    universe.rendezvous
    dns = Dns(universe, 53, {'turn.lab': home})
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'), servers=(),
                settings=section('turn', 'uri = turn:turn.lab', f'username = {USER}',
                                 f'password = {PASSWORD}'))
    pair.until_pings(1)
    for word in 'mute', 'gone':
        dns.set(turn=word)
        for node, _ in pair.both:
            node.icelane('restart', '--all', '--yes')
        pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 10,
                   f'relay with a name that is {word}')
        server = pair.a.status()['servers'][0]
        check(server['address'] in (home, None) and server['state'] != 'unknown', server)
    pair.until_pings(1)

    dns.set(turn=backup)
    universe.home.kill()
    start = time.monotonic()
    pair.until(lambda p: p['state'] not in ('connected',), 15, 'end of the relay')
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 30, 'new address')
    pair.until_pings(1)
    took = time.monotonic() - start
    print(f'{took:.1f} s')
    check(universe.backup.relayed()[0] > 0, 'the new address relays nothing')
    check(took <= 25, f'{took:.1f} s')


@test(deadline=60, weight=20)
def dead_or_lying_stun_costs_little(universe):
    """F8: a STUN server that is silent or gives a wrong address: direct all the same, 3 s more at most."""
    home = universe.home.addresses[0]
    liar = ScriptedTurn(universe, 'liar', 72, [3478])
    liar.say(3478, 'lie 198.51.100.99')
    turn = section('home', f'uri = turn:{home}', *LOGIN)
    times = {}
    for name, first in (('none', ''), ('dead', section('dead', f'uri = stun:{NOBODY}')),
                        ('lying', section('lying', f'uri = stun:{liar.address}'))):
        pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                    servers=(), settings=first + '\n' + turn)
        times[name] = connect_time(pair)
        pair.until(lambda p: p['path'] == 'direct', 10, 'direct path')
        check('198.51.100.99' not in str(pair.a.peer('b')['pair']), pair.a.peer('b')['pair'])
        for node in pair.a, pair.b:
            node.stop()
            node.remove()
    print({name: round(seconds, 2) for name, seconds in times.items()})
    check(max(times['dead'], times['lying']) <= times['none'] + 3, times)
