"""The world of script/demo: our node with the dashboard, seven peers, and faults on request.

`--outside DIR LOGS` makes the universe, `--inside DIR LOGS` is its first process, `--tell DIR WORD...`
passes a command on to it through the socket DIR/control."""

import os
import signal
import socket
import subprocess
import sys
import threading

import namespace
from coturn import PASSWORD, USER

# name, kind of site, its line's (delay, jitter) in ms: one of each path an operator meets.
PEERS = (
    ('vps', 'open', (9, 1)),  # public address
    ('berlin', 'port-restricted', (14, 3)),  # NAT to NAT
    ('cabin', 'double', (32, 8)),  # behind a carrier's NAT as well
    ('office', 'symmetric', (11, 2)),  # a new port per destination: relay
    ('hotel', 'udp-blocked', (24, 6)),  # relay over TCP
)
LAN_PEER, OFFLINE_PEER, OURS = 'nas', 'laptop', 'desk'

# One thing is wrong from the start, for an operator to find and to mend in the settings: the link to
# FAULTY needs a relay of ours, may only use this server, and the server does not know the user name.
FAULTY = 'office'
CLUB = '''
# Only for office. Its user name lacks a letter.
[server club]
uri = turn:{address}:3478
uri = turn:{address}:3478?transport=tcp
username = {user}
password = {password}
'''

HINT = f'''
One link has no path: {FAULTY}. Its row says why, and the settings (4) say which server is wrong and how:
select club, Enter, then mend its username (home has the right one), t tests it, w writes it.
'''


class Demo:
    def __init__(self, log_dir):
        # Its imports need nothing of the universe, but its constructor does.
        from lab import Faults, Universe
        self._lock = threading.Lock()
        self.universe = Universe(log_dir)
        self.site = self.universe.site('lan', name='ours', line=Faults(delay=5, jitter=1))
        places = [(self.site.hosts[0], OURS), (self.site.hosts[1], LAN_PEER)]
        self.sites = {LAN_PEER: self.site}
        for name, kind, (delay, jitter) in PEERS:
            self.sites[name] = self.universe.site(kind, name=name, line=Faults(delay, jitter))
            places.append((self.sites[name].host, name))
        offline = self.universe.site('port-restricted', name=OFFLINE_PEER)
        places.append((offline.host, OFFLINE_PEER))
        names = [name for _, name in places]
        links = [(OURS, name) for name in names if name != OURS]
        nodes = self.universe.nodes(*places, links=links, start=False,
                                    servers=('home', 'backup'))
        self.nodes = {node.name: node for node in nodes}
        self._break_settings()
        for name in names:
            if name != OFFLINE_PEER:
                self.nodes[name].start()

    def _break_settings(self):
        faulty = self.nodes[FAULTY]
        for server in self.universe.home, self.universe.backup:
            faulty.icelane('config', 'set', f'server.{server.name}.uri',
                           f'stun:{server.addresses[0]}:3478')
        with open(self.ours.config, 'a', encoding='utf-8') as file:
            file.write(CLUB.format(address=self.universe.backup.addresses[0], user=USER[:-1],
                                   password=PASSWORD))
        self.ours.icelane('config', 'set', f'peer.{FAULTY}.servers', 'club')

    @property
    def ours(self):
        return self.nodes[OURS]

    # What a second terminal may ask for; each returns the sentence it prints.

    def tell(self, words):
        with self._lock:
            match words:
                case ['break', 'turn']:
                    return self._break_server('home', 'The TURN server home is dead. Relayed links '
                                              'move to backup; direct ones stay.')
                case ['break', 'rendezvous']:
                    return self._break_server('rendezvous', 'The rendezvous is dead. Links stay; new '
                                              'ones must wait.')
                case ['break', 'lan']:
                    self.site.block_udp()
                    return 'UDP is blocked where we are. Links to the outside go to the relay over TCP.'
                case ['break', name] if name in self.nodes and name not in (OURS, OFFLINE_PEER):
                    if self.nodes[name].is_running():
                        self.nodes[name].kill()
                    return f'{name} was killed.'
                case ['break', name] if name == OURS:
                    return f'{OURS} is the node of this dashboard: break another one.'
                case ['break', *_]:
                    what = ['turn', 'rendezvous', 'lan', *self.sites]
                    return f'Break what? One of: {", ".join(what)}.'
                case ['heal']:
                    return self._heal()
                case ['move']:
                    host = self.ours.host
                    old = host.address
                    host.change_address()
                    return f'Our address was {old} and is {host.address}.'
                case ['status']:
                    return 'running'
            return f'No such command: {" ".join(words)}. Try break, heal or move.'

    def _break_server(self, name, sentence):
        if self.universe.started(name).is_running():
            self.universe.started(name).kill()
        return sentence

    def _heal(self):
        self.site.unblock()
        for name in 'home', 'rendezvous':
            if not self.universe.started(name).is_running():
                self.universe.started(name).start()
        for name in self.sites:
            if not self.nodes[name].is_running():
                self.nodes[name].start()
        return 'All is mended.'

    def listen(self, path):
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        threading.Thread(target=self._serve, args=(server,), daemon=True).start()

    def _serve(self, server):
        while True:
            client = server.accept()[0]
            with client:
                client.settimeout(5)
                try:
                    words = client.recv(4096).decode('utf-8', 'replace').split()
                    client.sendall((self.tell(words) + '\n').encode())
                except Exception as error:  # the demo goes on, and the asker learns why
                    client.sendall(f'That failed: {error}\n'.encode())


def take_terminal(group):
    """Makes a process group the one that keys and Ctrl-C go to."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, group)


def foreground(process):
    """Waits for a program that has the terminal, as a shell does: it may be stopped by Ctrl-Z."""
    while True:
        take_terminal(process.pid)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        take_terminal(os.getpgrp())
        if not os.WIFSTOPPED(status):
            return os.waitstatus_to_exitcode(status)
        input('The dashboard is stopped, its world goes on. Enter brings it back. ')
        take_terminal(process.pid)
        os.killpg(process.pid, signal.SIGCONT)


def inside(directory, log_dir):
    # The process group we came with has no number in here, so it could not be given the terminal
    # back. Ctrl-C while the world is built ends it: a first process has no default for signals.
    os.setpgid(0, 0)
    take_terminal(os.getpgrp())
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    print('Building a private internet with eight sites ...', flush=True)
    demo = Demo(log_dir)
    demo.listen(os.path.join(directory, 'control'))
    ours = demo.ours
    print(HINT, flush=True)
    dashboard = ours.host.popen(ours.universe.program, '--config', ours.config,
                                env={**ours.env, **_terminal_environment()}, stdin=None,
                                process_group=0)
    status = foreground(dashboard)
    print('The demo has ended; nothing of it is left running.')
    return status


def _terminal_environment():
    names = ('TERM', 'COLORTERM', 'LANG', 'LC_ALL', 'LC_CTYPE', 'NO_COLOR', 'ESCDELAY')
    return {name: os.environ[name] for name in names if name in os.environ}


def tell(directory, words):
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(os.path.join(directory, 'control'))
            client.sendall(' '.join(words).encode())
            client.settimeout(30)
            answer = b''
            while more := client.recv(4096):
                answer += more
    except OSError as error:
        sys.exit(f'script/demo: no demo is running here ({error.strerror or error})')
    sys.stdout.write(answer.decode())
    return 0 if answer else 1


def main(mode, directory, *rest):
    if mode == '--tell':
        return tell(directory, rest)
    if mode == '--inside':
        return inside(directory, *rest)
    reason = namespace.why_no_universe()
    if reason is not None:
        sys.exit(f'script/demo: this machine gives no namespaces to make a network of ({reason})')
    here = os.path.abspath(__file__)
    argv = namespace.universe_argv([sys.executable, here, '--inside', directory, *rest])
    universe = subprocess.Popen(argv)
    while True:
        try:
            status = universe.wait()
            take_terminal(os.getpgrp())
            return status if status >= 0 else 128 - status
        except KeyboardInterrupt:
            continue  # it came to the universe as well, which ends by itself


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
