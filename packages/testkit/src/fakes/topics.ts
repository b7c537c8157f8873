/** Fakes of what is not a function: subscribers of topics, and things, which come in a later release. */
import type { RouteConfig } from '@edgefc/runtime/testing';
import type { Fakes, FakeValue } from './types.ts';

/** The service that subscribers belong to. */
const TOPICS_SERVICE = 'Topics';

export interface TopicFakes {
  /** To be added to those of the configuration. */
  readonly routes: readonly RouteConfig[];
  /** The subscribers, by `Service/function`. */
  readonly fakes: Readonly<Record<`${string}/${string}`, FakeValue>>;
  /** `Service/function` of the subscriber, by topic filter. */
  readonly byFilter: ReadonlyMap<string, string>;
}

/** A subscriber is a function that a route leads to: it gets its messages as on the gateway, Async, and tried again when it fails. */
export function topicFakes(topics: Fakes['topics'] = {}): TopicFakes {
  const subscribers = Object.entries(topics).map(([topic, value], index) => {
    const target = `${TOPICS_SERVICE}/subscriber${index + 1}` as const;
    return { topic, value, target };
  });
  return {
    routes: subscribers.map(({ topic, target }) => ({ topic, target })),
    fakes: Object.fromEntries(subscribers.map(({ target, value }) => [target, value])),
    byFilter: new Map(subscribers.map(({ topic, target }) => [topic, target])),
  };
}

/** @throws TypeError when a test fakes things */
export function refuseThings(things: Fakes['things']): void {
  const names = Object.keys(things ?? {});
  if (names.length === 0) return;
  throw new TypeError(
    `fakes.things has ${names.join(', ')}, but this release has no things yet: they come with the device drivers; ` +
      "fake the function that speaks to the device instead, such as fakes: { 'Plant/pump': … }",
  );
}
