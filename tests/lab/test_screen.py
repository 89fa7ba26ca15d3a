"""Must hold 9: the dashboard on a real terminal, with real nodes behind it."""

import os
import subprocess
import time

from lab import ROOT
from line import Faults
from pair import Pair
from screen import Screen, dashboard
from testing import check, test

SIZES = ((80, 24), (120, 40), (200, 60), (60, 12))


def _linked(universe, **options):
    pair = Pair(universe, universe.site('port-restricted'), universe.site('port-restricted'),
                **options)
    pair.wait(10, direct=True)
    return pair


@test(deadline=90)
def dashboard_follows_a_link(universe):
    """Checking, then Direct, then (UDP is blocked) Relay, each seen on the screen."""
    slow = Faults(delay=150)  # so that a person, too, could see it checking
    sites = [universe.site('port-restricted', line=slow) for _ in range(2)]
    pair = Pair(universe, *sites, wait=0, start=False)
    pair.a.start()
    screen = dashboard(pair.a)
    screen.until_row(' b ', 'Waiting')
    pair.b.start(wait=False)
    screen.until_row(' b ', 'Checking', 20)
    screen.until_row(' b ', 'Direct/4', 20)
    check('direct-nat' in screen.row(' b '), screen.row(' b '))
    for site in sites:
        site.line.set(Faults())
    sites[0].block_udp()
    screen.until_row(' b ', 'Relay', 20)
    seen = pair.expect_relay(2)
    check(seen['a turn_tcp'] > 0, seen)
    screen.key('q')
    check(screen.exit() == 'exit 0', 'no clean end')
    check(pair.a.peer('b')['state'] == 'connected', 'quitting took the link along')


@test(deadline=60)
def restart_by_key(universe):
    """`r`, a question, `y`: a new generation; `r`, Esc: none."""
    pair = _linked(universe)
    screen = dashboard(pair.a)
    screen.until_row(' b ', 'Direct')
    screen.key('r')
    screen.wait('estart')
    screen.key('Esc')
    screen.run(1)
    check(pair.a.peer('b')['generation'] == 1, 'Esc restarted it')
    screen.key('r')
    screen.wait('Yes')
    screen.key('y')
    pair.until_generation(2)
    screen.until_row(' b ', 'Direct')
    check(pair.statuses()[0]['pings']['lost'] == 0, 'a ping was lost')


def _walk_through_the_views(screen, size):
    """Every view and pane of the link to `b`, and back to the first."""
    columns, rows = size
    for key, texts in (('2', ('INTERFACES', 'eth0')), ('3', ('connected',)), ('4', ('icelane.ini',)),
                       ('1', ('direct-nat',))):
        screen.key(key)
        for text in texts:
            screen.wait(text)
    screen.key('Enter')
    for pane, text in (('Pairs', 'in use'), ('Candidates', 'ours'), ('Timeline', 'Generation 1'),
                       ('History', '15 min: '), ('Log', 'Log: b')):
        screen.wait(f'[{pane}]')
        screen.wait(text)
        check(all(len(row) <= columns for row in screen.dump().splitlines()), screen.dump())
        screen.key('Tab')
    screen.key('z')
    screen.wait('15 min: ')
    screen.wait('|direct')
    screen.key('z')
    screen.wait('24 h: ')
    check(rows < 24 or 'none -> direct' in screen.dump(), screen.dump())
    screen.key('Esc')


@test(deadline=60)
def dashboard_fits_every_size(universe):
    """Complete at 80x24, 120x40, 200x60 and 60x12; one sentence at 40x8; back by itself."""
    pair = _linked(universe)
    for size in SIZES:
        screen = dashboard(pair.a, size)
        row = screen.until_row(' b ', 'Direct')
        check(len(row) <= size[0] and 'ms' in row, row)
        check('help' in screen.dump().splitlines()[size[1] - 1], screen.dump())
        _walk_through_the_views(screen, size)
        screen.until_row(' b ', 'Direct')
        screen.key('q')
        check(screen.exit() == 'exit 0', 'no clean end')
    screen = dashboard(pair.a, (40, 8))
    screen.wait('60x12')
    screen.resize(80, 24)
    screen.until_row(' b ', 'Direct')


@test(deadline=60)
def dashboard_survives_resizing(universe):
    """Two hundred sizes at once, from 1x1 to 300x100: then it is what it was."""
    pair = _linked(universe)
    screen = dashboard(pair.a)
    screen.until_row(' b ', 'Direct')
    for index in range(200):
        screen.resize(1 + index * 37 % 300, 1 + index * 13 % 100)
    screen.resize(80, 24)
    screen.until_row(' b ', 'Direct')
    screen.key('?')
    screen.wait('Help')
    screen.key('Esc')
    screen.gone('Help')


@test(deadline=60)
def dashboard_takes_a_hangup(universe):
    """The terminal goes: the dashboard ends within a second, the node stays."""
    pair = _linked(universe)
    screen = dashboard(pair.a)
    screen.until_row(' b ', 'Direct')
    screen.hangup()
    check(screen.exit(1) != 'timeout', 'still there a second after the hangup')
    check(pair.a.peer('b')['state'] == 'connected', 'the node went with the terminal')


@test(deadline=60)
def dashboard_without_colours_or_glyphs(universe):
    """NO_COLOR and an ASCII locale: the same words, and nothing but ASCII."""
    pair = _linked(universe)
    screen = dashboard(pair.a, env={'NO_COLOR': '1'})
    screen.until_row(' b ', 'Direct')
    screen = dashboard(pair.a, env={'LC_ALL': 'C'})
    screen.until_row(' b ', 'Direct')
    check(screen.dump().isascii(), screen.dump())


@test(deadline=60)
def dumb_terminals_get_a_message(universe):
    """TERM=dumb: a sentence and exit status 7, no escape sequence."""
    pair = _linked(universe)
    screen = dashboard(pair.a, env={'TERM': 'dumb'})
    check(screen.exit() == 'exit 7', 'another status')
    check('TERM' in screen.dump() or 'terminal' in screen.dump(), screen.dump())


@test(deadline=60)
def idle_dashboard_writes_nothing(universe):
    """A row that does not change costs no byte; with one live link it stays under 1 kB/s."""
    pair = _linked(universe)
    screen = dashboard(pair.a)
    screen.until_row(' b ', 'Direct')
    screen.run(2)
    before = screen.bytes()
    screen.run(5)
    live = (screen.bytes() - before) / 5
    check(live < 1000, f'{live:.0f} bytes a second for one peer')
    pair.a.icelane('disconnect', 'b', '--yes')
    screen.until_row(' b ', 'Off')
    screen.run(2)
    before = screen.bytes()
    screen.run(5)
    check(screen.bytes() == before, f'{screen.bytes() - before} bytes while nothing happens')


@test(deadline=90, weight=30)
def twenty_busy_peers_cost_at_most_1_kb_s(universe):
    """Twenty links over a line whose delay wanders: every round-trip time changes all the time."""
    far = [universe.site('open') for _ in range(4)]  # the rendezvous limits each address
    near = universe.site('open', line=Faults(delay=10, jitter=5))
    names = [f'p{index:02}' for index in range(20)]
    ours, *peers = universe.nodes((near.host, 'ours'), *((far[index % 4].host, name) for index, name in enumerate(names)),
                                  links=[('ours', name) for name in names], servers=())
    for name in names:
        ours.wait(name, 30)
    screens = {size: dashboard(ours, size) for size in ((80, 24), (200, 60))}
    for screen in screens.values():
        screen.until_row(' p00 ', 'Direct', 20)
        screen.run(3)
    before = {size: screen.bytes() for size, screen in screens.items()}
    rtts = [p['rtt_ms']['last'] for p in ours.status()['peers']]
    started = time.monotonic()
    while time.monotonic() - started < 10:
        for screen in screens.values():
            screen.run(0.2)
    seconds = time.monotonic() - started
    after = [p['rtt_ms']['last'] for p in ours.status()['peers']]
    check(all(a != b for a, b in zip(rtts, after)), f'they were not busy: {rtts}, {after}')
    for size, screen in screens.items():
        rate = (screen.bytes() - before[size]) / seconds
        print(f'{size[0]}x{size[1]}: {rate:.0f} B/s')
        check(rate <= 1000, f'{size}: {rate:.0f} bytes a second\n{screen.dump()}')


@test(deadline=60)
def dashboard_starts_the_node(universe):
    """With no node running, the dashboard starts one in the background and leaves it there."""
    pair = Pair(universe, universe.site('open'), universe.site('open'), wait=0, start=False)
    pair.b.start()
    screen = dashboard(pair.a)
    screen.until_row(' b ', 'Direct', 15)
    screen.key('q')
    check(screen.exit() == 'exit 0', screen.dump())
    check(pair.a.peer('b')['state'] == 'connected', 'the node went with the dashboard')


@test(deadline=150, weight=60)
def demo_shows_every_path(universe):
    """script/demo as a newcomer runs it: seven peers, faults from a second terminal, nothing left."""
    host = universe.site('open').host
    directory = os.path.join(universe.log_dir, 'demo')
    demo = os.path.join(ROOT, 'script', 'demo')
    env = {'PATH': os.environ['PATH'], 'HOME': '/run/lab', 'LC_ALL': 'C.UTF-8',
           'ICELANE_DEMO_DIR': directory}
    screen = Screen(host, [demo], env, (120, 40))

    def tell(*words):
        return host.run(demo, *words, env=env).stdout

    screen.wait('nas', 60)
    for name, word in (('nas', 'Direct'), ('vps', 'Direct'), ('berlin', 'Direct'),
                       ('cabin', 'Direct'), ('office', 'turn-'), ('hotel', 'Relay'),
                       ('laptop', 'Waiting')):
        screen.until_row(f' {name} ', word, 30)
    _mend_demo(screen)
    tell('break', 'lan')
    screen.until_row(' berlin ', 'Relay', 30)
    screen.until_row(' nas ', 'Direct', 1)
    tell('break', 'vps')
    tell('heal')
    screen.until_row(' vps ', 'Direct', 45)
    check('was' in tell('move'), 'the address did not move')
    screen.until_row(' cabin ', 'Direct', 90)
    screen.key('Q')
    if screen.say('exit 2') == 'timeout':  # it may ask what to do with the links
        screen.key('y')
        check(screen.exit(5) == 'exit 0', screen.dump())
    check(not os.path.exists(directory), 'its directory is left')
    deadline = time.monotonic() + 3
    while _demo_processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    check(not _demo_processes(), _demo_processes())


def _mend_demo(screen):
    """Must hold 5 of the servers: the panel says what is wrong; mended there, the link is up at once."""
    screen.key('4')
    screen.wait('SERVERS (3)')
    screen.key('j', 'j', 'j')
    screen.wait('Check username and password')
    check('401' in screen.dump(), screen.dump())
    screen.key('Enter', 'j', 'j', 'j')
    screen.key('Enter')
    screen.wait('Enter take')
    screen.type('e')  # what the name lacks
    screen.key('Enter')
    screen.gone('Enter take')
    screen.key('t')
    screen.wait('Allocate ok')
    screen.key('w')
    screen.wait('Wrote ')
    screen.key('1')
    screen.until_row(' office ', 'Relay:club', 5)


def _demo_processes():
    listing = subprocess.run(['ps', 'axo', 'args'], stdout=subprocess.PIPE, text=True, check=True)
    return [line for line in listing.stdout.splitlines()
            if 'turnserver' in line or 'icelane' in line.split()[0]]
