"""A real `icelane run` on a host of the lab, driven through its own command line."""

import json
import os
import shutil
import signal
import subprocess
import time

import control
from coturn import PASSWORD, USER

UP = ('connected', 'suspect', 'restarting')


class NotYet(Exception):
    """What was waited for did not come before the deadline; says how things stood."""


class Node:
    def __init__(self, universe, host, name, servers=('home',), transports=('udp', 'tcp'),
                 settings='', url=None, env=None, quiet=False):
        self.universe = universe
        self.host = host
        self.name = name
        self.directory = f'/run/lab/node-{name}'
        self.config = f'{self.directory}/icelane.ini'
        self.log_path = os.path.join(universe.log_dir, f'node-{name}.jsonl')
        self._log_options = () if quiet else ('--log-json',)
        self.env = {'PATH': os.environ['PATH'], 'HOME': self.directory, 'LC_ALL': 'C.UTF-8',
                    'XDG_RUNTIME_DIR': self.directory, 'XDG_STATE_HOME': self.directory,
                    'XDG_CONFIG_HOME': self.directory, 'G_DEBUG': 'fatal-criticals',
                    **{key: os.environ[key] for key in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TERM')
                       if key in os.environ},
                    **(env or {})}
        self.process = None
        self._peers = []
        self._url = url or universe.rendezvous.url
        self._head = self._sections(servers, transports, settings)
        os.mkdir(self.directory, 0o700)
        self._write()
        self.id = self._ask_id()

    # Configuration

    def _sections(self, servers, transports, settings):
        # `settings` starts inside [node], so that a test can add keys there or open new sections.
        text = (f'[node]\nname = {self.name}\nstate-dir = {self.directory}/state\n'
                f'control = {self.directory}/control/socket\n\n'
                f'[signaling]\ntype = http\nurl = {self._url}\n\n')
        for name in servers:
            text += self.server_section(getattr(self.universe, name), transports) + '\n'
        return text + settings

    def server_section(self, turn, transports):
        """The [server] section for a coturn of the lab, by addresses of our own family."""
        v6 = ':' in self.host.address
        address = next(a for a in turn.addresses if (':' in a) == v6)
        literal = f'[{address}]' if v6 else address
        uris = [f'uri = stun:{literal}:3478'] if 'udp' in transports else []
        uris += [f'uri = turn:{literal}:3478?transport={t}' for t in transports]
        return (f'[server {turn.name}]\n' + '\n'.join(uris) +
                f'\nusername = {USER}\npassword = {PASSWORD}\n')

    def add_peer(self, name, node_id, **options):
        """A node that runs takes it up within a second."""
        self._peers.append((name, node_id, options))
        self._write()

    def set_rendezvous(self, url):
        """A node that runs takes it up within a second."""
        self._head = self._head.replace(f'url = {self._url}\n', f'url = {url}\n')
        self._url = url
        self._write()

    def set_policy(self, policy):
        """For every peer. Takes effect at the next start."""
        for _, _, options in self._peers:
            options['policy'] = policy
        self._write()

    def forget_identity(self):
        """A new key, as after the loss of the state directory."""
        shutil.rmtree(f'{self.directory}/state')
        self.id = self._ask_id()

    def _ask_id(self):
        return ''.join(self.icelane('id').stdout.split())

    def _write(self):
        text = self._head
        for name, node_id, options in self._peers:
            text += f'\n[peer {name}]\nid = {node_id}\n'
            text += ''.join(f'{key} = {value}\n' for key, value in options.items())
        with open(os.open(self.config, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w',
                  encoding='utf-8') as file:
            file.write(text)

    # The process

    def start(self, wait=True):
        with open(self.log_path, 'ab') as log:
            self.process = self.host.popen(self.universe.program, 'run', '--config', self.config,
                                           *self._log_options, stdout=log, stderr=subprocess.STDOUT,
                                           env=self.env)
        if wait:
            self.until_running()

    def until_running(self):
        # Asking the kernel for its addresses waits while it takes another test's namespaces down.
        self._until(self._answers, 30, 'its control socket')

    def _answers(self):
        try:
            return bool(self.status())
        except OSError:
            return False

    def stop(self):
        """SIGTERM; returns how long it took, fails when that is over 2 seconds."""
        start = time.monotonic()
        self.process.terminate()
        status = self.process.wait(timeout=10)
        took = time.monotonic() - start
        assert status in (0, -signal.SIGTERM, 128 + signal.SIGTERM), f'exit status {status}'
        assert took < 2, f'{self.name} took {took:.1f} s to stop'
        return took

    def kill(self):
        self.process.kill()
        self.process.wait()

    def remove(self):
        """Forgets all of a node that has ended, so that another one may have its name."""
        shutil.rmtree(self.directory)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    # The command line

    def icelane(self, *argv, check=True, timeout=60):
        return self.host.run(*self.argv(*argv), check=check, timeout=timeout, env=self.env)

    def status(self):
        return json.loads(control.get_status(f'{self.directory}/control/socket'))

    def peer(self, name):
        return next(p for p in self.status()['peers'] if p['name'] == name)

    def log(self, peer=None, **match):
        """Events, oldest first; `match` filters by fields, e.g. kind='path'."""
        argv = ['log', '--json'] + ([peer] if peer else [])
        events = [json.loads(line) for line in self.icelane(*argv).stdout.splitlines()]
        return [e for e in events if all(e.get(k) == v for k, v in match.items())]

    def history(self, peer):
        return json.loads(self.icelane('history', peer, '--json').stdout)

    def restart(self, peer='--all', *options):
        return self.icelane('restart', peer, '--yes', *options)

    def signal_restart(self, peer):
        """Asks for a restart without waiting for anything."""
        subprocess.run(self.argv('restart', peer, '--yes'), env=self.env, check=True, timeout=20,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def argv(self, *argv):
        return [self.universe.program, *[str(a) for a in argv], '--config', self.config]

    def wait(self, peer, timeout=10, direct=False):
        """`icelane wait`: until the link is up; the seconds it took."""
        start = time.monotonic()
        done = self.icelane('wait', peer, *(['--direct'] if direct else []), '--timeout', timeout,
                            check=False, timeout=timeout + 10)
        if done.returncode != 0:
            raise NotYet(f'{self.name}: wait {peer}: exit {done.returncode} '
                         f'{done.stderr.strip()}; {self.summary(peer)}')
        return time.monotonic() - start

    # Waiting for what `wait` does not know

    def until(self, peer, predicate, timeout, what):
        """Polls one peer's status until `predicate(peer)`; returns that status."""
        found = {}

        def holds():
            found.update(self.peer(peer))
            return predicate(found)

        self._until(holds, timeout, what, lambda: self.summary(peer))
        return found

    def until_path(self, peer, path, timeout=10):
        return self.until(peer, lambda p: p['state'] == 'connected' and p['path'] == path, timeout,
                          f'path {path}')

    def until_log(self, peer, predicate, timeout, what):
        self._until(lambda: any(predicate(e) for e in self.log(peer)), timeout, what,
                    lambda: self.summary(peer))

    def until_signaling(self, state, timeout=10, holds=True):
        self._until(lambda: (self.status()['node']['signaling']['state'] == state) == holds,
                    timeout, f'signalling {"" if holds else "not "}{state}')

    def _until(self, predicate, timeout, what, describe=lambda: ''):
        deadline = time.monotonic() + timeout
        while not predicate():
            if time.monotonic() > deadline or not self.is_running():
                state = f'exit status {self.process.poll()}' if not self.is_running() else describe()
                raise NotYet(f'{self.name}: no {what} within {timeout} s; {state}')
            time.sleep(0.05)

    def summary(self, peer):
        p = self.peer(peer)
        return ', '.join(f'{key} {p.get(key)}' for key in
                         ('state', 'path', 'generation', 'restarts', 'last_error')) + \
            f', why {(p.get("why") or {}).get("code")}'
