/** Follows what one invocation writes, with the Sync calls that it makes: whoever invoked it by hand wants to see that. */
import type { HostEventBus, LogEvent } from '../engine/events.ts';
import type { InvocationView } from '../engine/views.ts';

export interface Following {
  /** The invocation has been made: from now on only its own calls are added. */
  begun(): void;
  end(): void;
}

/** Starts to follow; the next invocation that is accepted without a parent, until `begun`, is the one. */
export function followLogs(events: HostEventBus, onLog: (entry: LogEvent) => void): Following {
  const followed = new Set<string>();
  let expecting = true;

  function onAccepted({ requestId, parent }: InvocationView): void {
    if (parent === undefined ? expecting : followed.has(parent.requestId)) followed.add(requestId);
  }

  function onEntry(entry: LogEvent): void {
    if (entry.requestId !== undefined && followed.has(entry.requestId)) onLog(entry);
  }

  events.on('invocation:accepted', onAccepted);
  events.on('log', onEntry);
  return {
    begun() {
      expecting = false;
    },
    end() {
      events.off('invocation:accepted', onAccepted);
      events.off('log', onEntry);
    },
  };
}
