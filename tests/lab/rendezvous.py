"""The rendezvous of the lab: `icelane rendezvous` on a public host."""

import os
import signal
import socket
import subprocess
import time

from host import Host

PORT = 8080


class Rendezvous(Host):
    def __init__(self, universe, name, address, address6):
        super().__init__(universe, name)
        universe.plug(self, 'eth0', universe.rendezvous_line)
        prefix, gateway = universe.segment(address)
        self.set_uplink('eth0', f'{address}/{prefix}', gateway)
        self.ip(f'addr add {address6}/64 dev eth0 nodad')
        self.url6 = f'http://[{address6}]:{PORT}'
        self.url = f'http://{address}:{PORT}'
        self._process = None
        self._log = open(os.path.join(universe.log_dir, f'{name}.log'), 'ab')
        self.start()

    def start(self):
        self._process = self.popen(self.universe.program, 'rendezvous', '--listen',
                                   f'[::]:{PORT}', stdout=self._log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                with self.enter():
                    socket.create_connection((self.address, PORT), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError('the rendezvous does not listen')

    def is_running(self):
        return self._process.poll() is None

    def kill(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
