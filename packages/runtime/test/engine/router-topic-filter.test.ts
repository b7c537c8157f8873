import { describe, expect, it } from 'vitest';
import { describeFilterProblem, describeTopicProblem } from '../../src/engine/router/topic-filter.ts';

describe('a topic', () => {
  it.each([
    'a',
    'site/1/temperature',
    '/',
    '/finance',
    'a//b',
    'a/',
    ' ',
    '$SYS/broker',
    'Zähler/温度',
    'x'.repeat(65_535),
  ])('may be %j', (topic) => {
    expect(describeTopicProblem(topic)).toBeUndefined();
  });

  it('may not be what MQTT forbids, and is told why and where', () => {
    const long = 'x'.repeat(65_536);
    expect(
      ['', 'site/+/temperature', 'site/#', 'a\0b', 'half\ud800', long, '温'.repeat(22_000)].map(describeTopicProblem),
    ).toMatchInlineSnapshot(`
        [
          "the topic is empty; it needs at least one character",
          "the topic "site/+/temperature" has the wildcard "+" at character 6: wildcards stand in filters, a message has one exact topic",
          "the topic "site/#" has the wildcard "#" at character 6: wildcards stand in filters, a message has one exact topic",
          "the topic "a\\u0000b" has a NUL at character 2; leave it out",
          "the topic "half\\ud800" has half of a surrogate pair, which UTF-8 cannot hold",
          "the topic "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" has 65536 bytes, allowed at most 65535",
          "the topic "温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温温…" has 66000 bytes, allowed at most 65535",
        ]
      `);
  });
});

describe('a topic filter', () => {
  it.each(['#', '+', '+/+', '/+', 'sport/#', 'sport/tennis/+/#', '+/tennis/#', '$SYS/#', '/', 'a//+', '$shared/x'])(
    'may be %j',
    (filter) => {
      expect(describeFilterProblem(filter)).toBeUndefined();
    },
  );

  it('may not be what MQTT forbids, and is told why and where', () => {
    const wrong = [
      '',
      'sport/tennis#',
      'sport/tennis/#/ranking',
      '##',
      'sport+',
      '+sport/x',
      'a/b+/c',
      '#/',
      'a\0',
      '$share/g/a',
    ];
    expect(wrong.map(describeFilterProblem)).toMatchInlineSnapshot(`
      [
        "the filter is empty; it needs at least one character",
        "the "#" at character 13 of the filter "sport/tennis#" does not stand alone in its level "tennis#"; wildcards are whole levels",
        "the "#" at character 14 of the filter "sport/tennis/#/ranking" is not the last level; use "+" for a level in the middle",
        "the "#" at character 1 of the filter "##" does not stand alone in its level "##"; wildcards are whole levels",
        "the "+" at character 6 of the filter "sport+" does not stand alone in its level "sport+"; wildcards are whole levels",
        "the "+" at character 1 of the filter "+sport/x" does not stand alone in its level "+sport"; wildcards are whole levels",
        "the "+" at character 4 of the filter "a/b+/c" does not stand alone in its level "b+"; wildcards are whole levels",
        "the "#" at character 1 of the filter "#/" is not the last level; use "+" for a level in the middle",
        "the filter "a\\u0000" has a NUL at character 2; leave it out",
        "the filter "$share/g/a" is a shared subscription, which a route has no use for; leave "$share/<name>/" out",
      ]
    `);
    expect(describeFilterProblem('x/'.repeat(40_000))).toMatch(/80000 bytes, allowed at most 65535$/);
  });
});
