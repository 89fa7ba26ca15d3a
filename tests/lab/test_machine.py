"""What machines get of a node: hooks that run, numbers that are written, on real changes of a path."""

import json
import os
import re
import socket
import stat
import time

import openmetrics
import schema
from coturn import PASSWORD
from pair import Pair
from testing import check, test

HOOK = ('import json, os, sys; keys = "HOOK PEER OLD NEW WHY STATE PATH".split(); '
        'entry = {k.lower(): os.environ.get("ICELANE_" + k) for k in keys}; '
        'entry["argv"] = sys.argv[2:]; entry["environment"] = str(os.environ); '
        'open(sys.argv[1], "a").write(json.dumps(entry) + "\\n")')


def settings(directory):
    return ('\n[ice]\nretry-direct-s = 1\nflap-hold-s = 1\n[log]\nlevel = debug\n'
            f'[metrics]\nfile = {directory}/icelane.prom\ninterval-s = 1\n'
            f'[hooks]\non-path-change = python3 {directory}/hook.py {directory}/hooks '
            '"{peer}: {old} to {new}" {why}\n'
            f'on-state-change = python3 {directory}/hook.py {directory}/hooks {{state}}\n')


def heard(directory, hook):
    try:
        with open(f'{directory}/hooks', encoding='utf-8') as file:
            return [e for e in map(json.loads, file) if e['hook'] == hook]
    except FileNotFoundError:
        return []


class Scraper:
    """Reads the file again and again, whenever it likes; counters must never run backwards."""

    def __init__(self, path):
        self.path = path
        self.last = {}

    def read(self):
        with open(self.path, encoding='utf-8') as file:
            families = openmetrics.parse(file.read())
        now = openmetrics.counters(families)
        for key, value in self.last.items():
            check(now.get(key, -1) >= value, f'{key} went from {value} to {now.get(key)}')
        self.last = now
        return families

    def until(self, predicate, timeout, what):
        deadline = time.monotonic() + timeout
        while True:
            families = self.read() if os.path.exists(self.path) else {}
            if families and predicate(families):
                return families
            check(time.monotonic() < deadline, f'no {what} in {families and self.last}')
            time.sleep(0.1)


def documented():
    with open(os.path.join(schema.ROOT, 'docs', 'metrics.md'), encoding='utf-8') as file:
        return re.findall(r'^\| `(icelane_\w+)` \| (\w+) \|', file.read(), re.MULTILINE)


def names_are_documented(families):
    told = {(f.name + ('_total' if f.type == 'counter' else ''), f.type) for f in families.values()}
    check(told == set(documented()), f'docs/metrics.md and the file differ: '
          f'{told ^ set(documented())}')


def path_is(path):
    return lambda f: openmetrics.value(f, 'icelane_peers', path=path, family='4') == 1


@test(deadline=60, idle=True)
def hooks_and_metrics_follow_the_path(universe):
    """Direct, to the relay, and back: each move is one hook and in the numbers, and no secret is."""
    directory = '/run/lab/machine'
    os.mkdir(directory)
    with open(f'{directory}/hook.py', 'w', encoding='utf-8') as file:
        file.write(HOOK)
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                wait=0, start=False)
    pair.a._head += settings(directory)
    pair.a._write()
    # The relay has to be ours: what goes through the peer's is not in our numbers.
    pair.b.icelane('config', 'set', 'server.home.uri', f'stun:{universe.home.addresses[0]}:3478')
    for node in pair.a, pair.b:
        node.start()
    pair.wait(10, direct=True)
    scraper = Scraper(f'{directory}/icelane.prom')
    families = scraper.until(path_is('direct'), 5, 'direct path')
    names_are_documented(families)
    check(stat.S_IMODE(os.stat(scraper.path).st_mode) == 0o644, 'mode')

    site = pair.sites['a']
    site.witness.block(f'ip daddr {pair.sites["b"].router.address}')
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'relay', 20, 'relay path')
    scraper.until(path_is('relay'), 5, 'relay path')
    pair.until_pings(2)
    site.unblock()
    pair.until(lambda p: p['state'] == 'connected' and p['path'] == 'direct', 20, 'direct path')
    families = scraper.until(path_is('direct'), 5, 'direct path again')
    check(openmetrics.value(families, 'icelane_peer_path_changes_total', peer='b') >= 2, 'changes')
    for direction in 'sent', 'received':
        relayed = openmetrics.value(families, 'icelane_server_relayed_bytes_total', server='home',
                                    direction=direction)
        check(relayed and relayed > 100, f'{direction}: {relayed}')
    answered = pair.a.peer('b')['pings']['answered']
    count = openmetrics.value(families, 'icelane_peer_rtt_seconds_count', peer='b')
    check(answered - 5 <= count <= answered, f'{count} round trips, {answered} pings answered')
    servers = {dict(labels)['uri']: up for (_, labels), up in
               families['icelane_server_up'].samples.items()}
    check(len(servers) == 3 and set(servers.values()) == {1}, servers)
    hooks_agree(pair.a, directory)
    silent_server_is_counted(universe, pair, scraper)
    nothing_secret(pair.a, directory)
    pair.a.stop()
    check(not os.path.exists(scraper.path), 'the file is still there')
    check(os.listdir(directory) == [n for n in os.listdir(directory) if 'prom' not in n], 'left')


class Listener:
    """A datagram socket of the kind that systemd listens on."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.settimeout(15)
        self.path = path

    def until(self, predicate):
        """What came, up to a datagram of fields {name: value} that `predicate` likes."""
        seen = []
        while not seen or not predicate(seen[-1]):
            lines = self.socket.recv(65536).decode().splitlines()
            check(all('=' in line for line in lines), lines)
            seen.append(dict(line.split('=', 1) for line in lines))
        return seen


@test(deadline=40, idle=True)
def journal_and_service_manager_are_told(universe):
    """As systemd starts it: fields in the journal, readiness and state in the service manager."""
    journal = Listener('/run/systemd/journal/socket')
    manager = Listener('/run/systemd/notify')
    pair = Pair(universe, universe.site('port-restricted'), universe.site('open'), wait=0,
                start=False, quiet=True)
    end, stream = os.pipe()
    info = os.fstat(stream)
    pair.a.env.update(NOTIFY_SOCKET=manager.path, JOURNAL_STREAM=f'{info.st_dev}:{info.st_ino}')
    pair.a.process = pair.a.host.popen(universe.program, 'run', '--config', pair.a.config,
                                       stdout=stream, stderr=stream, env=pair.a.env)
    os.close(stream)
    ready = manager.until(lambda m: m.get('READY') == '1')
    check(len(ready) == 1 and ready[0]['STATUS'].startswith('0 direct, 0 relay, 1 not up'), ready)
    pair.b.start()
    pair.wait(10, direct=True)
    records = journal.until(lambda r: r['ICELANE_FACT'] == 'path' and r['ICELANE_NEW'] == 'direct')
    for record in records:
        check(record['SYSLOG_IDENTIFIER'] == 'icelane' and record['PRIORITY'] in '346', record)
    last = records[-1]
    check(last['ICELANE_PEER'] == 'b' and last['ICELANE_KIND'] == 'path'
          and last['MESSAGE'].startswith('b: path none -> direct'), last)
    check(last['ICELANE_WHY'] == pair.a.peer('b')['why']['code'], last)
    manager.until(lambda m: m.get('STATUS', '').startswith('1 direct, 0 relay, 0 not up'))
    pair.a.stop()
    manager.until(lambda m: m.get('STOPPING') == '1')
    check(PASSWORD not in str(records), 'a password')
    check(os.read(end, 65536) == b'', 'events went to stderr too')


def silent_server_is_counted(universe, pair, scraper):
    """Its coturn is killed: the next gathering finds it silent, and so do the numbers."""
    universe.home.kill()
    pair.a.signal_restart('b')
    families = scraper.until(lambda f: f['icelane_gather_failures'].samples, 15, 'gather failure')
    for name, labels in families['icelane_gather_failures'].samples:
        check(dict(labels)['server'] == 'home' and dict(labels)['code'], (name, labels))
    scraper.until(lambda f: 0 in f['icelane_server_up'].samples.values(), 10, 'failed server')


def hooks_agree(node, directory):
    """The path hook was told what the log says, in order, and every run is an event."""
    moves = [(e['old'] or 'none', e['new'] or 'none') for e in node.log(kind='path', fact='path')]
    check(moves[0][0] == 'none' and ('direct', 'relay') in moves and ('relay', 'direct') in moves,
          moves)
    node._until(lambda: len(heard(directory, 'on-path-change')) >= len(moves), 5, 'hooks',
                lambda: f'{moves}, {heard(directory, "on-path-change")}')
    entries = heard(directory, 'on-path-change')
    check([(e['old'], e['new']) for e in entries] == moves, f'{entries} and {moves}')
    for e in entries:
        check(e['argv'] == [f'b: {e["old"]} to {e["new"]}', e['why']] and e['peer'] == 'b', e)
    states = heard(directory, 'on-state-change')
    check(states[0]['old'] in ('waiting', 'off') and states[-1]['new'] == 'connected', states)
    check(all(a['new'] == b['old'] for a, b in zip(states, states[1:])), states)
    runs = node.log(fact='hook')
    check(runs and all(e['result'] == 'ok' for e in runs), runs)
    rules = schema.load('log.schema.json')
    for event in runs:
        check(not schema.problems(rules, event), f'{event}: {schema.problems(rules, event)}')


def nothing_secret(node, directory):
    with open(f'{directory}/hooks', encoding='utf-8') as file:
        text = file.read()
    with open(f'{directory}/icelane.prom', encoding='utf-8') as file:
        numbers = file.read()
    events = json.dumps(node.log())
    check(not any(PASSWORD in where for where in (text, numbers, events)), 'a password')
    check(node.id not in numbers and node.host.address not in numbers, 'an id or address')
