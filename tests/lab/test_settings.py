"""What becomes of the settings file while a node runs, and of the links meanwhile."""

import json
import os
import subprocess
import time

import schema
from coturn import PASSWORD
from node import NotYet
from pair import Pair, same_association
from test_servers import LOGIN, section
from testing import check, test

APPLY = 5  # seconds, for a file that was saved; the node waits a moment for a row of saves to end


def read(node):
    with open(node.config, encoding='utf-8') as file:
        return file.read()


def save(node, text):
    """As editors do: another file takes its place."""
    beside = node.config + '.new'
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w',
              encoding='utf-8') as file:
        file.write(text)
    os.rename(beside, node.config)


def edit(node, old, new):
    text = read(node)
    check(text.count(old) == 1, f'{old!r} is not once in {text}')
    save(node, text.replace(old, new))


def status_of(node):
    """By the socket: without its file --config would be refused."""
    return json.loads(node.host.run(node.universe.program, 'status', '--json', '--socket',
                                    f'{node.directory}/control/socket', env=node.env).stdout)


def settings(node):
    return status_of(node)['node']['config']


def until_settings(node, holds, what, timeout=APPLY):
    """Until that is so of "config" in the node's status; that object."""
    deadline = time.monotonic() + timeout
    while not holds(seen := settings(node)):
        if time.monotonic() > deadline:
            raise NotYet(f'{node.name}: no {what} within {timeout} s: {seen}')
        time.sleep(0.05)
    return seen


def until_applied(node, before):
    """Until settings newer than `before` count."""
    return until_settings(node, lambda c: c['loaded_at'] > before['loaded_at'], 'newer settings')


class Watched:
    """A link that must not feel what is done: same association, same generation, no ping lost."""

    def __init__(self, node, peer):
        self.node, self.peer = node, peer
        self.before = node.until(peer, lambda p: p['state'] == 'connected' and
                                 p['pings']['answered'] >= 2, 10, 'answered pings')

    def expect(self, restarts=0, more=3):
        answered = self.node.peer(self.peer)['pings']['answered']
        after = self.node.until(self.peer, lambda p: p['pings']['answered'] >= answered + more, 10,
                                f'{more} more pings')
        same_association([self.before], [after])
        lost = after['pings']['lost'] - self.before['pings']['lost']
        check(lost == 0, f'{lost} pings lost')
        check(after['restarts'] - self.before['restarts'] == restarts,
              f'restarts {self.before["restarts"]} became {after["restarts"]}')
        return after


@test(deadline=60, idle=True)
def corrected_password_heals_a_link_and_touches_no_other(universe):
    """F7: two nodes that can only relay, the password wrong; the edit links them, the third sees nothing."""
    home = universe.home.addresses[0]
    text = section('home', f'uri = stun:{home}', f'uri = turn:{home}', LOGIN[0], 'password = wrong')
    places = [(universe.site('symmetric').host, 'a'), (universe.site('symmetric').host, 'b'),
              (universe.site('open').host, 'c')]
    a, b, _ = universe.nodes(*places, servers=(), settings=text,
                             links=(('a', 'b'), ('a', 'c')))
    other = Watched(a, 'c')
    a.until('b', lambda p: p['state'] == 'backoff', 45, 'a try that failed')
    check(universe.home.relayed()[0] == 0, 'the server relayed with a wrong password')
    start = time.monotonic()
    edit(a, 'password = wrong', f'password = {PASSWORD}')
    a.until_path('b', 'relay', 12)
    took = time.monotonic() - start
    b.until_path('a', 'relay', 5)
    after = other.expect()
    check(after['generation'] == other.before['generation'], after)
    check(universe.home.relayed()[0] > 0, 'nothing was relayed')
    seen = settings(a)
    check('tries again b' in seen['applied'] and '1 other link runs on' in seen['applied'], seen)
    print(f'{took:.1f} s from the save to the link')


@test(deadline=60, idle=True)
def servers_come_and_go_under_a_relayed_link(universe):
    """A new server is not felt; the one in use is left for the other before it ends. 0 pings lost."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('symmetric'), servers=('home',))
    links = [Watched(node, peer) for node, peer in pair.both]
    backup = section('backup', f'uri = turn:{universe.backup.addresses[0]}', *LOGIN)
    for node, _ in pair.both:
        before = settings(node)
        save(node, read(node) + '\n' + backup)
        seen = until_applied(node, before)
        check(seen['applied'] == '1 link runs on', seen)
    for link in links:
        link.expect()
    seen = pair.traffic(2)
    check(seen['home relayed'] > 0 and seen['backup relayed'] == 0, seen)

    for node, _ in pair.both:
        before = settings(node)
        edit(node, '[server home]\n', '[server home]\nenabled = no\n')
        until_applied(node, before)
    pair.until(lambda p: p['state'] == 'connected' and
               'home' not in (p['pair']['local']['server'], p['pair']['remote']['server']), 12,
               'path without home')
    time.sleep(2)  # the generation before is kept until the peer was heard on the new one
    seen = pair.traffic(2)
    check(seen['home relayed'] == 0 and seen['backup relayed'] > 0, seen)
    after = pair.statuses()
    same_association([link.before for link in links], after)
    lost = [p['pings']['lost'] - link.before['pings']['lost'] for p, link in zip(after, links)]
    check(lost == [0, 0], f'pings lost: {lost}')
    causes = {e.get('cause') for node, peer in pair.both for e in node.log(peer, kind='restart')}
    check('settings' in causes and 'watchdog' not in causes, causes)
    rules = schema.load('log.schema.json')
    wrong = [schema.problems(rules, e) for e in pair.a.log() if schema.problems(rules, e)]
    check(not wrong, wrong)


@test(deadline=60, idle=True)
def peers_come_and_go_while_a_node_runs(universe):
    """A new [peer] is linked, and let go when its section goes; the other link loses no ping."""
    places = [(universe.site('open').host, name) for name in 'abc']
    a, _, c = universe.nodes(*places, links=(('a', 'b'), ('a', 'c')), start=False)
    whole = read(a)
    alone = whole[:whole.index('\n[peer c]')] + '\n'
    save(a, alone)
    for node in (a, _, c):
        node.start()
    other = Watched(a, 'b')
    check([p['name'] for p in a.status()['peers']] == ['b'], a.status()['peers'])
    save(a, whole)
    c.until_path('a', 'direct', 10)
    a.until_path('c', 'direct', 5)
    before = settings(a)
    save(a, alone)
    until_applied(a, before)
    check([p['name'] for p in a.status()['peers']] == ['b'], a.status()['peers'])
    c.until('a', lambda p: p['state'] != 'connected', 5, 'end of the link')
    other.expect()


def spoil(node, good, kind):
    """Does to the file what can happen to it."""
    path = node.config
    if os.path.isdir(path):
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if kind == 'directory':
        os.mkdir(path)
    elif kind == 'symlink to nowhere':
        os.symlink(path + '.nowhere', path)
    elif kind != 'deleted':
        text = {'empty': b'', 'cut off': good[:len(good) // 2].rstrip(b'\n'),
                'garbage': bytes(range(256)) * 8,
                'no settings': b'<html>\n<body>moved</body>\n'}.get(kind, good)
        mode = 0o644 if kind == 'open to others' else 0o600
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), 'wb') as file:
            file.write(text)
        os.chmod(path, mode)


SPOILED = ('deleted', 'empty', 'cut off', 'garbage', 'no settings', 'directory',
           'symlink to nowhere', 'open to others')


@test(deadline=60, idle=True)
def whatever_happens_to_the_file_the_last_good_one_counts(universe):
    """F25: nine mishaps under a relayed link: each told, none felt, and never half a file."""
    pair = Pair(universe, universe.site('symmetric'), universe.site('open'))
    node = pair.a
    link = Watched(node, 'b')
    with open(node.config, 'rb') as file:
        good = file.read()
    name, servers = node.status()['node']['name'], len(node.status()['servers'])
    for kind in SPOILED:
        spoil(node, good, kind)
        seen = until_settings(node, lambda c: c['state'] == 'invalid', f'verdict on {kind}')
        check(seen['problems'] and seen['problems'][0].startswith(node.config), (kind, seen))
        status = status_of(node)
        check(len(status['servers']) == servers and len(status['peers']) == 1, (kind, status))
        spoil(node, good, 'put back')
        until_settings(node, lambda c: c['state'] == 'ok' and not c['problems'], f'end of {kind}')

    line = good.decode().split('\n').index(next(x for x in good.decode().split('\n')
                                                if x.startswith('uri = stun')))
    save(node, good.decode().replace('uri = stun:', 'uri = stum:', 1).replace(f'name = {name}',
                                                                             'name = other', 1))
    seen = until_settings(node, lambda c: c['state'] == 'partly', 'verdict on one wrong line')
    check(any(f'{node.config}:{line + 1}: ' in problem for problem in seen['problems']), seen)
    status = node.status()
    check(status['node']['name'] == 'other' and len(status['servers']) == servers, status)

    real = node.config + '.real'
    os.rename(node.config, real)
    os.symlink(real, node.config)
    with open(real, 'wb') as file:
        file.write(good)
    until_settings(node, lambda c: c['state'] == 'ok', 'file behind a symlink')
    link.expect()
    events = node.log(kind='config')
    check(sum('the settings of before stay in force' in e['text'] for e in events) >= 1, events)
    check('config-problem' in {e['fact'] for e in events}, events)
    rules = schema.load('log.schema.json')
    wrong = [schema.problems(rules, e) for e in node.log() if schema.problems(rules, e)]
    check(not wrong, wrong)
    shown = json.dumps(status) + json.dumps(events)
    check(PASSWORD not in shown, 'a password is shown')


def fill(folder):
    """Leaves no byte free; the file that takes them."""
    path = os.path.join(folder, 'ballast')
    try:
        with open(path, 'wb', buffering=0) as file:
            while file.write(b'x' * 512):
                pass
    except OSError:
        pass
    return path


def mount(folder, size):
    os.mkdir(folder)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder], check=True)


def expect_refused_save(node, good):
    done = node.icelane('config', 'set', 'server.home.username', 'somebody', check=False)
    check(done.returncode != 0 and 'icelane.ini' in done.stderr, (done.returncode, done.stderr))
    with open(node.config, 'rb') as file:
        check(file.read() == good, 'the file is not what it was')
    print(done.stderr.strip())


@test(deadline=60, idle=True)
def full_and_read_only_disks_harm_neither_file_nor_link(universe):
    """F24: saving is refused with a reason, the log counts what it drops, the link runs on."""
    mount('/run/lab/etc', '64k')
    mount('/run/lab/log', '64k')
    pair = Pair(universe, universe.site('symmetric'), universe.site('open'), wait=0, start=False)
    node = pair.a
    text = read(node) + '\n[log]\nlevel = debug\nfile = /run/lab/log/icelane.jsonl\n'
    node.config = '/run/lab/etc/icelane.ini'
    save(node, text)
    for each in (pair.a, pair.b):
        each.start()
    pair.wait()
    link = Watched(node, 'b')
    with open(node.config, 'rb') as file:
        good = file.read()

    ballast = fill('/run/lab/etc')
    expect_refused_save(node, good)
    os.unlink(ballast)
    subprocess.run(['mount', '-o', 'remount,ro', '/run/lab/etc'], check=True)
    expect_refused_save(node, good)
    subprocess.run(['mount', '-o', 'remount,rw', '/run/lab/etc'], check=True)
    check(settings(node)['state'] == 'ok' and settings(node)['applied'] is None, settings(node))

    ballast = fill('/run/lab/log')
    before = node.log()[-1]['sequence']
    node.restart('b', '--wait')
    written = node.log()[-1]['sequence'] - before
    os.unlink(ballast)
    node.icelane('config', 'set', 'node.name', 'saved')
    until_settings(node, lambda c: c['applied'] is not None, 'saved settings')
    after = link.expect(restarts=1)
    with open('/run/lab/log/icelane.jsonl', encoding='utf-8') as file:
        events = [json.loads(line) for line in file]
    lost = [e['text'] for e in events if e['text'].endswith('lines of this log are lost')]
    dropped = int(lost[0].split()[0]) if lost else 0
    check(0 < dropped <= written, f'{written} events, told as lost: {lost}')
    check(after['state'] == 'connected', after)
    print(f'{dropped} of {written} lines dropped')
