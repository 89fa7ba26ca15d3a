"""A strict reader of OpenMetrics 1.0 text: what its grammar does not allow is an error."""

import math
import re

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(rf'({NAME})(?:\{{(.*)\}})? (\S+)')
NUMBER = re.compile(r'[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN')
FLOAT = re.compile(r'\d+\.\d+(?:e[+-]\d+)?|\+Inf')
SUFFIXES = {'gauge': ('',), 'counter': ('_total', '_created'),
            'histogram': ('_bucket', '_sum', '_count', '_created')}


class Malformed(Exception):
    pass


def _need(condition, what):
    if not condition:
        raise Malformed(what)


class Family:
    def __init__(self, name):
        self.name = name
        self.type = self.unit = self.help = None
        self.samples = {}  # (name, labels as sorted pairs) -> value


def _labels(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        _need(match, f'labels: {text}')
        name, value = match.groups()
        _need(name not in labels, f'label {name} twice: {text}')
        labels[name] = re.sub(r'\\(.)', lambda m: '\n' if m[1] == 'n' else m[1], value)
        at = match.end()
        if at < len(text):
            _need(text[at] == ',' and at + 1 < len(text), f'labels: {text}')
            at += 1
    return labels


def _metadata(line, families, current):
    match = re.fullmatch(rf'# (TYPE|UNIT|HELP) ({NAME}) (.*)', line)
    _need(match, f'comment: {line}')
    what, name, value = match.groups()
    if current is None or current.name != name:
        _need(name not in families, f'{name} comes back')
        current = families[name] = Family(name)
    _need(not current.samples, f'{what} of {name} after its samples')
    _need(getattr(current, what.lower()) is None, f'{what} of {name} twice')
    if what == 'TYPE':
        _need(value in SUFFIXES, f'type {value}')
    if what == 'UNIT':
        _need(name.endswith('_' + value), f'{name} does not end in its unit {value}')
    setattr(current, what.lower(), value)
    return current


def _sample(line, family):
    match = SAMPLE.fullmatch(line)
    _need(match, f'sample: {line}')
    name, labels, number = match.groups()
    _need(labels != '', f'empty labels: {line}')
    _need(NUMBER.fullmatch(number), f'number: {line}')
    _need(family is not None and name in [family.name + s for s in SUFFIXES[family.type or 'gauge']],
          f'{name} is no sample of {family and family.name}')
    key = name, tuple(sorted(_labels(labels or '').items()))
    _need(key not in family.samples, f'twice: {line}')
    family.samples[key] = float(number.replace('Inf', 'inf'))


def _check_counters(family):
    for (name, _), value in family.samples.items():
        _need(value >= 0 and not math.isnan(value), f'{name} is {value}')


def _check_histogram(family):
    series = {}
    for (name, labels), value in family.samples.items():
        rest = tuple(pair for pair in labels if pair[0] != 'le')
        entry = series.setdefault(rest, {'buckets': []})
        if name.endswith('_bucket'):
            bound = dict(labels).get('le')
            _need(bound and FLOAT.fullmatch(bound), f'{name} le={bound}')
            entry['buckets'].append((float(bound.replace('Inf', 'inf')), value))
        else:
            entry[name.rsplit('_', 1)[1]] = value
    for labels, entry in series.items():
        bounds = [bound for bound, _ in entry['buckets']]
        counts = [count for _, count in entry['buckets']]
        _need(bounds == sorted(set(bounds)) and bounds[-1] == math.inf, f'{labels}: {bounds}')
        _need(counts == sorted(counts) and all(c == int(c) for c in counts), f'{labels}: {counts}')
        _need(entry.get('count') == counts[-1] and 'sum' in entry, f'{labels}: {entry}')


def parse(text):
    """{name: Family}"""
    _need(text.endswith('# EOF\n'), 'it does not end with # EOF')
    _need('\r' not in text and '\n\n' not in text, 'empty lines')
    families, current = {}, None
    for line in text[:-len('# EOF\n')].splitlines():
        _need(line != '# EOF', '# EOF in the middle')
        if line.startswith('#'):
            current = _metadata(line, families, current)
        else:
            _sample(line, current)
    for family in families.values():
        _need(family.type and family.help, f'{family.name} has no TYPE or HELP')
        if family.type == 'counter':
            _check_counters(family)
        if family.type == 'histogram':
            _check_histogram(family)
    return families


def value(families, sample, **labels):
    """Of one sample; None when it is not there."""
    key = sample, tuple(sorted(labels.items()))
    for family in families.values():
        if key in family.samples:
            return family.samples[key]
    return None


def counters(families):
    """What may only grow: {(name, labels): value}."""
    found = {}
    for family in families.values():
        if family.type in ('counter', 'histogram'):
            found.update(family.samples)
    return found
