/** The route table against a matcher that goes through all routes and does what MQTT's text says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RouteDefinition } from '../../src/engine/definition.ts';
import { RouteTable } from '../../src/engine/router/route-table.ts';
import { describeFilterProblem, describeTopicProblem } from '../../src/engine/router/topic-filter.ts';

/** Sections 4.7.1 and 4.7.2, level by level. */
function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  const [wanted, given] = [filter.split('/'), topic.split('/')];
  for (let index = 0; index < wanted.length; index += 1) {
    if (wanted[index] === '#') return true;
    if (index >= given.length) return false;
    if (wanted[index] !== '+' && wanted[index] !== given[index]) return false;
    // The level above `#` matches as well.
    if (index === given.length - 1 && wanted[index + 1] === '#' && wanted.length === index + 2) return true;
  }
  return wanted.length === given.length;
}

function matchNaively(routes: readonly RouteDefinition[], topic: string, from: string | undefined): string[] {
  const fitting = routes.filter(
    ({ source, filter }) => (source === undefined || source === from) && matches(filter, topic),
  );
  return [...new Set(fitting.map(({ target }) => target))];
}

const text = fc.constantFrom('a', 'b', '', '$SYS', '$');
const topics = fc
  .array(text, { minLength: 1, maxLength: 5 })
  .map((levels) => levels.join('/'))
  .filter((topic) => describeTopicProblem(topic) === undefined);
const filters = fc
  .tuple(fc.array(fc.oneof(text, fc.constant('+')), { maxLength: 5 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))
  .filter((filter) => describeFilterProblem(filter) === undefined);
const sources = fc.option(fc.constantFrom('S/a', 'S/b'), { nil: undefined });
const routes = fc.array(fc.record({ source: sources, filter: filters, target: fc.constantFrom('T/1', 'T/2', 'T/3') }), {
  maxLength: 30,
});

describe('the route table', () => {
  it('finds what going through all routes finds, in the same order, each target once', () => {
    fc.assert(
      fc.property(routes, fc.array(fc.tuple(topics, sources), { maxLength: 8 }), (all, messages) => {
        const table = new RouteTable(all);
        for (const [topic, source] of messages) {
          expect(table.match(topic, source)).toEqual(matchNaively(all, topic, source));
        }
      }),
      { numRuns: 3000, seed: 20261122 },
    );
  });
});
