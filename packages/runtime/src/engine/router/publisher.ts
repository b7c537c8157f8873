/**
 * Publishing: a message is matched with the routes, and each function that gets it is invoked Async, all of them accepted in
 * one commit before the publisher is told (I2). No route is no error: publishing is one-way (LE).
 */
import type { FunctionDefinition, HostSettings, RouteDefinition } from '../definition.ts';
import type { Clock } from '../clock.ts';
import type { HostEventBus } from '../events.ts';
import { formatBytes } from '../format.ts';
import { refused, type OutcomeReceiver, type Refused } from '../invocation/outcome.ts';
import type { Invocation } from '../invocation/invocation.ts';
import type { RequestIds } from '../invocation/request-ids.ts';
import { copyWire, wireSize, type WirePayload } from '../protocol.ts';
import type { NewWork } from '../queue/work.ts';
import type { Registry } from '../registry.ts';
import type { AsyncScheduler } from '../scheduler/async.ts';
import { RouteTable } from './route-table.ts';
import { describeTopicProblem } from './topic-filter.ts';

/** A message that was routed so often goes nowhere: functions that publish to one another in a circle end here. */
const MAX_HOPS = 16;

export interface PublishRequest extends OutcomeReceiver {
  readonly topic: string;
  readonly payload: WirePayload;
  /** `Service/function` that publishes; undefined: somebody outside. */
  readonly source: string | undefined;
  /** The running invocation that publishes. */
  readonly parent: Invocation | undefined;
}

export interface PublisherParts {
  readonly clock: Clock;
  readonly events: HostEventBus;
  readonly settings: HostSettings;
  readonly registry: Registry;
  readonly async: AsyncScheduler;
  readonly requestIds: RequestIds;
  readonly routes: readonly RouteDefinition[];
}

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #table: RouteTable;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#table = new RouteTable(parts.routes);
  }

  publish(request: PublishRequest): void {
    const { topic, payload, source, parent } = request;
    const { events, settings, requestIds } = this.#parts;
    const problem = describeTopicProblem(topic);
    if (problem !== undefined) {
      this.#refuse(request, refused('InvalidArgument', problem));
      return;
    }
    const size = wireSize(payload);
    if (size > settings.maxAsyncPayload) {
      const limit = settings.maxAsyncPayload;
      this.#refuse(
        request,
        refused(
          'EntityTooLarge',
          `the message for ${topic} is ${size} bytes, more than limits.asyncPayload (${limit} bytes, ${formatBytes(limit)}); ` +
            'send less, or raise the limit in the configuration',
        ),
      );
      return;
    }
    const id = requestIds.next();
    const hops = (parent?.hops ?? 0) + 1;
    const targets = this.#targetsOf(topic, source);
    if (hops > MAX_HOPS && targets.length > 0) {
      this.#say(
        `the message ${id} on ${topic} of ${source ?? 'somebody outside'} is not routed to ${targets.map(({ key }) => key).join(', ')}: ` +
          `${MAX_HOPS} routings led to it; functions publish to one another in a circle`,
      );
      targets.length = 0;
    }
    // Once its work runs, a thread has taken its bytes.
    const told = events.listenerCount('message:published') > 0 ? copyWire(payload) : payload;
    this.#store(request, id, hops, targets).then(
      (full) => {
        if (full !== undefined) {
          this.#refuse(request, refused('ResourceExhausted', full));
          return;
        }
        events.emit('message:published', {
          id,
          topic,
          payload: told,
          source,
          parent,
          targets: targets.map(({ key }) => key),
        });
        request.onOutcome({ kind: 'accepted', id, deduplicated: false });
      },
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.#refuse(request, refused('Stopping', `the message was not accepted: ${why}`));
      },
    );
  }

  #refuse(request: PublishRequest, outcome: Refused): void {
    this.#parts.events.emit('message:refused', request, outcome);
    request.onOutcome(outcome);
  }

  #targetsOf(topic: string, source: string | undefined): FunctionDefinition[] {
    const targets: FunctionDefinition[] = [];
    for (const target of this.#table.match(topic, source)) {
      const resolution = this.#parts.registry.resolve(target);
      if (resolution.kind === 'found') targets.push(resolution.definition);
    }
    return targets;
  }

  /** Resolves with why there is no room, or with nothing. */
  async #store(
    { topic, payload, source }: PublishRequest,
    id: string,
    hops: number,
    targets: readonly FunctionDefinition[],
  ): Promise<string | undefined> {
    const { async } = this.#parts;
    if (targets.length === 0) return undefined;
    const custom = { source: source ?? '', topic, messageId: id };
    const invokerContext = Buffer.from(JSON.stringify({ custom })).toString('base64');
    // A message arrives as bytes, however it was sent (LE).
    const bytes = typeof payload === 'string' ? new Uint8Array(Buffer.from(payload)) : toBytes(payload);
    const toWork = ({ key }: FunctionDefinition): NewWork => ({
      target: key,
      payload: bytes,
      invokerContext,
      caller: source ?? null,
      delay: 0,
      dedupeKey: null,
      orderKey: null,
      maxAttempts: null,
      hops,
      chain: 0,
    });
    const origin = { kind: 'route', messageId: id, topic } as const;
    const [only] = targets;
    if (targets.length === 1 && only !== undefined) {
      const result = await async.put(only, toWork(only), origin);
      return result.kind === 'full' ? result.message : undefined;
    }
    // Those in memory after the others: when the disk has no room, nobody gets it.
    const durable = targets.filter(({ durability }) => durability !== 'memory');
    const inMemory = targets.filter(({ durability }) => durability === 'memory');
    if (durable.length > 0) {
      const synced = durable.some(({ durability }) => durability === 'fsync');
      const result = await async.putAll(durable.map(toWork), origin, synced ? 'fsync' : 'batched');
      if (result.kind === 'full') return result.message;
    }
    if (inMemory.length > 0) {
      // Once some have it, all have to: told that it was refused, the publisher would send it again.
      const result = await async.putAll(inMemory.map(toWork), origin, 'memory', durable.length > 0);
      if (result.kind === 'full') return result.message;
    }
    return undefined;
  }

  #say(message: string): void {
    const { clock, events } = this.#parts;
    events.emit('log', { time: clock.now(), level: 'error', message, source: 'host' });
  }
}

function toBytes(payload: Exclude<WirePayload, string>): Uint8Array {
  return payload instanceof Uint8Array ? payload : payload[0];
}
