/** Has Invoker make a call in another host, and kills that host as soon as Invoker has its answer. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Story } from './story.ts';

const HOST = fileURLToPath(new URL('unplugged-host.ts', import.meta.url));

/** What is to happen in the other host. */
export interface Unplugged {
  readonly dataDir: string;
  /** Invoker's event. */
  readonly call: string;
  readonly story: Story;
  readonly signal: AbortSignal;
}

/**
 * Gives Invoker's answer when the host is gone.
 * @throws Error when the host ended by itself, or `signal` aborted
 */
export async function pullPlug({ dataDir, call, story, signal }: Unplugged): Promise<string> {
  // The host tells its part of the story itself.
  const host = fork(HOST, [dataDir, call], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  story.tellOtherHost(host.pid);
  const gone = once(host, 'exit');
  try {
    const message: unknown[] = await Promise.race([once(host, 'message', { signal }), gone.then(endedByItself)]);
    return String(message[0]);
  } finally {
    if (host.kill('SIGKILL')) story.tellPlugPulled(host.pid);
    await gone;
  }
}

function endedByItself([code, signal]: unknown[]): never {
  throw new Error(`the other host ended by itself (${String(signal ?? code)}), before Invoker had its answer`);
}
