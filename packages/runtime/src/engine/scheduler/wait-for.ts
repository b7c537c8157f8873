/**
 * Deadlock detection on the wait-for graph.
 *
 * A handler with outstanding Sync calls waits for all of them; a queued call waits for any slot of its target. A
 * queued call is hopeless when nothing that can be reached from it can move by itself: every slot its target can
 * ever have is held by a waiting handler, whose calls are again queued behind such slots or running in such
 * handlers. It is checked when a call is queued: no other step can close a cycle. A handler that is not waiting (it
 * works, or was told to stop and is on its deadline) can move, and so can a pool with a free slot or one to come.
 *
 * Both kinds of waiting are read as "any one that moves will do": a handler with one healthy call among stuck ones is
 * not refused (it may be racing them). When that last healthy call is gone, the others are checked again.
 */
import type { Invocation } from '../invocation/invocation.ts';

/** What the search needs of a pool. */
export interface SlotHolders {
  /** Whether the function has a free slot, or may still get one that it does not have yet. */
  readonly hasRoom: boolean;
  /** Everything that holds a slot. */
  holders(): Iterable<Invocation>;
}

export type PoolOf = (call: Invocation) => SlotHolders;

/** How every node that was reached was come to; the start has no predecessor. */
type Reached = ReadonlyMap<Invocation, Invocation | undefined>;

/**
 * The chain `caller → target → … → caller` when `call`, queued or about to be, could never get a slot; else
 * `undefined`.
 */
export function findDeadlock(call: Invocation, poolOf: PoolOf): string[] | undefined {
  const caller = call.parent;
  if (caller === undefined) return undefined;
  const reached = reachWithoutMover(call, poolOf);
  return reached?.has(caller) === true ? chainTo(caller, reached) : undefined;
}

/** A call that is hopeless now that `handler` lost one of those it waited for: its own, or one further down. */
export function findHopelessCall(handler: Invocation, poolOf: PoolOf): Invocation | undefined {
  if (canMove(handler) || hasWorkingCall(handler)) return undefined;
  for (const node of reachWithoutMover(handler, poolOf)?.keys() ?? []) {
    if (node.slot === 'queued' && findDeadlock(node, poolOf) !== undefined) return node;
  }
  return undefined;
}

/** Everything that `start` waits for, directly or not; `undefined` when any of it can move by itself. */
function reachWithoutMover(start: Invocation, poolOf: PoolOf): Reached | undefined {
  const cameFrom = new Map<Invocation, Invocation | undefined>([[start, undefined]]);
  const pending: Invocation[] = [start];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.slot === 'new' || node.slot === 'queued') {
      const pool = poolOf(node);
      if (pool.hasRoom) return undefined;
      for (const holder of pool.holders()) {
        if (canMove(holder)) return undefined;
        visit(holder, node);
      }
    } else if (node.calls !== undefined) {
      for (const next of node.calls) {
        // A call that runs and does not wait is working; one that is released is about to be answered.
        if (next.slot === 'released' || (next.slot === 'running' && canMove(next))) return undefined;
        visit(next, node);
      }
    }
  }
  return cameFrom;

  function visit(node: Invocation, from: Invocation): void {
    if (cameFrom.has(node)) return;
    cameFrom.set(node, from);
    pending.push(node);
  }
}

/** A handler that does not wait, or whose invoker was already answered and which is on its way out. */
function canMove(holder: Invocation): boolean {
  return !holder.waiting || holder.outcome !== undefined;
}

function chainTo(caller: Invocation, cameFrom: Reached): string[] {
  const chain: string[] = [];
  for (let node: Invocation | undefined = caller; node !== undefined; node = cameFrom.get(node)) {
    // A queued call and the handler that holds its slot are the same function: one link of the chain.
    if (chain[0] !== node.definition.key) chain.unshift(node.definition.key);
  }
  if (chain[0] !== caller.definition.key || chain.length === 1) chain.unshift(caller.definition.key);
  return chain;
}

/** Whether the oldest call of `handler` is being worked on: the ordinary case, told without a search. */
function hasWorkingCall(handler: Invocation): boolean {
  for (const call of handler.calls ?? []) return call.slot === 'running' && canMove(call);
  return false;
}
