"""The kind of path that is not in use, measured beside the one that is: `icelane compare`."""

import json
import subprocess
import time

import schema
from line import Faults
from pair import Pair, same_association
from testing import check, test

DELAY = 9  # ms, each way, of the line to the TURN server
LOG = schema.load('log.schema.json')
SLOWER = 4 * DELAY  # a relayed packet crosses that line twice, and so does its answer


def slow_home(universe):
    """The TURN server behind a line with a delay."""
    plug = universe.plug
    universe.plug = lambda where, interface: plug(where, interface, Faults(delay=DELAY))
    check(universe.home.is_running(), 'no coturn')
    universe.plug = plug


def compare(node, peer, *options):
    return json.loads(node.icelane('compare', peer, '--json', *options).stdout)['comparison']


def refusal(node, peer):
    said = node.icelane('compare', peer, check=False)
    check(said.returncode == 1, said)
    return said.stderr


def nothing_moved(before, after):
    """The same pair, the same generation, every ping answered."""
    same_association(before, after)
    for old, new in zip(before, after):
        for key in 'pair', 'path', 'generation', 'restarts', 'path_changes', 'since', 'state':
            check(new[key] == old[key], f'{key}: {old[key]} became {new[key]}')
        check(new['pings']['lost'] == 0, new['pings'])


def forecasts(pair):
    """What both have told of what is to be expected."""
    return [[e for e in node.log(peer) if e.get('fact', '').startswith('forecast')]
            for node, peer in pair.both]


def bare_relayed(capture):
    """What left or reached a relay address: UDP payloads, without those between TURN and a client."""
    capture.stop()
    return [p.payload for p in capture.packets(protocol=17)
            if p.payload and 3478 not in (p.source_port, p.destination_port)]


@test(deadline=45, idle=True)
def compare_measures_a_slower_relay(universe):
    """The relay is slower by what the lab built; the data stays where it is, on both sides."""
    slow_home(universe)
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    pair.until(lambda p: p['path'] == 'direct', 10, 'direct path')
    pair.until_pings(2)
    before = pair.statuses()
    check([p['comparison'] for p in before] == [None, None], before)
    told = forecasts(pair)
    capture = universe.home.capture('home')
    result = compare(pair.a, 'b')
    check(result['kind'] == 'relay' and result['code'] == 'measured', result)
    check(abs(result['difference_ms'] - SLOWER) < 8, result)
    check(f'relay would be {result["difference_ms"]:.0f} ms slower' == result['text'], result)
    pair.until_pings(2)
    pair.until(lambda p: p['generation'] == before[0]['generation'], 1, 'the generation in use')
    nothing_moved(before, pair.statuses())
    check(forecasts(pair) == told, f'a spare is no try to be judged: {forecasts(pair)}')
    relayed = bare_relayed(capture)
    check(sum(p[0] in (240, 241) for p in relayed) >= 30, 'no probes went over the relay')
    check(not [p for p in relayed if 20 <= p[0] <= 63], 'data went over the relay')
    events = pair.a.log('b', fact='comparison')
    check(len(events) == 1 and events[0]['code'] == 'measured', events)
    check(not schema.problems(LOG, events[0]), events)
    check(pair.a.peer('b')['comparison']['text'] == result['text'], pair.a.peer('b'))
    check(pair.b.peer('a')['comparison'] is None, 'the other side has measured nothing')
    gone(pair)
    again = compare(pair.b, 'a')  # the other side's turn: it has let the spare go
    check(abs(again['difference_ms'] - SLOWER) < 8, again)
    check('measured a moment ago' in refusal_after_two(pair), 'no limit')
    nothing_moved(before, pair.statuses())


def count_generations(node, peer):
    return len(json.loads(node.icelane('pairs', peer, '--json').stdout)['generations'])


def gone(pair):
    """Both have dropped the spare generation."""
    counts = [count_generations(*who) for who in pair.both]
    check(counts == [1, 1], f'generations: {counts}')


def refusal_after_two(pair):
    """The second comparison of one side is allowed at once, the third is not."""
    compare(pair.b, 'a')
    return refusal(pair.b, 'a')


@test(deadline=60, idle=True)
def compare_counts_checks_where_direct_is_impossible(universe):
    """Symmetric against symmetric: direct is tried beside the relay, in vain, and says so in numbers."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'))
    pair.until(lambda p: p['path'] == 'relay', 10, 'relay path')
    pair.until_pings(2)
    before = pair.statuses()
    result = compare(pair.a, 'b')
    check(result['kind'] == 'direct' and result['code'] == 'checks-failed', result)
    check(result['checks_sent'] >= 1 and result['checks_answered'] == 0, result)
    check(result['text'] == f'direct impossible now: 0 of {result["checks_sent"]} checks answered',
          result)
    check(result['used_ms'] is None and result['difference_ms'] is None, result)
    pair.until_pings(2)
    nothing_moved(before, pair.statuses())
    check('measured already' in both_at_once(pair), 'two at a time')


def both_at_once(pair):
    pair.a.icelane('compare', 'b')
    return refusal(pair.a, 'b')


@test(deadline=45, idle=True)
def compare_leaves_a_relay_when_direct_has_become_possible(universe):
    """Policy auto prefers direct: what is measured and works takes over, make before break."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                wait=0, start=False)
    pair.sites['a'].witness.block(f'ip daddr {pair.sites["b"].router.address}')
    for node in pair.a, pair.b:
        node.start()
    pair.wait(20)
    pair.until(lambda p: p['path'] == 'relay', 10, 'relay path')
    pair.until_pings(1)
    before = pair.statuses()
    pair.sites['a'].unblock()
    result = compare(pair.a, 'b')
    check(result['kind'] == 'direct' and result['code'] == 'measured', result)
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', 5, 'direct path')
    pair.until_pings(1)
    after = pair.statuses()
    same_association(before, after)
    check(all(new['generation'] == old['generation'] + 1 for old, new in zip(before, after)), after)
    check(all(p['pings']['lost'] == 0 for p in after), after)


@test(deadline=45, idle=True)
def compare_is_refused_in_words(universe):
    """No TURN server, a policy that leaves one kind, no link: each in words, and nothing is sent."""
    site = universe.site('lan', hosts=2)
    pair = Pair(universe, site, site, servers=())
    check('no TURN server is configured' in refusal(pair.a, 'b'), 'no TURN')
    pair.a.icelane('hold', 'b', 'direct-only')
    check('our policy is direct-only' in refusal(pair.a, 'b'), 'direct-only')
    pair.b.until('a', lambda p: p['peer_policy'] == 'direct-only', 10, "the peer's policy")
    check('the peer\'s policy is direct-only' in refusal(pair.b, 'a'), "the peer's policy")
    pair.a.icelane('disconnect', 'b', '--yes')
    check('it is not connected, but off' in refusal(pair.a, 'b'), 'off')
    check('no peer' in refusal(pair.a, 'nobody'), 'unknown peer')
    check(not pair.a.log('b', fact='comparison'), 'something was measured')


@test(deadline=60, idle=True)
def compare_gives_way_to_what_moves_the_link(universe):
    """A restart by the other side, in the midst of a comparison and in the same moment: it is the one that counts."""
    universe.rendezvous_line = Faults(delay=150)  # so that offers cross
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    pair.until(lambda p: p['path'] == 'direct', 10, 'direct path')
    pair.until_pings(1)
    before = pair.statuses()
    pair.a.icelane('compare', 'b')
    pair.a.until('b', lambda p: p['comparison'] is not None, 5, 'comparison')
    pair.b.signal_restart('a')
    restarted(pair, before)
    check(pair.a.peer('b')['comparison']['code'] == 'interrupted', pair.a.peer('b')['comparison'])
    for (node, peer), (other, us) in (pair.both, reversed(pair.both)):  # their offers cross
        mid = pair.statuses()
        asked = subprocess.Popen(node.argv('compare', peer), env=node.env,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        other.signal_restart(us)
        asked.wait(timeout=10)
        restarted(pair, mid)
    same_association(before, pair.statuses())


def restarted(pair, before):
    """Both run over one newer generation, the old ones are gone, and no ping was lost."""
    def settled():
        now = pair.statuses()
        return now[0]['generation'] == now[1]['generation'] > before[0]['generation'] and all(
            p['state'] == 'connected' and p['path'] == 'direct' for p in now) and not any(
            (p['comparison'] or {}).get('state') == 'running' for p in now)
    until(settled, 15, lambda: f'restart: {pair.statuses()}')
    pair.until_pings(2)
    for node, peer in pair.both:
        node.until(peer, lambda p: p['pings']['lost'] == 0, 0.1, 'no lost ping')
    until(lambda: all(count_generations(*who) == 1 for who in pair.both), 15, lambda: 'one generation')


def until(predicate, timeout, what):
    deadline = time.monotonic() + timeout
    while not predicate():
        check(time.monotonic() < deadline, f'no {what()} within {timeout} s')
        time.sleep(0.2)
