"""A terminal with a program in it: tests/tui/screen-driver, spoken to by lines."""

import os
import subprocess


class Screen:
    def __init__(self, host, argv, env, size=(80, 24)):
        universe = host.universe
        driver = os.path.join(universe.build, 'tests', 'tui', 'screen-driver')
        # The driver gives a terminal its usual variables; what is said here comes last.
        settings = [word for name, value in env.items() for word in ('--env', f'{name}={value}')]
        self._process = host.popen(driver, '--size', f'{size[0]}x{size[1]}', *settings, *argv,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   encoding='utf-8')

    def say(self, command):
        self._process.stdin.write(command + '\n')
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip('\n')

    def _must(self, command):
        answer = self.say(command)
        if answer != 'ok':
            raise AssertionError(f'{command}: {answer}; the screen:\n{self.dump()}')

    def wait(self, text, seconds=10):
        self._must(f'wait {seconds} {text}')

    def gone(self, text, seconds=10):
        self._must(f'gone {seconds} {text}')

    def key(self, *names):
        for name in names:
            self._must(f'key {name}')

    def type(self, text):
        self._must(f'send {text}')

    def resize(self, cols, rows):
        self._must(f'resize {cols} {rows}')

    def run(self, seconds):
        self._must(f'run {seconds}')

    def hangup(self):
        self._must('hangup')

    def bytes(self):
        return int(self.say('bytes').split()[1])

    def exit(self, seconds=5):
        """`exit CODE`, `signal N` or `timeout`."""
        return self.say(f'exit {seconds}')

    def dump(self):
        word, count = self.say('dump').split()
        if word != 'dump':
            raise RuntimeError(f'the driver said {word}')
        return '\n'.join(self._process.stdout.readline().rstrip('\n') for _ in range(int(count)))

    def row(self, text):
        """The first row that has `text` in it."""
        rows = self.dump().splitlines()
        found = [row for row in rows if text in row]
        if not found:
            raise AssertionError(f'no {text!r} on the screen:\n' + '\n'.join(rows))
        return found[0]

    def until_row(self, name, word, seconds=10):
        """Until the row of a peer has the word, too."""
        for _ in range(int(seconds * 10)):
            rows = [row for row in self.dump().splitlines() if name in row and word in row]
            if rows:
                return rows[0]
            self.run(0.1)
        raise AssertionError(f'no row with {name} and {word} ({self.exit(0)}):\n{self.dump()}')


def dashboard(node, size=(80, 24), env=None, options=()):
    """The dashboard of a node that runs, on a screen of its own."""
    return Screen(node.host, node.argv(*options), {**node.env, **(env or {})}, size)
