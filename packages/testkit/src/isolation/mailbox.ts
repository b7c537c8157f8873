/**
 * The wall between an instance and the host where there is none: what one posts, the other gets later, outside of all frames,
 * as a copy.
 *
 * Towards the host a turn of the event loop lies between: functions that call one another without end would otherwise keep
 * everything real (sockets, files) from ever being looked at.
 */
import { leaveFrames, mainGlobal } from '../frame.ts';
import { realTime } from '../time/real-time.ts';

// Node's own: a test may have replaced those of its realm.
const { process } = mainGlobal();
const nextTick = process.nextTick.bind(process);
const { setImmediate } = realTime();

export type When = 'this turn' | 'next turn';

/** How much is under way in all mailboxes of a host. */
export interface Traffic {
  underWay: number;
}

export class Mailbox<Message> {
  readonly #when: When;
  readonly #traffic: Traffic;
  readonly #deliver: (messages: readonly Message[]) => void;
  #waiting: Message[] = [];
  #scheduled = false;

  constructor(when: When, traffic: Traffic, deliver: (messages: readonly Message[]) => void) {
    this.#when = when;
    this.#traffic = traffic;
    this.#deliver = deliver;
  }

  post(message: Message): void {
    // Bytes would otherwise be shared: whoever changed them would change what was sent.
    this.#waiting.push(structuredClone(message));
    this.schedule();
  }

  /** Delivers what is there, and be it nothing. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#traffic.underWay += 1;
    leaveFrames(() => {
      if (this.#when === 'this turn') nextTick(this.#flush);
      else setImmediate(this.#flush);
    });
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#traffic.underWay -= 1;
    const messages = this.#waiting;
    this.#waiting = [];
    this.#deliver(messages);
  };
}
