"""The measurements of script/bench, each in a universe of its own, one after the other."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), 'lab')]

import namespace  # noqa: E402

# Steps of a connection, as fields of the event of kind `state` that tells a link is up.
STEPS = ('signaling_ms', 'checks_ms', 'dtls_ms', 'sctp_ms')
BENCHES = {}


def bench(function):
    BENCHES[function.__name__.replace('_', '-')] = function
    return function


class Runs:
    """Times of one measurement, and what they are compared with."""

    def __init__(self, goal_ms=None):
        self.goal_ms = goal_ms
        self.times, self.alone, self.steps, self.extra = [], [], {}, {}

    def add(self, ms, steps=None, alone_ms=None):
        self.times.append(ms)
        for name, value in (steps or {}).items():
            self.steps.setdefault(name, []).append(value)
        if alone_ms is not None:
            self.alone.append(alone_ms)

    def result(self):
        median = statistics.median(self.times)
        result = {'runs': len(self.times), 'median_ms': round(median, 1),
                  'min_ms': round(min(self.times), 1), 'max_ms': round(max(self.times), 1)}
        if self.goal_ms is not None:
            result.update(goal_ms=self.goal_ms, ok=median <= self.goal_ms)
        if self.steps:
            result['steps'] = {k: round(statistics.median(v), 1) for k, v in self.steps.items()}
        if self.alone:
            alone = statistics.median(self.alone)
            result.update(libnice_alone_ms=round(alone, 1), ratio=round(median / alone, 2))
        return {**result, **self.extra}


# Measuring one connection

def _connected_event(node, peer):
    return next((e for e in reversed(node.log(peer)) if e.get('state') == 'connected'
                 and e['kind'] == 'state' and 'ms' in e), None)


def _wall(event):
    from datetime import datetime
    return datetime.fromisoformat(event['time'].replace('Z', '+00:00')).timestamp()


def _connect(pair):
    """Starts both nodes, waits for the link: (offer to connected, start to both connected, steps)."""
    started = time.time()
    pair.a.start(wait=False)
    pair.b.start(wait=False)
    for node, peer in pair.both:
        node.until_running()
        node.wait(peer, 30)
    events = [_connected_event(node, peer) for node, peer in pair.both]
    if None in events:
        raise RuntimeError('a node logged no event of a link that is up')
    offerer = next((e for e in events if e['role'] == 'offerer'),
                   max(events, key=lambda e: e['ms']))
    steps = {name: offerer[name] for name in STEPS}
    gathered = [e['ms'] for node, peer in pair.both for e in node.log(peer, fact='gathered')]
    if gathered:
        steps['gather_ms'] = max(gathered)
    return offerer['ms'], (max(_wall(e) for e in events) - started) * 1000, steps


def _stop(pair):
    pair.a.stop()
    pair.b.stop()


def _connections(universe, runs, site_a, site_b, goal_ms, path, relay='udp', **options):
    import alone
    from pair import Pair
    pair = Pair(universe, site_a, site_b, wait=0, start=False, **options)
    measured, wrong = Runs(goal_ms), []
    for _ in range(runs):
        ms, _, steps = _connect(pair)
        ice = alone.connect(universe, pair.a.host, pair.b.host, relay)
        measured.add(ms, steps, ice['connected_ms'])
        time.sleep(2.5)  # let better pairs win before asking where it ended
        wrong += [p['path'] for p in pair.statuses() if p['path'] != path]
        _stop(pair)
    measured.extra['wrong_paths'] = len(wrong)
    return measured


@bench
def lan(universe, options):
    """Two hosts of one LAN: offer to connected, DTLS and SCTP included."""
    site = universe.site('lan')
    return _connections(universe, options.runs, site, site, 40, 'direct')


@bench
def nat(universe, options):
    """Two port-restricted NATs."""
    return _connections(universe, options.runs, universe.site('port-restricted'),
                        universe.site('port-restricted'), 50, 'direct')


@bench
def relay_udp(universe, options):
    """Two symmetric NATs, TURN over UDP."""
    return _connections(universe, options.runs, universe.site('symmetric'),
                        universe.site('symmetric'), 80, 'relay')


@bench
def relay_tcp(universe, options):
    """UDP blocked on one side, TURN over TCP."""
    return _connections(universe, options.runs, universe.site('udp-blocked'),
                        universe.site('symmetric'), 80, 'relay', relay='tcp')


@bench
def nat_25ms(universe, options):
    """Two port-restricted NATs, 25 ms each way on both access lines."""
    from line import Faults
    return _connections(universe, options.runs,
                        universe.site('port-restricted', line=Faults(delay=25)),
                        universe.site('port-restricted', line=Faults(delay=25)), 650, 'direct')


@bench
def from_start(universe, options):
    """What starting both nodes adds to a NAT to NAT connection."""
    from pair import Pair
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                wait=0, start=False)
    measured = Runs(120)
    total = []
    for _ in range(options.runs):
        ms, from_start_ms, _ = _connect(pair)
        measured.add(from_start_ms - ms)
        total.append(from_start_ms)
        _stop(pair)
    measured.extra['total_median_ms'] = round(statistics.median(total), 1)
    return measured


@bench
def address_change(universe, options):
    """The host's address changes: until data flows over the new one, by a capture at the peer's."""
    from pair import Pair
    measured = Runs(300)
    for _ in range(options.runs):
        site_a, site_b = universe.site('port-restricted'), universe.site('port-restricted')
        pair = Pair(universe, site_a, site_b)
        pair.wait(5, direct=True)
        pair.until_pings(2)
        capture = pair.b.host.capture(f'move{len(measured.times)}')
        changed = time.time()
        pair.a.host.change_address()
        pair.until_generation(2, timeout=15)
        pair.until_pings(2)
        capture.stop()
        measured.add((_first_data(capture, pair, changed) - changed) * 1000)
        _stop(pair)
        pair.a.remove()
        pair.b.remove()
    return measured


def _first_data(capture, pair, changed):
    """When the first DTLS record came over the new generation's pair after the change."""
    new_port = pair.b.peer('a')['pair']['remote']['port']
    for packet in capture.packets(destination=pair.b.host.address, source_port=new_port):
        if packet.time > changed and packet.payload and 20 <= packet.payload[0] <= 63:
            return packet.time
    raise RuntimeError('no data came over the new path')


@bench
def never_relay(universe, options):
    """Pairs of NATs with a direct path: how often a link ends on the relay all the same."""
    from pair import Pair
    kinds = (('port-restricted', 'port-restricted'), ('double', 'double'),
             ('full-cone', 'symmetric'))
    measured = Runs()
    ended = {}
    for kind_a, kind_b in kinds:
        pair = Pair(universe, universe.site(kind_a), universe.site(kind_b), wait=0, start=False)
        ended[f'{kind_a} x {kind_b}'] = 0
        for _ in range(options.runs):
            ms, _, _ = _connect(pair)
            measured.add(ms)
            time.sleep(2.5)
            ended[f'{kind_a} x {kind_b}'] += any(p['path'] != 'direct' for p in pair.statuses())
            _stop(pair)
        pair.a.remove()
        pair.b.remove()
    measured.extra.update(ended_on_relay=ended, ok=not any(ended.values()))
    return measured


def _footprint(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        fields = dict(line.split(':', 1) for line in status)
    return {'rss_kib': int(fields['VmRSS'].split()[0]), 'threads': int(fields['Threads']),
            'fds': len(os.listdir(f'/proc/{pid}/fd'))}


NODES_PER_ADDRESS = 14  # the rendezvous admits 16 of one address


def _fleet(universe, count, **options):
    hub_site = universe.site('open')
    places = -(-count // NODES_PER_ADDRESS)
    hosts = [universe.site('open').host for _ in range(places)]
    names = [f'p{index}' for index in range(count)]
    nodes = universe.nodes((hub_site.host, 'hub'),
                           *[(hosts[i % places], name) for i, name in enumerate(names)],
                           links=[('hub', name) for name in names], start=False, quiet=True,
                           **options)
    hub, peers = nodes[0], nodes[1:]
    hub.start()
    hub.until_signaling('connected')
    time.sleep(3)
    before = _footprint(hub.process.pid)
    started = time.monotonic()
    for peer in peers:
        peer.start(wait=False)
        time.sleep(0.05)
    up = _until_all_up(hub, count, 240)
    took = time.monotonic() - started
    time.sleep(15)  # caches and finished checks
    after = _footprint(hub.process.pid)
    cpu = _cpu_share(hub.process.pid, 10)
    per_peer = {f'{key}_per_peer': round((after[key] - before[key]) / max(up, 1), 2)
                for key in before}
    for peer in peers:
        peer.process.terminate()
    return {'peers': count, 'connected': up, 'seconds': round(took, 1), **per_peer,
            'threads': after['threads'], 'threads_before': before['threads'],
            'rss_kib': after['rss_kib'], 'cpu_share': cpu}


@bench
def fleet(universe, options):
    """Many peers in one node: memory, descriptors and threads for each that is connected."""
    result = _fleet(universe, options.fleet, servers=())
    ok = result['connected'] == result['peers'] and result['rss_kib_per_peer'] <= 100 and \
        result['fds_per_peer'] <= 3 and result['threads'] <= result['threads_before'] + 2
    return {**result, 'goal': '<= 100 KiB, <= 3 fds, no thread', 'ok': ok}


@bench
def fleet_turn(universe, options):
    """The same with TURN: libnice keeps about 190 KiB for an agent that has an allocation."""
    return _fleet(universe, min(options.fleet, 60))


def _until_all_up(hub, count, timeout):
    deadline = time.monotonic() + timeout
    while True:
        up = sum(p['state'] == 'connected' for p in hub.status()['peers'])
        if up == count or time.monotonic() > deadline:
            return up
        time.sleep(0.5)


def _cpu_share(pid, seconds):
    def used():
        with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
            fields = stat.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    before = used()
    time.sleep(seconds)
    return round((used() - before) / seconds, 3)


# Running

def run_inside(name, options):
    from lab import Universe
    universe = Universe(options.log_dir)
    universe.home
    universe.rendezvous
    result = BENCHES[name](universe, options)
    if isinstance(result, Runs):
        result = result.result()
    print(json.dumps({'bench': name, **result}), flush=True)


def run_outside(name, options, log_dir):
    os.makedirs(log_dir)
    argv = [sys.executable, os.path.abspath(__file__), '--inside', name, '--log-dir', log_dir,
            '--runs', str(options.runs), '--fleet', str(options.fleet)]
    done = subprocess.run(namespace.universe_argv(argv), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=1800)
    lines = done.stdout.splitlines()
    if done.returncode == 0 and lines:
        return json.loads(lines[-1])
    return {'bench': name, 'error': f'exit {done.returncode}, see {log_dir}', 'ok': False}


def table(results):
    print(f'\n{"measurement":16} {"median":>8} {"min":>8} {"max":>8} {"goal":>8} {"":6} '
          f'{"libnice":>8} {"ratio":>6}  steps')
    for r in results:
        def cell(key, r=r):
            return '' if r.get(key) is None else f'{r[key]}'
        verdict = {True: 'ok', False: 'MISSED', None: ''}[r.get('ok')]
        steps = ', '.join(f'{k.removesuffix("_ms")} {v}' for k, v in r.get('steps', {}).items())
        rest = {k: v for k, v in r.items() if k not in
                ('bench', 'runs', 'median_ms', 'min_ms', 'max_ms', 'goal_ms', 'ok', 'steps',
                 'libnice_alone_ms', 'ratio')}
        note = ', '.join(f'{k} {v}' for k, v in rest.items())
        print(f'{r["bench"]:16} {cell("median_ms"):>8} {cell("min_ms"):>8} {cell("max_ms"):>8} '
              f'{cell("goal_ms"):>8} {verdict:6} {cell("libnice_alone_ms"):>8} {cell("ratio"):>6}  '
              f'{"; ".join(filter(None, (steps, note)))}')


def main():
    import tempfile
    parser = argparse.ArgumentParser(prog='script/bench')
    parser.add_argument('names', nargs='*', metavar='NAME')
    parser.add_argument('--runs', type=int, default=10)
    parser.add_argument('--quick', action='store_true', help='3 runs, a fleet of 60')
    parser.add_argument('--fleet', type=int, default=300, metavar='N')
    parser.add_argument('--json', metavar='FILE', help='the JSON lines go there as well')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--inside', help=argparse.SUPPRESS)
    parser.add_argument('--log-dir', help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return run_inside(options.inside, options)
    if options.list:
        for name, function in BENCHES.items():
            print(f'{name:16} {function.__doc__}')
        return 0
    if options.quick:
        options.runs, options.fleet = min(options.runs, 3), min(options.fleet, 60)
    unknown = [n for n in options.names if n not in BENCHES]
    reason = namespace.why_no_universe()
    if unknown or reason:
        sys.exit(f'no measurement {unknown[0]}; --list names them' if unknown else
                 f'script/bench: this machine gives no namespaces ({reason})')
    log_dir, results = tempfile.mkdtemp(prefix='icelane-bench-'), []
    for name in options.names or BENCHES:
        results.append(run_outside(name, options, os.path.join(log_dir, name)))
        print(json.dumps(results[-1]), flush=True)
    if options.json:
        with open(options.json, 'w', encoding='utf-8') as file:
            file.writelines(json.dumps(r) + '\n' for r in results)
    table(results)
    return 0 if all(r.get('ok', True) for r in results) else 1


if __name__ == '__main__':
    sys.exit(main())
