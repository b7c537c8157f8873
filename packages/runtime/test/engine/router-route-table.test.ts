import { describe, expect, it } from 'vitest';
import type { RouteDefinition } from '../../src/engine/definition.ts';
import { RouteTable } from '../../src/engine/router/route-table.ts';

const route = (filter: string, target = 'S/f', source?: string): RouteDefinition => ({ source, filter, target });

/** Whether one route with this filter takes a message on this topic. */
const takes = (filter: string, topic: string): boolean =>
  new RouteTable([route(filter)]).match(topic, undefined).length > 0;

describe('a filter', () => {
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
    ['sport/#', 'sport', true],
    ['sport/#', 'sporting', false],
    ['#', 'anything/at/all', true],
    ['sport/tennis/+', 'sport/tennis/player1', true],
    ['sport/tennis/+', 'sport/tennis/player1/ranking', false],
    ['sport/+', 'sport', false],
    ['sport/+', 'sport/', true],
    ['+/+', '/finance', true],
    ['/+', '/finance', true],
    ['+', '/finance', false],
    ['#', '$SYS/monitor', false],
    ['+/monitor', '$SYS/monitor', false],
    ['$SYS/#', '$SYS/monitor', true],
    ['$SYS/+', '$SYS/monitor', true],
    ['a/+', 'a/$SYS', true],
    ['ACCOUNTS', 'Accounts', false],
    ['a/b', 'a/b/', false],
  ])('%s and the topic %s: %s', (filter, topic, expected) => {
    expect(takes(filter, topic)).toBe(expected);
  });
});

describe('a message', () => {
  it('reaches each target once, in the order of the configuration, however many routes match', () => {
    const table = new RouteTable([
      route('a/#', 'S/second'),
      route('#', 'S/first'),
      route('a/b', 'S/second'),
      route('+/b', 'S/third'),
      route('a/b', 'S/first'),
    ]);
    expect(table.match('a/b', undefined)).toEqual(['S/second', 'S/first', 'S/third']);
    expect(table.match('x', undefined)).toEqual(['S/first']);
  });

  it('is taken only from the source that a route names', () => {
    const table = new RouteTable([route('a', 'S/all'), route('a', 'S/own', 'S/f')]);
    expect(table.match('a', 'S/f')).toEqual(['S/all', 'S/own']);
    expect(table.match('a', 'S/g')).toEqual(['S/all']);
    expect(table.match('a', undefined)).toEqual(['S/all']);
  });

  it('may have as many levels as MQTT allows', () => {
    const deep = 'a/'.repeat(32_767);
    const table = new RouteTable([
      route(`${'+/'.repeat(32_767)}+`, 'S/plus'),
      route('a/#', 'S/rest'),
      route(deep, 'S/deep'),
    ]);
    expect(table.match(deep, undefined)).toEqual(['S/plus', 'S/rest', 'S/deep']);
  });

  it('may have a hundred thousand targets', () => {
    const table = new RouteTable(Array.from({ length: 100_000 }, (_, index) => route('a', `S/f${index}`)));
    expect(table.match('a', undefined)).toHaveLength(100_000);
  });

  it('visits no more nodes than there are filters that begin like it', () => {
    // Every mixture of `a` and `+` on 12 levels, and nothing of them matches; `b` matches on the first level only.
    const mixtures = Array.from({ length: 4096 }, (_, index) =>
      route(`${Array.from({ length: 12 }, (_level, bit) => (index & (1 << bit) ? '+' : 'a')).join('/')}/end`),
    );
    const table = new RouteTable([...mixtures, route('b/#', 'S/b')]);
    expect(table.match(Array.from({ length: 40 }, () => 'a').join('/'), undefined)).toEqual([]);
    expect(table.match('b/c', undefined)).toEqual(['S/b']);
  });
});
