"""What the flight recorder writes, and what `icelane replay` makes of it."""

import datetime
import json
import os
import time

from pair import Pair
from screen import Screen
from testing import check, test

FOLDER = 'state/record'


def _now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='milliseconds')


def _replay(node, at, *files):
    """The peers' states and paths at a moment, and the whole status."""
    argv = ('replay', *files, '--at', at, '--json')
    status = json.loads(node.host.run(*node.argv(*argv), env=node.env, timeout=20).stdout)
    return {p['name']: (p['state'], p['path']) for p in status['peers']}, status


def _lines(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as file:
        return [json.loads(line) for line in file]


def _until_recorded(node, path):
    """A moment at which the recording, too, has the link to `b` on that path."""
    deadline = time.monotonic() + 10
    while True:
        moment = _now()
        seen = _replay(node, moment, os.path.join(node.directory, FOLDER))[0].get('b')
        if seen == ('connected', path):
            return moment
        check(time.monotonic() < deadline, f'{seen} is recorded, not {path}')
        time.sleep(0.1)


@test(deadline=60, idle=True)
def a_broken_and_healed_link_is_replayed(universe):
    """Direct, relay while UDP is blocked, direct again: each seen at its time after the node ended."""
    began = _now()
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    a = pair.a
    pair.wait(10, direct=True)
    pair.until_pings(6)  # so that there is a sample
    direct = _now()
    pair.sites['a'].block_udp()
    a.until_path('b', 'relay', 20)
    relayed = _until_recorded(a, 'relay')
    pair.sites['a'].unblock()
    a.restart('b')
    a.until_path('b', 'direct', 20)
    healed = _until_recorded(a, 'direct')
    a.stop()
    folder = os.path.join(a.directory, FOLDER)
    check(oct(os.stat(folder).st_mode)[-4:] == '0700', 'the folder is open')
    check(all(oct(os.stat(os.path.join(folder, name)).st_mode)[-4:] == '0600'
              for name in os.listdir(folder)), 'a file is open')

    for files in (folder,), (os.path.join(folder, 'b.jsonl'),):
        check(_replay(a, direct, *files)[0]['b'] == ('connected', 'direct'), 'not direct at first')
        check(_replay(a, relayed, *files)[0]['b'] == ('connected', 'relay'), 'no relay')
        check(_replay(a, healed, *files)[0]['b'] == ('connected', 'direct'), 'not healed')
        check(_replay(a, 'start', *files)[0]['b'][1] is None, 'a path at the start')
    _, status = _replay(a, relayed, folder)
    peer = status['peers'][0]
    check(peer['pair']['local']['type'] == 'relay', peer['pair'])
    check(peer['rtt_ms']['last'] is not None, peer['rtt_ms'])
    check(status['node']['replay']['at'].startswith(relayed[:19]), status['node']['replay'])
    check([s['name'] for s in status['servers']] == ['home'] * 3, status['servers'])

    lines = _lines(folder, 'b.jsonl')
    check([line['record'] for line in lines[:2]] == ['header', 'start'], lines[:2])
    check(lines[-1]['record'] == 'stop', lines[-1])
    ended = {line['generation']['generation'] for line in lines
             if line['record'] == 'generation' and not line['generation']['current']}
    check(len(ended) >= 3, f'generations {ended}')
    check(began < lines[0]['time'] < lines[-1]['time'], lines[0])

    screen = Screen(a.host, a.argv('replay', folder, '--at', relayed), a.env)
    screen.wait('REPLAY')
    screen.until_row(' b ', 'Relay')
    check('paused' in screen.dump().splitlines()[0], screen.dump())
    screen.key('r')
    screen.wait('this is a recording: restart is for a node that runs')
    screen.type('$')
    screen.until_row(' b ', 'Direct')
    screen.key('Enter')
    screen.wait('[Pairs]')
    screen.wait('in use')
    for _ in range(3):
        screen.type('[')
    screen.key('Esc')
    screen.type('^')
    screen.until_row(' b ', 'Waiting')
    screen.type('p')
    screen.wait('x1')
    screen.type('>')
    screen.wait('x2')
    screen.until_row(' b ', 'Direct', 20)
    screen.key('q')
    check(screen.exit() == 'exit 0', 'no clean end')


@test(deadline=60, idle=True)
def a_killed_node_leaves_a_recording(universe):
    """No farewell, half a line at the end: what was known is replayed, and the next run goes on."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'))
    a = pair.a
    pair.wait(10, direct=True)
    connected = _until_recorded(a, 'direct')
    a.kill()
    path = os.path.join(a.directory, FOLDER, 'b.jsonl')
    with open(path, 'a', encoding='utf-8') as file:
        file.write('{"record":"sta')
    check(_replay(a, connected, path)[0]['b'] == ('connected', 'direct'), 'lost')
    a.start()
    pair.wait(15, direct=True)
    again = _until_recorded(a, 'direct')
    a.stop()
    check([line['record'] for line in _lines(os.path.dirname(path), 'b.jsonl')].count('start') == 2,
          'not two runs')
    check(_replay(a, connected, path)[0]['b'] == ('connected', 'direct'), 'forgotten')
    check(_replay(a, again, path)[0]['b'] == ('connected', 'direct'), 'not recorded again')


@test(deadline=40)
def a_full_disk_costs_the_record_and_not_the_link(universe):
    """The folder for records is a disk of 16 KiB: one event in words, and the link stays up."""
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                wait=0, start=False)
    a = pair.a
    folder = os.path.join(a.directory, FOLDER)
    os.makedirs(folder, 0o700)
    a.host.run('mount', '-t', 'tmpfs', '-o', 'size=16k,mode=700', 'none', folder)
    for node in pair.a, pair.b:
        node.start()
    pair.wait(10, direct=True)
    for _ in range(3):
        a.restart('b', '--wait')
    a._until(lambda: any('flight recorder' in e['text'] for e in a.log()), 10, 'event about it')
    told = [e['text'] for e in a.log() if 'flight recorder' in e['text']]
    check(len(told) == 1 and 'No space left on device' in told[0], told)
    check(a.peer('b')['state'] == 'connected', a.peer('b'))
    status = _replay(a, 'end', folder)[1]
    check(len(status['peers']) == 1, status['peers'])
